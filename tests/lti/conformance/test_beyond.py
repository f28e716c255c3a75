"""Also: submission review, dynamic registration, the platform's storage."""

from __future__ import annotations

from html import unescape
from re import search
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from lti.models import Launch, Platform, PlatformUser
from lti.services import registering
from question_bank.exams.taking.adjusting import force_submit
from tests.factories import make_attempt, make_user
from tests.lti.campus import HOST, Campus, refused
from tests.lti.platforms.launching import SUBMISSION_REVIEW

from .conftest import Strict

pytestmark = pytest.mark.django_db
STORAGE = "_parent"


def sit(campus: Strict, sub: str) -> int:
    """The id of the attempt of the platform's person."""
    user = PlatformUser.objects.get(platform=campus.row, sub=sub).user
    attempt = make_attempt(campus.exam, user, now=campus.now)
    force_submit(attempt_id=attempt.pk, reason="收卷", by=user, now=campus.now)
    return attempt.pk


def test_submission_review_opens_the_attempt_for_the_teacher(strict: Strict) -> None:
    strict.launch("ana")
    attempt = sit(strict, "ana")
    strict.client = Client()
    review = strict.launch("teach", message=SUBMISSION_REVIEW, for_user="ana")
    assert review["Location"] == f"/manage/exams/{strict.exam.pk}/attempts/{attempt}/"
    assert strict.client.get(review["Location"]).status_code == 200


def test_submission_review_of_somebody_who_sat_nothing(strict: Strict) -> None:
    review = strict.launch("teach", message=SUBMISSION_REVIEW, for_user="bo")
    assert review["Location"].startswith("/lti/contexts/")
    assert strict.client.get(review["Location"]).status_code == 200


def test_submission_review_by_another_student(strict: Strict) -> None:
    strict.launch("ana")
    sit(strict, "ana")
    strict.client = Client()
    refused(strict.launch("bo", message=SUBMISSION_REVIEW, for_user="ana"), "not_allowed")


def invited(strict: Strict) -> str:
    """The address that our administrator hands out."""
    invitation = registering.invite(
        name="教务处", unit=strict.row.unit, by=make_user(), now=strict.now, allow_insecure_loopback=True
    )
    return f"{HOST}/lti/register?invitation={invitation.token}"


def register(strict: Strict, address: str) -> HttpResponse:
    return Client().get(strict.platform.registering.url(address).removeprefix(HOST))


def test_dynamic_registration_waits_for_approval(strict: Strict) -> None:
    strict.row.delete()
    page = register(strict, invited(strict))
    assert page.status_code == 200, page.content.decode()
    row = Platform.objects.get()
    assert row.state == Platform.State.PENDING
    assert row.issuer == strict.platform.issuer
    (told,) = strict.platform.registering.received
    assert told["redirect_uris"] == [f"{HOST}/lti/launch"]
    assert told["jwks_uri"] == f"{HOST}/lti/jwks"
    assert told["initiate_login_uri"] == f"{HOST}/lti/login"
    asked = {"iss": row.issuer, "client_id": row.client_id, "login_hint": "ana"}
    assert Client().get("/lti/login", asked)["X-Error-Code"] == "inactive_platform"
    registering.approve_platform(
        platform=row, unit=strict.exam.owner_unit, default_unit=None, by=make_user(), now=strict.now
    )
    assert Client().get("/lti/login", asked).status_code == 302


def test_an_invitation_is_good_for_one_registration(strict: Strict) -> None:
    address = invited(strict)
    assert register(strict, address).status_code == 200
    count = Platform.objects.count()
    assert register(strict, address).status_code in (400, 403, 404, 410)
    assert Platform.objects.count() == count


@pytest.mark.parametrize("token", ["", "made-up"])
def test_registration_without_an_invitation(strict: Strict, token: str) -> None:
    assert register(strict, f"{HOST}/lti/register?invitation={token}").status_code >= 400
    assert not strict.platform.registering.received


def test_registration_with_an_issuer_of_another_origin(
    strict: Strict, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = strict.platform.registering.configuration()
    monkeypatch.setattr(
        strict.platform.registering, "configuration", lambda: told | {"issuer": "https://other.example"}
    )
    assert register(strict, invited(strict)).status_code >= 400
    assert Platform.objects.count() == 1


def without_cookie(campus: Campus, **overrides: Any) -> tuple[HttpResponse, str]:
    """A launch in a browser that keeps none; and the secret that the step page put into the platform's storage."""
    page = campus.client.get(
        "/lti/login",
        {
            "iss": campus.signing.issuer,
            "client_id": campus.signing.client_id,
            "login_hint": "hint",
            "target_link_uri": f"{HOST}/lti/launch",
            "lti_storage_target": STORAGE,
        },
        headers={"Sec-Fetch-Dest": "iframe"},
    )
    text = unescape(page.content.decode())
    secret, state = search(r'"secret": "([^"]+)"', text), search(r'"state": "([^"]+)"', text)
    nonce = search(r"nonce=([\w-]+)", text)
    assert secret is not None, text
    assert state is not None
    assert nonce is not None
    token = campus.signing.sign(campus.payload(nonce[1], **overrides))
    return campus.post(state[1], token, Client()), secret[1]


def finish(page: HttpResponse, secret: str, origin: str = HOST) -> tuple[Client, HttpResponse]:
    ticket = search(r'name="ticket" value="([^"]+)"', page.content.decode())
    assert ticket is not None, page.content.decode()
    browser = Client()
    form = {"ticket": ticket[1], "secret": secret}
    return browser, browser.post("/lti/launch/finish/", form, headers={"Origin": origin})


def test_platform_storage_in_place_of_the_cookie(campus: Campus) -> None:
    page, secret = without_cookie(campus)
    assert page.status_code == 200
    _frame, answer = finish(page, secret)
    assert answer.status_code == 200, answer.content.decode()
    ticket = search(r'name="ticket" value="([^"]+)"', answer.content.decode())
    assert ticket is not None
    window = Client()
    opened = window.post("/lti/window/open/", {"ticket": ticket[1]}, headers={"Origin": HOST})
    assert opened["Location"] == f"/exams/{campus.exam.pk}/"
    assert window.get(opened["Location"]).status_code == 200
    again = Client().post("/lti/window/open/", {"ticket": ticket[1]}, headers={"Origin": HOST})
    assert again["X-Error-Code"] == "ticket_unknown"


def test_storage_that_holds_another_secret(campus: Campus) -> None:
    page, _secret = without_cookie(campus)
    _frame, answer = finish(page, "made-up")
    refused(answer, "storage_mismatch")
    assert not PlatformUser.objects.exists()


def test_storage_step_taken_on_a_foreign_page(campus: Campus) -> None:
    page, secret = without_cookie(campus)
    _frame, answer = finish(page, secret, origin="https://evil.example")
    refused(answer, "state_foreign")
    assert not Launch.objects.filter(code="ok").exists()


def test_launch_without_cookie_and_without_storage(campus: Campus) -> None:
    sent = campus.log_in()
    token = campus.signing.sign(campus.payload(sent["nonce"]))
    response = campus.post(sent["state"], token, Client())
    refused(response, "no_cookie")
    assert "/lti/login?" in unescape(response.content.decode())
