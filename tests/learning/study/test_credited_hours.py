"""The sums of credit hours by unit and date are what the completions say, whichever way these came about and went."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from learning.organisation.models import PersonStatus, Unit, User
from learning.organisation.services.memberships import transfer
from learning.study.models import Activity, Completion, CreditedHours
from learning.study.services.erasing import erase_study
from learning.study.services.finishing import finish_part, record_by_hand
from learning.study.services.hours import mend_hours, note_hours, tidy_hours, wrong_hours
from learning.study.services.publishing import publish_activity
from tests.factories import NOW, make_unit, make_user
from tests.learning.study.factories import Page, after, deed, make_course, make_lesson, text

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Asia/Shanghai")
migration = import_module("learning.study.migrations.0004_credited_hours")


@pytest.fixture
def unit() -> Unit:
    return make_unit()


@pytest.fixture
def member(unit: Unit) -> User:
    return make_user(unit=unit)


def kept() -> dict[tuple[int, date, bool], int]:
    found: Counter[tuple[int, date, bool]] = Counter()
    for each in CreditedHours.objects.all():
        found[each.unit_id, each.from_date, each.whole_month] += each.hundredths
    return {key: value for key, value in found.items() if value}


def by_hand() -> dict[tuple[int, date, bool], int]:
    """Completion by completion."""
    found: Counter[tuple[int, date, bool]] = Counter()
    for each in Completion.objects.exclude(unit=None):
        assert each.unit_id is not None
        day = each.completed_at.astimezone(ZONE).date()
        found[each.unit_id, day, False] += int(each.credit_hours * 100)
        found[each.unit_id, day.replace(day=1), True] += int(each.credit_hours * 100)
    return {key: value for key, value in found.items() if value}


def agree() -> int:
    """Holds the sums against the completions in both ways; returns the hundredths in all days."""
    assert kept() == by_hand()
    assert wrong_hours() == []
    return sum(value for (_unit, _day, whole_month), value in kept().items() if not whole_month)


def read_through(user: User, lesson: Activity, *, at: float = 0) -> None:
    Page(user, lesson, at=at).beat(at + 15, read={"t": [5_000]})


def test_lessons_finished_by_beats_add_their_hours(member: User, unit: Unit) -> None:
    course = make_course(unit)
    lessons = [make_lesson(course, text(5_000)) for _ in range(2)]
    for n, lesson in enumerate(lessons):
        read_through(member, lesson, at=60 * n)
    assert agree() == 133  # 60 minutes of 45
    assert kept()[unit.pk, NOW.astimezone(ZONE).date(), False] == 133


def test_fixed_hours_come_with_the_course_and_only_once(member: User, unit: Unit) -> None:
    course = make_course(unit, credit={"kind": "fixed", "hours": "2.5"})
    read_through(member, make_lesson(course, text(5_000)))
    assert agree() == 250
    read_through(member, make_lesson(course, text(5_000)), at=60)  # the course is completed already
    assert agree() == 250


def test_deeds_and_entries_by_hand_add_on_their_day(member: User, unit: Unit) -> None:
    course = make_course(unit)
    finish_part(user=member, activity=make_lesson(course, deed()), part="d", now=after(1))
    held = datetime(2026, 3, 31, 16, 30, tzinfo=UTC)  # half past midnight of 1 April
    meeting = publish_activity(
        key="page:m", kind=Activity.Kind.MEETING, title="党课", owner_unit=unit, held_at=held,
        credit={"kind": "fixed", "hours": "1.25"}, now=held,
    )  # fmt: skip
    people = [member, make_user(unit=unit), make_user()]  # the last one belongs to no unit
    for each in people[:2]:
        each.memberships.update(from_date=date(2026, 1, 1))
    record_by_hand(activity=meeting, users=people, by=make_user(), reason="到会", now=NOW)
    assert agree() == 67 + 250
    assert kept()[unit.pk, date(2026, 4, 1), False] == kept()[unit.pk, date(2026, 4, 1), True] == 250
    record_by_hand(activity=meeting, users=people, by=make_user(), reason="到会", now=NOW)  # again
    assert agree() == 67 + 250


def test_hours_stay_with_the_unit_of_the_time(member: User, unit: Unit) -> None:
    course, other = make_course(unit), make_unit()
    read_through(member, make_lesson(course, text(5_000)))
    transfer(
        user=member, unit=other, person_status=PersonStatus.FULL, on=(NOW + timedelta(days=2)).date(),
        by=None, now=NOW + timedelta(days=2),
    )  # fmt: skip
    finish_part(user=member, activity=make_lesson(course, deed()), part="d", now=NOW + timedelta(days=3))
    agree()
    assert {key[0] for key in kept()} == {unit.pk, other.pk}


def test_erasing_takes_a_persons_hours_out_and_leaves_the_others(member: User, unit: Unit) -> None:
    lesson, other = make_lesson(make_course(unit), text(5_000)), make_user(unit=unit)
    for each in (member, other):
        read_through(each, lesson)
    tidy_hours()
    erase_study(user=member, by=make_user(), reason="本人申请", now=after(60))
    assert agree() == 67
    erase_study(user=other, by=make_user(), reason="本人申请", now=after(70))
    assert agree() == 0
    tidy_hours()
    assert not CreditedHours.objects.exists()


def test_tidying_keeps_every_sum_in_one_row(unit: Unit) -> None:
    lesson = make_lesson(make_course(unit), text(5_000))
    for _ in range(3):
        read_through(make_user(unit=unit), lesson)
    before = kept()
    assert CreditedHours.objects.count() == 6
    for _ in range(2):
        tidy_hours()
        assert CreditedHours.objects.count() == 2
        assert kept() == before


def test_the_check_names_sums_that_differ_and_a_rebuild_mends_them(
    member: User, unit: Unit, capsys: pytest.CaptureFixture[str]
) -> None:
    read_through(member, make_lesson(make_course(unit), text(5_000)))
    call_command("rebuild_reports", "--check")
    CreditedHours.objects.filter(whole_month=True).update(hundredths=70)  # behind the services' back
    stray = make_unit()
    CreditedHours.objects.create(unit=stray, from_date=NOW.date(), whole_month=False, hundredths=5)
    with pytest.raises(CommandError, match="2 differences"):
        call_command("rebuild_reports", "--check")
    said = capsys.readouterr().out
    assert f"unit {unit.pk}, month from 2026-06-01: 0.70 ≠ 0.67" in said
    assert f"unit {stray.pk}, day from {NOW:%F}: 0.05 ≠ 0.00" in said
    call_command("rebuild_reports")
    assert "2 sums of credit hours" in capsys.readouterr().out
    assert agree() == 67
    call_command("rebuild_reports", "--check")


def test_mending_again_adds_nothing(member: User, unit: Unit) -> None:
    read_through(member, make_lesson(make_course(unit), text(5_000)))
    CreditedHours.objects.all().delete()
    assert (mend_hours(), mend_hours()) == (2, 0)
    assert agree() == 67


def test_hours_added_twice_are_seen(member: User, unit: Unit) -> None:
    read_through(member, make_lesson(make_course(unit), text(5_000)))
    note_hours(Completion.objects.all())
    assert kept() != by_hand()
    assert len(wrong_hours()) == 2


def test_the_migration_sums_up_what_was_completed_before(member: User, unit: Unit) -> None:
    course = make_course(unit)
    for n in range(3):
        read_through(member, make_lesson(course, text(5_000)), at=60 * n)
    midnight = datetime(2026, 5, 31, 16, 0, tzinfo=UTC)
    Completion.objects.filter(pk=Completion.objects.earliest("pk").pk).update(completed_at=midnight)
    CreditedHours.objects.all().delete()
    migration.sum_up(apps, None)
    assert agree() == 200
