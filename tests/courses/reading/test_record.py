"""The member's own study record: months, days, slices; and the page that says how they are counted."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.reading.record import day_asked, month_of
from learning.organisation.models import User
from learning.study.models import Activity, StudySlice
from learning.study.services.finishing import record_by_hand
from tests.courses.factories import activity_of, index_page, make_course
from tests.factories import make_unit, make_user

pytestmark = pytest.mark.django_db
MOST_QUERIES = 17


@pytest.fixture
def member() -> User:
    index_page()
    return make_user(unit=make_unit())


@pytest.fixture
def lesson(member: User) -> Activity:
    course = make_course(member.memberships.get().unit, title="党章导读", live=True, lessons=1)
    return activity_of(course).children.get()


def local(day: date, hour: int, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, hour, minute))  # noqa: DTZ001 — made aware here


def make_slice(user: User, activity: Activity, start: datetime, minutes: int, kind: str = "measured") -> None:
    end = start + timedelta(minutes=minutes)
    StudySlice.objects.create(user=user, activity=activity, started_at=start, ended_at=end, kind=kind)


def test_a_day_shows_from_when_to_when_and_how_it_was_got(
    client: Client, member: User, lesson: Activity
) -> None:
    day = timezone.localdate() - timedelta(days=1)
    make_slice(member, lesson, local(day, 9, 12), 28)
    make_slice(member, lesson, local(day, 20), 5, kind="late")
    make_slice(make_user(unit=make_unit()), lesson, local(day, 11), 7)
    client.force_login(member)
    page = client.get(reverse("own_study"), {"day": day.isoformat()}).content.decode()
    assert "09:12:00–09:40:00" in page
    assert "离线补传" in page
    assert "11:00:00" not in page
    assert "33分钟" in page


def test_an_evening_belongs_to_the_day_of_this_place(client: Client, member: User, lesson: Activity) -> None:
    """00:30 local time is still the day before in UTC."""
    day = timezone.localdate() - timedelta(days=40)
    make_slice(member, lesson, local(day, 0, 30), 10)
    client.force_login(member)
    page = client.get(reverse("own_study"), {"month": f"{day:%Y-%m}"}).content.decode()
    assert f"day={day.isoformat()}" in page


def test_a_month_without_study_says_so_and_nonsense_is_this_month(client: Client, member: User) -> None:
    client.force_login(member)
    for query in ({}, {"month": "2026-13"}, {"day": "gestern"}, {"month": "1850-01"}, {"day": "9999-01-01"}):
        page = client.get(reverse("own_study"), query)
        assert page.status_code == 200
        assert "这个月没有学习记录" in page.content.decode()


def test_how_it_is_counted_is_said_with_the_members_own_figures(
    client: Client, member: User, lesson: Activity
) -> None:
    make_slice(member, lesson, timezone.now() - timedelta(hours=3), 12)
    client.force_login(member)
    page = client.get(reverse("study_how")).content.decode()
    assert "有效学习 12分钟" in page
    assert "目标 32 学时" in page
    assert "每 15 秒" in page
    assert "超过 2分钟没有任何操作" in page


@pytest.mark.parametrize("size", [1, 30])
def test_the_record_costs_the_same_for_one_slice_and_for_thirty(
    client: Client, member: User, lesson: Activity, size: int, django_assert_max_num_queries: Any
) -> None:
    day = timezone.localdate() - timedelta(days=1)
    for n in range(size):
        make_slice(member, lesson, local(day, 8) + timedelta(minutes=10 * n), 5)
    client.force_login(member)
    client.get(reverse("own_study"))
    with django_assert_max_num_queries(MOST_QUERIES):
        client.get(reverse("own_study"), {"day": day.isoformat()})


def test_months_link_to_their_neighbours_but_not_to_the_future() -> None:
    today = date(2026, 3, 2)
    january = month_of(date(2026, 1, 31), today, first_day=date(2025, 11, 5))
    assert (january.before, january.after) == (date(2025, 12, 1), date(2026, 2, 1))
    assert month_of(date(2026, 3, 1), today, first_day=today).after is None
    assert january.ends_at - january.begins_at == timedelta(days=31)


@pytest.mark.parametrize(
    ("first_day", "before"),
    [(date(2025, 12, 31), date(2025, 12, 1)), (date(2026, 1, 1), None), (date(2026, 2, 9), None)],
)
def test_months_go_back_to_the_first_record_and_no_further(first_day: date, before: date | None) -> None:
    assert month_of(date(2026, 1, 31), date(2026, 3, 2), first_day).before == before


def test_a_new_member_is_led_to_no_other_month(client: Client, member: User, lesson: Activity) -> None:
    client.force_login(member)
    page = client.get(reverse("own_study")).content.decode()
    assert "上个月" not in page
    assert "换一个月看看" not in page
    make_slice(member, lesson, timezone.now() - timedelta(days=40), 5)
    assert "上个月" in client.get(reverse("own_study")).content.decode()


def test_what_took_less_than_a_second_is_counted_but_not_listed(
    client: Client, member: User, lesson: Activity
) -> None:
    day = timezone.localdate() - timedelta(days=1)
    for minute, ms in ((0, 999), (1, 1001)):
        start = local(day, 9, minute)
        end = start + timedelta(milliseconds=ms)
        StudySlice.objects.create(user=member, activity=lesson, started_at=start, ended_at=end)
    client.force_login(member)
    page = client.get(reverse("own_study"), {"day": day.isoformat()}).content.decode()
    assert "09:01:00–09:01:01" in page
    assert "09:00:00" not in page
    assert "共 2秒" in page
    assert "不足 1 秒的零星时间，共 1秒" in page
    how = client.get(reverse("study_how")).content.decode()
    assert "09:01:00" in how
    StudySlice.objects.filter(started_at__gt=local(day, 9)).delete()
    assert "这一天没有学习记录" in client.get(reverse("own_study"), {"day": day.isoformat()}).content.decode()


def test_days_and_slices_told_add_up_to_what_is_told_of_month_and_day(
    client: Client, member: User, lesson: Activity
) -> None:
    first = timezone.localdate().replace(day=1) - timedelta(days=20)
    days = [first.replace(day=n) for n in (3, 4, 5)]
    for day in days:
        for minute, ms in enumerate((1_700, 2_600, 900, 800, 3_650)):
            start = local(day, 9, minute)
            end = start + timedelta(milliseconds=ms)
            StudySlice.objects.create(user=member, activity=lesson, started_at=start, ended_at=end)
    client.force_login(member)
    for day in days:
        told = client.get(reverse("own_study"), {"day": day.isoformat()}).context
        assert told["month_ms"] == 28_000  # of 28.95 s
        assert sum(each.active_ms for each in told["days"]) == told["month_ms"]
        (of_day,) = [each.active_ms for each in told["days"] if each.day == day]
        assert len(told["slices"]) == 3
        assert sum(ms for _slice, ms in told["slices"]) + told["rest_ms"] == of_day


def test_a_day_that_has_not_come_is_not_asked_for() -> None:
    today = date(2026, 3, 2)
    assert day_asked("2026-03-02", today) == today
    assert day_asked("2026-03-03", today) is None
    assert day_asked("", today) is None


def test_what_was_entered_by_hand_stands_in_the_record(
    client: Client, member: User, lesson: Activity
) -> None:
    now = timezone.now()
    record_by_hand(activity=lesson, users=[member], by=make_user(), reason="线下学过", now=now)
    client.force_login(member)
    page = client.get(reverse("own_study")).content.decode()
    assert "党章导读" in page
    assert "已学完" in page
