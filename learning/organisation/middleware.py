"""Nobody goes on with a password that somebody else knows."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse


class FirstChangeMiddleware:
    """Sends a signed-in user whose password was given by somebody else to the change page first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and user.must_change_password:
            change, leave = reverse("password_change"), reverse("logout")
            if request.path not in (change, leave, reverse("set_language")):
                return redirect(change)
        return self.get_response(request)
