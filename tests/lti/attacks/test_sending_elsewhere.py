"""Attacks on what we send: our tokens to strangers' hosts, our requests into our own network, scores of others."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest
from django.db.models import F

from learning.organisation.models import Unit
from lti.core import ags, claims
from lti.core.nrps import next_page
from lti.http import addresses, connecting, tokens
from lti.http.fetching import Unreachable
from lti.models import Context, ContextMember, GradeDelivery, LineItem, PlatformUser
from lti.services import outbox
from question_bank.exams.models import Candidate, Exam, Result
from tests.factories import make_attempt
from tests.lti.campus import Campus, join_campus, landed
from tests.lti.platforms.signing import SigningPlatform

pytestmark = pytest.mark.django_db
OWN = "https://platform.example.edu"
ELSEWHERE = [
    "https://evil.example/items",
    "https://platform.example.edu.evil.example/items",
    "https://platform.example.edu@evil.example/items",
    "https://evil.example#@platform.example.edu/items",
    "https://platform.example.edu:8443/items",
    "http://platform.example.edu/items",
    "https://127.0.0.1/items",
    "https://[::1]/items",
    "https://169.254.169.254/latest/meta-data/",
    "https://2130706433/items",
    "//evil.example/items",
    "file:///etc/passwd",
    "gopher://platform.example.edu/",
    "/items",
    "items",
    "",
    "https://platform.example.edu\\.evil.example/items",
    "https://platform.example.edu/it ems",
    "https://platform.example.edu/\r\nX: y",
]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def session(**_: Any) -> Any:
        raise AssertionError("somebody was asked")

    monkeypatch.setattr(connecting, "session", session)
    monkeypatch.setattr(tokens, "service_token", lambda *_, **__: "secret")


@pytest.mark.parametrize("url", ELSEWHERE)
def test_no_token_goes_where_a_claim_says_unless_it_is_the_platforms(
    campus: Campus, no_network: None, url: str
) -> None:
    scores = ags.scores_url(url) if url else url
    for address in {
        url,
        scores,
        ags.results_url(url, user_id="a"),
        next_page(f'<{url}>; rel="next"', base=OWN),
    }:
        if address.startswith(f"{OWN}/"):
            continue  # relative to the page that named it
        with pytest.raises(Unreachable):
            tokens.call(campus.row, "GET", address, scopes=[claims.SCOPE_MEMBERS], now=campus.now)


def test_a_name_of_the_platforms_that_leads_into_our_network_is_not_asked(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "resolve", lambda host, port: [ip_address("10.0.0.5")])
    monkeypatch.setattr(tokens, "service_token", lambda *_, **__: "secret")
    with pytest.raises(Unreachable, match="private"):
        tokens.call(campus.row, "GET", f"{OWN}/items", scopes=[claims.SCOPE_MEMBERS], now=campus.now)


def ags_claim(number: int) -> dict[str, Any]:
    return {
        "scope": [claims.SCOPE_SCORE],
        "lineitems": f"{OWN}/items",
        "lineitem": f"{OWN}/items/{number}",
    }


def sat(campus: Campus, sub: str) -> None:
    user = PlatformUser.objects.get(sub=sub, platform=campus.row).user
    attempt = make_attempt(campus.exam, user, now=campus.now)
    candidate = Candidate.objects.get(exam=campus.exam, user=user)
    Result.objects.create(
        candidate=candidate, attempt=attempt, score=5, max_score=6, passed=True, updated_at=campus.now
    )


def test_a_column_of_one_course_gets_no_score_of_anothers_people(campus: Campus) -> None:
    """Also where a hostile course names the same column of the gradebook for the same exam."""
    landed(campus, campus.launch(sub="ours", ags=ags_claim(1)))
    landed(campus, campus.launch(sub="theirs", ags=ags_claim(1), context={"id": "other", "title": "别的班"}))
    for sub in ("ours", "theirs"):
        sat(campus, sub)
    assert LineItem.objects.count() == 2
    for item in LineItem.objects.all():
        outbox.deliver_to_column(line_item=item, now=campus.now)
    told = set(GradeDelivery.objects.values_list("line_item__context__context_id", "person__sub"))
    assert told == {("course-1", "ours"), ("other", "theirs")}


def test_who_left_a_course_is_told_to_it_no_more(campus: Campus) -> None:
    landed(campus, campus.launch(sub="ours", ags=ags_claim(1)))
    sat(campus, "ours")
    ContextMember.objects.update(removed_at=F("seen_at"))
    assert outbox.deliver_to_column(line_item=LineItem.objects.get(), now=campus.now) == 0


def test_one_sub_of_two_platforms_is_told_to_its_own_alone(campus: Campus, school: Unit, exam: Exam) -> None:
    """Two platforms with one sub: each is told of its own person alone."""
    other = join_campus(SigningPlatform("https://other.example.edu", first_key=3), school, exam)
    landed(campus, campus.launch(sub="1", ags=ags_claim(1)))
    foreign = {**ags_claim(1), "lineitem": "https://other.example.edu/items/1"}
    landed(other, other.launch(sub="1", ags=foreign))
    sat(campus, "1")
    for item in LineItem.objects.all():
        outbox.deliver_to_column(line_item=item, now=campus.now)
    assert list(GradeDelivery.objects.values_list("person__platform", flat=True)) == [campus.row.pk]
    assert Context.objects.count() == 2
