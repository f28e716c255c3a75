"""The questions of an exam: from the folded sums for all its people, from what each attempt put in for some of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from learning.organisation.models import User
from learning.organisation.permissions import Action
from question_bank.engine.item_statistics import (
    ItemFigures,
    Tally,
    figures,
    fold,
    mark_variance,
    total_variance,
)
from question_bank.engine.statistics import cronbach_alpha, standard_error
from question_bank.exams.models import Exam, Release
from question_bank.exams.releasing import is_over
from question_bank.questions.models import Bank, QuestionVersion
from reports.folding.tallies import tallies_of_exam, unpacked
from reports.models import FoldedAttempt, FoldRequest
from reports.units.points import PointTally, by_point

from .audience import Audience

LEAST_ANSWERS = 5
WEAKEST = 5
TRUE_FALSE = ("true", "false")


@dataclass(frozen=True, slots=True)
class Item:
    """`place`: on a fixed paper, from 1. `void`: full marks for everybody. `readable`: the reader may see its words."""

    version: QuestionVersion
    place: int | None
    tally: Tally
    figures: ItemFigures
    void: bool
    readable: bool


@dataclass(frozen=True, slots=True)
class ItemNumbers:
    """Alpha and its standard error (in points) of a fixed paper; `fixed` says whether it is one. `waiting`: attempts not
    folded yet."""

    items: tuple[Item, ...]
    fixed: bool
    alpha: Fraction | None
    error: Decimal | None
    weakest: tuple[PointTally, ...]
    waiting: int


def item_numbers(*, audience: Audience, user: User, now: datetime) -> ItemNumbers:
    exam = audience.exam
    tallies = tallies_of(audience)
    places = fixed_places(exam)
    versions = versions_by_id(tallies)
    allowed = readable_banks(user, versions.values())
    out = bool(versions) and key_is_out(exam, now)
    items = []
    for version_id, tally in tallies.items():
        version = versions[version_id]
        void = is_void(exam, version_id)
        found = figures([tally], options_of(version), right_options(version), flagged=not void)
        readable = out or version.question.bank_id in allowed
        items.append(Item(version, places.get(version_id), tally, found, void, readable))
    items.sort(key=_order)
    alpha, error = _reliability(items) if places else (None, None)
    sums = {item.version.pk: (item.tally.n, item.tally.marks, item.tally.full_marks) for item in items}
    points = [each for each in by_point(sums) if each.n >= LEAST_ANSWERS]
    points.sort(key=lambda each: (each.mastery or Fraction(0), each.name))
    waiting = FoldRequest.objects.filter(attempt__exam=exam)
    if not audience.everybody:
        waiting = waiting.filter(attempt__candidate__in=audience.candidates)
    n = waiting.values("attempt").distinct().count()
    return ItemNumbers(tuple(items), bool(places), alpha, error, tuple(points[:WEAKEST]), n)


def _order(item: Item) -> tuple[int, bool, Fraction, int]:
    """By place on a fixed paper; else the worst done first, those of too few answers last."""
    return (item.place or 0, not item.figures.enough, item.figures.facility or Fraction(0), item.version.pk)


def tallies_of(audience: Audience) -> dict[int, Tally]:
    """By version id; one query. Some of the people: their attempts are folded here, as the worker would."""
    if audience.everybody:
        return tallies_of_exam(audience.exam.pk)
    rows = FoldedAttempt.objects.filter(exam=audience.exam, attempt__candidate__in=audience.candidates)
    tallies: dict[int, Tally] = {}
    for outcomes in rows.values_list("outcomes", flat=True).iterator(chunk_size=500):
        fold(tallies, unpacked(outcomes))
    return tallies


def fixed_places(exam: Exam) -> dict[int, int]:
    """Where each question stands on the paper, from 1, by version id; {} where any question is drawn."""
    parts = [part for section in (exam.plan or {"sections": []})["sections"] for part in section["parts"]]
    if not all("version" in part for part in parts):
        return {}
    return {part["version"]: place for place, part in enumerate(parts, start=1)}


def versions_by_id(ids: Iterable[int]) -> dict[int, QuestionVersion]:
    """With question and what is needed here; one query."""
    rows = QuestionVersion.objects.filter(pk__in=list(ids)).select_related("question")
    rows = rows.only("no", "kind", "stem", "body", "key", "question__bank_id", "question__chapter_id")
    return {version.pk: version for version in rows}


def readable_banks(user: User, versions: Iterable[QuestionVersion]) -> set[int]:
    """Of the banks of these versions, those whose questions the user may see."""
    banks = {version.question.bank_id for version in versions}
    if not banks:
        return set()
    return set(
        Bank.objects.allowing(user, Action.BANK_VIEW).filter(pk__in=banks).values_list("pk", flat=True)
    )


def key_is_out(exam: Exam, now: datetime) -> bool:
    """Whether questions and keys have been shown to all candidates, so that they are no secret any more."""
    rows = Release.objects.filter(exam=exam, unit=None, what=Release.What.KEY, revoked_at=None, at__lte=now)
    if exam.answer_release == Exam.ReleasePolicy.MANUAL:
        return rows.exists()
    return is_over(exam, now) or rows.exists()


def is_void(exam: Exam, version_id: int) -> bool:
    return bool(exam.corrections.get(str(version_id), {}).get("void"))


def options_of(version: QuestionVersion) -> list[str]:
    """Ids of the options that can be ticked, in the bank's order."""
    if version.kind == QuestionVersion.Kind.TRUE_FALSE:
        return list(TRUE_FALSE)
    if version.kind in (QuestionVersion.Kind.SINGLE, QuestionVersion.Kind.MULTIPLE):
        return [option["id"] for option in version.body.get("options", ())]
    return []


def right_options(version: QuestionVersion) -> list[str]:
    match version.kind:
        case QuestionVersion.Kind.TRUE_FALSE if version.key is not None:
            return ["true" if version.key else "false"]
        case QuestionVersion.Kind.SINGLE if version.key:
            return [version.key]
        case QuestionVersion.Kind.MULTIPLE:
            return list(version.key or ())
        case _:
            return []


def _reliability(items: list[Item]) -> tuple[Fraction | None, Decimal | None]:
    """α and SEM in points. None where not everybody met every item (the paper was changed after somebody had sat it)."""
    tallies = [item.tally for item in items]
    if len({tally.n for tally in tallies}) != 1:
        return None, None
    spread = total_variance(tallies[0])
    alpha = cronbach_alpha([mark_variance(tally) for tally in tallies], spread)
    if alpha is None:
        return None, None
    error = standard_error(spread, alpha)
    return alpha, None if error is None else error / 100
