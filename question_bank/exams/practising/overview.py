"""The notebook as its page shows it: what is due, what it is about, and the entries that fit the filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from learning.organisation.models import User
from question_bank.exams.models import NotebookEntry
from question_bank.questions.models import KnowledgePoint, QuestionVersion


@dataclass(frozen=True, slots=True)
class Filters:
    """`show` is due, all or left; the others narrow it down, "" and 0 stand for everything."""

    show: str = "due"
    source: str = ""
    kind: str = ""
    chapter: int = 0
    point: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, as far as filters and counts need it."""

    pk: int
    question_id: int
    source: str
    kind: str
    chapter_id: int | None
    chapter: str
    left: bool
    due: bool
    points: tuple[tuple[int, str], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Group:
    """A value to filter by, its name, how many questions of the notebook it has and how many of them are due."""

    value: str
    name: str
    n: int
    due: int


@dataclass(frozen=True, slots=True)
class Overview:
    """`chosen` are entry ids: due and long not tried first. The groups count what is in the notebook now."""

    active: int
    due: int
    left: int
    points: tuple[Group, ...]
    sources: tuple[Group, ...]
    kinds: tuple[Group, ...]
    chapters: tuple[Group, ...]
    chosen: tuple[int, ...]


def overview_of(*, user: User, day: date, filters: Filters) -> Overview:
    """Two queries, whatever the size of the notebook."""
    lines = _lines(user, day)
    active = [line for line in lines if not line.left]
    shown = {
        "due": [line for line in active if line.due],
        "left": [line for line in lines if line.left],
    }.get(filters.show, active)
    return Overview(
        active=len(active),
        due=sum(line.due for line in active),
        left=len(lines) - len(active),
        points=_groups((str(pk), name, line.due) for line in active for pk, name in line.points),
        sources=_groups((line.source, line.source, line.due) for line in active),
        kinds=_groups((line.kind, str(QuestionVersion.Kind(line.kind).label), line.due) for line in active),
        chapters=_groups(
            (str(line.chapter_id), line.chapter, line.due) for line in active if line.chapter_id
        ),
        chosen=tuple(line.pk for line in shown if _fits(line, filters)),
    )


def _fits(line: Line, filters: Filters) -> bool:
    return (
        (not filters.source or line.source == filters.source)
        and (not filters.kind or line.kind == filters.kind)
        and (not filters.chapter or line.chapter_id == filters.chapter)
        and (not filters.point or filters.point in {pk for pk, _ in line.points})
    )


def _groups(values: Iterable[tuple[str, str, bool]]) -> tuple[Group, ...]:
    """The most frequent first."""
    counted: Counter[tuple[str, str]] = Counter()
    due: Counter[tuple[str, str]] = Counter()
    for value, name, is_due in values:
        counted[value, name] += 1
        due[value, name] += is_due
    return tuple(Group(value, name, n, due[value, name]) for (value, name), n in counted.most_common())


def _lines(user: User, day: date) -> Sequence[Line]:
    entries = NotebookEntry.objects.of(user)
    points: dict[int, list[tuple[int, str]]] = {}
    named = KnowledgePoint.objects.filter(questions__in=entries.values("question"))
    for question, pk, name in named.order_by("name").values_list("questions", "pk", "name"):
        points.setdefault(question, []).append((pk, name))
    rows = entries.order_by("due_date", "-last_wrong_at", "pk").values_list(
        "pk",
        "question_id",
        "source",
        "version__kind",
        "question__chapter_id",
        "question__chapter__full_name",
        "left_at",
        "due_date",
    )
    return [
        Line(
            pk=pk,
            question_id=question,
            source=source,
            kind=kind,
            chapter_id=chapter_id,
            chapter=chapter or "",
            left=left_at is not None,
            due=left_at is None and due is not None and due <= day,
            points=tuple(points.get(question, ())),
        )
        for pk, question, source, kind, chapter_id, chapter, left_at, due in rows
    ]
