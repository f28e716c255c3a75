"""Drafts by compare-and-set, the length counted without blanks, handing in, marking, returning."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from courses.errors import NotFound, NotPossible, Stale
from courses.models import PlanItem, Reflection, ReflectionTask
from courses.reflecting import marking, tasks, writing
from learning.organisation.models import AuditEntry, ClassMember, Role, TrainingClass, Unit, User
from learning.study.models import Completion, Enrolment
from learning.study.services.enrolling import enrol
from tests.courses.classes.making import make_course, make_task
from tests.factories import NOW, make_class, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    return make_unit()


@pytest.fixture
def user(unit: Unit) -> User:
    return make_user(unit=unit)


@pytest.fixture
def task(unit: Unit, user: User) -> ReflectionTask:
    """Asked of the user by a running class; ten characters at least."""
    made = make_task(unit)
    PlanItem.objects.create(training_class=make_class(unit, members=[user]), kind="reflection", task=made)
    return made


@pytest.fixture
def teacher(unit: Unit) -> User:
    return make_user(roles=[(Role.TEACHER, unit)])


def save(user: User, task: ReflectionTask, text: str, base: int) -> Reflection:
    return writing.save_draft(user=user, task=task, text=text, base=base, now=NOW)


def submit(user: User, task: ReflectionTask, text: str = "一二三四五六七八九十", base: int = 0) -> Reflection:
    return writing.submit(user=user, task=task, text=text, base=base, now=NOW)


@pytest.mark.parametrize(
    ("text", "length"),
    [("", 0), ("学 习\n心　得\t", 4), ("ab c", 3), ("\u00a0\u2003", 0), ("𠮷祥", 2)],
)
def test_length_counts_characters_without_white_space(text: str, length: int) -> None:
    assert writing.length_of(text) == length


def test_two_tabs_do_not_overwrite_each_other_in_silence(user: User, task: ReflectionTask) -> None:
    assert save(user, task, "甲", 0).rev == 1
    assert save(user, task, "甲乙", 1).rev == 2
    with pytest.raises(Stale) as stale:
        save(user, task, "丙", 1)
    assert (stale.value.rev, stale.value.text) == (2, "甲乙")
    assert save(user, task, "丙", 2).text == "丙"


def test_same_text_again_is_no_conflict_and_no_new_revision(user: User, task: ReflectionTask) -> None:
    save(user, task, "甲", 0)
    assert save(user, task, "甲", 0).rev == 1


def test_text_below_the_minimum_is_not_handed_in(user: User, task: ReflectionTask) -> None:
    with pytest.raises(NotPossible, match="还差 7 字"):
        submit(user, task, "一 二 三        \n\n")
    assert not Reflection.objects.filter(state="submitted").exists()


def test_task_without_a_minimum_still_asks_for_something(user: User, task: ReflectionTask) -> None:
    ReflectionTask.objects.update(min_chars=0)
    task.refresh_from_db()
    with pytest.raises(NotPossible):
        submit(user, task, "  \n ")


def test_handed_in_is_read_only_until_it_is_returned(
    user: User, task: ReflectionTask, teacher: User, unit: Unit
) -> None:
    row = submit(user, task)
    assert (row.state, row.submitted_at, row.unit) == ("submitted", NOW, unit)
    assert submit(user, task).rev == row.rev  # the button pressed twice
    with pytest.raises(NotPossible, match="已经提交"):
        save(user, task, "改", row.rev)
    marking.give_back(reflection_id=row.pk, reason="请结合实际", seen_rev=1, by=teacher, now=NOW)
    again = submit(user, task, "一二三四五六七八九十改", 1)
    assert (again.state, again.comment, again.rev) == ("submitted", "", 2)


def test_who_is_not_asked_finds_no_task_and_writes_nothing(task: ReflectionTask, unit: Unit) -> None:
    stranger = make_user(unit=unit)
    make_class(unit, members=[stranger])
    with pytest.raises(NotFound):
        tasks.task_for(user=stranger, task_id=task.pk, now=NOW)
    with pytest.raises(NotPossible):
        save(stranger, task, "甲", 0)
    assert not Reflection.objects.filter(text="甲").exists()


@pytest.mark.parametrize("end", ["closed", "withdrawn", "draft"])
def test_writing_ends_with_the_class_but_the_text_stays_to_read(
    user: User, task: ReflectionTask, end: str
) -> None:
    save(user, task, "甲", 0)
    if end == "withdrawn":
        ClassMember.objects.update(state="withdrawn", left_at=NOW)
    else:
        TrainingClass.objects.update(state=end, closed_at=NOW if end == "closed" else None)
    with pytest.raises(NotPossible, match="已保留"):
        save(user, task, "乙", 1)
    assert tasks.task_for(user=user, task_id=task.pk, now=NOW) == task


def test_marker_of_another_unit_finds_nothing_and_nobody_marks_their_own(
    user: User, task: ReflectionTask, unit: Unit
) -> None:
    row = submit(user, task)
    foreign = make_user(roles=[(Role.TEACHER, make_unit())])
    secretary = make_user(roles=[(Role.SECRETARY, unit)])
    for by in (foreign, secretary, user):
        with pytest.raises(NotFound):
            marking.mark(reflection_id=row.pk, mark=Decimal(80), comment="", seen_rev=1, by=by, now=NOW)
        assert not marking.handed_in(by, task.pk).exists()
    own = make_user(unit=unit, roles=[(Role.TEACHER, unit)])
    ClassMember.objects.update(user=own)
    Reflection.objects.update(user=own)
    with pytest.raises(NotPossible, match="自己"):
        marking.mark(reflection_id=row.pk, mark=Decimal(80), comment="", seen_rev=1, by=own, now=NOW)
    assert marking.next_waiting(own, task.pk) is None


def test_mark_is_bounded_audited_and_given_to_what_was_read(
    user: User, task: ReflectionTask, teacher: User
) -> None:
    row = submit(user, task)
    for wrong in (Decimal(-1), Decimal("100.5")):
        with pytest.raises(NotPossible, match="0 到 100"):
            marking.mark(reflection_id=row.pk, mark=wrong, comment="", seen_rev=1, by=teacher, now=NOW)
    with pytest.raises(NotPossible, match="变化"):
        marking.mark(reflection_id=row.pk, mark=Decimal(80), comment="", seen_rev=7, by=teacher, now=NOW)
    marking.mark(reflection_id=row.pk, mark=Decimal(80), comment=" 好 ", seen_rev=1, by=teacher, now=NOW)
    row.refresh_from_db()
    assert (row.state, row.mark, row.comment, row.marked_by) == ("marked", 80, "好", teacher)
    marking.mark(reflection_id=row.pk, mark=Decimal(85), comment="", seen_rev=1, by=teacher, now=NOW)
    changes = [entry.data for entry in AuditEntry.objects.filter(action="reflection.mark").order_by("pk")]
    assert [(each["from"], each["to"]) for each in changes] == [(None, "80"), ("80.00", "85")]
    with pytest.raises(IntegrityError), transaction.atomic():
        Reflection.objects.update(state="draft")


def test_return_needs_a_reason(user: User, task: ReflectionTask, teacher: User) -> None:
    row = submit(user, task)
    with pytest.raises(NotPossible, match="原因"):
        marking.give_back(reflection_id=row.pk, reason="  ", seen_rev=1, by=teacher, now=NOW)


def test_queue_leads_through_those_who_wait_longest_first(unit: Unit, teacher: User) -> None:
    made, cls = make_task(unit), make_class(unit)
    PlanItem.objects.create(training_class=cls, kind="reflection", task=made)
    rows = [
        Reflection.objects.create(
            task=made, user=make_user(), text="x", rev=1, state="submitted", saved_at=NOW, submitted_at=NOW
        )
        for _ in range(3)
    ]
    Reflection.objects.create(task=made, user=make_user(), text="draft", saved_at=NOW)
    first = marking.next_waiting(teacher, made.pk)
    assert first == rows[0]
    assert marking.next_waiting(teacher, made.pk, after=rows[0].pk) == rows[1]
    assert marking.next_waiting(teacher, made.pk, after=rows[2].pk) == rows[0]
    counted = marking.tasks_to_mark(teacher).get()
    assert (counted.waiting, counted.marked) == (3, 0)
    assert marking.handed_in(teacher, made.pk).count() == 3


PART: dict[str, Any] = {
    "key": "b1", "kind": "reflection", "title": "课后心得", "required": True, "prompt": "谈谈", "least_words": 5,
}  # fmt: skip


def test_mark_of_a_lesson_s_reflection_completes_the_lesson_and_its_course(
    user: User, unit: Unit, teacher: User
) -> None:
    course = make_course(unit, lessons=1, parts=[PART])
    lesson = course.children.get()
    enrol(activity=course, users=[user], source=Enrolment.Source.AUDIENCE, now=NOW)
    task = tasks.task_of_part(activity=lesson, part="b1", now=NOW)
    assert (task.title, task.prompt, task.min_chars, task.owner_unit) == ("课后心得", "谈谈", 5, unit)
    row = submit(user, task)
    assert not Completion.objects.exists()
    marking.mark(reflection_id=row.pk, mark=Decimal(70), comment="", seen_rev=1, by=teacher, now=NOW)
    assert set(Completion.objects.values_list("activity", flat=True)) == {lesson.pk, course.pk}


def test_task_of_a_block_is_one_and_follows_what_is_published(user: User, unit: Unit) -> None:
    lesson = make_course(unit, lessons=1, parts=[PART]).children.get()
    copied = make_course(unit, lessons=1, parts=[PART]).children.get()
    first = tasks.task_of_part(activity=lesson, part="b1", now=NOW)
    lesson.parts = [{**PART, "least_words": 50, "title": "新题"}]
    lesson.save()
    second = tasks.task_of_part(activity=lesson, part="b1", now=NOW)
    assert (second.pk, second.min_chars, second.title) == (first.pk, 50, "新题")
    assert tasks.task_of_part(activity=copied, part="b1", now=NOW).pk != first.pk
    with pytest.raises(NotFound):
        tasks.task_of_part(activity=lesson, part="b2", now=NOW)


def test_block_taken_out_of_the_lesson_is_not_asked_any_more(user: User, unit: Unit) -> None:
    course = make_course(unit, lessons=1, parts=[PART])
    lesson = course.children.get()
    task = tasks.task_of_part(activity=lesson, part="b1", now=NOW)
    enrol(activity=course, users=[user], source=Enrolment.Source.AUDIENCE, now=NOW)
    assert tasks.may_write(user=user, task=task, now=NOW)
    assert not tasks.may_write(user=make_user(unit=make_unit()), task=task, now=NOW)
    lesson.parts = []
    lesson.save()
    assert not tasks.may_write(user=user, task=task, now=NOW)


def test_the_first_page_of_the_admin_leads_to_texts_that_wait_in_the_own_scope(
    client: Client, user: User, task: ReflectionTask, teacher: User
) -> None:
    submit(user, task)
    client.force_login(teacher)
    page = client.get(reverse("wagtailadmin_home")).content.decode()
    assert f"待评阅：{task.title}，1 篇" in page
    assert reverse("classes_admin:task_texts", args=[task.pk]) in page
    client.force_login(make_user(roles=[(Role.TEACHER, make_unit())]))
    assert task.title not in client.get(reverse("wagtailadmin_home")).content.decode()
