"""A question put right after publishing: whose mark changes and whose does not, what is kept, and doing it twice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from learning.organisation.models import AuditEntry, User
from question_bank.exams import regrading
from question_bank.exams.errors import NotFound, NotPossible
from question_bank.exams.models import Attempt, AttemptEvent, Exam, Mark, MarkClaim, RegradeRun, Result
from question_bank.exams.organising.marking_desk import give_mark
from question_bank.exams.regrading import Tally, carry_out, finish_regrades, fits, preview, start_regrade
from question_bank.exams.signals import attempts_marked
from question_bank.exams.taking.adjusting import force_submit, reopen_attempt
from question_bank.questions.models import QuestionVersion
from tests.factories import NOW, make_attempt, make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
DONE, LATER = NOW + 5 * MINUTE, NOW + 10 * MINUTE


@pytest.fixture
def people() -> list[User]:
    unit = make_unit()
    return [make_user(unit=unit) for _ in range(3)]


@pytest.fixture
def exam(people: list[User]) -> Exam:
    """A single choice (o1 is right) and a judgement (true is right) of two points each; pass mark 60 %."""
    return make_exam(candidates=people, kinds=["single", "true_false"])


def sat(exam: Exam, user: User, answers: dict[int, Any]) -> Attempt:
    attempt = make_attempt(exam, user, answers=answers)
    force_submit(attempt_id=attempt.pk, reason="交卷", by=None, now=DONE)
    return Attempt.objects.get(pk=attempt.pk)


def question(exam: Exam, kind: str = "single") -> QuestionVersion:
    return QuestionVersion.objects.get(pk__in=exam.pool.values("version"), kind=kind)


def corrected(old: QuestionVersion, key: Any, **fields: Any) -> QuestionVersion:
    values = {"kind": old.kind, "stem": old.stem, "body": old.body, "rule": old.rule, "status": "ready"}
    no = old.question.versions.count() + 1
    return QuestionVersion.objects.create(
        question=old.question, no=no, key=key, created_at=NOW, **{**values, **fields}
    )


def regrade(exam: Exam, version: QuestionVersion, remedy: str = "void", **fields: Any) -> RegradeRun:
    given = {"corrected_id": None, "only_up": False, "reason": "答案有误", "by": None, "now": LATER, **fields}
    run = start_regrade(exam_id=exam.pk, version_id=version.pk, remedy=remedy, **given)
    return carry_out(run_id=run.pk, now=given["now"])


def scores(exam: Exam) -> list[Decimal | None]:
    return list(exam.attempts.order_by("pk").values_list("score", flat=True))


def test_a_corrected_key_raises_and_lowers_and_keeps_both_marks(exam: Exam, people: list[User]) -> None:
    for user, said in zip(people, ("o1", "o2", "o3"), strict=True):
        sat(exam, user, {1: said, 2: True})
    assert scores(exam) == [4, 2, 2]
    old = question(exam)
    new = corrected(old, "o2")
    seen = preview(exam=exam, version=old, remedy="key", corrected=new, only_up=False)
    assert seen == Tally(attempts=3, raised=1, lowered=1, gained=1, lost=1)
    assert not Mark.objects.exists()
    run = regrade(exam, old, "key", corrected_id=new.pk)
    assert scores(exam) == [2, 4, 2]
    assert [result.score for result in Result.objects.order_by("candidate__user")] == [2, 4, 2]
    assert (run.attempts, run.raised, run.lowered, run.gained, run.lost) == (3, 1, 1, 1, 1)
    assert run.finished_at == LATER
    marks = Mark.objects.order_by("attempt")
    assert [(mark.value, mark.source, mark.version_id) for mark in marks] == [
        (0, "regrade", new.pk),
        (2, "regrade", new.pk),
    ]
    first = Attempt.objects.order_by("pk")[0]
    assert first.auto_marks == ["2.00", "2.00"]
    assert first.passed is False
    assert AttemptEvent.objects.filter(type="regrade").count() == 2
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions)[-2:] == ["exam.regrade", "exam.regraded"]


def test_only_up_lets_nobody_lose(exam: Exam, people: list[User]) -> None:
    for user, said in zip(people, ("o1", "o2", "o3"), strict=True):
        sat(exam, user, {1: said})
    old = question(exam)
    new = corrected(old, "o2")
    seen = preview(exam=exam, version=old, remedy="key", corrected=new, only_up=True)
    assert (seen.raised, seen.lowered) == (1, 0)
    regrade(exam, old, "key", corrected_id=new.pk, only_up=True)
    assert scores(exam) == [2, 2, 0]


def test_a_void_question_gives_everybody_its_full_mark_blank_answers_too(
    exam: Exam, people: list[User]
) -> None:
    sat(exam, people[0], {1: "o0", 2: True})
    sat(exam, people[1], {})
    regrade(exam, question(exam))
    assert scores(exam) == [4, 2]


def test_a_void_essay_needs_no_marker_any_more(people: list[User]) -> None:
    exam = make_exam(candidates=people, kinds=["single", "essay"])
    waiting = sat(exam, people[0], {1: "o1", 2: "文章"})
    marked = sat(exam, people[1], {1: "o1", 2: "文章"})
    give_mark(
        attempt_id=marked.pk, slot=2, value=Decimal(1), comment="要点不全", seen_mark=0, by=people[2], now=DONE,
        **({"seen_rev": 1} if "seen_rev" in give_mark.__annotations__ else {}),
    )  # fmt: skip
    MarkClaim.objects.create(attempt=waiting, slot=2, by=people[2], until=LATER)
    regrade(exam, question(exam, "essay"))
    assert scores(exam) == [4, 4]
    assert set(exam.attempts.values_list("state", flat=True)) == {Attempt.State.MARKED}
    assert Mark.objects.filter(attempt=marked).latest("pk").comment == "要点不全"
    assert not MarkClaim.objects.exists()
    with pytest.raises(NotPossible):
        regrade(exam, question(exam, "essay"), "undo")


def test_doing_it_again_changes_nothing_and_undoing_restores_the_marks(
    exam: Exam, people: list[User]
) -> None:
    sat(exam, people[0], {1: "o0", 2: True})
    first = regrade(exam, question(exam))
    assert carry_out(run_id=first.pk, now=LATER + MINUTE).raised == 1
    again = regrade(exam, question(exam), now=LATER + MINUTE)
    assert (again.attempts, again.raised) == (1, 0)
    assert Mark.objects.count() == 1
    undone = regrade(exam, question(exam), "undo", now=LATER + 2 * MINUTE)
    assert undone.lowered == 1
    assert undone.before == {"void": True}
    assert scores(exam) == [2]
    exam.refresh_from_db()
    assert exam.corrections == {}
    with pytest.raises(NotPossible):
        regrade(exam, question(exam), "undo")


def test_who_hands_in_later_is_marked_by_the_correction(exam: Exam, people: list[User]) -> None:
    attempt = make_attempt(exam, people[0], answers={1: "o0"})
    assert preview(
        exam=exam, version=question(exam), remedy="void", corrected=None, only_up=False
    ) == Tally(open=1)  # fmt: skip
    regrade(exam, question(exam))
    force_submit(attempt_id=attempt.pk, reason="交卷", by=None, now=LATER + MINUTE)
    attempt.refresh_from_db()
    assert attempt.auto_marks == ["2.00", "0.00"]
    assert not Mark.objects.exists()


def test_a_reopened_attempt_is_marked_by_the_correction_alone(exam: Exam, people: list[User]) -> None:
    attempt = sat(exam, people[0], {1: "o0", 2: True})
    regrade(exam, question(exam))
    reopen_attempt(attempt_id=attempt.pk, seconds=60, reason="误交", by=people[1], now=LATER + MINUTE)
    force_submit(attempt_id=attempt.pk, reason="交卷", by=None, now=LATER + 2 * MINUTE)
    assert scores(exam) == [4]


def test_a_run_goes_on_where_it_stopped(
    exam: Exam, people: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    for user in people:
        sat(exam, user, {1: "o0"})
    monkeypatch.setattr(regrading, "BATCH", 2)
    run = start_regrade(
        exam_id=exam.pk, version_id=question(exam).pk, remedy="void", corrected_id=None, only_up=False,
        reason="答案有误", by=None, now=LATER,
    )  # fmt: skip
    regrading._next_batch(run.pk, LATER)
    assert scores(exam) == [2, 2, 0]
    with pytest.raises(NotPossible, match="还没有完成"):
        regrade(exam, question(exam, "true_false"))
    assert finish_regrades(now=LATER) == 1
    run.refresh_from_db()
    assert scores(exam) == [2, 2, 2]
    assert (run.attempts, run.raised) == (3, 3)
    assert finish_regrades(now=LATER) == 0


def test_receivers_hear_of_new_scores_once_a_batch(exam: Exam, people: list[User]) -> None:
    for user in people:
        sat(exam, user, {1: "o0", 2: True})
    heard: list[list[Decimal]] = []

    def hear(closed: list[Any], **_: object) -> None:
        heard.append([each.marks.score for each in closed])

    attempts_marked.connect(hear)
    try:
        regrade(exam, question(exam))
    finally:
        attempts_marked.disconnect(hear)
    assert heard == [[4, 4, 4]]


def test_statements_do_not_grow_with_the_attempts(
    exam: Exam, people: list[User], django_assert_max_num_queries: Any
) -> None:
    for user in people:
        sat(exam, user, {1: "o0", 2: True})
    run = start_regrade(
        exam_id=exam.pk, version_id=question(exam).pk, remedy="void", corrected_id=None, only_up=False,
        reason="答案有误", by=None, now=LATER,
    )  # fmt: skip
    with django_assert_max_num_queries(26):
        carry_out(run_id=run.pk, now=LATER)


def test_void_and_withdrawn_attempts_and_strangers_are_left_alone(exam: Exam, people: list[User]) -> None:
    attempt = sat(exam, people[0], {1: "o0"})
    Attempt.objects.update(state=Attempt.State.VOID)
    assert regrade(exam, question(exam)).attempts == 0
    attempt.refresh_from_db()
    assert attempt.state == Attempt.State.VOID
    other = make_exam(kinds=["single"])
    with pytest.raises(NotFound):
        regrade(exam, question(other))
    draft = make_exam(kinds=["single"], published=False)
    with pytest.raises(NotPossible):
        regrade(draft, question(exam))


@pytest.mark.parametrize("reason", ["", "  "])
def test_nothing_is_regraded_without_a_reason(exam: Exam, reason: str) -> None:
    with pytest.raises(NotPossible):
        regrade(exam, question(exam), reason=reason)


def test_a_key_of_other_options_or_a_draft_is_refused(exam: Exam) -> None:
    old = question(exam)
    for new in (
        corrected(old, "o9"),
        corrected(old, "o2", status="draft"),
        corrected(question(exam, "true_false"), False),
    ):
        with pytest.raises(NotPossible):
            regrade(exam, old, "key", corrected_id=new.pk)
    exam.refresh_from_db()
    assert exam.corrections == {}
    assert not RegradeRun.objects.exists()


OPTIONS = {"options": [{"id": "a"}, {"id": "b"}]}
LEFT = {"left": [{"id": "l"}], **OPTIONS}


@pytest.mark.parametrize(
    ("kind", "body", "key", "fitting"),
    [
        ("single", OPTIONS, "b", True),
        ("single", OPTIONS, "c", False),
        ("multiple", OPTIONS, ["a", "b"], True),
        ("multiple", OPTIONS, ["a", "c"], False),
        ("multiple", OPTIONS, [], False),
        ("order", OPTIONS, ["b", "a"], True),
        ("order", OPTIONS, ["b"], False),
        ("match", LEFT, {"l": "a"}, True),
        ("match", LEFT, {"l": "c"}, False),
        ("match", LEFT, {"k": "a"}, False),
        ("fill", {"blanks": 1}, [["甲"]], True),
        ("fill", {"blanks": 1}, [["甲"], ["乙"]], False),
        ("true_false", {}, False, True),
        ("true_false", {}, None, False),
        ("essay", {}, {"text": "参考"}, False),
    ],
)
def test_which_keys_can_mark_the_answers_that_were_given(
    kind: str, body: dict[str, Any], key: Any, fitting: bool
) -> None:
    old = QuestionVersion(kind=kind, body=body, key=None)
    assert fits(old, QuestionVersion(kind=kind, body={}, key=key)) is fitting
