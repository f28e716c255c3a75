"""A member's report down to each question: every figure counted again from the rows; nothing before its release."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from learning.organisation.models import Role, User
from learning.study.models import Coverage, StudySlice
from question_bank.exams.models import (
    AnswerEvent,
    Attempt,
    AttemptEvent,
    AttemptItem,
    Exam,
    Mark,
    NotebookEntry,
)
from question_bank.exams.taking.submitting import submit_attempt
from question_bank.questions.models import KnowledgePoint, QuestionVersion
from reports.charts import drawn
from reports.folding.rebuilding import rebuild_exam
from reports.members.cards import answer_cards
from reports.members.charts import scores_table
from reports.members.items import items_table
from reports.members.numbers import MemberNumbers, Reader, member_numbers, reader_of
from reports.members.report import member_report, top_words
from reports.shape import ChartKind, Value
from reports.words import said
from tests.factories import NOW, make_attempt, make_exam, make_unit, make_user
from tests.learning.study.factories import make_course, make_lesson, video
from tests.reports.school import enrol, finish, study

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)
RIGHT: dict[int, Any] = {1: "o1", 2: ["o0", "o2"], 3: True}
ORGANISER = Reader(own=False)


@pytest.fixture
def people(db: None) -> list[User]:
    unit = make_unit()
    return [make_user(unit=unit) for _ in range(6)]


@pytest.fixture
def exam(people: list[User]) -> Exam:
    return make_exam(candidates=people)


def sit(
    exam: Exam,
    user: User,
    answers: dict[int, Any],
    active: dict[int, int] | None = None,
    *,
    minutes: int = 10,
) -> Attempt:
    """Hands in after some minutes; answers were received 20 s apart."""
    attempt = make_attempt(exam, user, answers=answers)
    for n, slot in enumerate(answers, 1):
        AttemptItem.objects.filter(attempt=attempt, slot=slot).update(
            active_ms=(active or {}).get(slot, 0), first_view_at=NOW + timedelta(seconds=n)
        )
        AnswerEvent.objects.create(
            attempt=attempt, slot=slot, op_id=f"{attempt.pk}-{slot}", client="c", seq=n, payload={"answer": answers[slot]},
            recv_at=NOW + timedelta(seconds=20 * n), verdict=AnswerEvent.Verdict.APPLIED,
        )  # fmt: skip
    Attempt.objects.filter(pk=attempt.pk).update(
        other_ms=7_000 if active else 0, away_ms=11_000 if active else 0
    )
    submit_attempt(
        attempt_id=attempt.pk,
        by=user,
        client="c",
        ops=[],
        reason="self",
        now=NOW + timedelta(minutes=minutes),
    )
    attempt.refresh_from_db()
    return attempt


def read(user: User, reader: Reader = ORGANISER, now: datetime = LATER) -> MemberNumbers:
    return member_numbers(member=user, reader=reader, now=now)


def test_time_of_an_attempt_adds_up_to_what_was_used(exam: Exam, people: list[User]) -> None:
    sit(exam, people[0], RIGHT, {1: 30_000, 2: 45_000, 3: 5_000})
    sit(exam, people[1], RIGHT)
    for user, source in ((people[0], "measured"), (people[1], "estimated")):
        time = read(user).attempts[0].time
        assert time is not None
        assert time.source == source
        assert (
            sum(time.by_slot.values()) + time.other_ms + time.away_ms + time.unattributed_ms == time.used_ms
        )
        assert time.used_ms == 600_000
    record = read(people[0]).attempts[0]
    assert record.active_ms == 87_000
    assert record.time is not None
    assert record.time.away_ms == 11_000


def test_unmeasured_times_are_estimated_and_say_so(exam: Exam, people: list[User]) -> None:
    sit(exam, people[0], RIGHT)
    numbers = read(people[0])
    record = numbers.attempts[0]
    assert [item.active_ms for item in record.items] == [20_000, 20_000, 20_000]
    assert record.active_ms is None
    report = member_report(numbers, record)
    assert any("估算" in note for note in report.notes)
    assert any("估算" in column.label for table in report.all_tables for column in table.columns)


def test_every_question_shows_version_answer_mark_and_the_median_of_all(
    exam: Exam, people: list[User]
) -> None:
    seconds = [10, 20, 35, 40, 50, 61]
    for user, each in zip(people, seconds, strict=True):
        sit(exam, user, {**RIGHT, 1: "o0" if each == 10 else "o1"}, {1: each * 1000, 2: 1000, 3: 1000})
    rebuild_exam(exam_id=exam.pk, now=LATER)
    record = read(people[0]).attempts[0]
    first = record.items[0]
    version = QuestionVersion.objects.get(pk=record.attempt.paper[0]["v"])
    assert (first.slot, first.version, first.version_no) == (1, version.pk, version.no)
    assert (first.answer, first.correct, first.mark, first.max_mark) == ("o0", False, Decimal(0), Decimal(2))
    assert first.median_ms == median(seconds) * 1000
    assert first.first_view_at == NOW + timedelta(seconds=1)
    assert sum((item.mark or Decimal(0) for item in record.items), Decimal(0)) == record.attempt.score


def test_median_of_fewer_than_five_people_is_not_shown(exam: Exam, people: list[User]) -> None:
    for user in people[:4]:
        sit(exam, user, RIGHT, {1: 1000})
    rebuild_exam(exam_id=exam.pk, now=LATER)
    record = read(people[0]).attempts[0]
    assert [item.median_ms for item in record.items] == [None, None, None]
    assert record.top is None


def test_position_is_a_band_and_never_a_rank(exam: Exam, people: list[User]) -> None:
    for n, user in enumerate(people):
        sit(exam, user, dict(list(RIGHT.items())[: 3 if n < 2 else 1]))
    rebuild_exam(exam_id=exam.pk, now=LATER)
    tops = [read(user).attempts[0].top for user in people]
    # Nobody is better than the first two; two of six are better than the others.
    assert tops == [5, 5, 50, 50, 50, 50]
    assert [top_words(top) for top in (5, 100, None)] == ["前 5%", "后 50%", None]


def test_manual_mark_goes_before_the_automatic_one(exam: Exam, people: list[User]) -> None:
    attempt = sit(exam, people[0], {1: "o0"})
    Mark.objects.create(
        attempt=attempt, slot=1, value=Decimal("1.50"), source="manual", at=LATER,
        version_id=attempt.paper[0]["v"],
    )  # fmt: skip
    item = read(people[0]).attempts[0].items[0]
    assert (item.mark, item.correct) == (Decimal("1.50"), False)


def test_mastery_of_a_point_is_marks_over_full_marks(exam: Exam, people: list[User]) -> None:
    attempt = sit(exam, people[0], {**RIGHT, 3: False})
    versions = QuestionVersion.objects.in_bulk([item["v"] for item in attempt.paper])
    bank = next(iter(versions.values())).question.bank
    point, other = (KnowledgePoint.objects.create(bank=bank, name=name) for name in ("甲点", "乙点"))
    for item, points in zip(attempt.paper, ([point], [point, other], [point]), strict=True):
        versions[item["v"]].question.knowledge_points.set(points)
    found = {each.name: (each.n, each.marks, each.full) for each in read(people[0]).points}
    assert found == {
        "甲点": (3, Decimal("4.00"), Decimal("6.00")),
        "乙点": (1, Decimal("2.00"), Decimal("2.00")),
    }
    assert {each.name: each.mastery for each in read(people[0]).points}["甲点"] == Fraction(2, 3)


def test_mastery_counts_all_attempts_that_assess_and_no_practice(exam: Exam, people: list[User]) -> None:
    user = people[0]
    practice, resit = (make_exam(candidates=[user]) for _ in range(2))
    for each, kind in ((practice, Exam.Kind.PRACTICE), (resit, Exam.Kind.RESIT)):
        Exam.objects.filter(pk=each.pk).update(kind=kind)
    attempts = [sit(exam, user, RIGHT), sit(resit, user, {}), sit(practice, user, {})]
    for version in QuestionVersion.objects.filter(pk__in=[item["v"] for a in attempts for item in a.paper]):
        bank = version.question.bank
        version.question.knowledge_points.set(
            [KnowledgePoint.objects.get_or_create(bank=bank, name="甲点")[0]]
        )
    # Whatever attempt is looked at, the table is of the exam and the resit.
    for looked_at in attempts:
        numbers = member_numbers(member=user, reader=ORGANISER, now=LATER, items_of=[looked_at.pk])
        found = [(each.name, each.n, each.mastery) for each in numbers.points]
        assert found == [("甲点", 6, Fraction(1, 2))]
        assert any("计入 2 次" in note for note in member_report(numbers, None).notes)


def test_newest_exam_that_assesses_is_shown_before_a_newer_practice(
    client: Client, exam: Exam, people: list[User]
) -> None:
    user = people[0]
    practice = make_exam(candidates=[user])
    Exam.objects.filter(pk=practice.pk).update(kind=Exam.Kind.PRACTICE)
    trial = sit(practice, user, RIGHT, minutes=20)
    client.force_login(user)

    def chosen() -> str:
        (field,) = [
            f for f in client.get(reverse("own_report")).context["report"].filters if f.name == "attempt"
        ]
        return str(field.value)

    assert chosen() == str(trial.pk)
    formal = sit(exam, user, RIGHT, minutes=10)
    assert chosen() == str(formal.pk)


def test_member_sees_nothing_of_an_attempt_before_its_release(exam: Exam, people: list[User]) -> None:
    sit(exam, people[0], {**RIGHT, 1: "o0"}, {1: 5000})
    own = Reader(own=True)
    hidden = read(people[0], own).attempts[0]
    assert (hidden.band, hidden.top, hidden.items) == ("", None, [])
    report = member_report(read(people[0], own), hidden)
    assert "4.00" not in str(report)
    assert "4.00" in str(member_report(read(people[0]), None))
    assert any("尚未公布" in note for note in report.notes)
    Exam.objects.filter(pk=exam.pk).update(score_release="at_marked", answer_release="at_marked")
    assert len(read(people[0], own).attempts[0].items) == 3


def test_integrity_events_are_for_the_organiser_to_look_at(exam: Exam, people: list[User]) -> None:
    attempt = sit(exam, people[0], RIGHT)
    AttemptEvent.objects.create(attempt=attempt, type="takeover", at=NOW)
    organiser, own = read(people[0]), read(people[0], Reader(own=True))
    assert "events" in {table.key for table in member_report(organiser, None).tables}
    assert "events" not in {table.key for table in member_report(own, None).tables}


def test_study_adds_up_by_day_by_kind_and_by_activity(people: list[User]) -> None:
    user = people[0]
    course = make_course(make_unit())
    lessons = [make_lesson(course, video(600)), make_lesson(course, video(60))]
    enrol(course, user)
    study(lessons[0], user, days_ago=3, minutes=10)
    study(lessons[0], user, days_ago=2, minutes=5)
    study(lessons[1], user, days_ago=1, minutes=7)
    StudySlice.objects.filter(activity=lessons[1]).update(kind="late")
    finish(lessons[0], user, hours="0.67")
    Coverage.objects.create(
        user=user, activity=lessons[0], part="v", spans=[[0, 120_000], [480_000, 600_000]], covered_ms=240_000,
        total_ms=600_000, updated_at=NOW,
    )  # fmt: skip
    record = read(user).study
    assert (record.active_ms, record.measured_ms, record.late_ms, record.days) == (
        22 * 60_000,
        15 * 60_000,
        7 * 60_000,
        3,
    )
    assert sum(ms for _day, ms in record.by_day) == record.active_ms
    assert sum(course.active_ms for course in record.courses) == record.active_ms
    assert (record.lessons_done, record.lessons_required) == (1, 2)
    assert (record.hours, record.target) == (Decimal("0.67"), 32)
    assert [(each.spans, each.covered_ms) for each in record.videos] == [
        ([(0, 120_000), (480_000, 600_000)], 240_000)
    ]
    assert record.first_at == NOW - timedelta(days=3)


def told_seconds(values: Iterable[Value]) -> list[int]:
    """As they are read: rounded down."""
    return [value // 1000 for value in values if isinstance(value, int)]


def test_times_told_add_up_by_day_by_course_and_in_an_attempt(exam: Exam, people: list[User]) -> None:
    user = people[0]
    courses = [make_course(make_unit()) for _ in range(3)]
    for n, course in enumerate(courses):
        study(make_lesson(course), user, days_ago=n + 1, minutes=1.0315)
        if n:
            enrol(course, user)
    attempt = sit(exam, user, RIGHT, {1: 30_700, 2: 45_800, 3: 5_000})
    Attempt.objects.filter(pk=attempt.pk).update(away_ms=11_900)
    numbers = read(user)
    tables = {table.key: table for table in member_report(numbers, None).all_tables}
    total = numbers.study.active_ms // 1000
    assert numbers.study.active_ms == 185_670
    for key in ("days", "courses"):
        assert sum(told_seconds(tables[key].values("ms"))) == total
    assert tables["courses"].values("course")[-1] == "其他学习"
    assert sum(told_seconds(tables["attempts"].values(key)[0] for key in ("active", "away", "rest"))) == 600


def test_wrong_list_counts_what_was_mastered(people: list[User], exam: Exam) -> None:
    attempt = sit(exam, people[0], RIGHT)
    versions = QuestionVersion.objects.filter(pk__in=[item["v"] for item in attempt.paper])
    for n, version in enumerate(versions):
        NotebookEntry.objects.create(
            user=people[0], question=version.question, version=version, wrong_count=1, source_kind="exam",
            source="考试", left_at=NOW if n == 0 else None,
        )  # fmt: skip
    numbers = read(people[0])
    assert (numbers.wrong, numbers.cleared) == (3, 1)


def test_statements_do_not_grow_with_attempts_and_lessons(
    people: list[User], django_assert_max_num_queries: Any
) -> None:
    user = people[0]
    counted = []
    for _ in range(2):
        for _ in range(2):
            sit(make_exam(candidates=[user]), user, RIGHT, {1: 1000})
            course = make_course(make_unit())
            study(make_lesson(course), user, days_ago=1 + len(counted) + course.pk / 1000, minutes=1)
            enrol(course, user)
        user = User.objects.get(pk=user.pk)  # as a request has it: nothing known of the roles yet
        with django_assert_max_num_queries(24) as seen:
            read(user)
        counted.append(len(seen))
    assert counted[0] == counted[1]


def test_reader_needs_both_rights_over_the_persons_unit(people: list[User]) -> None:
    member = people[0]
    unit = member.memberships.get().unit
    day = NOW.date()

    def reading(role: Role, where: Any) -> Reader | None:
        return reader_of(make_user(roles=[(role, where)]), member, day=day)

    assert reading(Role.SECRETARY, unit) is not None
    assert reading(Role.AUDITOR, unit) is not None
    assert reading(Role.SECRETARY, make_unit()) is None
    assert reading(Role.MARKER, unit) is None
    own = reader_of(member, member, day=day)
    assert own is not None
    assert own.own


def test_wrong_answers_alone_are_shown_where_asked(exam: Exam, people: list[User]) -> None:
    sit(exam, people[0], {**RIGHT, 1: "o0"}, {1: 4000, 2: 1000, 3: 1000})
    numbers = read(people[0])
    every = member_report(numbers, numbers.attempts[0]).chart
    wrong = member_report(numbers, numbers.attempts[0], wrong_only=True).chart
    assert every is not None
    assert wrong is not None
    assert every.table.values("slot") == ["1", "2", "3"]
    assert wrong.table.values("slot") == ["1"]


def test_no_wrong_answer_is_said_in_words(exam: Exam, people: list[User]) -> None:
    sit(exam, people[0], RIGHT, {1: 4000, 2: 1000, 3: 1000})
    numbers = read(people[0])
    table = items_table(numbers.attempts[0], wrong_only=True)
    assert list(table.rows) == []
    assert table.empty == "这次作答没有错题。"


def test_card_of_an_answer_says_all_that_its_row_says(exam: Exam, people: list[User]) -> None:
    sit(exam, people[0], {**RIGHT, 1: "o0"}, {1: 4000, 2: 1000, 3: 1000})
    table = items_table(read(people[0]).attempts[0])
    for row, card in zip(table.rows, answer_cards(table), strict=True):
        said_row = [said(column, value) for column, value in zip(table.columns, row, strict=True)]
        words = " ".join(
            (card.slot, card.stem, card.answer, card.verdict, card.time, *(text for _, text in card.more))
        )
        assert [text for text in said_row if text not in words] == []
    assert answer_cards(table)[0].verdict == "✗ 错"
    assert answer_cards(table)[0].time == "用时（实测） 4.0 秒 · 全体中位数 —"


def test_timeline_says_when_each_question_was_seen_and_answered_after_the_start(
    exam: Exam, people: list[User]
) -> None:
    attempt = sit(exam, people[0], RIGHT, {1: 4000, 2: 1000, 3: 1000})
    times = {1: (3.2, 65.9, 200.0), 2: (70.0, 90.5, 90.5), 3: (95.0, None, None)}
    for slot, seconds in times.items():
        moments = [None if each is None else NOW + timedelta(seconds=each) for each in seconds]
        names = ("first_view_at", "first_answer_at", "last_answer_at")
        AttemptItem.objects.filter(attempt=attempt, slot=slot).update(
            **dict(zip(names, moments, strict=True))
        )
    numbers = read(people[0])
    chart = member_report(numbers, numbers.attempts[0], chart="timeline").chart
    assert chart is not None
    assert (chart.kind, chart.series) == (ChartKind.SPANS, ("shown", "thinking", "changing"))
    assert [row[2:] for row in chart.table.rows] == [
        (3_000, 65_000, 200_000, 62_000, 135_000),
        (70_000, 90_000, 90_000, 20_000, 0),
        (95_000, None, None, None, None),
    ]
    offset, thinking, changing = drawn(chart)["option"]["series"]
    assert [each["value"] for each in offset["data"]] == [3, 70, 95]
    assert [each["value"] for each in thinking["data"]] == [62, 20, None]
    assert [each["value"] for each in changing["data"]] == [135, 0, None]


@pytest.mark.parametrize("chart", ["", "items", "timeline", "days", "points", "scores", "pie"])
def test_one_chart_is_drawn_and_no_table_is_lost_or_said_twice(
    exam: Exam, people: list[User], chart: str
) -> None:
    sit(exam, people[0], RIGHT, {1: 4000, 2: 1000, 3: 1000})
    study(make_lesson(make_course(make_unit())), people[0])
    for version in QuestionVersion.objects.filter(pk__in=exam.pool.values("version")):
        version.question.knowledge_points.add(
            KnowledgePoint.objects.get_or_create(bank=version.question.bank, name="总纲")[0]
        )
    numbers = read(people[0])
    report = member_report(numbers, numbers.attempts[0], chart=chart)
    assert report.chart is not None
    keys = [table.key for table in report.all_tables]
    assert keys[0] == (chart if chart not in ("", "pie") else "items")
    assert len(keys) == len(set(keys))
    assert set(keys) >= {"items", "attempts", "points", "days"}
    (choice,) = [each for each in report.filters if each.name == "chart"]
    assert [each.value for each in choice.choices] == ["", "timeline", "days", "points", "scores"]
    assert choice.words == ("" if keys[0] == "items" else report.chart.title)


def test_scores_are_told_once_they_are_released(exam: Exam, people: list[User]) -> None:
    sit(exam, people[0], {1: "o1"}, {1: 4000})
    Exam.objects.filter(pk=exam.pk).update(score_release="manual")
    numbers = read(people[0], Reader(own=True))
    assert scores_table(numbers.attempts).rows == []
    assert scores_table(read(people[0]).attempts).values("share") == [Fraction(1, 3)]


def test_who_may_erase_is_led_there_from_the_report(client: Client, people: list[User]) -> None:
    unit = people[0].memberships.get().unit
    address, erasing = (
        reverse(name, args=[people[0].pk]) for name in ("reports_admin:member", "erase_person")
    )
    for role, led in ((Role.ADMINISTRATOR, True), (Role.SECRETARY, False)):
        client.force_login(make_user(roles=[(role, unit)]))
        page = client.get(address)
        assert page.status_code == 200
        assert (erasing in page.content.decode()) is led
