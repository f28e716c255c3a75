"""From a thing that is written to the page that shows it: sources, index, engine of the database, rights, doors."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from learning.organisation.models import Role, Unit, User
from learning.study.models import Activity
from search.models import Kind
from search.services.indexing import catch_up
from search.services.rebuilding import rebuild_all
from search.services.searching import find
from search.services.suggesting import suggest
from search.services.viewers import EVERYTHING, viewer_of
from tests.courses.factories import activity_of, make_course, make_lesson, make_topic, publish
from tests.factories import make_bank, make_question, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    """Pages go online by the real clock."""
    return timezone.now()


@pytest.fixture
def units() -> list[Unit]:
    root = make_unit(name="校党委")
    return [root, make_unit(root, name="甲支部"), make_unit(root, name="乙支部")]


@pytest.fixture
def member(units: list[Unit]) -> User:
    return make_user("20260001", name="王小明", unit=units[1])


def index(now: datetime) -> None:
    catch_up(clock=lambda: now)


def titles(user: User, text: str, now: datetime, **filters: list[str]) -> list[str]:
    results = find(text=text, filters=filters, viewer=viewer_of(user, now=now), page=1, now=now)
    assert results.total == len(results.hits)
    return [hit.title for hit in results.hits]


def test_a_course_and_its_lesson_are_found_by_members_of_the_unit_and_nobody_else(
    units: list[Unit], member: User, now: datetime
) -> None:
    course = make_course(units[1], live=True, title="学习党章")
    text = "<p>民主集中制是根本组织原则。</p>"
    make_lesson(course, live=True, title="第一讲", blocks=[("article", {"text": text})])
    index(now)
    assert titles(member, "党章", now)[0] == "学习党章"
    assert titles(member, "民主集中制", now) == ["第一讲"]
    other = make_user(unit=units[2])
    assert titles(other, "党章", now) == []
    assert titles(other, "民主集中制", now) == []
    assert suggest(text="党章", viewer=viewer_of(other, now=now), now=now) == []


def test_where_a_hit_leads_the_person_is_let_in(units: list[Unit], member: User, now: datetime) -> None:
    course = make_course(units[1], live=True, title="学习党章")
    make_lesson(course, live=True, title="党章第一讲")
    publish(make_topic(units[1], title="党章专题"))
    index(now)
    client = Client()
    client.force_login(member)
    hits = client.get("/api/search", {"q": "党章"}).json()["hits"]
    assert {hit["kind"] for hit in hits} == {"course", "lesson", "topic"}
    for hit in hits:
        assert client.get(hit["url"], follow=True).status_code == 200, hit


def test_what_was_closed_a_moment_ago_is_not_shown_while_the_index_still_knows_it(
    units: list[Unit], member: User, now: datetime
) -> None:
    course = make_course(units[1], live=True, title="学习党章")
    index(now)
    Activity.objects.filter(pk=activity_of(course).pk).update(is_open=False)
    assert titles(member, "党章", now) == []


def test_questions_and_people_are_found_by_organisers_of_theirs_only(
    units: list[Unit], member: User, now: datetime
) -> None:
    bank = make_bank(units[1])
    make_question(bank, stem="民主集中制的含义是什么？")
    office = make_user(unit=units[1], roles=[(Role.SCHOOL_OFFICE, units[1])])
    elsewhere = make_user(unit=units[2], roles=[(Role.SCHOOL_OFFICE, units[2])])
    rebuild_all(clock=lambda: now)
    assert titles(office, "民主集中制", now, kind=["question"]) == ["民主集中制的含义是什么？"]
    assert titles(office, "wxm", now) == ["王小明"]
    assert titles(office, "20260001", now) == ["王小明"]
    for user in (member, elsewhere):
        assert titles(user, "民主集中制", now) == []
        assert titles(user, "王小明", now) == []


def test_the_search_of_everything_knows_the_addresses_too(
    units: list[Unit], member: User, now: datetime
) -> None:
    make_course(units[1], live=True, title="学习党章")
    rebuild_all(clock=lambda: now)
    results = find(text="", filters={}, viewer=EVERYTHING, page=1, now=now)
    assert {hit.kind for hit in results.hits} == {Kind.COURSE, Kind.MEMBER}
    assert all(hit.url.startswith("/") for hit in results.hits)


def test_one_wrong_character_is_forgiven(units: list[Unit], member: User, now: datetime) -> None:
    make_course(units[1], live=True, title="不忘初心牢记使命")
    index(now)
    results = find(text="不忘初新", filters={}, viewer=viewer_of(member, now=now), page=1, now=now)
    assert results.similar
    assert [hit.title for hit in results.hits] == ["不忘初心牢记使命"]


def queries_of(user: User, now: datetime, **asked: Any) -> int:
    fresh = User.objects.get(pk=user.pk)
    with CaptureQueriesContext(connection) as queries:
        find(filters={}, viewer=viewer_of(fresh, now=now), page=1, now=now, **asked)
    return len(queries)


def test_many_courses_cost_as_many_queries_as_few(units: list[Unit], member: User, now: datetime) -> None:
    asked = []
    for number in (2, 30):
        for n in range(number):
            make_course(units[1], live=True, title=f"党章{number}之{n}")
        index(now)
        queries_of(member, now, text="党章")  # what a process remembers
        asked.append(queries_of(member, now, text="党章"))
    assert asked[0] == asked[1] <= 15, asked
