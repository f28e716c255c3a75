"""Publishing, enrolling, opening, finishing by hand, erasing: what each leaves in the records."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from learning.organisation.audit_facts import facts
from learning.organisation.audit_words import words
from learning.organisation.exports import record_of
from learning.organisation.models import AuditEntry, Membership, PersonStatus, Unit, User
from learning.organisation.services.memberships import transfer
from learning.organisation.services.units import close_unit
from learning.study.errors import LessonLocked, NotForYou, NotPossible
from learning.study.lessons import BadParts
from learning.study.models import Activity, Completion, Coverage, Enrolment, StudySession, StudySlice
from learning.study.services.enrolling import enrol, enrol_audience
from learning.study.services.erasing import erase_study
from learning.study.services.finishing import finish_part, record_by_hand, unlocked
from learning.study.services.progress import course_progress, year_hours
from learning.study.services.publishing import close_activity
from learning.study.services.sessions import open_session
from learning.study.tasks import sweep_enrolments
from tests.factories import LONG_AGO, NOW, make_membership, make_unit, make_user
from tests.learning.study.factories import (
    Page,
    after,
    credited_s,
    deed,
    make_course,
    make_lesson,
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


class TestPublishing:
    def test_the_same_key_is_the_same_activity_brought_up_to_date(self, unit: Unit) -> None:
        course = make_course(unit)
        close_activity(key=course.key, now=after(1))
        again = make_course(unit, key=course.key, title="新名称", now=after(2))
        assert again.pk == course.pk
        assert (again.title, again.is_open, again.updated_at) == ("新名称", True, after(2))

    def test_a_courses_rules_reach_its_lessons(self, unit: Unit) -> None:
        course = make_course(unit, rules={"no_skip": True})
        lesson = make_lesson(course)
        assert lesson.rules == {"no_skip": True}
        make_course(unit, key=course.key, rules={"no_skip": False}, now=after(9))
        lesson.refresh_from_db()
        assert (lesson.rules, lesson.updated_at) == ({"no_skip": False}, after(9))

    def test_parts_that_cannot_be_kept_are_refused(self, unit: Unit) -> None:
        course = make_course(unit)
        for parts in ([video(), video()], [{"key": "x", "kind": "game"}], [video(key="k" * 41)], [text(-1)]):
            with pytest.raises(BadParts):
                make_lesson(course, *parts)

    def test_a_lesson_closed_completes_the_course_for_whoever_waited_for_it(
        self, unit: Unit, member: User
    ) -> None:
        course = make_course(unit)
        done, waited = make_lesson(course, deed()), make_lesson(course)
        finish_part(user=member, activity=done, part="d", now=NOW)
        close_activity(key=waited.key, now=after(60))
        assert Completion.objects.get(activity=course).completed_at == after(60)

    def test_the_lessons_share_the_hours_of_their_course_whatever_is_published(self, unit: Unit) -> None:
        course = make_course(unit)
        minutes = (15, 20, 20, 20, 15)
        first, *_others, last = [make_lesson(course, minutes=each) for each in minutes]

        def shares() -> list[str]:
            lessons = course.children.filter(is_open=True).order_by("position")
            return [lesson.credit["hours"] for lesson in lessons]

        assert shares() == ["0.33", "0.45", "0.44", "0.45", "0.33"]  # 0.33 + 3 · 0.44 + 0.33 would be 1.98
        assert sum(map(Decimal, shares())) == 2
        close_activity(key=first.key, now=after(1))
        assert sum(map(Decimal, shares())) == Decimal("1.67")
        other = make_course(unit)
        moved = make_lesson(other, key=last.key, minutes=15)
        assert (moved.credit, sum(map(Decimal, shares()))) == ({"hours": "0.33"}, Decimal("1.33"))
        make_course(unit, key=course.key, credit={"kind": "nominal", "minutes_per_hour": 60}, now=after(2))
        assert sum(map(Decimal, shares())) == 1
        make_course(unit, key=course.key, credit={"kind": "fixed", "hours": 3}, now=after(3))
        assert set(shares()) == {"0.00"}

    def test_who_completes_a_course_of_two_hours_is_credited_two_hours(
        self, unit: Unit, member: User
    ) -> None:
        course = make_course(unit)
        lessons = [make_lesson(course, text(5_000), minutes=each) for each in (15, 20, 20, 20)]
        told = make_lesson(course, deed(), minutes=15)
        for number, lesson in enumerate(lessons):
            Page(member, lesson, at=100 * number).beat(100 * number + 10, read={"t": [5_000]})
        finish_part(user=member, activity=told, part="d", now=after(1000))
        (progress,) = course_progress(user=member, courses=[course]).values()
        assert progress.completed_at == after(1000)
        assert progress.hours_earned == progress.hours_total == 2
        assert year_hours(user=member, year=NOW.year) == 2


class TestEnrolling:
    def test_the_audience_is_everyone_below_of_the_status_with_unit_and_ancestors(self, unit: Unit) -> None:
        branch, other = make_unit(unit), make_unit(unit)
        meant = make_user(unit=branch)
        make_user(unit=other)
        make_membership(make_user(), branch, status=PersonStatus.ACTIVIST)
        make_user(unit=branch, is_active=False)
        make_user(unit=make_unit())
        course = make_course(
            unit, audience_units=[branch], audience_statuses=[PersonStatus.FULL], due_at=after(99)
        )
        assert enrol_audience(activity=course, now=NOW) == 1
        row = Enrolment.objects.get()
        assert (row.user, row.unit, row.unit_ancestors) == (meant, branch, [branch.key, unit.key])
        assert (row.source, row.person_status, row.enrolled_at, row.due_at) == (
            "audience",
            "full",
            NOW,
            after(99),
        )
        assert enrol_audience(activity=course, now=after(5)) == 0

    def test_who_began_alone_becomes_expected_and_keeps_the_date(self, unit: Unit, member: User) -> None:
        course = make_course(unit, required=False)
        open_session(user=member, activity_id=make_lesson(course).pk, tab="t", now=NOW)
        assert Enrolment.objects.get().source == "self"
        assert (
            enrol(
                activity=course, users=[member, make_user()], source="class", now=after(9), due_at=after(60)
            )
            == 1
        )
        row = Enrolment.objects.get()
        assert (row.source, row.enrolled_at, row.due_at) == ("class", NOW, after(60))
        assert enrol_audience(activity=course, now=after(20)) == 0
        assert Enrolment.objects.get().source == "class"

    def test_who_joins_later_is_found_by_the_nightly_sweep(self, unit: Unit, member: User) -> None:
        course, optional = make_course(unit), make_course(unit, required=False)
        assert sweep_enrolments() == 1
        make_user(unit=unit)
        assert sweep_enrolments() == 1
        assert Enrolment.objects.filter(activity=course).count() == 2
        assert not Enrolment.objects.filter(activity=optional).exists()

    def test_enrolling_takes_the_same_queries_for_any_number(
        self, unit: Unit, django_assert_num_queries: object
    ) -> None:
        course = make_course(unit)
        for people in (2, 20):
            for _ in range(people):
                make_user(unit=unit)
            with django_assert_num_queries(2):  # type: ignore[operator]  # a fixture
                assert enrol_audience(activity=course, now=NOW) == people


class TestOpening:
    def test_a_course_meant_for_others_is_not_there(self, unit: Unit, member: User) -> None:
        foreign = make_lesson(make_course(make_unit()))
        wrong_status = make_lesson(make_course(unit, audience_statuses=[PersonStatus.ACTIVIST]))
        closed = make_lesson(make_course(unit))
        close_activity(key=closed.key, now=NOW)
        for lesson in (foreign, wrong_status, closed, make_course(unit)):
            with pytest.raises(NotForYou):
                open_session(user=member, activity_id=lesson.pk, tab="t", now=NOW)
        assert not StudySession.objects.exists()

    def test_who_is_enrolled_may_open_what_is_meant_for_others(self, unit: Unit, member: User) -> None:
        course = make_course(make_unit())
        enrol(activity=course, users=[member], source="class", now=NOW)
        session, _token = open_session(user=member, activity_id=make_lesson(course).pk, tab="t", now=NOW)
        assert session.unit == unit

    def test_lessons_in_order_open_one_after_the_other(self, unit: Unit, member: User) -> None:
        course = make_course(unit, rules={"in_order": True})
        first, extra, last = (
            make_lesson(course, deed()),
            make_lesson(course, deed(), required=False),
            make_lesson(course, deed()),
        )
        assert unlocked(course, set()) == {first.pk}
        assert unlocked(course, {first.pk}) == {first.pk, extra.pk, last.pk}
        with pytest.raises(LessonLocked):
            open_session(user=member, activity_id=last.pk, tab="t", now=NOW)
        finish_part(user=member, activity=first, part="d", now=NOW)
        open_session(user=member, activity_id=last.pk, tab="t", now=NOW)

    def test_whoever_the_course_is_required_of_is_expected_not_alone(self, unit: Unit, member: User) -> None:
        open_session(user=member, activity_id=make_lesson(make_course(unit)).pk, tab="t", now=NOW)
        assert Enrolment.objects.get().source == "audience"


class TestFinishing:
    def test_a_deed_counts_once_and_only_if_the_lesson_asks_for_it(self, unit: Unit, member: User) -> None:
        lesson = make_lesson(make_course(unit), deed("book"), text(1000, required=False))
        assert finish_part(user=member, activity=lesson, part="x", now=NOW) is None
        assert finish_part(user=member, activity=lesson, part="t", now=NOW) is None
        assert finish_part(user=member, activity=lesson, part="d", now=NOW) is not None
        assert finish_part(user=member, activity=lesson, part="d", now=after(9)) is None
        assert Coverage.objects.get().completed_at == NOW

    def test_a_meeting_entered_by_hand_counts_on_its_day_with_hours_and_time(self, unit: Unit) -> None:
        held = datetime(2025, 12, 31, 15, 30, tzinfo=UTC)  # 23:30 in Shanghai
        meeting = make_course(unit, kind=Activity.Kind.MEETING, held_at=held, nominal_minutes=90)
        people = [make_user(unit=unit) for _ in range(3)]
        by = make_user()
        told = {"activity": meeting, "by": by, "reason": "主题党日", "now": NOW}
        assert record_by_hand(users=people, minutes=60, **told) == 3  # type: ignore[arg-type]  # one dict for two calls
        assert record_by_hand(users=people, minutes=60, **told) == 0  # type: ignore[arg-type]
        row = Completion.objects.filter(user=people[0]).get()
        assert (row.completed_at, str(row.credit_hours), row.kind, row.by) == (held, "2.00", "manual", by)
        slices = StudySlice.objects.filter(user=people[0]).order_by("started_at")
        half = timedelta(minutes=30)
        assert [(each.started_at, each.ended_at) for each in slices] == [
            (held, held + half),
            (held + half, held + 2 * half),
        ]
        entry = AuditEntry.objects.filter(action="study.record").latest("pk")
        assert (entry.actor, entry.data["people"], entry.data["new"]) == (by, 3, 0)

    def test_a_course_entered_by_hand_brings_its_lessons(self, unit: Unit, member: User) -> None:
        course = make_course(unit)
        lesson = make_lesson(course, minutes=90)
        record_by_hand(activity=course, users=[member], by=make_user(), reason="线下集中学习", now=NOW)
        hours = {each.activity_id: str(each.credit_hours) for each in Completion.objects.all()}
        assert hours == {course.pk: "0.00", lesson.pk: "2.00"}

    def test_by_hand_needs_a_reason_and_a_meeting_that_was_held(self, unit: Unit, member: User) -> None:
        meeting = make_course(unit, kind=Activity.Kind.MEETING, held_at=after(60))
        for reason, now in ((" ", after(90)), ("到会", NOW)):
            with pytest.raises(NotPossible):
                record_by_hand(activity=meeting, users=[member], by=member, reason=reason, now=now)
        with pytest.raises(NotPossible):
            record_by_hand(
                activity=meeting, users=[member], by=member, reason="到会", now=after(90), minutes=1441
            )
        assert not Completion.objects.exists()

    def test_time_by_hand_leaves_out_what_was_measured(self, unit: Unit, member: User) -> None:
        Page(member, make_lesson(make_course(unit))).beat(40)
        meeting = make_course(unit, kind=Activity.Kind.MEETING, held_at=NOW)
        record_by_hand(
            activity=meeting, users=[member], by=member, reason="到会", now=after(3600), minutes=10
        )
        assert credited_s(member) == 600


class TestTransfersAndClosing:
    def test_a_member_transferred_in_mid_year_is_counted_where_they_were_each_day(self, unit: Unit) -> None:
        before, later = make_unit(unit), make_unit(unit)
        member = make_user()
        Membership.objects.create(user=member, unit=before, person_status="full", from_date=LONG_AGO)
        course = make_course(unit)
        first, second = make_lesson(course, text(10_000)), make_lesson(course, text(10_000))
        Page(member, first).beat(10, read={"t": [10_000]})
        transfer(user=member, unit=later, on=date(2026, 6, 15), by=None, now=after(14 * 86400))
        Page(member, second, at=20 * 86400).beat(20 * 86400 + 10, read={"t": [10_000]})
        for each, lesson in ((before, first), (later, second)):
            assert Completion.objects.within(each).filter(activity__kind="lesson").get().activity == lesson
            assert StudySlice.objects.within(each).get().activity == lesson
        assert Completion.objects.get(activity=course).unit == later
        assert Enrolment.objects.get().unit == before
        assert StudySlice.objects.within(unit).count() == 2

    def test_a_unit_closed_in_mid_year_keeps_what_was_studied_in_it(self, unit: Unit) -> None:
        branch, heir = make_unit(unit), make_unit(unit)
        member = make_user(unit=branch)
        lesson = make_lesson(make_course(unit), text(10_000))
        Page(member, lesson).beat(10, read={"t": [10_000]})
        now = after(20 * 86400)
        transfer(user=member, unit=heir, on=date(2026, 6, 15), by=None, now=now)
        close_unit(unit=branch, on=date(2026, 6, 20), by=None, now=now)
        assert Completion.objects.within(branch).count() == 2
        assert Completion.objects.within(unit).count() == 2
        assert enrol_audience(activity=make_course(unit, audience_units=[branch]), now=now) == 0
        assert enrol_audience(activity=make_course(unit), now=now) == 1


class TestErasing:
    def test_everything_studied_goes_and_the_audit_log_says_so(self, unit: Unit, member: User) -> None:
        course = make_course(unit)
        enrol_audience(activity=course, now=NOW)
        page = Page(member, make_lesson(course, text(5_000)))
        page.beat(15, read={"t": [5_000]})
        other = make_user(unit=unit)
        Page(other, page.lesson).beat(15)
        by = make_user()
        hours = sum(each.credit_hours for each in Completion.objects.filter(user=member))
        assert hours > 0
        counts = erase_study(user=member, by=by, reason="本人申请", now=after(60))
        assert counts == {"slices": 1, "coverages": 1, "completions": 2, "enrolments": 0, "sessions": 1}
        assert credited_s(member) == 0
        assert credited_s(other) == 15
        assert Enrolment.objects.filter(user=member).exists()
        entry = AuditEntry.objects.get(action="study.erase")
        assert (entry.actor, entry.object_id, entry.data) == (
            by,
            str(member.pk),
            {**counts, "hours": f"{hours:.2f}", "reason": "本人申请"},
        )
        assert dict(facts(entry.action, entry.data))["学时"] == f"{hours:.2f}"
        assert words(entry.action) == "删除学习记录"

    def test_erasing_needs_a_reason(self, member: User) -> None:
        with pytest.raises(NotPossible):
            erase_study(user=member, by=member, reason=" ", now=NOW)


def test_the_own_record_holds_what_was_studied(unit: Unit, member: User) -> None:
    course = make_course(unit, title="党章学习")
    Page(member, make_lesson(course, text(5_000), title="总纲")).beat(15, read={"t": [5_000]})
    found = record_of(member)["study"]
    assert [each["activity"] for each in found["expected"]] == ["党章学习"]
    assert found["slices"][0]["started_at"] == "2026-06-01T01:00:00.000Z"
    assert found["coverage"][0]["covered_ms"] == 5_000
    assert {each["activity"] for each in found["completions"]} == {"党章学习", "总纲"}
