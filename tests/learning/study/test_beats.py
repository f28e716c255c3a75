"""A lesson's page tells how it is studied, and what is credited for it; TIMING's examples."""

from __future__ import annotations

from datetime import timedelta

import pytest

from learning.organisation.models import Unit, User
from learning.study.beating.writing import Refusal
from learning.study.models import Completion, Coverage, StudyPace, StudySlice
from learning.study.services.erasing import erase_study
from learning.study.services.finishing import finish_part, record_by_hand
from learning.study.services.publishing import close_activity
from tests.factories import NOW, make_unit, make_user
from tests.learning.study.factories import (
    Page,
    after,
    credited_s,
    deed,
    make_course,
    make_lesson,
    reply,
    stored,
    text,
    video,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    return make_unit()


@pytest.fixture
def member(unit: Unit) -> User:
    return make_user(unit=unit)


def test_a_quarter_of_a_minute_is_credited_and_told(unit: Unit, member: User) -> None:
    page = Page(member, make_lesson(make_course(unit)))
    told = reply(page.beat(15))
    assert (told.credited_ms, told.completed, told.lease_held) == (15_000, False, True)
    assert credited_s(member) == 15


def test_beats_of_one_sitting_make_one_slice_however_late_they_come(unit: Unit, member: User) -> None:
    page = Page(member, make_lesson(make_course(unit)))
    for at, active in [(15.4, 15), (30.1, 30), (46.9, 45), (60.2, 60)]:
        page.beat(at, active)
    slices = StudySlice.objects.filter(user=member)
    assert [(each.started_at, each.ended_at) for each in slices] == [(NOW, after(60))]


def test_a_growing_slice_reserves_five_minutes_and_again_when_it_outgrows_them(
    unit: Unit, member: User
) -> None:
    page = Page(member, make_lesson(make_course(unit)))
    reserved = []
    for quarter in range(15, 361, 15):
        page.beat(quarter)
        reserved.append(StudySlice.objects.get().reserved_until)
    assert reserved == [after(315)] * 21 + [after(630)] * 3


def test_what_a_slice_reserved_is_given_up_to_the_next_one(unit: Unit, member: User) -> None:
    course = make_course(unit)
    first, second = Page(member, make_lesson(course)), Page(member, make_lesson(course), at=15)
    first.beat(15)
    second.beat(30)
    slices = StudySlice.objects.order_by("started_at")
    assert [each.reserved_until for each in slices] == [after(15), after(330)]
    meeting = make_course(unit, kind="meeting", held_at=after(40))
    told = {"activity": meeting, "users": [member], "by": make_user(), "reason": "到会"}
    record_by_hand(minutes=1, now=after(200), **told)
    assert [(each.ended_at, each.reserved_until) for each in slices.all()] == [
        (after(at), after(at)) for at in (15, 30, 100)
    ]


def test_a_late_piece_before_the_last_slice_reserves_nothing(unit: Unit, member: User) -> None:
    page = Page(member, make_lesson(make_course(unit)))
    page.beat(600, 15)
    page.beat(615, 45, elapsed_ms=300_000, late=True)
    late = StudySlice.objects.get(kind="late")
    assert late.ended_at == late.reserved_until < StudySlice.objects.get(kind="measured").started_at


def test_two_tabs_of_600_seconds_are_601_seconds_in_total(unit: Unit, member: User) -> None:
    course = make_course(unit)
    first, second = Page(member, make_lesson(course)), Page(member, make_lesson(course), at=1)
    for quarter in range(15, 601, 15):
        first.beat(quarter)
        second.beat(quarter + 1)
    assert credited_s(member) == 601
    assert stored(first).credited_ms + stored(second).credited_ms == 601_000


def test_ten_hours_forged_one_second_after_the_start_are_one_second(unit: Unit, member: User) -> None:
    page = Page(member, make_lesson(make_course(unit)))
    assert reply(page.beat(1, active=36_000, elapsed_ms=36_000_000)).credited_ms <= 1000
    assert credited_s(member) <= 1


def test_a_page_goes_on_being_credited_after_a_forged_beat(unit: Unit, member: User) -> None:
    page = Page(member, make_lesson(make_course(unit)))
    page.beat(1, active=36_000)
    assert reply(page.beat(31, active=31)).credited_ms >= 29_000


def test_a_lid_closed_for_two_hours_credits_45_seconds(unit: Unit, member: User) -> None:
    page = Page(member, make_lesson(make_course(unit)))
    page.beat(15)
    assert reply(page.beat(15 + 7200)).credited_ms == 15_000 + 45_000


def test_a_replayed_beat_adds_nothing(unit: Unit, member: User) -> None:
    page = Page(member, make_lesson(make_course(unit)))
    page.beat(15, media=[[0, 15]])
    page.seq -= 1
    told = reply(page.beat(30, media=[[15, 30]]))
    assert told.credited_ms == 15_000
    assert Coverage.objects.get().covered_ms == 15_000


def test_the_union_of_what_was_played_is_covered(unit: Unit, member: User) -> None:
    page = Page(member, make_lesson(make_course(unit), video(600)))
    for at, piece in [
        (45, [0, 90]),
        (90, [90, 120]),
        (135, [100, 190]),
        (180, [190, 280]),
        (225, [280, 310]),
    ]:
        page.beat(at, media=[piece])
    told = reply(page.beat(270, media=[[0, 120], [100, 300], [290, 310], [580, 600]]))
    assert told.coverage == 0.55
    assert not told.completed


def test_a_video_of_half_an_hour_cannot_be_finished_in_under_a_quarter(unit: Unit, member: User) -> None:
    """Whatever is posted, from however many tabs, as often as it may be."""
    course = make_course(unit)
    lesson = make_lesson(course, video(1800), rules={"threshold_percent": 100})
    other = make_lesson(course, video(1800))
    idle = Page(member, other)
    for at in range(0, 600, 15):
        idle.beat(at)
    pages = [Page(member, lesson, at=600) for _tab in range(4)]
    for second in range(601, 1500):
        page = pages[second % 4]
        late = second % 5 == 0
        told = reply(page.beat(second, media=[[0, 1800]], late=late, active=36_000, elapsed_ms=36_000_000))
        assert not told.completed, second
        pages[second % 4] = Page(member, lesson, at=second) if second % 97 == 0 else page
    for second in range(1500, 1800, 7):
        pages[0].beat(second, media=[[0, 1800]])
    assert Completion.objects.filter(activity=lesson).exists()


def test_twice_the_speed_covers_twice_the_time_and_credits_it_once(unit: Unit, member: User) -> None:
    lesson = make_lesson(make_course(unit), video(1800))
    page = Page(member, lesson)
    for at in range(15, 901, 15):
        told = reply(page.beat(at, media=[[2 * (at - 15), 2 * at]]))
    assert told.completed
    assert told.coverage == 1
    assert credited_s(member) == 900


def test_a_slower_course_is_finished_no_faster_than_its_rate(unit: Unit, member: User) -> None:
    lesson = make_lesson(make_course(unit, rules={"rate_max": 1.5}), video(600))
    page = Page(member, lesson)
    for at in range(15, 301, 15):
        page.beat(at, media=[[0, 600]])
    assert Coverage.objects.get().covered_ms == 450_000


def test_skipping_is_dropped_where_the_course_forbids_it_until_it_was_watched(
    unit: Unit, member: User
) -> None:
    lesson = make_lesson(make_course(unit, rules={"no_skip": True}), video(60))
    page = Page(member, lesson)
    page.beat(15, media=[[0, 15]])
    page.beat(20, media=[[40, 45]])
    assert Coverage.objects.get().spans == [[0, 15_000]]
    page.beat(45, media=[[15, 56]])
    row = Coverage.objects.get()
    assert row.completed_at is not None
    page.beat(60, media=[[58, 60]])
    assert Coverage.objects.get().covered_ms == 58_000


def test_reading_is_complete_when_every_block_had_its_time(unit: Unit, member: User) -> None:
    lesson = make_lesson(make_course(unit), text(10_000, 10_000))
    page = Page(member, lesson)
    assert reply(page.beat(15, read={"t": [10_000, 5_000]})).coverage == 0.75
    told = reply(page.beat(20, read={"t": [10_000, 10_000]}))
    assert (told.coverage, told.completed) == (1, True)
    assert Coverage.objects.get().spans == [10_000, 10_000]


def test_reading_claimed_beyond_the_time_is_paid_by_later_beats(unit: Unit, member: User) -> None:
    lesson = make_lesson(make_course(unit), text(10_000, 10_000))
    page = Page(member, lesson)
    assert reply(page.beat(5, read={"t": [3_600_000, 3_600_000]})).coverage == 0.25
    told = reply(page.beat(20, read={"t": [3_600_000, 3_600_000]}))
    assert (told.coverage, told.completed) == (1, True)


def test_reading_goes_on_in_another_session_where_it_ended(unit: Unit, member: User) -> None:
    lesson = make_lesson(make_course(unit), text(20_000))
    Page(member, lesson).beat(12, read={"t": [12_000]})
    told = reply(Page(member, lesson, at=100).beat(108, read={"t": [8_000]}))
    assert told.completed


def test_a_lesson_waits_for_its_deeds_and_its_course_for_its_lessons(unit: Unit, member: User) -> None:
    course = make_course(unit, credit={"kind": "fixed", "hours": 4})
    lesson = make_lesson(course, text(5_000), deed("exam"))
    optional = make_lesson(course, video(), required=False)
    assert not reply(Page(member, lesson).beat(10, read={"t": [5_000]})).completed
    made = finish_part(user=member, activity=lesson, part="d", now=after(60))
    assert made is not None
    assert made.completed_at == after(60)
    by_activity = {each.activity_id: each.credit_hours for each in Completion.objects.filter(user=member)}
    assert by_activity == {lesson.pk: 0, course.pk: 4}
    assert optional.pk not in by_activity


def test_the_last_beat_completes_lesson_and_course_with_hours_and_unit(unit: Unit, member: User) -> None:
    course = make_course(unit)
    first, last = make_lesson(course, text(5_000), minutes=30), make_lesson(course, text(5_000), minutes=45)
    Page(member, first).beat(10, read={"t": [5_000]})
    assert not Completion.objects.filter(activity=course).exists()
    Page(member, last, at=20).beat(30, read={"t": [5_000]})
    rows = {each.activity_id: (str(each.credit_hours), each.unit_id) for each in Completion.objects.all()}
    assert rows == {first.pk: ("0.67", unit.pk), last.pk: ("1.00", unit.pk), course.pk: ("0.00", unit.pk)}


def test_a_completed_lesson_stays_so_and_is_completed_once(unit: Unit, member: User) -> None:
    lesson = make_lesson(make_course(unit), text(5_000))
    page = Page(member, lesson)
    assert reply(page.beat(10, read={"t": [5_000]})).completed
    make_lesson(lesson.parent, text(5_000, 50_000), key=lesson.key)  # published anew, longer
    told = reply(page.beat(20, read={"t": [5_000]}))
    assert told.completed
    assert told.coverage < 1
    assert Completion.objects.filter(activity=lesson).count() == 1


def test_a_lesson_that_asks_for_nothing_is_complete_once_it_was_studied(unit: Unit, member: User) -> None:
    lesson = make_lesson(make_course(unit), video(600, required=False))
    page = Page(member, lesson)
    assert not reply(page.beat(1, active=0)).completed
    assert reply(page.beat(10, active=5)).completed


def test_an_older_page_has_lost_the_lease_and_still_counts_in_the_union(unit: Unit, member: User) -> None:
    lesson = make_lesson(make_course(unit))
    old, new = Page(member, lesson), Page(member, lesson, at=60)
    assert reply(new.beat(75)).lease_held
    told = reply(old.beat(76, active=1))
    assert (told.lease_held, told.credited_ms) == (False, 1000)
    assert StudyPace.objects.get(user=member).session_id == new.session.pk


def test_offline_time_is_placed_where_it_was_and_flagged(unit: Unit, member: User) -> None:
    page = Page(member, make_lesson(make_course(unit)))
    page.beat(15)
    told = reply(page.beat(3615, active=615, elapsed_ms=615_000, late=True))
    assert told.credited_ms == 615_000
    late = StudySlice.objects.get(kind="late")
    assert (late.started_at, late.ended_at) == (after(15), after(615))


def test_offline_time_is_two_hours_a_session_at_most(unit: Unit, member: User) -> None:
    page = Page(member, make_lesson(make_course(unit)))
    told = reply(page.beat(5 * 3600, active=5 * 3600, late=True))
    assert told.credited_ms == 2 * 3_600_000
    assert reply(page.beat(6 * 3600, active=6 * 3600, late=True)).credited_ms == 2 * 3_600_000
    assert reply(page.beat(6 * 3600 + 15, active=6 * 3600 + 15)).credited_ms == 2 * 3_600_000 + 15_000


def test_offline_time_older_than_a_day_is_not_credited(unit: Unit, member: User) -> None:
    page = Page(member, make_lesson(make_course(unit)))
    told = reply(page.beat(30 * 3600, active=3600, elapsed_ms=3_600_000, late=True))
    assert told.credited_ms == 0


def test_what_was_watched_offline_in_two_parts_is_covered(unit: Unit, member: User) -> None:
    """The page tells of each part in a beat of its own, one right after the other."""
    lesson = make_lesson(make_course(unit), video(300, key="a"), video(300, key="b"))
    page = Page(member, lesson)
    page.beat(700, active=600, elapsed_ms=600_000, late=True, part="a", media=[[0, 300]])
    told = reply(page.beat(700.2, active=600, elapsed_ms=600_000, late=True, part="b", media=[[0, 300]]))
    assert told.completed


def test_a_slice_ends_at_midnight_in_shanghai_and_another_begins(unit: Unit, member: User) -> None:
    midnight = 15 * 3600  # NOW is 09:00
    page = Page(member, make_lesson(make_course(unit)), at=midnight - 20)
    for at in (-5, 10, 25):
        page.beat(midnight + at)
    slices = [(each.started_at, each.ended_at) for each in StudySlice.objects.order_by("started_at")]
    assert slices == [
        (after(midnight - 20), after(midnight)),
        (after(midnight), after(midnight + 25)),
    ]


def test_nothing_is_credited_twice_to_a_page_opened_in_the_middle(unit: Unit, member: User) -> None:
    course = make_course(unit)
    first = Page(member, make_lesson(course))
    first.beat(40)
    second = Page(member, make_lesson(course), at=20)
    assert reply(second.beat(40)).credited_ms == 0
    assert reply(second.beat(50)).credited_ms == 10_000


def test_a_closed_lesson_takes_no_more_and_keeps_what_it_has(unit: Unit, member: User) -> None:
    lesson = make_lesson(make_course(unit))
    page = Page(member, lesson)
    page.beat(15)
    close_activity(key=lesson.key, now=after(20))
    assert page.beat(30) is Refusal.NOT_OPEN
    assert credited_s(member) == 15


def test_a_closed_course_closes_its_lessons(unit: Unit, member: User) -> None:
    course = make_course(unit)
    page = Page(member, make_lesson(course))
    close_activity(key=course.key, now=after(5))
    assert page.beat(15) is Refusal.NOT_OPEN


def test_an_erased_session_is_not_found(unit: Unit, member: User) -> None:
    page = Page(member, make_lesson(make_course(unit)))
    page.beat(15)
    erase_study(user=member, by=make_user(), reason="本人申请", now=after(20))
    assert page.beat(30) is Refusal.NOT_FOUND
    assert not StudySlice.objects.exists()


def test_a_foreign_session_is_not_found(unit: Unit, member: User) -> None:
    lesson = make_lesson(make_course(unit))
    mine, theirs = Page(member, lesson), Page(make_user(unit=unit), lesson)
    theirs.session.user_id = member.pk
    assert theirs.beat(15) is Refusal.NOT_FOUND
    mine.session.activity_id += 1
    assert mine.beat(15) is Refusal.NOT_FOUND


def test_a_clock_set_back_credits_nothing_and_breaks_nothing(unit: Unit, member: User) -> None:
    page = Page(member, make_lesson(make_course(unit)), at=60)
    page.beat(75)
    assert reply(page.beat(30)).credited_ms == 15_000
    assert reply(page.beat(90)).credited_ms == 30_000


def test_where_to_resume_is_kept_within_the_video(unit: Unit, member: User) -> None:
    page = Page(member, make_lesson(make_course(unit), video(600)))
    page.beat(15, position_ms=12_000)
    assert Coverage.objects.get().position_ms == 12_000
    page.beat(30, position_ms=10**9)
    assert Coverage.objects.get().position_ms == 600_000


def test_a_shorter_video_published_anew_keeps_what_fits(unit: Unit, member: User) -> None:
    course = make_course(unit)
    lesson = make_lesson(course, video(600))
    page = Page(member, lesson)
    page.beat(45, media=[[0, 90]])
    make_lesson(course, video(60), key=lesson.key, now=NOW + timedelta(seconds=50))
    told = reply(page.beat(60, media=[[0, 1]]))
    assert told.coverage == 1
    assert Coverage.objects.get().covered_ms == 60_000


def test_parts_unknown_to_the_lesson_are_nothing(unit: Unit, member: User) -> None:
    page = Page(member, make_lesson(make_course(unit), video(), text(5_000)))
    page.beat(15, part="x", media=[[0, 10]], read={"v": [5_000], "x": [5_000]})
    assert not Coverage.objects.exists()
