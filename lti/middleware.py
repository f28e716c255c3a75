"""The seam between a campus platform's frame and the rest of the site, which knows nothing of frames: cookies under
names of their own, who may frame us, and what a launched session may not reach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models import Max
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from learning.organisation.models import User
from question_bank.exams.clock import OPEN_STATES
from question_bank.exams.models import Attempt

from . import cookies
from .browser import (
    IN_FRAME,
    LAUNCH,
    PLATFORM,
    SESSION_AGE_S,
    Jar,
    allow_frames,
    framed,
    jar_of,
    read_origin,
    signed_origin,
)
from .models import Platform, PlatformUser

RENEWED_EVERY_S = 600
SEEN = "lti_seen"  # key of the session: when its life was last prolonged, in seconds since 1970
AFTER_DEADLINE = timedelta(hours=1)  # to read the receipt
# In a frame nobody signs in: the cookies of an ordinary session do not stick there.
DOORS = frozenset({"login", "activate", "room_login"})
# The platform's word is enough to open a session, not to change how its person signs in elsewhere.
CLOSED = frozenset({"password_change"})
ATTEMPT_PAGE = "attempt"
NAMES = (cookies.LAUNCHED, cookies.LAUNCHED_CSRF, cookies.ORIGIN)

Handler = Callable[[HttpRequest], HttpResponse]


class LaunchedCookiesMiddleware:
    """Before Django's own: gives it a launched session's cookies under the ordinary names, and writes what it sets
    under the launched ones. Of both kinds the launched one counts."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        jar = jar_of(request)
        take(jar, request.COOKIES)
        response = self.get_response(request)
        if jar.launched:
            leave_launched(jar, response)
        elif jar.signed_in and jar.traces:  # an ordinary session has taken its place
            for name in NAMES:
                cookies.drop(response, name)
        return response


def take(jar: Jar, sent: dict[str, str]) -> None:
    """Puts a launched session's cookies where Django looks for its own."""
    jar.came = jar.launched = bool(sent.get(cookies.LAUNCHED))
    jar.csrf_came = bool(sent.get(cookies.LAUNCHED_CSRF))
    jar.traces = any(sent.get(name) for name in NAMES)
    if cookies.ORIGIN in sent and (jar.came or settings.SESSION_COOKIE_NAME not in sent):
        jar.platform_id, jar.user_id = read_origin(sent[cookies.ORIGIN])
    if jar.came:
        sent[settings.SESSION_COOKIE_NAME] = sent[cookies.LAUNCHED]
        # The ordinary secret against forged requests belongs to another session.
        sent.pop(settings.CSRF_COOKIE_NAME, None)
        if jar.csrf_came:
            sent[settings.CSRF_COOKIE_NAME] = sent[cookies.LAUNCHED_CSRF]


def leave_launched(jar: Jar, response: HttpResponse) -> None:
    """Only an ending deletes the session's cookie: a request that crossed a launch in another tab finds its session
    gone, and must not take away the new one."""
    found = response.cookies.get(settings.SESSION_COOKIE_NAME)
    if found is not None and not found.value and not jar.ended:
        del response.cookies[settings.SESSION_COOKIE_NAME]
    for morsel in response.cookies.values():
        cookies.loosen(morsel)
    for name, new in (
        (settings.SESSION_COOKIE_NAME, cookies.LAUNCHED),
        (settings.CSRF_COOKIE_NAME, cookies.LAUNCHED_CSRF),
    ):
        cookies.rename(response, name, new)
        if new in response.cookies:
            response.cookies[new]["httponly"] = True
    if jar.opened:
        cookies.put(response, cookies.ORIGIN, signed_origin(jar), max_age=cookies.ORIGIN_AGE_S)
    if jar.opened or jar.ended:
        cookies.drop_ordinary(response)


@receiver(user_logged_in, dispatch_uid="lti_ordinary_login")
def ordinary_login(sender: Any, request: HttpRequest | None, **kwargs: Any) -> None:
    """By a password or a code: the session is an ordinary one from now on."""
    if request is None or not hasattr(request, "lti_jar"):
        return
    jar = jar_of(request)
    jar.launched, jar.signed_in = False, True
    if PLATFORM in request.session:  # the same person: Django has kept what the session held
        for key in (PLATFORM, LAUNCH, IN_FRAME, SEEN):
            request.session.pop(key, None)
        request.session.set_expiry(None)


@receiver(user_logged_out, dispatch_uid="lti_logout")
def logged_out(sender: Any, request: HttpRequest | None, **kwargs: Any) -> None:
    if request is not None and hasattr(request, "lti_jar"):
        jar_of(request).ended = True


class LaunchedSessionMiddleware:
    """Around the views: says whether the page stands in a frame and whose pages may frame it, keeps a launched session
    from what it may not reach, and keeps it alive while it is used or an exam is being sat."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.in_frame = in_frame(request)  # type: ignore[attr-defined]
        response = self.get_response(request)
        jar = jar_of(request)
        # A redirect is no page: what it leads to says who may frame it.
        shown = not 300 <= response.status_code < 400
        may_be_framed = shown and (framed(request) or "Sec-Fetch-Dest" not in request.headers)
        if jar.platform_id and may_be_framed and not hasattr(response, "frame_ancestors"):
            patch_vary_headers(response, ("Cookie", "Sec-Fetch-Dest"))
            allow_frames(response, Platform.objects.active().filter(pk=jar.platform_id).first())
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and jar.came and jar.launched and not jar.opened:
            renew(request, now=timezone.now())
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        door = request.resolver_match.view_name if request.resolver_match else ""
        if door in CLOSED and getattr(request.user, "launched", False):
            raise Http404
        if door not in DOORS or not jar_of(request).platform_id:
            return None
        if framed(request):
            return render(request, "lti/session_over.html", status=403)
        if request.method == "GET" and not request.user.is_authenticated:
            # Whoever came by a platform has no password here; the form below is for those who have.
            messages.info(request, _("您之前从校园平台进入，登录已过期。请回到平台的课程，重新点击链接。"))
        return None


def in_frame(request: HttpRequest) -> bool:
    """What the browser says of a page; of what scripts fetch, and in browsers that say nothing, what the session's
    launch said."""
    said = request.headers.get("Sec-Fetch-Dest", "")
    if framed(request):
        return True
    return said != "document" and jar_of(request).launched and bool(request.session.get(IN_FRAME))


def renew(request: HttpRequest, *, now: datetime) -> None:
    """Twelve hours more from here, at most every ten minutes. Whoever opens an attempt stays until it must be handed
    in: while it is written nothing else is asked of the site. Of others the session ends where the administrator has
    switched the platform off, or said that its person is somebody else."""
    session = request.session
    if PLATFORM not in session:
        return
    attempt = request.resolver_match is not None and request.resolver_match.view_name == ATTEMPT_PAGE
    if not attempt and now.timestamp() - session.get(SEEN, 0) < RENEWED_EVERY_S:
        return
    user = request.user
    if not isinstance(user, User):
        return
    last = Attempt.objects.filter(user=user, state__in=OPEN_STATES).aggregate(last=Max("deadline_at"))["last"]
    if last is None and not _is_let_in(user, session[PLATFORM]):
        logout(request)
        return
    stays = last + AFTER_DEADLINE - now if last else timedelta(0)
    session[SEEN] = int(now.timestamp())
    session.set_expiry(max(SESSION_AGE_S, int(stays.total_seconds())))


def _is_let_in(user: User, platform_id: int) -> bool:
    people = PlatformUser.objects.filter(user=user, platform=platform_id)
    return people.filter(platform__state=Platform.State.ACTIVE).exists()
