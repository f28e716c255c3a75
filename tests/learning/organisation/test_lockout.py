"""Guessing is slowed on account and device; a lab behind one address is never locked as a whole."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.core import signing
from django.test import Client
from django.urls import reverse

from learning.organisation.lockout import COOKIE, SALT, UNKNOWN_DEVICE_FAILURES, WINDOW
from learning.organisation.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db
LIMIT = 8
LAB = "10.1.1.1"


def device(agent: str = "Lab Chrome") -> Client:
    """A browser that has opened the log-in page and got its cookie."""
    client = Client(REMOTE_ADDR=LAB, HTTP_USER_AGENT=agent)
    client.get(reverse("login"))
    assert client.cookies[COOKIE].value
    return client


def log_in(client: Client, user: User, password: str = "secret-pass") -> int:
    return client.post(reverse("login"), {"number": user.number, "password": password}).status_code


def log_out(client: Client) -> None:
    """As a browser does: the device's cookie stays."""
    client.post(reverse("logout"))


def fail(client: Client, user: User, times: int) -> list[int]:
    return [log_in(client, user, "wrong") for _ in range(times)]


def test_500_candidates_behind_one_address_with_50_wrong_passwords_lock_nobody_else() -> None:
    users = [make_user() for _ in range(500)]
    seats = [Client(REMOTE_ADDR=LAB, HTTP_USER_AGENT="Lab Chrome") for _ in users]
    for n, seat in enumerate(seats):
        seat.cookies[COOKIE] = signing.dumps(f"seat-{n}", salt=SALT)
    for user, seat in zip(users[:50], seats, strict=False):
        assert log_in(seat, user, "wrong") == 422
    assert {log_in(seat, user) for user, seat in zip(users, seats, strict=True)} == {302}


def test_500_clients_without_cookies_and_with_one_user_agent_lock_nobody_else() -> None:
    victim, other = make_user(), make_user()
    bare = Client(REMOTE_ADDR=LAB, HTTP_USER_AGENT="Lab Chrome")
    for _ in range(LIMIT):
        bare.cookies.clear()
        log_in(bare, victim, "wrong")
    bare.cookies.clear()
    assert log_in(bare, victim) == 429
    bare.cookies.clear()
    assert log_in(bare, other) == 302


def test_an_account_locked_on_one_device_logs_in_from_another() -> None:
    user, mine, theirs = make_user(), device(), device()
    assert fail(theirs, user, LIMIT) == [422] * (LIMIT - 1) + [429]
    assert log_in(theirs, user) == 429
    assert log_in(mine, user) == 302


def test_the_lock_of_a_device_ends_by_itself() -> None:
    user, client = make_user(), device()
    fail(client, user, LIMIT)
    AccessAttempt.objects.update(
        attempt_time=AccessAttempt.objects.get().attempt_time - WINDOW - timedelta(minutes=1)
    )
    assert log_in(client, user) == 302


def test_dropping_the_cookie_does_not_buy_endless_guesses() -> None:
    user, mine = make_user(), device()
    assert log_in(mine, user) == 302
    log_out(mine)
    answers = [log_in(device(agent=f"Bot {n}"), user, "wrong") for n in range(UNKNOWN_DEVICE_FAILURES + 5)]
    assert answers == [422] * UNKNOWN_DEVICE_FAILURES + [429] * 5
    # Even the right password has to wait on a device never seen; the member's own goes on.
    assert log_in(device(), user) == 429
    assert log_in(mine, user) == 302
    assert log_in(device(), make_user()) == 302


def test_changing_only_the_user_agent_does_not_help_either() -> None:
    user = make_user()
    answers = []
    for n in range(UNKNOWN_DEVICE_FAILURES + 2):
        bare = Client(REMOTE_ADDR=f"10.9.{n}.1", HTTP_USER_AGENT=f"Bot {n}")
        answers.append(log_in(bare, user, "wrong"))
    assert answers[-2:] == [429, 429]


def test_a_forged_cookie_is_no_device() -> None:
    user, client = make_user(), Client(HTTP_USER_AGENT="Bot")
    answers = []
    for n in range(LIMIT + 1):
        client.cookies[COOKIE] = f"forged-{n}"
        answers.append(log_in(client, user, "wrong"))
    assert answers[-1] == 429


def test_the_members_own_device_is_locked_by_its_own_failures_too() -> None:
    user, mine = make_user(), device()
    log_in(mine, user)
    log_out(mine)
    assert fail(mine, user, LIMIT)[-1] == 429


def test_success_clears_the_failures_of_the_device() -> None:
    user, mine = make_user(), device()
    fail(mine, user, LIMIT - 1)
    assert log_in(mine, user) == 302
    log_out(mine)
    assert fail(mine, user, LIMIT - 1) == [422] * (LIMIT - 1)


def test_the_api_log_in_counts_and_answers_in_json() -> None:
    user, client = make_user(), Client(HTTP_USER_AGENT="Script")

    def post(password: str) -> tuple[int, str]:
        body = json.dumps({"number": user.number, "password": password})
        response = client.post("/api/login", body, content_type="application/json")
        return response.status_code, response.json().get("code", "")

    assert [post("wrong") for _ in range(LIMIT)] == [(401, "bad_login")] * (LIMIT - 1) + [(429, "slow_down")]
    assert post("secret-pass") == (429, "slow_down")
    assert AccessAttempt.objects.get().username == user.number


def test_wagtails_own_log_in_page_leads_to_ours() -> None:
    user, client = make_user(), Client()
    for method in (client.get, client.post):
        response = method(reverse("wagtailadmin_login"), {"username": user.number, "password": "secret-pass"})
        assert response.url.split("?")[0] == reverse("login")
    assert "_auth_user_id" not in client.session


def test_no_password_is_kept_with_the_failures() -> None:
    log_in(device(), make_user(), "wrong-and-secret")
    assert "wrong-and-secret" not in str(AccessAttempt.objects.values().get())
