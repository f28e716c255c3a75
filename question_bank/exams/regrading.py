"""A question found wrong after publishing: its correction, and the answers to it marked anew (TIMING.md 1.4, 17-18).

The paper shown never changes. The correction stands in `Exam.corrections` before the first answer is marked anew, so
whoever hands in meanwhile is marked by it (taking.closing); those who handed in before get a Mark each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from learning.organisation.models import User
from learning.organisation.services.audit import record
from question_bank.engine.kinds import Kind, PaperItem, needs_human
from question_bank.engine.marking import mark_paper, passed
from question_bank.engine.timing import check_move
from question_bank.questions.models import QuestionVersion

from .answer_keys import answer_keys
from .errors import NotFound, NotPossible
from .marks import as_closed, given_marks, item_marks, replaced_at
from .models import Attempt, AttemptEvent, CollectedAttempt, Exam, ExamPool, Mark, MarkClaim, RegradeRun
from .papers import paper_of
from .results import rewrite_results
from .signals import attempts_marked
from .taking.closing import answers_by_attempt, set_score, write_attempts

Remedy = RegradeRun.Remedy
CLOSED = (Attempt.State.MARKING, Attempt.State.MARKED)
BATCH = 500


@dataclass(frozen=True, slots=True)
class Tally:
    """Of attempts that were handed in and hold the question: `raised`/`lowered` by their mark of it, `gained`/`lost`
    by passing; `open` have not been handed in and will be marked by the correction."""

    attempts: int = 0
    raised: int = 0
    lowered: int = 0
    gained: int = 0
    lost: int = 0
    open: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.attempts + other.attempts,
            self.raised + other.raised,
            self.lowered + other.lowered,
            self.gained + other.gained,
            self.lost + other.lost,
            self.open + other.open,
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """One attempt under a correction: the marks of all its slots, and those slots whose mark changes."""

    attempt: Attempt
    marks: list[Decimal | None]
    changed: dict[int, Decimal]
    tally: Tally


def fits(old: QuestionVersion, new: QuestionVersion) -> bool:
    """Whether answers given to `old` can be marked by the key of `new`: the kind is the same and the key speaks of
    nothing that was not on the paper."""
    if old.kind != new.kind or needs_human(Kind(old.kind)) or (not new.key and new.key is not False):
        return False
    options = {option["id"] for option in old.body.get("options", ())}
    match Kind(old.kind):
        case Kind.SINGLE:
            return new.key in options
        case Kind.MULTIPLE:
            return set(new.key) <= options
        case Kind.ORDER:
            return set(new.key) == options
        case Kind.MATCH:
            left = {choice["id"] for choice in old.body.get("left", ())}
            return set(new.key) == left and set(new.key.values()) <= options
        case Kind.FILL:
            return bool(len(new.key) == old.body.get("blanks"))
        case _:
            return True


def corrections_with(
    corrections: Mapping[str, Any], version_id: int, remedy: str, corrected_id: int | None
) -> dict[str, Any]:
    """`Exam.corrections` once the remedy is applied to the question."""
    found = {key: value for key, value in corrections.items() if key != str(version_id)}
    if remedy == Remedy.VOID:
        found[str(version_id)] = {"void": True}
    elif remedy == Remedy.KEY:
        found[str(version_id)] = {"version": corrected_id}
    return found


def preview(
    *, exam: Exam, version: QuestionVersion, remedy: str, corrected: QuestionVersion | None, only_up: bool
) -> Tally:
    """What the regrade would do as things stand; writes nothing. Raises NotFound, NotPossible."""
    _check(exam, version, remedy, corrected)
    corrections = corrections_with(exam.corrections, version.pk, remedy, corrected.pk if corrected else None)
    total = Tally(open=_open_with(exam, version.pk))
    for attempts in _in_batches(exam):
        for judged in _judge(attempts, version.pk, corrections, only_up):
            total += judged.tally
    return total


def start_regrade(
    *,
    exam_id: int,
    version_id: int,
    remedy: str,
    corrected_id: int | None,
    only_up: bool,
    reason: str,
    by: User | None,
    now: datetime,
) -> RegradeRun:
    """Writes the correction and the run that `carry_out` then does. Raises NotFound; NotPossible without a reason, for
    a key that does not fit, or while another run of the exam is not finished."""
    if not reason.strip():
        raise NotPossible(_("请填写原因。"))
    with transaction.atomic():
        # Not FOR UPDATE: a start shares the row and need not wait.
        exam = Exam.objects.select_for_update(of=("self",), no_key=True).filter(pk=exam_id).first()
        version = QuestionVersion.objects.filter(pk=version_id).first()
        corrected = QuestionVersion.objects.filter(pk=corrected_id).first() if corrected_id else None
        if exam is None or version is None:
            raise NotFound
        _check(exam, version, remedy, corrected)
        run = RegradeRun(
            exam=exam,
            version=version,
            remedy=remedy,
            corrected=corrected,
            only_up=only_up,
            reason=reason.strip(),
            before=exam.corrections.get(str(version_id), {}),
            by=by,
            at=now,
        )
        try:
            with transaction.atomic():
                run.save(force_insert=True)
        except IntegrityError as error:
            raise NotPossible(_("上一次重评还没有完成，请先让它完成。")) from error
        exam.corrections = corrections_with(exam.corrections, version_id, remedy, corrected_id)
        exam.save(update_fields=["corrections"])
        record(
            actor=by,
            action="exam.regrade",
            obj=exam,
            unit=exam.owner_unit,
            data={
                "question": str(version),
                "remedy": remedy,
                "corrected": str(corrected) if corrected else None,
                "only_up": only_up,
                "reason": run.reason,
            },
            now=now,
        )
    return run


def carry_out(*, run_id: int, now: datetime) -> RegradeRun:
    """Marks anew what is left of the run, a transaction for each batch; may be called again at any time, by several
    at once, and after it is finished. Raises NotFound."""
    while True:
        run = _next_batch(run_id, now)
        if run.finished_at is not None:
            return run


def finish_regrades(*, now: datetime) -> int:
    """The sweep: goes on with runs whose process died; returns how many."""
    runs = list(RegradeRun.objects.filter(finished_at=None).order_by("pk").values_list("pk", flat=True))
    for run_id in runs:
        carry_out(run_id=run_id, now=now)
    return len(runs)


def _next_batch(run_id: int, now: datetime) -> RegradeRun:
    with transaction.atomic():
        run = (
            RegradeRun.objects.select_for_update(of=("self",))
            .select_related("exam__owner_unit")
            .filter(pk=run_id)
            .first()
        )
        if run is None:
            raise NotFound
        if run.finished_at is not None:
            return run
        # Open ones too: who is handing in holds the row, and was perhaps marked by the state before the correction.
        # Their own row lock is enough: it leaves those alone who only refer to the attempt.
        rows = Attempt.objects.select_for_update(of=("self",), no_key=True)
        attempts = list(
            rows.filter(exam=run.exam_id, pk__gt=run.done_to)
            .select_related("candidate")
            .order_by("pk")[:BATCH]
        )
        for attempt in attempts:
            attempt.exam = run.exam
        closed = [attempt for attempt in attempts if attempt.state in CLOSED]
        tally = _mark_anew(run, closed, now)
        run.attempts += tally.attempts
        run.raised += tally.raised
        run.lowered += tally.lowered
        run.gained += tally.gained
        run.lost += tally.lost
        if attempts:
            run.done_to = attempts[-1].pk
        if len(attempts) < BATCH:
            run.finished_at = now
            data = {"raised": run.raised, "lowered": run.lowered, "attempts": run.attempts}
            record(
                actor=run.by,
                action="exam.regraded",
                obj=run.exam,
                unit=run.exam.owner_unit,
                data=data,
                now=now,
            )
        run.save()
    return run


def _mark_anew(run: RegradeRun, attempts: Sequence[Attempt], now: datetime) -> Tally:
    every = list(_judge(attempts, run.version_id, run.exam.corrections, run.only_up))
    changed = [judged for judged in every if judged.changed]
    replaced = replaced_at([judged.attempt.pk for judged in changed])
    latest = given_marks([judged.attempt for judged in changed])
    marks, events = [], []
    for judged in changed:
        attempt = judged.attempt
        for slot, value in judged.changed.items():
            before = latest.get(attempt.pk, {}).get(slot)
            # A mark older than what it is a mark of counts no more (marks.given_marks).
            known = (attempt.submitted_at, replaced.get((attempt.pk, slot)), before and before.at)
            at = max([now, *(moment for moment in known if moment)])
            marks.append(
                Mark(
                    attempt=attempt,
                    slot=slot,
                    value=value,
                    source=Mark.Source.REGRADE,
                    version_id=run.corrected_id or run.version_id,
                    by=run.by,
                    at=at,
                    comment=before.comment if before else "",
                )
            )
            data = {"run": run.pk, "slot": slot, "to": str(value), "reason": run.reason}
            events.append(AttemptEvent(attempt=attempt, type="regrade", at=at, by=run.by, data=data))
    Mark.objects.bulk_create(marks)
    AttemptEvent.objects.bulk_create(events)
    _drop_claims(changed)
    # The notebook takes over a question's verdict with its correction, also where the mark stays what it was.
    CollectedAttempt.objects.filter(attempt__in=[j.attempt for j in every]).update(marks="")
    _settle([judged for judged in changed if None not in judged.marks], now)
    return sum((judged.tally for judged in every), Tally())


def _drop_claims(changed: Sequence[Judged]) -> None:
    """Whoever has one of these answers before them need not mark it any more."""
    by_slot: dict[int, list[int]] = {}
    for judged in changed:
        for slot in judged.changed:
            by_slot.setdefault(slot, []).append(judged.attempt.pk)
    for slot, attempts in by_slot.items():
        MarkClaim.objects.filter(attempt__in=attempts, slot=slot).delete()


def _settle(whole: Sequence[Judged], now: datetime) -> None:
    for judged in whole:
        attempt = judged.attempt
        if attempt.state != Attempt.State.MARKED:
            check_move(attempt.state, Attempt.State.MARKED)
            attempt.state = Attempt.State.MARKED
        set_score(attempt, _total(judged.marks))
    if not whole:
        return
    write_attempts([judged.attempt for judged in whole], ("state", "score", "passed"))
    rewrite_results([judged.attempt.candidate_id for judged in whole], now=now)
    answers = answers_by_attempt([judged.attempt.pk for judged in whole])
    closed = [as_closed(each.attempt, each.marks, answers.get(each.attempt.pk, {})) for each in whole]
    attempts_marked.send(Attempt, closed=closed, now=now)


def _judge(
    attempts: Sequence[Attempt], version_id: int, corrections: Mapping[str, Any], only_up: bool
) -> Iterator[Judged]:
    """Those of the attempts that hold the question."""
    having = [attempt for attempt in attempts if any(item["v"] == version_id for item in attempt.paper)]
    given = given_marks(having)
    answers = answers_by_attempt([attempt.pk for attempt in having])
    for attempt in having:
        before = item_marks(attempt, given.get(attempt.pk, {}))
        marks, changed = list(before), {}
        for slot, item in enumerate(paper_of(attempt.paper), start=1):
            if item.version != version_id:
                continue
            answer = answers.get(attempt.pk, {}).get(slot)
            value = _mark_of(item, answer, attempt.rules, corrections)
            old = before[slot - 1]
            if value is None or value == old or (only_up and old is not None and value < old):
                continue
            marks[slot - 1] = changed[slot] = value
        yield Judged(attempt, marks, changed, _tally(attempt, before, marks))


def _mark_of(
    item: PaperItem, answer: Any, rules: Mapping[str, Any], corrections: Mapping[str, Any]
) -> Decimal | None:
    keys = answer_keys([item], rules, corrections)
    return mark_paper([item], keys, {} if answer is None else {1: answer}).items[0].mark


def _tally(attempt: Attempt, before: Sequence[Decimal | None], after: Sequence[Decimal | None]) -> Tally:
    pairs = [(old or Decimal(0), new or Decimal(0)) for old, new in zip(before, after, strict=True)]
    gained = lost = False
    if attempt.passed is not None and None not in after:
        passes = passed(_total(after), attempt.max_score, Decimal(attempt.rules["pass_percent"]))
        gained, lost = passes and not attempt.passed, bool(attempt.passed) and not passes
    return Tally(
        attempts=1,
        raised=any(new > old for old, new in pairs),
        lowered=any(new < old for old, new in pairs),
        gained=gained,
        lost=lost,
    )


def _total(marks: Sequence[Decimal | None]) -> Decimal:
    return sum((mark for mark in marks if mark is not None), Decimal("0.00"))


def _in_batches(exam: Exam) -> Iterator[list[Attempt]]:
    last = 0
    while True:
        rows = Attempt.objects.filter(exam=exam, state__in=CLOSED, pk__gt=last).order_by("pk")[:BATCH]
        attempts = list(rows)
        yield attempts
        if len(attempts) < BATCH:
            return
        last = attempts[-1].pk


def _open_with(exam: Exam, version_id: int) -> int:
    papers = Attempt.objects.filter(exam=exam).open().values_list("paper", flat=True)
    return sum(any(item["v"] == version_id for item in paper) for paper in papers)


def _check(exam: Exam, version: QuestionVersion, remedy: str, corrected: QuestionVersion | None) -> None:
    if exam.state == Exam.State.DRAFT:
        raise NotPossible(_("还没有发布的考试不需要重评，直接改题库即可。"))
    if not _belongs(exam, version.pk):
        raise NotFound
    standing = exam.corrections.get(str(version.pk), {})
    match remedy:
        case Remedy.KEY:
            if (
                corrected is None
                or corrected.question_id != version.question_id
                or corrected.status == QuestionVersion.Status.DRAFT
                or not fits(version, corrected)
            ):
                raise NotPossible(_("这个版本的答案不能用来评当时的作答，请选择另一版本，或将此题作废。"))
        case Remedy.VOID:
            return
        case Remedy.UNDO:
            if not standing:
                raise NotPossible(_("这道题没有更正过。"))
            if needs_human(Kind(version.kind)):
                raise NotPossible(_("由人评分的题作废后不能恢复，请逐份改分。"))
        case _:
            raise NotPossible


def _belongs(exam: Exam, version_id: int) -> bool:
    if str(version_id) in exam.corrections or version_id in fixed_versions(exam):
        return True
    if ExamPool.objects.filter(exam=exam, version=version_id).exists():
        return True
    return version_id in papers_by_version(exam)


def fixed_versions(exam: Exam) -> set[int]:
    """The fixed questions of the published plan."""
    sections = (exam.plan or {"sections": []})["sections"]
    return {part["version"] for section in sections for part in section["parts"] if "version" in part}


def papers_by_version(exam: Exam) -> dict[int, int]:
    """How many papers of the exam, void ones left out, hold each question; also of pools frozen before."""
    found: dict[int, int] = {}
    papers = (
        Attempt.objects.filter(exam=exam).exclude(state=Attempt.State.VOID).values_list("paper", flat=True)
    )
    for paper in papers.iterator():
        for item in paper:
            found[item["v"]] = found.get(item["v"], 0) + 1
    return found
