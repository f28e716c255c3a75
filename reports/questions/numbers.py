"""The numbers of a question's report. Of exams owned in the reader's scope the folded sums count as they are; of others
only what the reader's own people answered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from learning.organisation.models import User
from learning.organisation.permissions import Action, scope_q
from question_bank.engine.item_statistics import ItemFigures, Tally, figures, fold
from question_bank.exams.models import Candidate, Exam
from question_bank.questions.models import Question, QuestionVersion
from reports.exams.audience import readable_exams
from reports.exams.items import is_void, key_is_out, options_of, readable_banks, right_options
from reports.folding.tallies import tallies_of_versions, unpacked
from reports.models import FoldedAttempt, ItemStatistics

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class QuestionFilter:
    """`version`: its number, 0 = the newest that was answered in the exams counted; ALL = all together (then no
    options). `exam`: id, 0 = all."""

    version: int = 0
    exam: int = 0

    ALL = -1

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> QuestionFilter:
        version = query.get("version", "")
        return cls(cls.ALL if version == "all" else _number(version), _number(query.get("exam", "")))


def _number(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0
    return number if number <= LARGEST_ID else 0


@dataclass(frozen=True, slots=True)
class Line:
    """One exam or one version with the figures of the question in it. `shown`: how many attempts the exam counted."""

    exam: Exam | None
    version: QuestionVersion | None
    figures: ItemFigures
    shown: int


@dataclass(frozen=True, slots=True)
class QuestionNumbers:
    """`version`: whose options are shown, None where several are counted together. `readable`: the reader may see words
    and key. `tallies` by (exam, version) are those counted."""

    question: Question
    wanted: QuestionFilter
    as_of: datetime
    versions: list[QuestionVersion]
    version: QuestionVersion | None
    exams: list[Exam]
    readable: bool
    whole: ItemFigures
    by_exam: list[Line]
    by_version: list[Line]
    shown: int

    @property
    def newest(self) -> QuestionVersion | None:
        return self.versions[-1] if self.versions else None


def question_numbers(
    *, question: Question, user: User, wanted: QuestionFilter, now: datetime
) -> QuestionNumbers | None:
    """None where the reader may neither see the question's bank nor read about an exam that asked it."""
    versions = list(question.versions.order_by("no"))
    everything = readable_tallies(user, [version.pk for version in versions])
    exams = list(Exam.objects.filter(pk__in={exam for exam, _ in everything}).order_by("-opens_at", "-pk"))
    banked = bool(versions) and bool(readable_banks(user, versions[:1]))
    if not exams and not banked:
        return None
    chosen = wanted.exam if any(exam.pk == wanted.exam for exam in exams) else 0
    asked = {key: tally for key, tally in everything.items() if not chosen or key[0] == chosen}
    answered = {version for _, version in asked}
    version = _version(versions, answered, wanted)
    counted = {key: tally for key, tally in asked.items() if version is None or key[1] == version.pk}
    voids = {exam.pk for exam in exams if any(is_void(exam, each.pk) for each in versions)}
    shown = attempts_folded(user, {exam for exam, _ in counted})
    by_pk = {exam.pk: exam for exam in exams}

    def figures_of(part: Mapping[tuple[int, int], Tally]) -> ItemFigures:
        flagged = not voids.intersection(exam for exam, _ in part)
        options = options_of(version) if version else []
        right = right_options(version) if version else []
        return figures(list(part.values()), options, right, flagged=flagged)

    return QuestionNumbers(
        question=question,
        wanted=wanted,
        as_of=now,
        versions=versions,
        version=version,
        exams=exams,
        readable=banked or any(key_is_out(exam, now) for exam in exams),
        whole=figures_of(counted),
        by_exam=[
            Line(
                by_pk[pk],
                None,
                figures_of({k: t for k, t in counted.items() if k[0] == pk}),
                shown.get(pk, 0),
            )
            for pk in by_pk
            if any(exam == pk for exam, _ in counted)
        ],
        by_version=[
            Line(None, each, figures([t for k, t in asked.items() if k[1] == each.pk]), 0)
            for each in versions
            if each.pk in answered
        ],
        shown=sum(shown.values()),
    )


def _version(
    versions: list[QuestionVersion], answered: Collection[int], wanted: QuestionFilter
) -> QuestionVersion | None:
    if wanted.version == QuestionFilter.ALL:
        return None
    asked = [version for version in versions if version.no == wanted.version]
    with_answers = [version for version in versions if version.pk in answered]
    found = asked or with_answers[-1:] or versions[-1:]
    return found[0] if found else None


def readable_tallies(user: User, version_ids: Collection[int]) -> dict[tuple[int, int], Tally]:
    """By (exam id, version id); three queries, and one more for exams of others."""
    asked = ItemStatistics.objects.filter(version__in=version_ids).values("exam")
    readable = set(readable_exams(user).filter(pk__in=asked).values_list("pk", flat=True))
    owned = set(
        Exam.objects.allowing(user, Action.REPORT_VIEW).filter(pk__in=readable).values_list("pk", flat=True)
    )
    found = {key: tally for key, tally in tallies_of_versions(version_ids).items() if key[0] in owned}
    foreign = readable - owned
    if foreign:
        found |= _of_own_people(user, foreign, set(version_ids))
    return {key: tally for key, tally in found.items() if tally.n}


def _own_people(user: User) -> QuerySet[FoldedAttempt]:
    people = Candidate.objects.filter(scope_q(user, Action.REPORT_VIEW, "unit"))
    return FoldedAttempt.objects.filter(attempt__candidate__in=people)


def _of_own_people(
    user: User, exam_ids: Collection[int], version_ids: Collection[int]
) -> dict[tuple[int, int], Tally]:
    by_exam: dict[int, dict[int, Tally]] = {}
    rows = _own_people(user).filter(exam__in=exam_ids).values_list("exam", "outcomes")
    for exam_id, outcomes in rows.iterator(chunk_size=500):
        fold(by_exam.setdefault(exam_id, {}), unpacked(outcomes))
    return {
        (exam_id, version): tally
        for exam_id, tallies in by_exam.items()
        for version, tally in tallies.items()
        if version in version_ids
    }


def attempts_folded(user: User, exam_ids: Collection[int]) -> dict[int, int]:
    """How many attempts the reader's figures of these exams count, by exam id; two queries, three where some belong to
    units outside the reader's."""
    owned = set(
        Exam.objects.allowing(user, Action.REPORT_VIEW).filter(pk__in=exam_ids).values_list("pk", flat=True)
    )
    rows = FoldedAttempt.objects.filter(exam__in=owned).values_list("exam").annotate(n=Count("*"))
    foreign = set(exam_ids) - owned
    if not foreign:
        return dict(rows)
    others = _own_people(user).filter(exam__in=foreign)
    return dict(rows) | dict(others.values_list("exam").annotate(n=Count("*")))
