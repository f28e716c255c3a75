"""What is folded is always what the records say, whatever happened in between and however often the worker runs."""

from __future__ import annotations

import gc
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from learning.organisation.models import User
from question_bank.engine.item_statistics import Change, Tally
from question_bank.exams.models import Attempt, AttemptItem, Exam, Mark
from question_bank.exams.regrading import carry_out, start_regrade
from question_bank.exams.taking.adjusting import void_attempt
from reports.folding import worker
from reports.folding.rebuilding import differences, rebuild_exam
from reports.folding.tallies import tallies_of_exam, unpacked
from reports.folding.worker import fold_requests, refold_corrected
from reports.models import FoldedAttempt, FoldRequest, ItemStatistics
from reports.receivers import ask, on_taken_back
from tests.factories import NOW

from .conftest import MULTIPLE, RIGHT, SINGLE, TRUE_FALSE, Sat

LATER = NOW + timedelta(minutes=5)


def version_of(exam: Exam, kind: str) -> int:
    return int(exam.pool.get(version__kind=kind).version_id)


def tally(exam: Exam, kind: str) -> Tally:
    return tallies_of_exam(exam.pk)[version_of(exam, kind)]


def agree(exam: Exam) -> bool:
    """Whether stored figures are those of the records; and stay the same when they are made anew."""
    assert differences(exam_id=exam.pk, now=LATER) == []
    before = tallies_of_exam(exam.pk)
    rebuild_exam(exam_id=exam.pk, now=LATER)
    return before == tallies_of_exam(exam.pk)


def test_a_submission_is_folded_by_the_worker_and_not_before(
    exam: Exam, people: list[User], sat: Sat
) -> None:
    sat(people[0], RIGHT)
    assert not ItemStatistics.objects.exists()
    assert fold_requests(now=LATER) == 1
    found = tally(exam, "single")
    assert (found.n, found.correct, found.marks, found.full_marks, found.rest) == (1, 1, 200, 200, 400)
    assert found.options == {"o1": [1, 400]}
    assert tally(exam, "multiple").options == {"o0": [1, 400], "o2": [1, 400]}
    assert tally(exam, "true_false").options == {"true": [1, 400]}
    assert not FoldRequest.objects.exists()
    assert agree(exam)


def test_folding_again_changes_nothing(exam: Exam, people: list[User], sat: Sat) -> None:
    attempt = sat(people[0], RIGHT)
    fold_requests(now=LATER)
    before = tallies_of_exam(exam.pk)
    FoldRequest.objects.bulk_create(FoldRequest(attempt=attempt) for _ in range(3))
    assert fold_requests(now=LATER) == 3
    assert tallies_of_exam(exam.pk) == before


def test_open_attempts_are_not_counted(exam: Exam, people: list[User], sat: Sat) -> None:
    attempt = sat(people[0], RIGHT, hand_in=False)
    FoldRequest.objects.create(attempt=attempt)
    fold_requests(now=LATER)
    assert not ItemStatistics.objects.exists()


def test_blank_wrong_and_half_right_answers_are_told_apart(exam: Exam, people: list[User], sat: Sat) -> None:
    sat(people[0], {SINGLE: "o0", MULTIPLE: ["o0"], TRUE_FALSE: None})
    fold_requests(now=LATER)
    single, multiple, true_false = (tally(exam, kind) for kind in ("single", "multiple", "true_false"))
    assert (single.blank, single.correct, single.marks) == (0, 0, 0)
    assert (multiple.blank, multiple.correct, multiple.marks, multiple.full_marks) == (0, 0, 100, 200)
    assert (true_false.blank, true_false.options) == (1, {})
    assert agree(exam)


def test_measured_times_are_whole_seconds_of_the_question(exam: Exam, people: list[User], sat: Sat) -> None:
    sat(people[0], RIGHT, active_ms={SINGLE: 4_999, MULTIPLE: 20_000, TRUE_FALSE: 0})
    fold_requests(now=LATER)
    assert (tally(exam, "single").seconds, tally(exam, "single").estimated) == ({4: 1}, 0)
    assert tally(exam, "multiple").seconds == {20: 1}
    assert agree(exam)


def test_times_come_from_the_receipts_where_nothing_was_measured(
    exam: Exam, people: list[User], sat: Sat
) -> None:
    sat(people[0], {SINGLE: "o1", TRUE_FALSE: True})
    fold_requests(now=LATER)
    assert (tally(exam, "single").seconds, tally(exam, "single").estimated) == ({10: 1}, 1)
    assert tally(exam, "true_false").seconds == {10: 1}
    assert tally(exam, "multiple").seconds == {}
    assert agree(exam)


def test_claims_beyond_the_time_used_are_scaled_down(exam: Exam, people: list[User], sat: Sat) -> None:
    sat(people[0], RIGHT, active_ms={SINGLE: 60_000, MULTIPLE: 60_000, TRUE_FALSE: 0})
    fold_requests(now=LATER)
    assert tally(exam, "single").seconds == tally(exam, "multiple").seconds == {30: 1}


def test_changed_answers_are_judged_by_their_first(exam: Exam, people: list[User], sat: Sat) -> None:
    sat(
        people[0],
        {SINGLE: "o0", MULTIPLE: ["o0", "o2"], TRUE_FALSE: True},
        first={SINGLE: "o1", MULTIPLE: ["o0"]},
    )
    fold_requests(now=LATER)
    assert (tally(exam, "single").to_wrong, tally(exam, "single").to_right) == (1, 0)
    assert (tally(exam, "multiple").to_wrong, tally(exam, "multiple").to_right) == (0, 1)
    (kept,) = FoldedAttempt.objects.all()
    assert [each.change for each in unpacked(kept.outcomes)] == [
        Change.TO_WRONG,
        Change.TO_RIGHT,
        Change.NONE,
    ]
    assert agree(exam)


def test_a_void_attempt_leaves_no_trace(exam: Exam, people: list[User], sat: Sat) -> None:
    stays = sat(people[0], {SINGLE: "o0"})
    fold_requests(now=LATER)
    before = tallies_of_exam(exam.pk)
    gone = sat(people[1], RIGHT)
    fold_requests(now=LATER)
    assert tallies_of_exam(exam.pk) != before
    void_attempt(attempt_id=gone.pk, by=people[0], reason="替考", now=LATER)
    assert FoldRequest.objects.count() == 1
    fold_requests(now=LATER)
    assert tallies_of_exam(exam.pk) == before
    assert list(FoldedAttempt.objects.values_list("pk", flat=True)) == [stays.pk]
    assert agree(exam)


def test_when_the_last_attempt_is_void_nothing_is_left(exam: Exam, people: list[User], sat: Sat) -> None:
    attempt = sat(people[0], RIGHT)
    fold_requests(now=LATER)
    void_attempt(attempt_id=attempt.pk, by=people[0], reason="替考", now=LATER)
    fold_requests(now=LATER)
    assert not ItemStatistics.objects.exists()
    assert agree(exam)


def regrade(exam: Exam, kind: str, remedy: str) -> None:
    run = start_regrade(
        exam_id=exam.pk, version_id=version_of(exam, kind), remedy=remedy, corrected_id=None, only_up=False,
        reason="答案有误", by=None, now=LATER,
    )  # fmt: skip
    carry_out(run_id=run.pk, now=LATER)


def test_a_regrade_moves_marks_and_rests(exam: Exam, people: list[User], sat: Sat) -> None:
    sat(people[0], {SINGLE: "o0", TRUE_FALSE: True})
    sat(people[1], RIGHT)
    fold_requests(now=LATER)
    assert tally(exam, "single").marks == 200
    regrade(exam, "single", "void")
    fold_requests(now=LATER)
    assert tally(exam, "single").marks == 400
    assert tally(exam, "true_false").rest == 200 + 400
    assert agree(exam)


def test_a_correction_that_changes_no_mark_still_changes_what_a_change_was_worth(
    exam: Exam, people: list[User], sat: Sat
) -> None:
    """All who answered had it right: void changes no mark, but a first answer that was wrong is no longer so."""
    sat(people[0], RIGHT, first={SINGLE: "o0"})
    fold_requests(now=LATER)
    assert tally(exam, "single").to_right == 1
    regrade(exam, "single", "void")
    assert not FoldRequest.objects.exists()
    assert refold_corrected(now=LATER) == 1
    assert tally(exam, "single").to_right == 0
    assert refold_corrected(now=LATER) == 0
    assert agree(exam)


def test_a_mark_by_hand_counts(exam: Exam, people: list[User], sat: Sat) -> None:
    attempt = sat(people[0], {SINGLE: "o0"})
    Mark.objects.create(
        attempt=attempt, slot=SINGLE, value=Decimal("1.50"), source="manual",
        version_id=version_of(exam, "single"), at=LATER,
    )  # fmt: skip
    fold_requests(now=LATER)
    assert (tally(exam, "single").marks, tally(exam, "true_false").rest) == (150, 150)


def test_what_cannot_be_folded_holds_nobody_else_up(exam: Exam, people: list[User], sat: Sat) -> None:
    broken, fine = sat(people[0], RIGHT), sat(people[1], RIGHT)
    Attempt.objects.filter(pk=broken.pk).update(auto_marks=["2.00"])
    assert fold_requests(now=LATER) == 2
    assert FoldRequest.objects.get().failed
    assert list(FoldedAttempt.objects.values_list("pk", flat=True)) == [fine.pk]
    assert fold_requests(now=LATER) == 0


def test_the_check_names_what_differs_and_a_rebuild_mends_it(
    exam: Exam, people: list[User], sat: Sat, capsys: pytest.CaptureFixture[str]
) -> None:
    attempt = sat(people[0], RIGHT)
    call_command("rebuild_reports")
    assert "rebuilt 1 exams from 1 attempts" in capsys.readouterr().out
    call_command("rebuild_reports", "--check")
    assert "1 exams agree" in capsys.readouterr().out
    ItemStatistics.objects.filter(version=version_of(exam, "single")).update(marks=199, n=7)
    AttemptItem.objects.filter(attempt=attempt, slot=SINGLE).update(answer="o3")  # behind the services' back
    FoldRequest.objects.all().delete()
    with pytest.raises(CommandError, match="2 differences"):
        call_command("rebuild_reports", "--check")
    out = capsys.readouterr().out
    assert f"attempt {attempt.pk} is folded as it was before" in out
    assert "n 7 ≠ 1; marks 199 ≠ 200" in out
    call_command("rebuild_reports", "--exam", str(exam.pk))
    call_command("rebuild_reports", "--check")


def test_attempts_that_wait_are_no_difference_and_lost_requests_are(
    exam: Exam, people: list[User], sat: Sat
) -> None:
    attempt = sat(people[0], RIGHT)
    assert differences(exam_id=exam.pk, now=LATER) == []
    FoldRequest.objects.all().delete()
    assert differences(exam_id=exam.pk, now=LATER) == [f"exam {exam.pk}: attempt {attempt.pk} is not folded"]


def test_an_unknown_exam_is_refused(exam: Exam) -> None:
    with pytest.raises(CommandError, match="No marked attempts"):
        call_command("rebuild_reports", "--exam", "424242")


@pytest.mark.parametrize("number", [1, 6])
def test_statements_do_not_grow_with_the_attempts(
    exam: Exam, people: list[User], sat: Sat, number: int
) -> None:
    for user in people[:number]:
        sat(user, RIGHT, first={SINGLE: "o0"}, active_ms={SINGLE: 1000})
    with CaptureQueriesContext(connection) as caught:
        fold_requests(now=LATER)
    reads = [query["sql"] for query in caught if query["sql"].startswith("SELECT")]
    assert len(reads) <= 12


def test_a_signal_costs_one_statement(exam: Exam, people: list[User], sat: Sat) -> None:
    attempt: Any = sat(people[0], RIGHT, hand_in=False)
    with CaptureQueriesContext(connection) as caught:
        on_taken_back([attempt, attempt])
    assert len(caught) == 1
    assert FoldRequest.objects.count() == 2


def test_attempts_of_several_batches_are_counted_once_each(
    exam: Exam, people: list[User], sat: Sat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "BATCH", 2)
    for n, user in enumerate(people[:5]):
        sat(user, RIGHT if n % 2 else {SINGLE: "o0"})
    assert fold_requests(now=LATER) == 5
    assert tally(exam, "single").n == 5
    assert agree(exam)
    ask([attempt.pk for attempt in Attempt.objects.all()])
    AttemptItem.objects.filter(slot=SINGLE).update(active_ms=7_000)
    assert fold_requests(now=LATER) == 5
    assert (tally(exam, "single").n, tally(exam, "single").seconds) == (5, {7: 5})
    assert agree(exam)


def test_garbage_is_collected_again_after_a_batch_that_failed(
    exam: Exam, people: list[User], sat: Sat, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def fail(*_: Any) -> Any:
        seen.append(gc.isenabled())
        raise ValueError

    sat(people[0], RIGHT)
    monkeypatch.setattr(worker, "outcomes_of", fail)
    fold_requests(now=LATER)
    assert seen == [False, False]  # the batch, then the attempt alone
    assert gc.isenabled()
