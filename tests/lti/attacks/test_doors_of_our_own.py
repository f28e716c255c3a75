"""Attacks on the steps between pages of ours, and on what a session of the platform's may ask of the rest of the site."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone

from lti.core.hashing import hashed
from lti.models import Launch, Login, PlatformUser, WindowTicket
from lti.services import windows
from tests.factories import make_user
from tests.lti.campus import INSTRUCTOR, Campus, landed, refused

pytestmark = pytest.mark.django_db

STEPS = ["/lti/launch/finish/", "/lti/window/open/"]
FOREIGN = [
    None,
    "null",
    "https://evil.example",
    "http://testserver:81",
    "https://testserver",
    "http://testserver.evil.example",
    "http://evil.example/http://testserver",
    "http://TESTSERVER.",
    "",
]


def waiting(campus: Campus, client: Client) -> tuple[dict[str, str], str, str]:
    """A launch in a browser that keeps no cookie: (what the platform was sent, the secret, the ticket of its page)."""
    sent = campus.log_in(client, lti_storage_target="_parent")
    secret = next(
        morsel.value.partition(".")[2]
        for name, morsel in client.cookies.items()
        if name.startswith("dangxiao_lti_")
    )
    client.cookies.clear()
    token = campus.signing.sign(campus.payload(sent["nonce"]))
    page = client.post("/lti/launch", {"state": sent["state"], "id_token": token})
    return sent, secret, page.context["storage"]["ticket"]


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize("step", STEPS)
def test_no_step_is_taken_from_a_page_that_is_not_ours(campus: Campus, step: str, origin: str | None) -> None:
    client = Client()
    sent, secret, ticket = waiting(campus, client)
    headers = {} if origin is None else {"Origin": origin}
    said = {"ticket": ticket, "secret": secret, "state": sent["state"]}
    response = client.post(step, said, headers=headers)
    assert response.status_code in (400, 403)
    assert not any(
        name.startswith("dangxiao_launched") and morsel.value for name, morsel in client.cookies.items()
    )
    assert not PlatformUser.objects.exists()


def test_the_ticket_of_one_step_opens_no_other(campus: Campus) -> None:
    client, ours = Client(), {"Origin": "http://testserver"}
    sent, secret, first = waiting(campus, client)
    assert client.post(STEPS[1], {"ticket": first}, headers=ours)["X-Error-Code"] == "ticket_unknown"
    page = client.post(STEPS[0], {"ticket": first, "secret": secret, "state": sent["state"]}, headers=ours)
    second = page.context["ticket"]
    assert client.post(STEPS[1], {"ticket": first}, headers=ours)["X-Error-Code"] == "ticket_unknown"
    again = {"ticket": second, "secret": secret, "state": sent["state"]}
    assert client.post(STEPS[0], again, headers=ours).status_code in (400, 403)
    assert client.post(STEPS[1], {"ticket": second}, headers=ours).status_code == 302
    assert Client().post(STEPS[1], {"ticket": second}, headers=ours)["X-Error-Code"] == "ticket_unknown"


def test_a_ticket_without_the_browsers_secret_lands_nobody(campus: Campus) -> None:
    """Whoever reads the page of a launch that waits still lacks what the browser keeps."""
    client, ours = Client(), {"Origin": "http://testserver"}
    sent, _secret, ticket = waiting(campus, client)
    for guess in ("x", sent["state"], sent["nonce"], ticket):
        said = {"ticket": ticket, "secret": guess, "state": sent["state"]}
        assert client.post(STEPS[0], said, headers=ours)["X-Error-Code"] == "storage_mismatch"
    assert not PlatformUser.objects.exists()


def test_a_launch_that_landed_by_cookie_has_no_ticket(campus: Campus) -> None:
    landed(campus, campus.launch())
    row = Launch.objects.get(code="ok")
    assert row.ticket_hash == ""
    ours = {"Origin": "http://testserver"}
    for guess in ("", hashed(""), row.ticket_hash, str(row.pk)):
        assert Client().post(STEPS[1], {"ticket": guess}, headers=ours)["X-Error-Code"] == "ticket_unknown"


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "/\t/evil.example",
        "/%0d%0aSet-Cookie:x",
        "javascript:alert(1)",
        " /me/",
        "me/",
        "",
        "/me/\nX: y",
        "/@evil.example\\x",
        "/" + "x" * 600,
    ],
)
def test_a_window_opens_pages_of_ours_alone(campus: Campus, address: str) -> None:
    landed(campus, campus.launch())
    response = campus.client.post(
        "/lti/window/", {"address": address}, headers={"Accept": "application/json"}
    )
    if response.status_code == 200:
        ticket = response.json()["ticket"]
        response = Client().post(STEPS[1], {"ticket": ticket}, headers={"Origin": "http://testserver"})
        assert response["Location"].startswith("/%"), response["Location"]
    else:
        assert response.status_code == 400


def test_an_ordinary_session_gets_no_ticket(campus: Campus) -> None:
    client = Client()
    client.force_login(make_user(), backend="learning.organisation.backends.NumberBackend")
    assert client.post("/lti/window/", {"address": "/me/"}).status_code == 404
    assert not WindowTicket.objects.exists()


def test_a_ticket_of_a_window_dies_with_its_two_minutes_and_its_platform(campus: Campus) -> None:
    campus.launch()
    user, now = PlatformUser.objects.get().user, timezone.now()
    launch = Launch.objects.get(code="ok")
    given: dict[str, Any] = {"by": user, "platform_id": campus.row.pk, "launch": launch.pk, "address": "/me/"}
    late = windows.make_ticket(**given, now=now - timedelta(seconds=121))
    ours: dict[str, Any] = {"headers": {"Origin": "http://testserver"}}
    assert Client().post(STEPS[1], {"ticket": late}, **ours)["X-Error-Code"] == "ticket_expired"
    ticket = windows.make_ticket(**given, now=now)
    campus.row.state = "off"
    campus.row.save()
    assert Client().post(STEPS[1], {"ticket": ticket}, **ours)["X-Error-Code"] == "inactive_platform"


def addresses() -> Iterator[tuple[str, str]]:
    """Each named address of the site's own, with 1 for every number in it."""
    known: Any = get_resolver().reverse_dict
    for name in sorted(key for key in known if isinstance(key, str)):
        with suppress(NoReverseMatch):
            yield name, reverse(name, kwargs=dict.fromkeys(known[name][0][0][1], 1))


def test_every_form_of_a_launched_session_wants_our_token(campus: Campus) -> None:
    """SameSite=None keeps no forged form away: each address that changes something does."""
    strict = Client(enforce_csrf_checks=True)
    campus.launch(strict, roles=INSTRUCTOR)
    exempt = {"lti_login", "lti_launch", "lti_notices", "lti_finish", "lti_window_open"}
    asked, open_doors = 0, []
    for name, address in addresses():
        response = strict.post(address, {}, headers={"Origin": "https://evil.example"})
        asked += response.status_code == 403
        if response.status_code not in (403, 404, 405) and name not in exempt:
            open_doors.append((name, response.status_code))
    assert open_doors == []
    assert asked > 30


@pytest.mark.parametrize(
    "address", ["/api/exams", "/api/attempts/1/save", "/api/attempts/1/submit", "/api/login"]
)
def test_programs_interface_takes_no_forged_request_of_a_launched_session(
    campus: Campus, address: str
) -> None:
    strict = Client(enforce_csrf_checks=True)
    campus.launch(strict)
    response = strict.post(
        address, "{}", content_type="text/plain", headers={"Origin": campus.signing.issuer}
    )
    assert response.status_code in (401, 403, 404, 405, 422, 400)


def test_a_superuser_who_was_launched_is_none_anywhere(campus: Campus) -> None:
    campus.launch()
    PlatformUser.objects.update(user=make_user(is_superuser=True))
    campus.launch()
    for address in (
        "/admin/",
        "/admin/reports/",
        "/manage/exams/",
        "/manage/exams/grades/",
        f"/manage/exams/{campus.exam.pk}/results/",
        f"/manage/exams/{campus.exam.pk}/report/",
        "/password/",
    ):
        assert campus.client.get(address).status_code == 404, address


def test_a_state_is_used_once_even_where_the_first_launch_was_refused_later(campus: Campus) -> None:
    sent = campus.log_in()
    token = campus.signing.sign(campus.payload(sent["nonce"]))
    landed(campus, campus.post(sent["state"], token))
    refused(campus.post(sent["state"], token), "state_used")
    assert Login.objects.get(state=sent["state"]).used_at is not None
