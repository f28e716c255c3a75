"""Cookies that live in another site's frame: SameSite=None; Secure; Partitioned. Their names, and how they are written.

A partitioned cookie belongs to the site in the address bar: what a frame on the campus platform keeps is neither sent
nor seen when the same page stands in a window of its own.
"""

from __future__ import annotations

from http.cookies import Morsel

from django.conf import settings
from django.http import HttpResponse

LAUNCHED = "dangxiao_launched"  # the session's key
LAUNCHED_CSRF = "dangxiao_launched_csrf"
# Signed: the platform in whose frames this browser opens us, and who was launched last. It grants nothing. It outlives
# the session, because the page that says "the session is over" must still be allowed to stand in the platform's frame.
ORIGIN = "dangxiao_launched_from"
ORIGIN_AGE_S = 30 * 24 * 3600
STATE_PREFIX = "dangxiao_lti_"  # one cookie for each log-in that is under way
OURS = "dangxiao_"

# http.cookies knows the attribute from Python 3.14 on and refuses to write it before.
Morsel._reserved.setdefault("partitioned", "Partitioned")  # type: ignore[attr-defined]
Morsel._flags.add("partitioned")  # type: ignore[attr-defined]


def loosen(morsel: Morsel[str]) -> None:
    """Lets the cookie stick in another site's frame, and nowhere but there."""
    morsel["samesite"] = "None"
    morsel["secure"] = True
    morsel["partitioned"] = True


def put(response: HttpResponse, name: str, value: str, *, max_age: int, path: str = "/") -> None:
    """A cookie for frames that no script reads."""
    response.set_cookie(name, value, max_age=max_age, path=path, httponly=True)
    loosen(response.cookies[name])


def drop(response: HttpResponse, name: str, *, path: str = "/") -> None:
    """A browser deletes a partitioned cookie only by a partitioned one."""
    response.delete_cookie(name, path=path)
    loosen(response.cookies[name])


def drop_ordinary(response: HttpResponse) -> None:
    """The cookies of an ordinary session."""
    response.delete_cookie(
        settings.SESSION_COOKIE_NAME,
        path=settings.SESSION_COOKIE_PATH,
        domain=settings.SESSION_COOKIE_DOMAIN,
        samesite=settings.SESSION_COOKIE_SAMESITE,
    )
    response.delete_cookie(
        settings.CSRF_COOKIE_NAME,
        path=settings.CSRF_COOKIE_PATH,
        domain=settings.CSRF_COOKIE_DOMAIN,
        samesite=settings.CSRF_COOKIE_SAMESITE,
    )


def rename(response: HttpResponse, name: str, new: str) -> None:
    """What is to be set as `name` is set as `new`; nothing if there is none."""
    found = response.cookies.pop(name, None)
    if found is not None:
        response.cookies[new] = found.value
        renamed = response.cookies[new]
        renamed.update(dict(found))
        loosen(renamed)
