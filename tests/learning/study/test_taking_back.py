"""An entry made by hand is taken back: what goes with it, what the person did themselves stays or comes to count."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from learning.organisation.audit_facts import facts
from learning.organisation.models import AuditEntry, Unit, User
from learning.study.errors import NotPossible
from learning.study.models import Activity, Completion, Coverage, Enrolment, StudySlice
from learning.study.services.enrolling import enrol_audience
from learning.study.services.finishing import finish_part, record_by_hand
from learning.study.services.hours import wrong_hours
from learning.study.services.progress import year_hours
from learning.study.services.publishing import publish_activity
from learning.study.services.reached import wrongly_reached
from learning.study.services.taking_back import take_back
from tests.factories import NOW, make_unit, make_user
from tests.learning.study.factories import after, credited_s, deed, make_course, make_lesson

pytestmark = pytest.mark.django_db

LATER = after(7200)


@pytest.fixture
def unit() -> Unit:
    return make_unit()


@pytest.fixture
def member(unit: Unit) -> User:
    return make_user(unit=unit)


@pytest.fixture
def by() -> User:
    return make_user()


def make_meeting(unit: Unit, *, at: datetime = NOW, minutes: int = 60) -> Activity:
    return publish_activity(
        key=f"meeting:{Activity.objects.count()}", kind=Activity.Kind.MEETING, title="主题党日", owner_unit=unit,
        held_at=at, nominal_minutes=minutes, credit={"kind": "fixed", "hours": "2"}, now=at,
    )  # fmt: skip


def enter(activity: Activity, *users: User, by: User, at: datetime = LATER, minutes: int = 0) -> None:
    record_by_hand(activity=activity, users=users, by=by, reason="签到表", now=at, minutes=minutes)


def taken_back(activity: Activity, *users: User, by: User, reason: str = "登错了") -> int:
    """How many, after holding the sums and the enrolments against the records."""
    count = take_back(activity=activity, users=users, by=by, reason=reason, now=after(9000))
    assert wrong_hours() == []
    assert wrongly_reached() == []
    return count


def completed(user: User, activity: Activity) -> datetime | None:
    return (
        Completion.objects.filter(user=user, activity=activity).values_list("completed_at", flat=True).first()
    )


def test_one_persons_meeting_goes_with_hours_and_time_and_the_others_stay(
    unit: Unit, member: User, by: User
) -> None:
    meeting, other = make_meeting(unit), make_user(unit=unit)
    enter(meeting, member, other, by=by, minutes=60)
    assert taken_back(meeting, member, by=by) == 1
    assert list(Completion.objects.values_list("user", flat=True)) == [other.pk]
    assert list(StudySlice.objects.values_list("user", flat=True)) == [other.pk]
    assert (year_hours(user=member, year=NOW.year), year_hours(user=other, year=NOW.year)) == (0, 2)


def test_the_log_says_what_went_whose_and_why(unit: Unit, member: User, by: User) -> None:
    meeting = make_meeting(unit)
    enter(meeting, member, by=by, minutes=60)
    taken_back(meeting, member, by=by)
    entry = AuditEntry.objects.get(action="study.take_back")
    assert (entry.actor, entry.unit) == (by, unit)
    assert dict(facts(entry.action, entry.data)) == {
        "人数": "1",
        "学时": "2.00",
        "学习时长（分钟）": "60",
        "原因": "登错了",
        "学号/工号": member.number,
    }


def test_nothing_is_taken_back_twice_or_without_a_reason(unit: Unit, member: User, by: User) -> None:
    meeting = make_meeting(unit)
    enter(meeting, member, by=by)
    with pytest.raises(NotPossible):
        taken_back(meeting, member, by=by, reason=" ")
    taken_back(meeting, member, by=by)
    with pytest.raises(NotPossible):
        taken_back(meeting, member, by=by)
    assert AuditEntry.objects.filter(action="study.take_back").count() == 1
    enter(meeting, member, by=by)  # a right entry may follow
    assert completed(member, meeting) == NOW


def test_a_meeting_hidden_by_the_wrong_one_has_its_time_again(unit: Unit, member: User, by: User) -> None:
    wrong, right = make_meeting(unit, minutes=90), make_meeting(unit, minutes=120)
    other = make_user(unit=unit)
    enter(wrong, member, other, by=by, minutes=90)
    enter(right, member, by=by, minutes=120)
    assert credited_s(member) == 120 * 60
    taken_back(wrong, member, by=by)
    assert credited_s(member) == 120 * 60
    assert set(StudySlice.objects.filter(user=member).values_list("activity", flat=True)) == {right.pk}
    assert credited_s(other) == 90 * 60


@pytest.mark.parametrize("rest_on_it", [True, False])
def test_a_course_stays_complete_only_where_it_does_not_rest_on_the_entry(
    unit: Unit, member: User, by: User, rest_on_it: bool
) -> None:
    course = make_course(unit)
    enrol_audience(activity=course, now=NOW)
    own = make_lesson(course, deed())
    entered = make_lesson(course, deed()) if rest_on_it else None
    finish_part(user=member, activity=own, part="d", now=after(10))
    if entered is None:  # the course was complete before this lesson came to it
        entered = make_lesson(course, deed())
    enter(entered, member, by=by, at=after(20))
    assert completed(member, course) == after(20 if rest_on_it else 10)
    taken_back(entered, member, by=by)
    assert completed(member, own) == after(10)
    assert completed(member, course) == (None if rest_on_it else after(10))
    enrolment = Enrolment.objects.get(user=member)
    assert (enrolment.begun_at, enrolment.completed_at) == (after(10), None if rest_on_it else after(10))


def test_an_optional_lesson_taken_back_leaves_the_course(unit: Unit, member: User, by: User) -> None:
    course = make_course(unit)
    own = make_lesson(course, deed())
    extra = make_lesson(course, deed(), required=False)
    enter(extra, member, by=by, at=after(5))
    finish_part(user=member, activity=own, part="d", now=after(10))
    taken_back(extra, member, by=by)
    assert completed(member, extra) is None
    assert completed(member, course) == after(10)


@pytest.mark.parametrize("seconds", [15, 30])
def test_who_meanwhile_did_the_lesson_keeps_it_from_the_day_it_was_done(
    unit: Unit, member: User, by: User, seconds: int
) -> None:
    course = make_course(unit)
    first, second = make_lesson(course, deed()), make_lesson(course, deed())
    finish_part(user=member, activity=first, part="d", now=after(10))
    enter(second, member, by=by, at=after(20))
    finish_part(user=member, activity=second, part="d", now=after(seconds))
    assert Completion.objects.get(user=member, activity=second).kind == Completion.Kind.MANUAL
    taken_back(second, member, by=by)
    row = Completion.objects.get(user=member, activity=second)
    assert (row.completed_at, row.kind, row.by) == (after(seconds), Completion.Kind.MEASURED, None)
    assert completed(member, course) == after(20 if seconds == 15 else 30)
    assert year_hours(user=member, year=NOW.year) > 0


def test_a_course_taken_back_takes_the_lessons_of_the_entry_and_no_other(
    unit: Unit, member: User, by: User
) -> None:
    course = make_course(unit)
    measured, apart, _along, since = (make_lesson(course, deed()) for _ in range(4))
    finish_part(user=member, activity=measured, part="d", now=after(5))
    enter(apart, member, by=by, at=after(8))
    enter(course, member, by=by, at=after(20), minutes=45)
    finish_part(user=member, activity=since, part="d", now=after(30))
    taken_back(course, member, by=by)
    left: dict[Any, Any] = dict(Completion.objects.values_list("activity", "completed_at"))
    assert left == {measured.pk: after(5), apart.pk: after(8), since.pk: after(30)}
    assert not StudySlice.objects.exists()
    assert Coverage.objects.count() == 2


def test_measured_study_is_never_taken_back(unit: Unit, member: User, by: User) -> None:
    lesson = make_lesson(make_course(unit), deed())
    finish_part(user=member, activity=lesson, part="d", now=after(5))
    StudySlice.objects.create(
        user=member, activity=lesson, started_at=NOW, ended_at=NOW + timedelta(minutes=5)
    )
    with pytest.raises(NotPossible):
        taken_back(lesson, member, by=by)
    assert (completed(member, lesson), credited_s(member)) == (after(5), 300)
