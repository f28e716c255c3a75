"""A trial run: the paper a member would get, drawn with a seed of one's own; no attempt is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from question_bank.engine.assembly import PoolTooSmall, build_paper
from question_bank.engine.supply import DuplicateQuestion, PreparedPool
from question_bank.exams.clock import rules_of_exam
from question_bank.exams.errors import NotPossible
from question_bank.exams.models import Exam
from question_bank.exams.papers import (
    drawn_sections_of,
    max_score_of,
    paper_json,
    plan_for,
    pool_items,
    shown_items,
)
from question_bank.exams.publishing import parts_of, plan_of, supply_for
from question_bank.questions.models import QuestionVersion


@dataclass(frozen=True, slots=True)
class TrialPaper:
    """`sections`: [{"title", "instructions", "items": [as papers.shown_items]}]; no keys."""

    seed: int
    sections: list[dict[str, Any]]
    count: int
    max_score: Decimal
    frozen: bool
    limit_s: int


def trial_paper(*, exam: Exam, seed: int, now: datetime) -> TrialPaper:
    """A published exam draws from its frozen pool, a draft from the banks as they stand. The same seed gives the same
    paper. Raises NotPossible where no whole paper can be drawn."""
    frozen = exam.state == Exam.State.PUBLISHED
    try:
        if frozen:
            plan = plan_for(exam.pk, exam.pool_version, now)
            paper = plan.draw(seed=seed, seen_versions=frozenset())
            titles, max_score = plan.sections, plan.max_score
        else:
            titles = plan_of(exam.blueprint)["sections"]
            paper = _draw_live(exam, {"sections": titles}, seed)
            max_score = max_score_of({"sections": titles})
    except (PoolTooSmall, DuplicateQuestion) as error:
        raise NotPossible from error
    items = [
        {**item, "kind_label": QuestionVersion.Kind(item["kind"]).label}
        for item in shown_items(paper_json(paper))
    ]
    sections = [
        {
            "title": section["title"],
            "instructions": section["instructions"],
            "items": [item for item in items if item["section"] == str(number)],
        }
        for number, section in enumerate(titles, start=1)
    ]
    return TrialPaper(seed, sections, len(items), max_score, frozen, rules_of_exam(exam).limit_s)


def _draw_live(exam: Exam, plan: dict[str, Any], seed: int) -> Any:
    parts = parts_of(exam.blueprint_id)
    supply = supply_for(exam, parts)
    cells_of: dict[int, set[str]] = {item.version_id: set() for item in parts.fixed}
    drawable: dict[int, None] = {}
    for cell, versions in zip(parts.cells, supply.versions, strict=True):
        for version in versions:
            cells_of.setdefault(version, set()).add(str(cell.pk))
            drawable[version] = None
    items = pool_items(cells_of)
    pool = PreparedPool(items[version] for version in drawable)
    return build_paper(drawn_sections_of(plan, items), pool, seed=seed)
