"""What scripts send to prove that their page is ours."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from learning.organisation.forgery import proof_of
from learning.organisation.models import User


def asked_by(user: User) -> HttpRequest:
    request = HttpRequest()
    request.user = user
    return request


def test_scripts_of_an_ordinary_page_read_the_cookie_as_it_is_now() -> None:
    assert proof_of(asked_by(User())) == {"csrf_cookie": settings.CSRF_COOKIE_NAME, "csrf_token": ""}


def test_scripts_of_a_launched_page_send_the_pages_own_token() -> None:
    user = User()
    user.launched = True
    request = asked_by(user)
    proof = proof_of(request)
    assert proof["csrf_cookie"] == ""
    assert len(proof["csrf_token"]) == 64  # masked
    assert request.META["CSRF_COOKIE"]
