"""Who may try a password again: the lock is on account and device, never on the address (a lab of 500 shares one).

A device is a long-lived random signed cookie, for clients without cookies their user agent. Against somebody who
drops the cookie after each guess an account also counts its failures from all devices that never logged in to it:
past the limit such devices wait, devices that did log in go on."""

from __future__ import annotations

import json
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt, AccessLog
from django.core import signing
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

COOKIE = "dangxiao_device"
COOKIE_AGE_S = 2 * 365 * 24 * 3600
SALT = "organisation.device"

UNKNOWN_DEVICE_FAILURES = 30
WINDOW = timedelta(minutes=15)


def device_of(request: HttpRequest) -> str:
    """The key axes counts by: "device:…" for a cookie of ours, "agent:…" for a client without one."""
    try:
        return f"device:{signing.loads(request.COOKIES.get(COOKIE, ''), salt=SALT)}"
    except signing.BadSignature:
        return f"agent:{request.META.get('HTTP_USER_AGENT', '')[:200]}"


def remember_device(request: HttpRequest, response: HttpResponse) -> None:
    """Gives the device its cookie, once."""
    if not device_of(request).startswith("device:"):
        response.set_cookie(
            COOKIE,
            signing.dumps(token_urlsafe(16), salt=SALT),
            max_age=COOKIE_AGE_S,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )


def account_of(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """The number somebody tries to log in with; Django's own forms call it username."""
    tried = credentials or request.POST
    number = tried.get("number") or tried.get("username")
    return str(number).strip()[:255] if number else None


class DeviceHandler(AxesDatabaseHandler):  # type: ignore[misc]  # axes is untyped
    """axes' database handler, with our device in place of the bare user agent, and the slow-down."""

    def is_allowed(self, request: Any, credentials: dict[str, Any] | None = None) -> bool:
        request.axes_user_agent = device_of(request)
        return bool(super().is_allowed(request, credentials)) and not self.must_wait(request, credentials)

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any
    ) -> None:
        if request is not None:
            request.axes_user_agent = device_of(request)
        super().user_login_failed(sender, credentials, request, **kwargs)

    def user_logged_in(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        request.axes_user_agent = device_of(request)
        super().user_logged_in(sender, request, user, **kwargs)

    def must_wait(self, request: Any, credentials: dict[str, Any] | None) -> bool:
        account, device = account_of(request, credentials), device_of(request)
        known = AccessLog.objects.filter(username=account, user_agent__startswith="device:")
        if device.startswith("device:") and known.filter(user_agent=device).exists():
            return False
        failures = (
            AccessAttempt.objects.filter(
                username=account, attempt_time__gt=request.axes_attempt_time - WINDOW
            )
            .exclude(user_agent__in=known.values("user_agent"))
            .aggregate(n=Sum("failures_since_start"))["n"]
        )
        return (failures or 0) >= UNKNOWN_DEVICE_FAILURES


def locked_out(
    request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any]
) -> HttpResponse:
    """The answer for doors other than ours (ours raise SlowDown): a page, or a problem for those who speak JSON."""
    if request.content_type == "application/json":
        body = json.dumps({"code": "slow_down", "title": "Too many failed log-ins.", "detail": ""})
        answer = HttpResponse(body, status=429, content_type="application/problem+json")
    else:
        answer = render(request, "organisation/locked.html", status=429)
    answer["Retry-After"] = str(int(WINDOW.total_seconds()))
    return answer
