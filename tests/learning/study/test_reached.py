"""What enrolments say of how far people came is what sessions and completions say, whichever way they came about."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.core.management import CommandError, call_command

from learning.organisation.models import Unit, User
from learning.study.models import Activity, Enrolment
from learning.study.services.enrolling import enrol, enrol_audience
from learning.study.services.erasing import erase_study
from learning.study.services.finishing import finish_part, record_by_hand
from learning.study.services.publishing import close_activity, publish_activity
from learning.study.services.reached import mend_reached, wrongly_reached
from tests.factories import NOW, make_unit, make_user
from tests.learning.study.factories import Page, after, deed, make_course, make_lesson, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    return make_unit()


@pytest.fixture
def member(unit: Unit) -> User:
    return make_user(unit=unit)


@pytest.fixture
def course(unit: Unit) -> Activity:
    return make_course(unit)


def reached(user: User, course: Activity) -> tuple[datetime | None, datetime | None]:
    """As the enrolment says it, after holding all enrolments against the records."""
    assert wrongly_reached() == []
    found = Enrolment.objects.get(user=user, activity=course)
    return found.begun_at, found.completed_at


def test_the_first_opened_lesson_begins_and_the_last_beat_completes(member: User, course: Activity) -> None:
    enrol_audience(activity=course, now=NOW)
    lesson = make_lesson(course, text(5_000))
    assert reached(member, course) == (None, None)
    page = Page(member, lesson, at=10)
    assert reached(member, course) == (after(10), None)
    Page(member, lesson, at=20)
    assert reached(member, course) == (after(10), None)
    page.beat(40, read={"t": [5_000]})
    assert reached(member, course) == (after(10), after(40))


def test_a_lesson_added_later_does_not_complete_the_course_again(member: User, course: Activity) -> None:
    Page(member, make_lesson(course, text(5_000))).beat(15, read={"t": [5_000]})
    Page(member, make_lesson(course, text(5_000)), at=60).beat(75, read={"t": [5_000]})
    assert reached(member, course) == (NOW, after(15))


def test_deeds_and_entries_by_hand_begin_and_complete(unit: Unit, member: User, course: Activity) -> None:
    by, other = make_user(), make_user(unit=unit)
    enrol_audience(activity=course, now=NOW)
    first, second = make_lesson(course, deed()), make_lesson(course, deed())
    finish_part(user=member, activity=first, part="d", now=after(1))
    assert reached(member, course) == (after(1), None)
    finish_part(user=member, activity=second, part="d", now=after(2))
    assert reached(member, course) == (after(1), after(2))
    record_by_hand(activity=course, users=[member, other], by=by, reason="线下学过", now=after(3))
    assert reached(member, course) == (after(1), after(2))
    assert reached(other, course) == (after(3), after(3))


def test_a_meeting_counts_from_the_time_it_was_held(unit: Unit, member: User) -> None:
    held = publish_activity(
        key="page:m", kind=Activity.Kind.MEETING, title="党课", owner_unit=unit, held_at=NOW, now=NOW
    )
    enrol_audience(activity=held, now=NOW)
    record_by_hand(activity=held, users=[member], by=make_user(), reason="到会", now=after(90))
    assert reached(member, held) == (NOW, NOW)


def test_who_had_begun_or_finished_before_is_enrolled_as_far_as_they_are(
    unit: Unit, member: User, course: Activity
) -> None:
    other = make_user(unit=unit)
    lesson = make_lesson(course, deed())
    make_lesson(course, deed())
    finish_part(user=member, activity=lesson, part="d", now=after(5))
    record_by_hand(activity=course, users=[other], by=make_user(), reason="线下学过", now=after(6))
    assert not Enrolment.objects.exists()
    enrol(activity=course, users=[member], source=Enrolment.Source.CLASS, now=after(7))
    enrol_audience(activity=course, now=after(8))
    assert reached(member, course) == (after(5), None)
    assert reached(other, course) == (after(6), after(6))


def test_whoever_is_expected_after_beginning_alone_stays_as_far(member: User, course: Activity) -> None:
    Page(member, make_lesson(course), at=3)
    enrol(activity=course, users=[member], source=Enrolment.Source.CLASS, now=after(9))
    assert reached(member, course) == (after(3), None)


def test_a_lesson_closed_completes_for_whoever_waited_for_nothing_else(
    member: User, course: Activity
) -> None:
    done, closed = make_lesson(course, deed()), make_lesson(course, deed())
    enrol_audience(activity=course, now=NOW)
    finish_part(user=member, activity=done, part="d", now=after(1))
    close_activity(key=closed.key, now=after(50))
    assert reached(member, course) == (after(1), after(50))


def test_erasing_leaves_what_is_expected_as_not_begun(member: User, course: Activity) -> None:
    enrol_audience(activity=course, now=NOW)
    Page(member, make_lesson(course, text(5_000))).beat(15, read={"t": [5_000]})
    erase_study(user=member, by=make_user(), reason="本人申请", now=after(60))
    assert reached(member, course) == (None, None)


def test_a_lesson_moved_to_another_course_begins_that_one(unit: Unit, member: User, course: Activity) -> None:
    other = make_course(unit)
    for each in (course, other):
        enrol_audience(activity=each, now=NOW)
    lesson = make_lesson(course)
    Page(member, lesson, at=4)
    make_lesson(other, key=lesson.key)
    assert reached(member, course) == (None, None)
    assert reached(member, other) == (after(4), None)


def test_the_check_names_enrolments_that_differ_and_a_rebuild_mends_them(
    member: User, course: Activity, capsys: pytest.CaptureFixture[str]
) -> None:
    enrol_audience(activity=course, now=NOW)
    lesson = make_lesson(course)
    call_command("rebuild_reports", "--check")
    page = Page(member, lesson)
    Enrolment.objects.update(begun_at=None, completed_at=NOW)  # behind the services' back
    with pytest.raises(CommandError, match="1 differences"):
        call_command("rebuild_reports", "--check")
    assert f"(activity {course.pk}, user {member.pk}): begun None ≠ " in capsys.readouterr().out
    call_command("rebuild_reports")
    assert "mended 1 enrolments" in capsys.readouterr().out
    assert reached(member, course) == (page.session.started_at, None)
    call_command("rebuild_reports", "--check")


def test_only_the_activities_named_are_mended(unit: Unit, member: User, course: Activity) -> None:
    other = make_course(unit)
    for each in (course, other):
        enrol_audience(activity=each, now=NOW)
    Enrolment.objects.update(begun_at=NOW)
    assert mend_reached(activities=[course.pk]) == 1
    assert len(wrongly_reached()) == 1
