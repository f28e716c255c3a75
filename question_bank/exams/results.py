"""The outcome of a candidate, derived from the marked attempts by the exam's score policy."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from learning.organisation.rows import Columns, among, lock, read, write
from question_bank.engine.marking import Combination, GradeBand, combine, grade_band, passed

from .models import Attempt, Result


@dataclass(frozen=True, slots=True)
class Outcome:
    """What counts. `attempt_id` is None where several attempts make it up together."""

    attempt_id: int | None
    score: Decimal
    max_score: Decimal
    passed: bool
    band: str


def outcome_of(attempts: Sequence[Attempt], policy: str) -> Outcome | None:
    """By the policy over marked attempts in the order they were sat; pass mark and bands are those of the
    attempt that counts, of the last one for an average. None without a marked attempt."""
    score = combine([attempt.score or Decimal(0) for attempt in attempts], Combination(policy))
    if score is None:
        return None
    counted = attempts[-1]
    if policy in (Combination.BEST, Combination.FIRST):
        counted = next(attempt for attempt in attempts if attempt.score == score)
    rules = counted.rules
    return Outcome(
        attempt_id=None if policy == Combination.AVERAGE else counted.pk,
        score=score,
        max_score=counted.max_score,
        passed=passed(score, counted.max_score, Decimal(rules["pass_percent"])),
        band=band_of(score, counted.max_score, rules["bands"]),
    )


def band_of(score: Decimal, max_score: Decimal, bands: Sequence[Mapping[str, Any]]) -> str:
    """The name of the highest band reached, "" below all; `bands` as on the exam: [{"from": percent,
    "name"}]."""
    found = grade_band(
        score, max_score, [GradeBand(band["name"], Decimal(str(band["from"]))) for band in bands]
    )
    return found.name if found else ""


def rewrite_results(candidate_ids: Collection[int], *, now: datetime) -> None:
    """Makes the Results of these candidates anew, and removes those that have nothing to stand on. Inside
    the transaction that changed an attempt; the candidates' rows are locked, so that of two such changes
    the later one sees both."""
    seats, ids = among("c.id", candidate_ids)
    sat, _ids = among("a.candidate_id", candidate_ids)
    candidates, attempts = read(
        (f"{CANDIDATES.format(seats)} {lock('FOR NO KEY UPDATE OF c')}", (ids,)),
        (MARKED_ATTEMPTS.format(sat), (ids,)),
    )
    marked: dict[int, list[Attempt]] = {}
    for row in attempts:
        attempt = ATTEMPT.read(row)
        marked.setdefault(attempt.candidate_id, []).append(attempt)
    results, gone = [], []
    for pk, policy in candidates:
        outcome = outcome_of(marked.get(pk, []), policy)
        if outcome is None:
            gone.append(pk)
            continue
        results.append(
            Result(
                candidate_id=pk,
                attempt_id=outcome.attempt_id,
                score=outcome.score,
                max_score=outcome.max_score,
                passed=outcome.passed,
                band=outcome.band,
                updated_at=now,
            )
        )
    write(f"{RESULT.inserting} {REPLACING}", [RESULT.values(result) for result in results])
    if gone:
        Result.objects.filter(pk__in=gone).delete()


ATTEMPT = Columns(Attempt, only=("id", "candidate", "score", "max_score", "rules", "no"))
RESULT = Columns(Result)
CANDIDATES = """
    SELECT c.id, e.score_policy FROM exams_candidate c JOIN exams_exam e ON e.id = c.exam_id
    WHERE {} ORDER BY c.id
"""
MARKED_ATTEMPTS = f"""
    SELECT {ATTEMPT.of("a")} FROM exams_attempt a WHERE {{}} AND a.state = 'marked' ORDER BY a.no
"""  # noqa: S608 — columns of ours
REPLACING = """
    ON CONFLICT (candidate_id) DO UPDATE SET attempt_id = excluded.attempt_id, score = excluded.score,
    max_score = excluded.max_score, passed = excluded.passed, band = excluded.band, updated_at = excluded.updated_at
"""
