"""From the rows of an exam to engine.timing: rules, adjustments and the clock of an attempt. No query."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from question_bank.engine.timing import (
    Adjustment,
    AdjustmentKind,
    Clock,
    EndPolicy,
    Sitting,
    TimeRules,
    clock_of,
)

from .models import Attempt, Candidate, Exam, TimeAdjustment


def rules_of_exam(exam: Exam) -> TimeRules:
    """The rules that a start now falls under."""
    return TimeRules(
        opens_at=exam.opens_at,
        closes_at=exam.closes_at,
        limit_s=exam.limit_s,
        end_policy=EndPolicy(exam.end_policy),
        last_entry_at=exam.last_entry_at,
        net_grace_s=exam.net_grace_s,
        earliest_submit_s=exam.earliest_submit_s,
        max_attempts=exam.max_attempts,
        delay_s=exam.delay_s,
    )


def frozen_rules(exam: Exam, sections: list[dict[str, Any]]) -> dict[str, Any]:
    """`Attempt.rules`: what goes on applying to an attempt, whatever becomes of the exam's own rules. The
    window is not in it: it is moved for everybody, by a window adjustment."""
    return {
        "limit_s": exam.limit_s,
        "end_policy": exam.end_policy,
        "net_grace_s": exam.net_grace_s,
        "earliest_submit_s": exam.earliest_submit_s,
        "pass_percent": str(exam.pass_percent),
        "bands": exam.bands,
        "away_allowed": exam.away_allowed,
        "away_action": exam.away_action,
        "sections": sections,
    }


def rules_of_attempt(attempt: Attempt, exam: Exam) -> TimeRules:
    """The rules fixed at the start, in the exam's window."""
    rules = attempt.rules
    return TimeRules(
        opens_at=exam.opens_at,
        closes_at=exam.closes_at,
        limit_s=rules["limit_s"],
        end_policy=EndPolicy(rules["end_policy"]),
        net_grace_s=rules["net_grace_s"],
        earliest_submit_s=rules["earliest_submit_s"],
    )


def sitting_of(attempt: Attempt) -> Sitting:
    return Sitting(attempt.started_at, attempt.paused_ms, attempt.paused_at)


def adjustments_for(
    rows: Iterable[TimeAdjustment], candidate: Candidate, attempt_id: int | None = None
) -> tuple[Adjustment, ...]:
    """Those of the exam's rows that are not revoked and meant for this candidate, with the candidate's own
    extra time. The rows come with their unit; a unit's row reaches every candidate admitted from below it."""
    ancestors: Collection[str] = candidate.unit_ancestors
    found = [
        Adjustment(AdjustmentKind(row.kind), row.value)
        for row in rows
        if row.revoked_at is None
        and row.attempt_id in (None, attempt_id)
        and (row.unit is None or row.unit.key in ancestors)
    ]
    if candidate.extra_percent:
        found.append(Adjustment(AdjustmentKind.PERCENT, candidate.extra_percent))
    return tuple(found)


def recomputed_clock(
    attempt: Attempt, exam: Exam, rows: Iterable[TimeAdjustment], candidate: Candidate
) -> Clock:
    """The clock by today's adjustments; whoever changes one writes it back to the attempt."""
    return clock_of(
        rules_of_attempt(attempt, exam), sitting_of(attempt), adjustments_for(rows, candidate, attempt.pk)
    )


def stored_clock(attempt: Attempt) -> Clock:
    """The clock as the attempt's row has it: what every read and write goes by. Its limit is the working
    time given, its hard end is not known here and stands at the deadline."""
    given = attempt.deadline_at - attempt.started_at - timedelta(milliseconds=attempt.paused_ms)
    return Clock(given, attempt.deadline_at, attempt.accept_until, attempt.deadline_at, attempt.paused_at)


def remaining_ms(attempt: Attempt, now: datetime) -> int:
    """Working time left, 0 once the attempt is closed."""
    return stored_clock(attempt).remaining_ms(now) if attempt.state in OPEN_STATES else 0


OPEN_STATES = frozenset({Attempt.State.IN_PROGRESS, Attempt.State.PAUSED})
