"""Attacks by a platform that was let in and is ruled by somebody else: answers and claims that no honest one sends."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from lti.core import ags, claims
from lti.core.retrying import LONGEST_WAIT, patience
from lti.http.fetching import Answer
from lti.models import Context, Deployment, LineItem, PlatformUser
from lti.services import columns, rosters
from tests.factories import NOW, make_exam
from tests.lti.campus import Campus, landed, refused
from tests.lti.factories import make_context, make_link, make_platform

pytestmark = pytest.mark.django_db
HUGE: list[Any] = [1e300, "1E999999", "1e30", 10**400, -5, 0, "NaN", "Infinity", True, [], {}, "x"]


@pytest.mark.parametrize("number", HUGE)
def test_a_column_that_counts_to_nonsense_counts_to_the_exams_points(number: Any) -> None:
    exam = make_exam()
    context = make_context(
        make_platform(exam.owner_unit),
        line_items_url="https://lms.example.edu/items",
        scopes=[claims.SCOPE_LINE_ITEM],
    )
    link = make_link(context, exam=exam)
    item = {"id": "https://lms.example.edu/items/1", "resourceLinkId": link.link_id, "scoreMaximum": number}

    def call(*_: Any, **__: Any) -> Answer:
        return Answer(200, {}, json.dumps([item]))

    columns.column_for(link_id=link.pk, now=NOW, call=call)
    assert LineItem.objects.get().maximum == Decimal(6)


@pytest.mark.parametrize("number", HUGE)
def test_a_result_of_nonsense_is_read_without_a_fault(number: Any) -> None:
    (result,) = ags.read_results([{"userId": "a", "resultScore": number, "resultMaximum": number}])
    assert result.score is None or abs(result.score) < 10**9


@pytest.mark.parametrize("said", ["9" * 5000, "-1", "1e9", "٣", "", " 5 ", "\x00"])
def test_patience_has_bounds_whatever_is_asked(said: str) -> None:
    assert timedelta(0) < patience(said) <= timedelta(seconds=LONGEST_WAIT)


def test_names_longer_than_any_column_are_cut(campus: Campus) -> None:
    names = {"name": None, "given_name": "甲" * 500, "family_name": "b " * 500, "email": "e" * 500}
    landed(campus, campus.launch(lis={"person_sourcedid": "n" * 500}, **names))
    person = PlatformUser.objects.get()
    for field in ("name", "email", "number"):
        assert len(getattr(person, field)) <= 255, field


def hostile_member(number: int, **more: Any) -> dict[str, Any]:
    words = "\ud800\x00" + "甲" * 100_000
    return {
        "user_id": f"u{number}",
        "roles": ["Learner", None, {"a": 1}, 7],
        "name": "",
        "given_name": words,
        "family_name": words,
        "email": words,
        "lis_person_sourcedid": words,
        "message": [{claims.CUSTOM: {words: words}}, None, 3],
        "picture": {"a": [[[[]]]]},
        **more,
    }


def test_a_roster_of_nonsense_is_read_without_a_fault(campus: Campus) -> None:
    campus.launch(nrps={"context_memberships_url": f"{campus.signing.issuer}/m", "service_versions": ["2.0"]})
    context = Context.objects.get()
    entries: list[Any] = [
        hostile_member(1),
        hostile_member(2, status="Hacked"),
        None,
        5,
        [],
        {},
        {"user_id": 3},
    ]
    said = json.dumps({"id": "x", "context": {"id": "elsewhere"}, "members": entries})

    def call(*_: Any, **__: Any) -> Answer:
        return Answer(200, {"Link": "<;;;>; rel=next=next, <x"}, said)

    assert rosters.sync(context, now=campus.now, call=call).problem == ""
    assert all(len(person.name) <= 255 for person in PlatformUser.objects.all())


@pytest.mark.parametrize(
    "deep", ["[" * 100_000, '{"members":' * 50_000, "1" * 100_000, '"' + "\\u0000" * 1000]
)
def test_an_answer_as_deep_as_a_well_is_no_roster(campus: Campus, deep: str) -> None:
    campus.launch(nrps={"context_memberships_url": f"{campus.signing.issuer}/m", "service_versions": ["2.0"]})

    def call(*_: Any, **__: Any) -> Answer:
        return Answer(200, {}, deep)

    assert rosters.sync(Context.objects.get(), now=campus.now, call=call).problem == "unreadable"


def test_links_without_a_course_stay_apart_however_long_their_names(campus: Campus) -> None:
    for end in ("1", "2"):
        campus.launch(Client(), sub=end, context=None, resource_link={"id": "x" * 254 + end, "title": "t"})
    assert Context.objects.count() == 2


@pytest.mark.parametrize(
    "claim",
    [
        {"custom": {"a": "[" * 60_000}},
        {"extra": {"a": [[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]}},
        {"extra": {"a": "\x00"}},
        {"extra": {"\x00": 1}},
        {"iat": 10**30},
        {"iat": True},
        {"exp": "never"},
        {"sub": "s" * 256},
        {"roles": ["r"] * 201},
        {"roles": "Learner"},
        {"context": {"id": ["c"]}},
    ],
)
def test_claims_of_nonsense_end_on_a_plain_page(campus: Campus, claim: dict[str, Any]) -> None:
    response = campus.launch(**claim)
    assert response.status_code in (302, 400)
    if response.status_code == 400:
        assert response["X-Error-Code"]
        assert not PlatformUser.objects.exists()


def test_deployments_without_end_stop_where_nobody_would_read_them(campus: Campus) -> None:
    Deployment.objects.bulk_create(
        Deployment(platform=campus.row, deployment_id=f"d{number}") for number in range(200)
    )
    refused(campus.launch(deployment_id="one more"), "unknown_deployment")
    refused(campus.launch(deployment_id="d7"), "inactive_deployment")
    assert Deployment.objects.count() == 201
    landed(campus, campus.launch())
