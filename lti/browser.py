"""What binds a log-in to its browser, and the session that a launch opens there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import update_last_login
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.urls import get_script_prefix

from learning.organisation.models import User

from .cookies import OURS, STATE_PREFIX, drop, put
from .models import Platform

BACKEND = "lti.backends.LaunchBackend"
STATE_AGE_S = 600  # as long as a log-in is good for
STATES_KEPT = 10
SESSION_AGE_S = 12 * 3600
PLATFORM, LAUNCH, IN_FRAME = "lti_platform", "lti_launch", "lti_in_frame"  # keys of the session
SALT = "lti.browser.origin"
FRAMES = ("iframe", "frame")
# Of another host of the domain's come cookies of any name, also such as may not be written.
STATE_NAME = re.compile(rf"{STATE_PREFIX}[A-Za-z0-9_-]{{1,16}}")
# What may stand in a policy: a line of the administrator's must not add to it a directive of its own.
ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]+(:\d+)?|https?://\[[0-9A-Fa-f:.]+\](:\d+)?")


@dataclass(slots=True)
class Jar:
    """What the middleware knows of a request's cookies, and writes into those of its answer."""

    came: bool = False  # with the cookie of a launched session
    launched: bool = False  # and leaves with one
    opened: bool = False  # because a launch opened it now
    ended: bool = False  # by signing out
    signed_in: bool = False  # by a password or a code
    traces: bool = False  # some cookie of a launched session came along
    platform_id: int = 0  # in whose frames this browser opens us; 0 = in nobody's
    user_id: int = 0  # who was launched last
    csrf_came: bool = False


def jar_of(request: HttpRequest) -> Jar:
    """The request's jar; a new one where no middleware has made it."""
    found = getattr(request, "lti_jar", None)
    if found is None:
        found = Jar()
        request.lti_jar = found  # type: ignore[attr-defined]
    return found  # type: ignore[no-any-return]


def framed(request: HttpRequest) -> bool:
    """Whether the browser says that the page will stand in a frame."""
    return request.headers.get("Sec-Fetch-Dest", "") in FRAMES


def has_our_cookies(request: HttpRequest) -> bool:
    """Whether a cookie of ours came along: then cookies do stick where this page stands."""
    return any(name.startswith(OURS) for name in request.COOKIES)


def same_origin(request: HttpRequest) -> bool:
    """Whether a page of ours sent the form: browsers put an Origin on every POST. Ours are also those that the settings
    trust, as for every form: a proxy may hide from us what the browser sees."""
    origin = request.headers.get("Origin", "")
    return origin in (f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS)


def allow_frames(response: HttpResponse, platform: Platform | None) -> None:
    """Pages of the platform may show this answer in a frame, if the platform is active."""
    if platform is not None and platform.state == Platform.State.ACTIVE:
        origins = tuple(origin for origin in platform.frame_origins() if ORIGIN.fullmatch(origin))
        response.frame_ancestors = origins  # type: ignore[attr-defined]


# ---- the log-in's own cookie


def state_cookie_name(state: str) -> str:
    return STATE_PREFIX + state[:16]


def state_path() -> str:
    """Only the doors of the tool are sent these."""
    return f"{get_script_prefix()}lti"


def set_state_cookie(response: HttpResponse, state: str, secret: str, *, request: HttpRequest) -> None:
    """Gives the browser its secret of this log-in. Of too many that were never finished the oldest go."""
    held = {name: _number(value) for name, value in request.COOKIES.items() if STATE_NAME.fullmatch(name)}
    name = state_cookie_name(state)
    for old in sorted(held, key=lambda each: held[each])[: max(0, len(held) - STATES_KEPT + 1)]:
        drop(response, old, path=state_path())
    number = max(held.values(), default=0) + 1
    put(response, name, f"{number}.{secret}", max_age=STATE_AGE_S, path=state_path())


def secret_of(request: HttpRequest, state: str) -> str:
    """The browser's secret of the log-in, "" if it brings none."""
    return request.COOKIES.get(state_cookie_name(state), "").partition(".")[2] if state else ""


def forget_state_cookie(response: HttpResponse, state: str, *, request: HttpRequest) -> None:
    if state_cookie_name(state) in request.COOKIES:
        drop(response, state_cookie_name(state), path=state_path())


def _number(value: str) -> int:
    number = value.partition(".")[0]
    return int(number) if number.isdecimal() and len(number) < 10 else 0


# ---- the session


def open_session(
    request: HttpRequest, user: User, *, platform_id: int, launch_id: Any, in_frame: bool
) -> None:
    """Signs the person in as the platform sent them; the middleware writes the cookies.

    Whoever was signed in before leaves nothing behind: another person's session is emptied and their forms no longer
    pass. The same person's other tabs go on: their session gets a new key, their forms stay good.
    """
    jar, session = jar_of(request), request.session
    if session.get(SESSION_KEY) == str(user.pk) and session.get(BACKEND_SESSION_KEY) == BACKEND:
        session.cycle_key()
    else:
        session.flush()
    # Not by the session alone: it may be over, or cycled a moment ago by the same person's other tab.
    if not (jar.csrf_came and jar.user_id == user.pk):
        rotate_token(request)
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[PLATFORM], session[LAUNCH], session[IN_FRAME] = platform_id, str(launch_id), in_frame
    session.set_expiry(SESSION_AGE_S)
    user.launched = True
    request.user = user
    # No user_logged_in: nobody typed a password, so nothing of what counts wrong ones may be reset.
    update_last_login(type(user), user)
    jar.launched = jar.opened = True
    jar.platform_id, jar.user_id = platform_id, user.pk


def signed_origin(jar: Jar) -> str:
    return signing.dumps([jar.platform_id, jar.user_id], salt=SALT)


def read_origin(value: str) -> tuple[int, int]:
    """(platform, user) of the signed cookie; (0, 0) of anything else."""
    try:
        platform_id, user_id = signing.loads(value, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return 0, 0
    return int(platform_id), int(user_id)
