"""Classes, reflections and certificates under a race: each thing happens once. PostgreSQL, each try on its own connection."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from courses.certifying import services
from courses.classes import planning
from courses.classes.graduation import graduate, preview
from courses.errors import CourseError, Stale
from courses.models import Certificate, Graduation, PlanItem, Reflection
from courses.reflecting import writing
from learning.organisation.errors import ClassNotOpen, OrganisationError
from learning.organisation.models import ClassMember, TrainingClass, User
from learning.organisation.services import classes
from learning.study.models import Enrolment
from tests.courses.classes.making import complete_course, make_course, make_task
from tests.factories import NOW, make_class, make_unit, make_user

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
TRIES = 8


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Runs the acts at the same moment, each in its own thread and connection; an error of the domain is its result."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=20)
            return act()
        except (CourseError, OrganisationError) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def graduates_class() -> tuple[TrainingClass, User, User]:
    """A class of one who has done all that it asks, and its organiser."""
    unit, office = make_unit(), make_user()
    user = make_user(unit=unit)
    made, course = make_class(unit, members=[user]), make_course(unit)
    rules = {"w_exam": 0, "w_study": 100, "w_reflection": 0, "least_exam": 0, "least_reflection": 0}
    planning.set_rules(class_id=made.pk, fields=rules, by=office, now=NOW)
    planning.add_item(class_id=made.pk, kind="course", activity=course, by=office, now=NOW)
    complete_course(user, course)
    return made, user, office


def test_class_graduates_once_though_many_confirm_at_once() -> None:
    made, _user, office = graduates_class()
    _found, seen = preview(training_class=made, now=NOW)
    results = at_once([lambda: graduate(class_id=made.pk, seen=seen, by=office, now=NOW)] * TRIES)
    assert sum(isinstance(result, list) for result in results) == 1
    assert sum(isinstance(result, ClassNotOpen) for result in results) == TRIES - 1
    assert Graduation.objects.count() == 1


def test_certificate_is_issued_once_though_many_ask_at_once() -> None:
    made, user, office = graduates_class()
    _found, seen = preview(training_class=made, now=NOW)
    graduate(class_id=made.pk, seen=seen, by=office, now=NOW)
    made.refresh_from_db()
    results = at_once([lambda: services.issue_certificate(user=user, subject=made, now=NOW)] * TRIES)
    assert {result.pk for result in results} == {Certificate.objects.get().pk}


def test_without_the_constraint_s_word_the_same_certificate_would_be_made_twice() -> None:
    """The negative control: look, then insert; only the database's own rule stops the others."""
    made, user, _office = graduates_class()
    seen = Barrier(TRIES)

    def unguarded(no: int) -> bool:
        there = Certificate.objects.filter(user=user, training_class=made).exists()
        seen.wait(timeout=20)
        try:
            with transaction.atomic():
                Certificate.objects.create(
                    number=f"DX2026-AAAA-AAAAA{no}",
                    kind="class",
                    user=user,
                    training_class=made,
                    holder_name="x",
                    subject_title="x",
                    credit_hours=Decimal(1),
                    issued_at=NOW,
                )
        except IntegrityError:
            return not there
        return False

    refused = at_once([lambda no=no: unguarded(no) for no in range(2, 2 + TRIES)])  # type: ignore[misc]
    assert sum(refused) == TRIES - 1  # each of them had seen none


def test_two_tabs_that_save_at_once_lose_no_text_in_silence() -> None:
    unit = make_unit()
    user = make_user(unit=unit)
    task = make_task(unit)
    PlanItem.objects.create(training_class=make_class(unit, members=[user]), kind="reflection", task=task)
    acts: list[Callable[[], Any]] = [
        lambda no=no: writing.save_draft(user=user, task=task, text=f"第 {no} 页", base=0, now=NOW)  # type: ignore[misc]
        for no in range(TRIES)
    ]
    results = at_once(acts)
    stored = [result for result in results if isinstance(result, Reflection)]
    told = [result for result in results if isinstance(result, Stale)]
    assert (len(stored), len(told)) == (1, TRIES - 1)
    row = Reflection.objects.get()
    assert (row.rev, row.text) == (1, stored[0].text)
    assert {each.text for each in told} == {row.text}


def test_without_the_lock_a_save_is_overwritten_in_silence() -> None:
    """The negative control: the same comparison, the row read without a lock."""
    task, user = make_task(make_unit()), make_user()
    Reflection.objects.create(task=task, user=user, saved_at=NOW)
    seen = Barrier(TRIES)

    def unlocked(no: int) -> bool:
        row = Reflection.objects.get(task=task, user=user)
        seen.wait(timeout=20)
        if row.rev != 0:
            return False
        row.text, row.rev = f"第 {no} 页", 1
        row.save(update_fields=["text", "rev"])
        return True

    assert sum(at_once([lambda no=no: unlocked(no) for no in range(TRIES)])) > 1  # type: ignore[misc]


def test_text_is_handed_in_once_though_the_button_is_pressed_many_times() -> None:
    unit = make_unit()
    user = make_user(unit=unit)
    task = make_task(unit, min_chars=1)
    PlanItem.objects.create(training_class=make_class(unit, members=[user]), kind="reflection", task=task)
    results = at_once([lambda: writing.submit(user=user, task=task, text="体会", base=0, now=NOW)] * TRIES)
    assert {(result.state, result.rev) for result in results} == {("submitted", 1)}


def test_member_admitted_while_a_course_is_added_is_enrolled_in_it() -> None:
    unit, office = make_unit(), make_user()
    made, course = make_class(unit), make_course(unit)
    people = [make_user(unit=unit) for _ in range(4)]
    acts: list[Callable[[], Any]] = [
        lambda user=user: classes.admit_users(class_id=made.pk, users=[user], by=office, now=NOW)  # type: ignore[misc]
        for user in people
    ]
    acts.insert(
        2, lambda: planning.add_item(class_id=made.pk, kind="course", activity=course, by=office, now=NOW)
    )
    at_once(acts)
    assert ClassMember.objects.count() == 4
    assert Enrolment.objects.filter(activity=course).count() == 4
