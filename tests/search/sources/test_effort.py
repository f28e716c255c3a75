"""As many queries for many things as for one; ids come in chunks behind one another."""

from __future__ import annotations

from datetime import date
from time import process_time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from courses.models.topics import TopicBook, TopicCourse
from learning.organisation.models import Membership, PersonStatus, Unit, User
from search.models import Kind
from search.sources import base
from search.sources.registry import sources
from tests.courses.factories import make_chapter, make_course, make_lesson, make_material, make_topic, publish
from tests.factories import NOW, make_bank, make_exam, make_group, make_question, make_unit, make_user

pytestmark = pytest.mark.django_db

FEW = 8
DOORS = 3


def grow(kind: Kind, unit: Unit) -> int:
    """One more thing of the kind with everything that hangs on it; its id."""
    match kind:
        case Kind.COURSE | Kind.LESSON:
            course = make_course(unit, live=True, teacher="张三")
            course.audience_units = [unit]
            publish(course)
            film = make_material(unit)
            blocks = [("video", {"material": film.pk}), ("article", {"text": "<p>文</p>"})]
            lesson = make_lesson(make_chapter(course), blocks=blocks, live=True)
            topic = make_topic(unit)
            topic.courses = [TopicCourse(course=course)]
            publish(topic)
            return int(course.pk if kind == Kind.COURSE else lesson.pk)
        case Kind.TOPIC | Kind.BOOK:
            topic = make_topic(unit)
            topic.books = [TopicBook(title="书")]
            publish(topic)
            return int(topic.pk if kind == Kind.TOPIC else TopicBook.objects.get(topic=topic).pk)
        case Kind.EXAM:
            exam = make_exam(unit=unit, candidates=[make_user(unit=unit)])
            exam.exam_groups.create(group=make_group(), at=NOW)
            return int(exam.pk)
        case Kind.QUESTION:
            return int(make_question(make_bank(unit)).pk)
        case Kind.MEMBER:
            return int(make_user(unit=unit).pk)


@pytest.mark.parametrize("kind", Kind)
def test_many_things_take_as_many_queries_as_one(kind: Kind) -> None:
    root = make_unit()
    ids = [grow(kind, make_unit(root)) for _ in range(4)]
    source = sources()[kind]
    source.doors(None, ids, now=NOW)  # the site's address is remembered from now on
    counts = {}
    for size in (1, 4):
        with CaptureQueriesContext(
            connection,
        ) as drafts:
            assert len(source.drafts(ids[:size], now=NOW)) == size
        reader = make_user(unit=root, roles=[("school_office", root)])
        with CaptureQueriesContext(connection) as roles:
            source.doors(reader, [], now=NOW)
        with CaptureQueriesContext(connection) as doors:
            assert len(source.doors(reader, ids[:size], now=NOW)) == size
        assert len(roles) <= DOORS + 1
        counts[size] = (len(drafts), len(doors))
    assert counts[1] == counts[4]
    assert counts[4][0] <= FEW
    assert counts[4][1] <= DOORS


def test_ids_come_in_chunks_and_none_twice(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(base, "CHUNK", 2)
    users = [make_user().pk for _ in range(5)]
    with django_assert_num_queries(4):
        assert list(sources()[Kind.MEMBER].every()) == [users[:2], users[2:4], users[4:]]


def test_ids_go_on_behind_the_last_one_although_rows_before_it_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "CHUNK", 2)
    users = [make_user().pk for _ in range(5)]
    chunks = sources()[Kind.MEMBER].every()
    assert next(chunks) == users[:2]
    User.objects.filter(pk=users[0]).delete()
    assert list(chunks) == [users[2:4], users[4:]]


def test_five_hundred_members_of_many_units_are_quick() -> None:
    root = make_unit()
    Unit.objects.bulk_create(
        Unit(
            path=f"{root.path}{number:04d}",
            depth=2,
            code=f"X{number}",
            name=f"支部{number % 900}",
            kind=Unit.Kind.BRANCH,
            opened_date=date(2020, 1, 1),
        )
        for number in range(1, 1001)
    )
    units = list(Unit.objects.filter(depth=2))
    users = User.objects.bulk_create(User(number=f"Q{n}", full_name=f"学员{n}") for n in range(500))
    Membership.objects.bulk_create(
        Membership(
            user=user, unit=units[n % 1000], person_status=PersonStatus.FULL, from_date=date(2020, 1, 1)
        )
        for n, user in enumerate(users)
    )
    ids = [user.pk for user in users]
    took = []
    for _ in range(3):
        begun = process_time()
        assert len(sources()[Kind.MEMBER].drafts(ids, now=NOW)) == 500
        took.append(process_time() - begun)
    assert min(took) < 0.1
