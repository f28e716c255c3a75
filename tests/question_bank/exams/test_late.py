"""Answers after the end: seen, accepted with a reason, marked anew; the receipt stays what was handed in."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from learning.organisation.audit_words import words
from learning.organisation.models import AuditEntry, User
from question_bank.exams.errors import NotFound, NotPossible
from question_bank.exams.marks import given_marks, item_marks, settle_marks
from question_bank.exams.models import AnswerEvent, Attempt, AttemptItem, CollectedAttempt, Mark, Result
from question_bank.exams.saving import Op, apply_ops
from question_bank.exams.saving.ops import OpKind
from question_bank.exams.signals import attempts_marked, attempts_taken_back
from question_bank.exams.taking.adjusting import reopen_attempt, void_attempt
from question_bank.exams.taking.closing import locked_attempt, receipt_of, settle
from question_bank.exams.taking.late import LateAnswer, accept_late, late_answers
from question_bank.exams.taking.submitting import submit_attempt
from tests.factories import NOW, make_attempt, make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
CLOSED = NOW + 60 * MINUTE
CAME = NOW + 61 * MINUTE
DECIDED = NOW + 90 * MINUTE


@pytest.fixture
def member() -> User:
    return make_user(unit=make_unit())


@pytest.fixture
def organiser() -> User:
    return make_user()


def closed(member: User, *, answers: dict[int, Any] | None = None, **exam: Any) -> Attempt:
    return settle(make_attempt(make_exam(candidates=[member], **exam), member, answers=answers), now=CLOSED)


def came_late(attempt: Attempt, answers: dict[int, Any], *, at: Any = CAME, client: str = "outbox") -> None:
    ops = [
        Op(f"{client}-{at:%H%M%S}-{slot}", slot, OpKind.ANSWER, slot, base=1, answer=answer)
        for slot, answer in answers.items()
    ]
    apply_ops(attempt=attempt, client=client, ops=ops, now=at)


def accept(attempt: Attempt, *slots: int, by: User | None = None, at: Any = DECIDED) -> list[int]:
    seen = {late.slot: late.event_id for late in late_answers(attempt)}
    changed = accept_late(
        attempt_id=attempt.pk, slots={slot: seen[slot] for slot in slots}, reason="断网", by=by, now=at
    )
    attempt.refresh_from_db()
    return changed


def test_late_answers_are_listed_with_when_they_came_and_what_is_stored(member: User) -> None:
    attempt = closed(member, answers={1: "o0"})
    came_late(attempt, {1: "o1", 3: True})
    came_late(attempt, {1: "o2"}, at=CAME + MINUTE)
    first, third = late_answers(attempt)
    event = AnswerEvent.objects.get(slot=1, recv_at=CAME + MINUTE)
    assert first == LateAnswer(1, event.pk, CAME + MINUTE, "o2", "o0", valid=True, accepted=False)
    assert (third.slot, third.answer, third.stored, third.recv_at) == (3, True, None, CAME)
    assert Attempt.objects.get().score == 0


def test_accepting_marks_the_slots_anew_and_leaves_the_receipt(member: User, organiser: User) -> None:
    attempt = closed(member, answers={1: "o1", 3: True})
    receipt = receipt_of(attempt)
    assert (attempt.score, attempt.passed) == (Decimal(4), True)
    came_late(attempt, {1: "o0", 2: ["o0", "o2"]})
    assert accept(attempt, 2, by=organiser) == [2]
    assert attempt.auto_marks == ["2.00", "2.00", "2.00"]
    assert (attempt.score, attempt.passed, attempt.state) == (Decimal(6), True, Attempt.State.MARKED)
    assert Result.objects.get().score == 6
    assert receipt_of(attempt) == receipt
    item = AttemptItem.objects.get(slot=2)
    assert (item.answer, item.answer_rev, item.last_answer_at) == (["o0", "o2"], 1, CAME)
    assert AttemptItem.objects.get(slot=1).answer == "o1"
    event = attempt.events.get(type="late_accepted")
    assert (event.by, event.at) == (organiser, DECIDED)
    assert event.data == {"reason": "断网", "slots": [2], "replaced": {"2": None}}
    entry = AuditEntry.objects.get(action="attempt.late_accepted")
    assert entry.actor == organiser
    assert entry.data | {"exam": 0} == {
        "reason": "断网",
        "slots": [2],
        "exam": 0,
        "from": "4.00",
        "to": "6.00",
    }
    assert words("attempt.late_accepted") != "attempt.late_accepted"


def test_a_worse_late_answer_lowers_the_score_and_may_fail(member: User) -> None:
    attempt = closed(member, answers={1: "o1", 3: True})
    came_late(attempt, {1: "o0"})
    accept(attempt, 1)
    assert (attempt.score, attempt.passed) == (Decimal(2), False)
    assert AttemptItem.objects.get(slot=1).answer_rev == 2
    assert attempt.events.get(type="late_accepted").data["replaced"] == {"1": "o1"}


def test_a_late_clear_takes_the_answer_away_when_accepted(member: User) -> None:
    attempt = closed(member, answers={1: "o1"})
    came_late(attempt, {1: None})
    accept(attempt, 1)
    assert attempt.score == 0
    assert [late.accepted for late in late_answers(attempt)] == [True]


def test_accepting_again_does_nothing(member: User) -> None:
    attempt = closed(member)
    came_late(attempt, {1: "o1"})
    assert accept(attempt, 1) == [1]
    assert [late.accepted for late in late_answers(attempt)] == [True]
    assert accept(attempt, 1) == []
    assert attempt.events.filter(type="late_accepted").count() == 1
    assert AuditEntry.objects.filter(action="attempt.late_accepted").count() == 1
    assert AttemptItem.objects.get(slot=1).answer_rev == 1


def test_an_answer_nobody_has_seen_is_not_accepted(member: User) -> None:
    attempt = closed(member)
    came_late(attempt, {1: "o1"})
    seen = {late.slot: late.event_id for late in late_answers(attempt)}
    came_late(attempt, {1: "o0"}, at=CAME + MINUTE)
    with pytest.raises(NotPossible):
        accept_late(attempt_id=attempt.pk, slots=seen, reason="断网", by=None, now=DECIDED)
    assert not AttemptItem.objects.exists()


@pytest.mark.parametrize("answer", ["o9", "", ["o1"], 7])
def test_what_cannot_be_an_answer_is_shown_and_never_accepted(member: User, answer: Any) -> None:
    attempt = closed(member, answers={1: "o0"})
    came_late(attempt, {1: answer})
    assert [late.valid for late in late_answers(attempt)] == [False]
    with pytest.raises(NotPossible):
        accept(attempt, 1)
    assert AttemptItem.objects.get().answer == "o0"


def test_a_good_answer_is_not_hidden_by_a_broken_one_after_it(member: User) -> None:
    attempt = closed(member)
    came_late(attempt, {1: "o1"})
    came_late(attempt, {1: ""}, at=CAME + MINUTE)
    assert [(late.answer, late.valid) for late in late_answers(attempt)] == [("o1", True)]


def test_a_short_answer_goes_to_the_marker_and_the_result_waits(member: User) -> None:
    attempt = closed(member, answers={1: "o1"}, kinds=["single", "short"])
    assert (attempt.state, attempt.score) == (Attempt.State.MARKED, Decimal(2))
    came_late(attempt, {2: "我的回答"})
    heard: list[Any] = []

    def hear(attempts: list[Attempt], **_: Any) -> None:
        heard.extend(attempts)

    attempts_taken_back.connect(hear)
    try:
        accept(attempt, 2)
    finally:
        attempts_taken_back.disconnect(hear)
    assert heard == [attempt]
    assert (attempt.state, attempt.score, attempt.passed) == (Attempt.State.MARKING, None, None)
    assert attempt.auto_marks == ["2.00", None]
    assert not Result.objects.exists()
    marked_by_hand(attempt, "1.5", DECIDED + MINUTE)
    assert (attempt.state, attempt.score) == (Attempt.State.MARKED, Decimal("3.5"))


def marked_by_hand(attempt: Attempt, value: str, at: Any) -> None:
    version = attempt.paper[1]["v"]
    Mark.objects.create(
        attempt=attempt, slot=2, value=Decimal(value), source="manual", version_id=version, at=at
    )
    settle_marks(attempt=locked_attempt(attempt.pk), now=at)
    attempt.refresh_from_db()


def test_a_mark_given_to_the_earlier_text_counts_no_more(member: User) -> None:
    attempt = closed(member, answers={1: "o1", 2: "旧"}, kinds=["single", "short"])
    came_late(attempt, {1: "o0", 2: "新"})
    marked_by_hand(attempt, "2", CAME + 5 * MINUTE)
    assert attempt.score == 4
    accept(attempt, 2)
    assert (attempt.state, attempt.score) == (Attempt.State.MARKING, None)
    assert item_marks(attempt, given_marks([attempt]).get(attempt.pk, {})) == [Decimal("2.00"), None]
    marked_by_hand(attempt, "1", DECIDED + MINUTE)
    assert attempt.score == 3
    assert Mark.objects.count() == 2
    # Another slot of the same attempt leaves the new mark alone.
    accept(attempt, 1, at=DECIDED + 2 * MINUTE)
    assert (attempt.state, attempt.score) == (Attempt.State.MARKED, Decimal(1))


def test_listeners_hear_the_new_marks_and_the_notebook_will_look_again(member: User) -> None:
    attempt = closed(member)
    CollectedAttempt.objects.create(attempt=attempt, marks=f"{attempt.receipt_number}/0", at=CLOSED)
    came_late(attempt, {1: "o1"})
    heard: list[Any] = []

    def hear(closed: Any, **_: Any) -> None:
        heard.append((closed[0].answers, closed[0].marks.items[0].correct, closed[0].attempt.score))

    attempts_marked.connect(hear)
    try:
        accept(attempt, 1)
    finally:
        attempts_marked.disconnect(hear)
    assert heard == [({1: "o1"}, True, Decimal(2))]
    assert CollectedAttempt.objects.get().marks == ""


def test_only_closed_attempts_with_a_reason_and_slots_that_have_something(member: User) -> None:
    attempt = closed(member)
    came_late(attempt, {1: "o1", 40: "o1"})
    seen = {late.slot: late.event_id for late in late_answers(attempt)}
    assert list(seen) == [1]
    why: dict[str, Any] = {"attempt_id": attempt.pk, "by": None, "now": DECIDED}
    with pytest.raises(NotPossible):
        accept_late(slots=seen, reason=" ", **why)
    with pytest.raises(NotFound):
        accept_late(slots={2: seen[1]}, reason="断网", **why)
    with pytest.raises(NotFound):
        accept_late(**(why | {"attempt_id": attempt.pk + 1}), slots=seen, reason="断网")
    void_attempt(attempt_id=attempt.pk, reason="作弊", by=None, now=DECIDED)
    with pytest.raises(NotPossible):
        accept_late(slots=seen, reason="断网", **why)
    assert not AttemptItem.objects.exists()


def test_a_slot_answered_after_a_reopening_has_nothing_late_any_more(member: User) -> None:
    attempt = closed(member)
    came_late(attempt, {1: "o1", 3: True})
    reopen_attempt(attempt_id=attempt.pk, seconds=600, reason="断网", by=None, now=DECIDED)
    op = Op("again", 9, OpKind.ANSWER, 1, base=0, answer="o2")
    at = DECIDED + MINUTE
    submit_attempt(attempt_id=attempt.pk, by=member, client="outbox", ops=[op], reason="self", now=at)
    attempt.refresh_from_db()
    assert AttemptItem.objects.get().answer == "o2"
    assert [late.slot for late in late_answers(attempt)] == [3]
