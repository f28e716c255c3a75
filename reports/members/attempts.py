"""A member's attempts with the account of their time and each question; a fixed number of queries for any number of
attempts. What may be seen of each is said by the caller."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from question_bank.engine.statistics import Distribution
from question_bank.engine.used_time import Source, TimeAccount, account, estimated_account, used_ms
from question_bank.exams.clock import sitting_of
from question_bank.exams.marks import item_marks
from question_bank.exams.models import AnswerEvent, Attempt, AttemptEvent, AttemptItem, Mark
from question_bank.exams.papers import shown_items
from question_bank.exams.releasing import Visible
from question_bank.exams.results import band_of
from question_bank.questions.models import QuestionVersion
from reports.models import ItemStatistics

RECEIVED = (AnswerEvent.Verdict.APPLIED, AnswerEvent.Verdict.GRACE)
CLOSED = (Attempt.State.MARKING, Attempt.State.MARKED)
LEAST_OTHERS = 5  # below it a median would tell of single people
HUNDRED = 100
# What happened to an attempt that a person may want to look at.
INTEGRITY = ("takeover", "warn", "pause", "resume", "extend", "reopen", "void", "late_accepted")
TOPS = (5, 10, 25, 50)  # percent: the bands of the position


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """One question of an attempt. `shown` as papers.shown_items; `active_ms` by `source`; `mark` None while not marked
    or not released; `median_ms` of all who met it, None of fewer than five."""

    slot: int
    shown: Mapping[str, Any]
    version: int
    version_no: int
    kind: str
    first_view_at: datetime | None
    first_answer_at: datetime | None
    last_answer_at: datetime | None
    active_ms: int | None
    changes: int
    answer: Any
    mark: Decimal | None
    max_mark: Decimal
    median_ms: Fraction | None

    @property
    def correct(self) -> bool | None:
        """Full marks; None where the mark is not known."""
        return None if self.mark is None else self.mark == self.max_mark


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """`time` is None while the attempt is open. `top`: the best 5, 10, 25, 50 or 100 percent of all marked attempts
    that this one is among; never a rank."""

    attempt: Attempt
    seen: Visible
    time: TimeAccount | None
    band: str
    top: int | None
    items: list[ItemRecord]
    events: list[AttemptEvent]

    @property
    def active_ms(self) -> int | None:
        """有效用时: visible on the questions and on the overview; None where nothing was measured."""
        if self.time is None or self.time.source is Source.ESTIMATED:
            return None
        return sum(self.time.by_slot.values()) + self.time.other_ms


def attempt_records(
    attempts: Sequence[Attempt],
    visible: Mapping[int, Visible],
    *,
    items_of: Collection[int],
    given: Mapping[int, dict[int, Mark]],
) -> list[AttemptRecord]:
    """`attempts` come with exam and candidate; the questions are read of those in `items_of` whose answers may be
    seen. `given`: marks.given_marks of at least these."""
    ids = [attempt.pk for attempt in attempts]
    rows: dict[int, dict[int, AttemptItem]] = defaultdict(dict)
    for row in AttemptItem.objects.filter(attempt__in=ids):
        rows[row.attempt_id][row.slot] = row
    times = _times(attempts, rows)
    events: dict[int, list[AttemptEvent]] = defaultdict(list)
    for event in AttemptEvent.objects.filter(attempt__in=ids, type__in=INTEGRITY).order_by("at", "pk"):
        events[event.attempt_id].append(event)
    detailed = [attempt for attempt in attempts if attempt.pk in items_of and visible[attempt.pk].answers]
    others = _others({attempt.exam_id for attempt in attempts})
    facts = _versions(detailed)
    return [
        AttemptRecord(
            attempt,
            visible[attempt.pk],
            times.get(attempt.pk),
            _band(attempt) if visible[attempt.pk].score else "",
            _top(attempt, others) if visible[attempt.pk].score else None,
            _items(attempt, rows[attempt.pk], times.get(attempt.pk), given, others, facts)
            if attempt in detailed
            else [],
            events[attempt.pk],
        )
        for attempt in attempts
    ]


def _times(
    attempts: Sequence[Attempt], rows: Mapping[int, Mapping[int, AttemptItem]]
) -> dict[int, TimeAccount]:
    """Measured where the page measured anything, else estimated from when the answers came in."""
    closed = [attempt for attempt in attempts if attempt.submitted_at is not None]
    found, unmeasured = {}, []
    for attempt in closed:
        by_slot = {slot: row.active_ms for slot, row in rows.get(attempt.pk, {}).items()}
        if any(by_slot.values()):
            found[attempt.pk] = account(_used(attempt), by_slot, attempt.other_ms, attempt.away_ms)
        else:
            unmeasured.append(attempt)
    receipts: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    if unmeasured:
        came = AnswerEvent.objects.filter(attempt__in=unmeasured, verdict__in=RECEIVED).order_by("pk")
        for attempt_id, slot, at in came.values_list("attempt", "slot", "recv_at"):
            receipts[attempt_id].append((slot, at))
    for attempt in unmeasured:
        found[attempt.pk] = estimated_account(_used(attempt), attempt.started_at, receipts[attempt.pk])
    return found


def _used(attempt: Attempt) -> int:
    return used_ms(sitting_of(attempt), attempt.submitted_at or attempt.deadline_at, attempt.deadline_at)


@dataclass(frozen=True, slots=True)
class _Others:
    """All marked attempts of an exam: totals in hundredths by how often, and seconds on each version."""

    totals: Mapping[int, int]
    seconds: Mapping[int, Distribution]


def _others(exams: Collection[int]) -> dict[int, _Others]:
    """From the folded statistics; one query."""
    totals: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    seconds: dict[int, dict[int, Distribution]] = defaultdict(dict)
    rows = ItemStatistics.objects.filter(exam__in=exams).values_list("exam", "version", "totals", "seconds")
    for exam, version, of_totals, of_seconds in rows:
        for total, n, *_marks in of_totals:
            totals[exam][total] += n
        seconds[exam][version] = Distribution(tuple((Fraction(at), n) for at, n in of_seconds))
    return {exam: _Others(totals[exam], seconds[exam]) for exam in seconds}


def _top(attempt: Attempt, others: Mapping[int, _Others]) -> int | None:
    """Every attempt stands once for each slot of its paper in the sums, and all papers of an exam have as many."""
    known = others.get(attempt.exam_id)
    if attempt.state != Attempt.State.MARKED or attempt.score is None or known is None:
        return None
    slots = len(attempt.paper) or 1
    everybody = sum(known.totals.values()) // slots
    if everybody < LEAST_OTHERS:
        return None
    own = int(attempt.score * HUNDRED)
    better = Fraction(sum(n for total, n in known.totals.items() if total > own), slots)
    return next((top for top in TOPS if better * HUNDRED < everybody * top), HUNDRED)


def _band(attempt: Attempt) -> str:
    if attempt.score is None:
        return ""
    return band_of(attempt.score, attempt.max_score, attempt.rules["bands"])


def _versions(attempts: Sequence[Attempt]) -> dict[int, tuple[int, str]]:
    """Number and kind of every version on the papers."""
    ids = {item["v"] for attempt in attempts for item in attempt.paper}
    kinds = dict(QuestionVersion.Kind.choices)
    rows = QuestionVersion.objects.filter(pk__in=ids).values_list("pk", "no", "kind") if ids else ()
    return {pk: (no, str(kinds[kind])) for pk, no, kind in rows}


def _items(
    attempt: Attempt,
    rows: Mapping[int, AttemptItem],
    time: TimeAccount | None,
    given: Mapping[int, dict[int, Mark]],
    others: Mapping[int, _Others],
    versions: Mapping[int, tuple[int, str]],
) -> list[ItemRecord]:
    marked = attempt.state in CLOSED
    marks = item_marks(attempt, given.get(attempt.pk, {})) if marked else [None] * len(attempt.paper)
    known = others.get(attempt.exam_id)
    found = []
    for shown, item, mark in zip(shown_items(attempt.paper), attempt.paper, marks, strict=True):
        slot, version = shown["slot"], item["v"]
        row = rows.get(slot)
        norm = known.seconds.get(version) if known else None
        found.append(
            ItemRecord(
                slot,
                shown,
                version,
                *versions[version],
                row.first_view_at if row else None,
                row.first_answer_at if row else None,
                row.last_answer_at if row else None,
                time.by_slot.get(slot) if time else None,
                row.changes if row else 0,
                row.answer if row else None,
                mark,
                Decimal(item["m"]),
                norm.median * 1000 if norm and norm.n >= LEAST_OTHERS and norm.median is not None else None,
            )
        )
    return found
