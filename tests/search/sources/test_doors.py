"""The address that is offered opens: for members, organisers, watchers and launched sessions, each at their own."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.models import LessonPage
from courses.models.topics import TopicBook
from learning.organisation.models import GroupStaff, Role, Unit, User
from question_bank.exams.models import ExamGroup
from search.models import Kind
from search.sources.registry import sources
from tests.courses.factories import make_course, make_topic, publish
from tests.factories import (
    NOW,
    make_bank,
    make_candidate,
    make_exam,
    make_group,
    make_question,
    make_unit,
    make_user,
)
from tests.launching import allow_launching, launched

pytestmark = pytest.mark.django_db


def door(kind: Kind, user: User, pk: int) -> str | None:
    """As a fresh session of the person has it."""
    fresh = User.objects.get(pk=user.pk)
    fresh.launched = user.launched
    return sources()[kind].doors(fresh, [pk], now=timezone.now()).get(pk)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def everything(unit: Unit) -> dict[Kind, int]:
    """One thing of each kind that the unit owns."""
    course = make_course(unit, live=True, lessons=1)
    topic = make_topic(unit)
    topic.books = [TopicBook(title="书")]
    publish(topic)
    return {
        Kind.COURSE: course.pk,
        Kind.LESSON: LessonPage.objects.get().pk,
        Kind.TOPIC: topic.pk,
        Kind.BOOK: TopicBook.objects.get().pk,
        Kind.EXAM: make_exam(unit=unit).pk,
        Kind.QUESTION: make_question(make_bank(unit)).pk,
        Kind.MEMBER: make_user(unit=unit).pk,
    }


def test_organiser_opens_what_is_offered_of_every_kind() -> None:
    unit = make_unit()
    organiser = make_user(roles=[(Role.SCHOOL_OFFICE, unit)])
    client = signed_in(organiser)
    for kind, pk in everything(unit).items():
        url = door(kind, organiser, pk)
        assert url, kind
        assert client.get(url).status_code == 200, (kind, url)


def test_organiser_of_another_unit_is_offered_nothing() -> None:
    root = make_unit()
    stranger = make_user(unit=root, roles=[(Role.SCHOOL_OFFICE, make_unit(root))])
    things = everything(make_unit(root))
    assert [kind for kind, pk in things.items() if door(kind, stranger, pk)] == []


def test_member_opens_courses_lessons_topics_and_the_book_among_its_topic() -> None:
    unit = make_unit()
    things = everything(unit)
    member = make_user(unit=unit)
    client = signed_in(member)
    urls = {kind: door(kind, member, pk) for kind, pk in things.items()}
    assert {kind for kind, url in urls.items() if url} == {Kind.COURSE, Kind.LESSON, Kind.TOPIC, Kind.BOOK}
    for url in filter(None, urls.values()):
        assert client.get(url).status_code == 200
    book = things[Kind.BOOK]
    assert urls[Kind.BOOK] == f"{urls[Kind.TOPIC]}#book-{book}"
    assert f'id="book-{book}"' in client.get(urls[Kind.BOOK] or "").content.decode()


def test_exam_leads_candidates_to_its_start_organisers_to_its_making_and_watchers_to_their_people() -> None:
    root = make_unit()
    here, there = make_unit(root), make_unit(root)
    both = make_user(unit=there, roles=[(Role.SECRETARY, here)])
    watcher, watching_candidate = (make_user(unit=there, roles=[(Role.SECRETARY, there)]) for _ in range(2))
    candidate = make_user(unit=there)
    exam = make_exam(unit=here, candidates=[candidate, both, watching_candidate])
    expected = {
        candidate: "exam_start",
        both: "manage_exam",
        watcher: "manage_candidates",
        watching_candidate: "exam_start",
    }
    for user, name in expected.items():
        url = door(Kind.EXAM, user, exam.pk)
        assert url == reverse(name, args=[exam.pk])
        assert signed_in(user).get(url).status_code == 200


def test_withdrawn_exam_is_closed_to_candidates_and_open_to_who_watches_them() -> None:
    here, there = make_unit(), make_unit()
    watcher, candidate = make_user(roles=[(Role.SECRETARY, there)]), make_user(unit=there)
    exam = make_exam(unit=here, candidates=[candidate], state="withdrawn")
    assert door(Kind.EXAM, candidate, exam.pk) is None
    url = door(Kind.EXAM, watcher, exam.pk)
    assert url == reverse("manage_candidates", args=[exam.pk])
    assert signed_in(watcher).get(url).status_code == 200


def test_launched_session_is_offered_nothing_of_the_admin(settings: Any) -> None:
    allow_launching(settings)
    unit = make_unit()
    things = everything(unit)
    office = make_user(unit=unit, roles=[(Role.SCHOOL_OFFICE, unit), (Role.ADMINISTRATOR, unit)])
    taught = make_exam(unit=make_unit())
    group = make_group(make_user())
    ExamGroup.objects.create(exam=taught, group=group, at=NOW)
    GroupStaff.objects.create(group=group, user=office, role="teacher", since=NOW)
    make_candidate(taught, group.members.get().user)
    client = launched(office)
    office.launched = True
    urls = {kind: door(kind, office, pk) for kind, pk in things.items()}
    assert {kind for kind, url in urls.items() if url} == {Kind.COURSE, Kind.LESSON, Kind.TOPIC, Kind.BOOK}
    there = door(Kind.EXAM, office, taught.pk)
    assert there == reverse("manage_candidates", args=[taught.pk])
    for url in filter(None, [*urls.values(), there]):
        assert client.get(url).status_code == 200, url
