"""Who has done what, and graduation: previewed, confirmed, frozen."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.classes import planning
from courses.classes.graduating import Part
from courses.classes.graduation import graduate, preview
from courses.classes.standing import MemberStanding, standings
from courses.classes.words import reason_words
from courses.errors import NotPossible
from courses.models import ClassPlan, Graduation, PlanItem
from learning.organisation.errors import ClassNotOpen
from learning.organisation.models import ClassMember, TrainingClass, Unit, User
from learning.study.models import Activity, StudySlice
from question_bank.exams.models import Result
from tests.courses.classes.making import (
    complete,
    complete_course,
    make_course,
    make_mark,
    make_result,
    make_task,
)
from tests.factories import NOW, make_class, make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db
Kind = PlanItem.Kind


class Term:
    """A class with an exam, a course of two lessons, a reflection and four hours, and its people."""

    def __init__(self, people: int = 2) -> None:
        self.unit: Unit = make_unit()
        self.office: User = make_user()
        self.people = [make_user(unit=self.unit) for _ in range(people)]
        self.cls: TrainingClass = make_class(self.unit, members=self.people)
        self.exam, self.course, self.task = (
            make_exam(unit=self.unit),
            make_course(self.unit),
            make_task(self.unit),
        )
        for kind, thing in (
            (Kind.EXAM, {"exam": self.exam}),
            (Kind.COURSE, {"activity": self.course}),
            (Kind.REFLECTION, {"task": self.task}),
            (Kind.HOURS, {"hours": Decimal(4)}),
        ):
            planning.add_item(class_id=self.cls.pk, kind=kind, by=self.office, now=NOW, **thing)  # type: ignore[arg-type]

    def does_all(self, user: User, *, score: str = "80", mark: str = "90") -> None:
        complete_course(user, self.course, hours="2")
        make_result(self.exam, user, score)
        make_mark(user, self.task, mark)

    def look(self) -> list[MemberStanding]:
        items = planning.items_of(self.cls)
        members = list(self.cls.members.order_by("pk").select_related("user"))
        rules = planning.rules_of(planning.plan_of(self.cls), items)
        return standings(training_class=self.cls, members=members, items=items, rules=rules, now=NOW)


@pytest.fixture
def term() -> Term:
    return Term()


def test_standing_tells_each_item_of_each_member(term: Term) -> None:
    good, idle = term.people
    term.does_all(good)
    first, second = term.look()
    assert first.verdict.parts == {Part.EXAM: 80, Part.STUDY: 100, Part.REFLECTION: 90}
    assert first.verdict.total == Decimal("84.00")
    assert first.verdict.hours == 4
    assert (first.done, first.verdict.graduates) == (4, True)
    assert (second.done, second.verdict.graduates) == (0, False)
    assert second.member.user == idle


def test_course_counts_by_its_completed_lessons_whatever_time_they_took(term: Term) -> None:
    quick, slow = term.people
    lessons = list(term.course.children.order_by("position"))
    complete(quick, lessons[0])
    StudySlice.objects.create(
        user=slow, activity=lessons[0], started_at=NOW - timedelta(hours=100), ended_at=NOW
    )
    first, second = term.look()
    assert first.verdict.parts[Part.STUDY] == 50
    assert second.verdict.parts[Part.STUDY] == 0


def test_courses_of_different_length_count_by_their_lessons_together(term: Term) -> None:
    """All 5 of one course and 1 of 4 of another are 6 of 9 lessons; the weights of courses change nothing."""
    user = term.people[0]
    PlanItem.objects.filter(activity=term.course).delete()
    long, short = make_course(term.unit, lessons=5), make_course(term.unit, lessons=4)
    for course, weight in ((long, 1), (short, 7)):
        planning.add_item(
            class_id=term.cls.pk, kind=Kind.COURSE, activity=course, weight=weight, by=term.office, now=NOW
        )
    complete_course(user, long)
    complete(user, short.children.order_by("position")[0])
    verdict = term.look()[0].verdict
    assert verdict.parts[Part.STUDY] == Decimal("66.67")
    assert verdict.total == Decimal("6.67")


def test_course_that_requires_no_lesson_counts_as_one(term: Term) -> None:
    """Two lessons of the other course and this one: three in all."""
    first, second = term.people
    voluntary = make_course(term.unit, lessons=1)
    voluntary.children.update(required=False)
    planning.add_item(class_id=term.cls.pk, kind=Kind.COURSE, activity=voluntary, by=term.office, now=NOW)
    complete_course(first, voluntary)
    complete_course(second, term.course)
    assert [each.verdict.parts[Part.STUDY] for each in term.look()] == [Decimal("33.33"), Decimal("66.67")]


def test_lesson_added_later_does_not_undo_a_completed_course(term: Term) -> None:
    term.does_all(term.people[0])
    Activity.objects.create(
        key="later",
        kind="lesson",
        parent=term.course,
        title="新课",
        owner_unit=term.unit,
        is_open=True,
        updated_at=NOW,
    )
    assert term.look()[0].verdict.parts[Part.STUDY] == 100


def test_hours_count_from_the_first_to_the_last_day_of_the_class_in_local_time(term: Term) -> None:
    user = term.people[0]
    other = make_course(term.unit, lessons=3)
    before, first, last = other.children.order_by("position")
    complete(user, before, hours="8", at=NOW - timedelta(days=1))  # 31 May 09:00 in Shanghai
    complete(user, first, hours="1", at=NOW - timedelta(hours=9))  # 1 June 00:00
    complete(user, last, hours="2", at=NOW + timedelta(days=29, hours=14, minutes=59))  # 30 June 23:59
    assert term.look()[0].verdict.hours == 3


def test_exam_failed_counts_its_score_and_is_not_done(term: Term) -> None:
    make_result(term.exam, term.people[0], "27", of="50", passed=False)
    deed = term.look()[0].deeds[0]
    assert (deed.score, deed.done) == (54, False)


def test_queries_do_not_grow_with_members_or_items() -> None:
    def cost(people: int, more: int) -> int:
        term = Term(people)
        for user in term.people:
            term.does_all(user)
        for _ in range(more):
            planning.add_item(
                class_id=term.cls.pk,
                kind=Kind.COURSE,
                activity=make_course(term.unit),
                by=term.office,
                now=NOW,
            )
        with CaptureQueriesContext(connection) as queries:
            preview(training_class=term.cls, now=NOW)
        return len(queries)

    assert cost(1, 0) == cost(9, 5) <= 10


def test_graduation_freezes_what_was_seen_and_closes_the_class(term: Term) -> None:
    good, bad = term.people
    term.does_all(good)
    found, seen = preview(training_class=term.cls, now=NOW)
    assert [each.verdict.graduates for each in found] == [True, False]
    graduate(class_id=term.cls.pk, seen=seen, by=term.office, now=NOW)
    term.cls.refresh_from_db()
    assert term.cls.state == TrainingClass.State.CLOSED
    kept = Graduation.objects.get(member__user=good)
    assert (kept.exam, kept.study, kept.reflection, kept.total, kept.hours) == (80, 100, 90, 84, 4)
    assert kept.rules["weights"] == {"exam": 70, "study": 10, "reflection": 20}
    failed = Graduation.objects.get(member__user=bad)
    assert not failed.graduated
    words = [reason_words(reason) for reason in failed.reasons]
    assert "学时 0，少于 4" in words
    assert "综合成绩 0，低于 60" in words
    assert f"“{term.exam.title}”未完成" in words
    assert ClassMember.objects.get(user=bad).state == ClassMember.State.NOT_GRADUATED
    Result.objects.update(score=0)
    ClassPlan.objects.filter(training_class=term.cls).delete()
    kept.refresh_from_db()
    assert kept.total == 84


def test_outcome_that_changed_since_the_preview_is_not_decided(term: Term) -> None:
    term.does_all(term.people[0])
    _found, seen = preview(training_class=term.cls, now=NOW)
    Result.objects.update(score=Decimal(95))
    with pytest.raises(NotPossible, match="变化"):
        graduate(class_id=term.cls.pk, seen=seen, by=term.office, now=NOW)
    assert not Graduation.objects.exists()


def test_second_graduation_is_refused(term: Term) -> None:
    _found, seen = preview(training_class=term.cls, now=NOW)
    graduate(class_id=term.cls.pk, seen=seen, by=term.office, now=NOW)
    with pytest.raises(ClassNotOpen):
        graduate(class_id=term.cls.pk, seen=seen, by=term.office, now=NOW)
    assert Graduation.objects.count() == 2


def test_plan_with_problems_and_class_without_members_cannot_graduate(term: Term) -> None:
    PlanItem.objects.filter(kind=Kind.EXAM).delete()
    _found, seen = preview(training_class=term.cls, now=NOW)
    with pytest.raises(NotPossible, match="考试"):
        graduate(class_id=term.cls.pk, seen=seen, by=term.office, now=NOW)
    empty = Term(people=0)
    _found, seen = preview(training_class=empty.cls, now=NOW)
    with pytest.raises(NotPossible, match="没有在班学员"):
        graduate(class_id=empty.cls.pk, seen=seen, by=empty.office, now=NOW)


def test_withdrawn_members_are_not_judged(term: Term) -> None:
    ClassMember.objects.filter(user=term.people[1]).update(state=ClassMember.State.WITHDRAWN, left_at=NOW)
    found, _seen = preview(training_class=term.cls, now=NOW)
    assert [each.member.user for each in found] == [term.people[0]]
