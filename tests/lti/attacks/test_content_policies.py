"""Attacks on the content policy: what a platform, an administrator's line or an invited stranger writes into it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from learning.organisation.models import Unit
from lti.models import origin_of
from lti.services import registering
from tests.lti.campus import Campus

pytestmark = pytest.mark.django_db
PLAIN = "frame-ancestors 'self'"

ODD_URLS = [
    "https://*/x",
    "https://a;script-src/x",
    "https://a; script-src 'unsafe-inline' https://evil.example/x",
    "https://a,b/x",
    "https://'self'/x",
    "https://a b/x",
    "https://*.evil.example/x",
    "https://user@evil.example;sandbox/x",
]


@pytest.mark.parametrize("url", ODD_URLS)
def test_no_url_of_a_stranger_gives_an_origin_that_a_policy_reads_otherwise(url: str) -> None:
    assert not set(origin_of(url)) & set(" ;,*'\"")


@pytest.mark.parametrize("url", ODD_URLS)
def test_an_invited_stranger_writes_nothing_into_the_policy(school: Unit, url: str) -> None:
    made = registering.invite(name="邀请", unit=school, by=None, now=timezone.now())
    response = Client().get(f"/lti/register/{made.token}", {"openid_configuration": url})
    policy = response["Content-Security-Policy"]
    assert "*" not in policy
    assert "evil" not in policy
    assert policy.count(";") == Client().get("/login/")["Content-Security-Policy"].count(";")


@pytest.mark.parametrize(
    "line", ["https://*", "https://a; script-src *", "*", "https://a b", "data:", "'none'"]
)
def test_a_line_that_is_no_origin_stays_out_of_the_policy(campus: Campus, line: str) -> None:
    """The form refuses such lines; the policy does not rely on it."""
    campus.row.origins = line
    campus.row.save()
    campus.launch()
    policy = campus.client.get("/me/")["Content-Security-Policy"]
    assert policy.endswith(f"{PLAIN} {campus.signing.issuer}")


@pytest.mark.parametrize("address", ["/nothing-here/", "/manage/exams/", "/lti/contexts/999/", "/admin/"])
def test_pages_that_are_not_there_are_framed_by_the_platform_alone(campus: Campus, address: str) -> None:
    campus.launch()
    page = campus.client.get(address)
    assert page.status_code == 404
    ancestors = page["Content-Security-Policy"].rpartition("frame-ancestors")[2].split()
    assert set(ancestors) <= {"'self'", campus.signing.issuer}


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example/",
        "https://platform.example.edu@evil.example/",
        "https://platform.example.edu\\@evil.example/",
        "https://platform.example.edu.evil.example/",
    ],
)
def test_a_choice_is_never_sent_to_a_foreign_page(campus: Campus, url: str) -> None:
    sent = campus.log_in()
    asked = campus.signing.deep_linking(
        nonce=sent["nonce"],
        settings={"deep_link_return_url": url},
        target_link_uri="http://testserver/lti/launch",
    )
    opened = campus.post(sent["state"], campus.signing.sign(asked))
    page = campus.client.post(opened["Location"], {"item": f"exam-{campus.exam.pk}"})
    assert page["X-Error-Code"] == "bad_return_url"
    assert 'name="JWT"' not in page.content.decode()
    assert "evil" not in page["Content-Security-Policy"]
