"""The frozen plan and pool of an exam, kept per worker; the paper drawn from them; and items as a member
gets them.

What is kept never holds a key. A plan is kept by the exam's pool version, a question's text by its version
id, which never changes: neither needs invalidating.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from learning.lane.kept import Kept
from question_bank.engine.assembly import Section as DrawnSection
from question_bank.engine.assembly import build_paper
from question_bank.engine.kinds import Kind, PaperItem
from question_bank.engine.supply import Cell as DrawnCell
from question_bank.engine.supply import FixedItem as FixedPart
from question_bank.engine.supply import PoolItem, PreparedPool
from question_bank.questions.models import QuestionVersion

from .models import Attempt, Exam, ExamPool

PLANS_KEPT = 64
QUESTIONS_KEPT = 20_000
USAGE_LIFE = timedelta(seconds=60)
FOLD_SPAN = timedelta(minutes=10)  # several runs of the beat: a worker that was away misses nothing


@dataclass(slots=True)
class Plan:
    """An exam's frozen plan and pool, ready to draw from. `sections` are shown on the paper, `usage` counts
    draws by question and is read again once a minute."""

    pool_version: int
    drawn_sections: tuple[DrawnSection, ...]
    sections: list[dict[str, Any]]
    pool: PreparedPool
    question_of: dict[int, int]  # version id -> question id
    max_score: Decimal
    usage: dict[int, int] = field(default_factory=dict)
    usage_read_at: datetime | None = None

    def draw(self, *, seed: int, seen_versions: AbstractSet[int]) -> list[PaperItem]:
        """The slots of a new paper. Raises PoolTooSmall."""
        seen = {self.question_of[version] for version in seen_versions if version in self.question_of}
        return build_paper(self.drawn_sections, self.pool, seed=seed, usage=self.usage, seen=seen)


_plans: Kept[int, Plan] = Kept(PLANS_KEPT)
_shown: Kept[int, dict[str, Any]] = Kept(QUESTIONS_KEPT)


def plan_for(exam_id: int, pool_version: int, now: datetime) -> Plan:
    """The exam's plan, from this worker's memory unless the pool was frozen anew (then two queries)."""
    plan = _plans.get(exam_id)
    if plan is None or plan.pool_version != pool_version:
        plan = _plans[exam_id] = _read_plan(exam_id, pool_version)
    if plan.usage_read_at is None or not timedelta(0) <= now - plan.usage_read_at < USAGE_LIFE:
        plan.usage_read_at = now
        plan.usage = _coarse_usage(exam_id)
    return plan


def _read_plan(exam_id: int, pool_version: int) -> Plan:
    plan: dict[str, Any] = Exam.objects.only("plan").get(pk=exam_id).plan or {"sections": []}
    cells_of: dict[int, set[str]] = {}
    for cell, version in (
        ExamPool.objects.filter(exam_id=exam_id).order_by("pk").values_list("cell_id", "version_id")
    ):
        cells_of.setdefault(version, set()).add(str(cell))
    fixed = {
        part["version"] for section in plan["sections"] for part in section["parts"] if "version" in part
    }
    items = pool_items({**{version: set() for version in fixed}, **cells_of})
    drawn_sections = drawn_sections_of(plan, items)
    return Plan(
        pool_version=pool_version,
        drawn_sections=drawn_sections,
        sections=[
            {"title": section["title"], "instructions": section["instructions"], "rule": section["rule"]}
            for section in plan["sections"]
        ],
        pool=PreparedPool(items[version] for version in cells_of),
        question_of={version: item.question for version, item in items.items()},
        max_score=max_score_of(plan),
    )


def pool_items(cells_of: dict[int, set[str]]) -> dict[int, PoolItem]:
    """Pool items by version id. Which cells a version was frozen into stands in its tags: a question moved
    to another chapter after publishing stays where it was."""
    rows = QuestionVersion.objects.filter(pk__in=cells_of).values_list("pk", "question_id", "kind", "body")
    found = {pk: pool_item(pk, question, kind, body, cells_of[pk]) for pk, question, kind, body in rows}
    return {version: found[version] for version in cells_of}


def pool_item(version: int, question: int, kind: str, body: dict[str, Any], cells: Iterable[str]) -> PoolItem:
    options = body.get("options", ())
    return PoolItem(
        version=version,
        question=question,
        kind=Kind(kind),
        tags=frozenset(cells),
        options=tuple(option["id"] for option in options),
        pinned=frozenset(option["id"] for option in options if option.get("pinned")),
        left=tuple(left["id"] for left in body.get("left", ())),
        blanks=body.get("blanks", 0),
    )


def drawn_sections_of(plan: dict[str, Any], items: dict[int, PoolItem]) -> tuple[DrawnSection, ...]:
    """`Exam.plan` as engine.assembly takes it."""
    return tuple(
        DrawnSection(
            parts=tuple(
                FixedPart(items[part["version"]], Decimal(part["mark"]))
                if "version" in part
                else DrawnCell(part["n"], Decimal(part["mark"]), tags=frozenset({str(part["cell"])}))
                for part in section["parts"]
            ),
            shuffle_questions=section["shuffle_questions"],
            shuffle_options=section["shuffle_options"],
        )
        for section in plan["sections"]
    )


def max_score_of(plan: dict[str, Any]) -> Decimal:
    """The same for every paper of the plan: quotas fix the marks of a cell."""
    parts = [part for section in plan["sections"] for part in section["parts"]]
    return sum((Decimal(part["mark"]) * part.get("n", 1) for part in parts), Decimal("0.00"))


def _coarse_usage(exam_id: int) -> dict[int, int]:
    """Draws by question, as multiples of the mean of its cell. By exact counts all who start within a
    minute would get the same few least used questions; this way only what is really behind (a question
    added later) comes first."""
    by_cell: dict[int, list[tuple[int, int]]] = {}
    rows = ExamPool.objects.filter(exam_id=exam_id).values_list("cell_id", "version__question_id", "drawn")
    for cell, question, drawn in rows:
        by_cell.setdefault(cell, []).append((question, drawn))
    usage: dict[int, int] = {}
    for drawn_in_cell in by_cell.values():
        total = sum(drawn for _, drawn in drawn_in_cell)
        if total:
            for question, drawn in drawn_in_cell:
                multiple = round(drawn * len(drawn_in_cell) / total)
                usage[question] = min(multiple, usage.get(question, multiple))
    return usage


def fold_drawn(*, now: datetime) -> int:
    """Counts again, for every exam somebody started lately, how often each question of its pool was drawn;
    returns how many exams. Counted from the papers, never added up: running twice or missing a run changes
    nothing."""
    lately = Attempt.objects.filter(started_at__gt=now - FOLD_SPAN, started_at__lte=now)
    exams = sorted(set(lately.values_list("exam_id", flat=True)))
    for exam_id in exams:
        drawn: Counter[int] = Counter()
        papers = Attempt.objects.filter(exam_id=exam_id).values_list("paper", flat=True)
        for paper in papers.iterator(chunk_size=500):
            drawn.update(item["v"] for item in paper)
        changed = []
        for row in ExamPool.objects.filter(exam_id=exam_id):
            if row.drawn != drawn[row.version_id]:
                row.drawn = drawn[row.version_id]
                changed.append(row)
        ExamPool.objects.bulk_update(changed, ["drawn"], batch_size=500)
    return len(exams)


def item_count_of(plan: dict[str, Any]) -> int:
    """How many slots every paper of the plan has."""
    return sum(part.get("n", 1) for section in plan["sections"] for part in section["parts"])


def forget() -> None:
    """Empties this worker's memory; for tests, whose databases begin again with the same ids."""
    _plans.clear()
    _shown.clear()


def paper_json(paper: Sequence[PaperItem]) -> list[dict[str, Any]]:
    return [item.to_json() for item in paper]


def paper_of(stored: Sequence[dict[str, Any]]) -> list[PaperItem]:
    """The slots of a stored paper (slot = index + 1)."""
    return [PaperItem.from_json(item) for item in stored]


def shown_items(paper: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each slot of a stored paper as its member gets it: slot, section (id), kind, stem, options and left
    side in the order shown, blanks, max_mark. Never a key. One query for the questions this worker has not
    met yet."""
    questions = _questions({item["v"] for item in paper})
    shown = []
    for slot, item in enumerate(paper, start=1):
        question = questions[item["v"]]
        options = question["options"]
        entry: dict[str, Any] = {
            "slot": slot,
            "section": str(item["s"] + 1),
            "kind": item["k"],
            "stem": question["stem"],
            "options": [options[option] for option in item.get("o", ())],
        }
        if "l" in item:
            entry["left"] = [question["left"][left] for left in item["l"]]
        if "b" in item:
            entry["blanks"] = item["b"]
        entry["max_mark"] = item["m"]
        shown.append(entry)
    return shown


def shown_sections(rules: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {"id": str(number), "title": section["title"], "instructions": section["instructions"]}
        for number, section in enumerate(rules["sections"], start=1)
    ]


def _questions(versions: AbstractSet[int]) -> dict[int, dict[str, Any]]:
    found = {version: shown for version in versions if (shown := _shown.get(version)) is not None}
    missing = versions - found.keys()
    if missing:
        rows = QuestionVersion.objects.filter(pk__in=missing).values_list("pk", "stem", "body")
        for pk, stem, body in rows:
            found[pk] = _shown[pk] = {
                "stem": stem,
                "options": {o["id"]: {"id": o["id"], "text": o["text"]} for o in body.get("options", ())},
                "left": {o["id"]: {"id": o["id"], "text": o["text"]} for o in body.get("left", ())},
            }
    return found
