"""The outcome of a candidate, derived from the marked attempts by the exam's score policy."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from question_bank.engine.marking import Combination, GradeBand, combine, grade_band, passed

from .models import Attempt, Candidate, Result


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
    candidates = list(
        Candidate.objects.select_for_update(of=("self",), no_key=True)
        .select_related("exam")
        .only("exam__score_policy")
        .filter(pk__in=candidate_ids)
        .order_by("pk")
    )
    marked: dict[int, list[Attempt]] = {candidate.pk: [] for candidate in candidates}
    attempts = (
        Attempt.objects.filter(candidate__in=marked, state=Attempt.State.MARKED)
        .only("candidate_id", "score", "max_score", "rules", "no")
        .order_by("no")
    )
    for attempt in attempts:
        marked[attempt.candidate_id].append(attempt)
    results, gone = [], []
    for candidate in candidates:
        outcome = outcome_of(marked[candidate.pk], candidate.exam.score_policy)
        if outcome is None:
            gone.append(candidate.pk)
            continue
        results.append(
            Result(
                candidate=candidate,
                attempt_id=outcome.attempt_id,
                score=outcome.score,
                max_score=outcome.max_score,
                passed=outcome.passed,
                band=outcome.band,
                updated_at=now,
            )
        )
    if results:
        Result.objects.bulk_create(
            results,
            update_conflicts=True,
            unique_fields=["candidate"],
            update_fields=["attempt", "score", "max_score", "passed", "band", "updated_at"],
        )
    if gone:
        Result.objects.filter(pk__in=gone).delete()
