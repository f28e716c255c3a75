"""How scripts prove that a page of ours sent their request."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token


def proof_of(request: HttpRequest) -> dict[str, str]:
    """What scripts send as X-CSRFToken, for a page's data: `csrf_cookie` names the cookie that has the token as it is
    now, for signing in elsewhere changes it; "" = send `csrf_token`.

    A session that a campus platform opened has no such cookie to read: the next person on a shared machine is signed in
    by a click, and must not lend a forgotten page of this one their own token.
    """
    if getattr(request.user, "launched", False):
        return {"csrf_cookie": "", "csrf_token": get_token(request)}
    return {"csrf_cookie": settings.CSRF_COOKIE_NAME, "csrf_token": ""}
