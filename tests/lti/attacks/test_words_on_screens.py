"""Attacks on the screens that show what platforms say: scripts in names, and tokens in what is kept."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from lti.models import Context, Deployment, Launch, PlatformUser
from tests.factories import make_user
from tests.lti.campus import INSTRUCTOR, Campus

pytestmark = pytest.mark.django_db
SCRIPT = "</script><img src=x onerror=alert(1)>{{ 7|add:7 }}"


@pytest.fixture
def hostile(campus: Campus) -> Campus:
    """A teacher's launch, a learner's and a refused one, with markup in everything that is shown anywhere."""
    words = {
        "name": SCRIPT,
        "given_name": SCRIPT,
        "family_name": SCRIPT,
        "email": SCRIPT,
        "lis": {"person_sourcedid": SCRIPT},
        "context": {"id": "c", "title": SCRIPT, "label": SCRIPT},
        "resource_link": {"id": "l", "title": SCRIPT},
        "tool_platform": {"name": SCRIPT, "guid": SCRIPT},
        "launch_presentation": {"return_url": "javascript:alert(1)", "document_target": "iframe"},
        "extra": {SCRIPT: SCRIPT},
    }
    custom = {"exam": str(campus.exam.pk), SCRIPT: SCRIPT}
    campus.launch(Client(), sub=SCRIPT, custom=custom, **words)
    campus.launch(sub="teacher", roles=INSTRUCTOR, custom=custom, **words)
    campus.launch(Client(), sub="x", deployment_id=SCRIPT, custom=custom, **words)
    campus.row.name = SCRIPT
    campus.row.save()
    return campus


def test_no_screen_runs_what_a_platform_says(hostile: Campus) -> None:
    admin, row = Client(), hostile.row
    admin.force_login(make_user(is_superuser=True), "learning.organisation.backends.NumberBackend")
    context, person = Context.objects.get(), PlatformUser.objects.first()
    assert person is not None
    screens = [
        (hostile.client, f"/lti/contexts/{context.pk}/"),
        (hostile.client, f"/lti/links/{context.links.get().pk}/"),
        (hostile.client, f"/lti/links/{context.links.get().pk}/choose/"),
        (hostile.client, "/me/"),
        (hostile.client, "/me/campus/"),
        (hostile.client, f"/manage/exams/{hostile.exam.pk}/candidates/"),
        (admin, "/admin/lti/"),
        (admin, f"/admin/lti/platforms/{row.pk}/"),
        (admin, f"/admin/lti/platforms/{row.pk}/people/"),
        (admin, f"/admin/lti/platforms/{row.pk}/people/{person.pk}/"),
        (admin, "/admin/lti/launches/"),
        *((admin, f"/admin/lti/launches/{launch.pk}/") for launch in Launch.objects.all()),
    ]
    assert Deployment.objects.filter(deployment_id=SCRIPT).exists()
    shown = 0
    for client, address in screens:
        page = client.get(address)
        assert page.status_code == 200, address
        text = page.content.decode()
        assert "<img src=x" not in text, address
        assert "{{ 7" not in text.replace("{{ 7|add:7 }}", ""), address
        assert 'href="javascript:' not in text, address
        shown += "&lt;img src=x" in text
    assert shown > 8


def test_nothing_that_is_kept_answers_a_log_in(hostile: Campus) -> None:
    for row in Launch.objects.all():
        assert "nonce" not in row.claims
        assert "eyJ" not in json.dumps([row.claims, row.detail])


def test_an_error_of_the_platforms_with_a_token_in_it_is_not_shown(campus: Campus) -> None:
    """A platform may echo what it was sent, also into its refusal."""
    state, token = campus.log_in()["state"], campus.signing.id_token()
    campus.client.post("/lti/launch", {"state": state, "error": "x", "error_description": token[:290]})
    row = Launch.objects.get(code="platform_error")
    admin = Client()
    admin.force_login(make_user(is_superuser=True), "learning.organisation.backends.NumberBackend")
    page = admin.get(f"/admin/lti/launches/{row.pk}/").content.decode()
    assert token[:80] not in page


def test_no_token_reaches_the_log(campus: Campus, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        sent = campus.log_in()
        token = campus.signing.sign(campus.payload(sent["nonce"], deployment_id="other"))
        campus.post(sent["state"], token)
        campus.launch()
    for record in caplog.records:
        if not record.name.startswith("django.db"):
            assert "eyJ" not in record.getMessage()
            assert sent["state"] not in record.getMessage()
