"""From a draft to an exam that can be sat: the checklist, freezing plan and pool, withdrawing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learning.organisation.models import User
from learning.organisation.services.audit import record
from question_bank.questions.models import QuestionVersion

from .errors import NotFound, NotPossible, NotReady
from .models import Attempt, Blueprint, Cell, Exam, ExamPool, FixedItem, Section
from .supply import Supply, live_supply

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of the checklist. What is not fatal is a warning. `where` names the section or the cell."""

    code: str
    message: str
    where: str = ""
    fatal: bool = True


@dataclass(frozen=True, slots=True)
class Parts:
    """A blueprint read at once: its sections in order, with fixed items and cells in the order they stand."""

    sections: list[Section]
    parts: dict[int, list[FixedItem | Cell]]

    @property
    def cells(self) -> list[Cell]:
        return [
            part for section in self.sections for part in self.parts[section.pk] if isinstance(part, Cell)
        ]

    @property
    def fixed(self) -> list[FixedItem]:
        return [
            part
            for section in self.sections
            for part in self.parts[section.pk]
            if isinstance(part, FixedItem)
        ]


def parts_of(blueprint_id: int) -> Parts:
    """Three queries. Where a fixed item and a cell have the same order, the fixed item stands first."""
    sections = list(Section.objects.filter(blueprint=blueprint_id).order_by("order"))
    parts: dict[int, list[FixedItem | Cell]] = {section.pk: [] for section in sections}
    for item in FixedItem.objects.filter(section__in=parts).select_related("version").order_by("order", "pk"):
        parts[item.section_id].append(item)
    for cell in Cell.objects.filter(section__in=parts).order_by("order"):
        parts[cell.section_id].append(cell)
    for held in parts.values():
        held.sort(key=lambda part: part.order)
    return Parts(sections, parts)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What papers are drawn from: the plan, and (cell, version) of every question that a cell may draw."""

    plan: dict[str, Any]
    pool: frozenset[tuple[int, int]]

    @property
    def digest(self) -> str:
        """Tells whether it is still what somebody was shown."""
        text = json.dumps([self.plan, sorted(self.pool)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def drawn_now(parts: Parts, supply: Supply) -> Drawn:
    """What publishing would freeze."""
    pairs = zip(parts.cells, supply.versions, strict=True)
    return Drawn(
        plan_from(parts), frozenset((cell.pk, version) for cell, versions in pairs for version in versions)
    )


def drawn_frozen(exam: Exam) -> Drawn:
    """What was frozen at the last publication; one query."""
    pool = ExamPool.objects.filter(exam=exam).values_list("cell_id", "version_id")
    return Drawn(exam.plan or {"sections": []}, frozenset(pool))


def plan_of(blueprint: Blueprint) -> dict[str, Any]:
    """`plan_from` of the blueprint as it stands."""
    return plan_from(parts_of(blueprint.pk))


def plan_from(found: Parts) -> dict[str, Any]:
    """The blueprint as `Exam.plan` keeps it: {"sections": [{"title", "instructions", "shuffle_questions",
    "shuffle_options", "rule", "parts": [{"cell", "n", "mark"} | {"version", "mark"}]}]}, marks with two
    decimals."""
    return {
        "sections": [
            {
                "title": section.title,
                "instructions": section.instructions,
                "shuffle_questions": section.shuffle_questions,
                "shuffle_options": section.shuffle_options,
                "rule": section.rule,
                "parts": [
                    {"cell": part.pk, "n": part.n, "mark": str(part.mark.quantize(CENT))}
                    if isinstance(part, Cell)
                    else {"version": part.version_id, "mark": str(part.mark.quantize(CENT))}
                    for part in found.parts[section.pk]
                ],
            }
            for section in found.sections
        ]
    }


def supply_for(exam: Exam, parts: Parts) -> Supply:
    """The live supply of the blueprint's cells, for questions valid until the exam closes."""
    fixed = [item.version.question_id for item in parts.fixed]
    return live_supply(parts.cells, day=last_day(exam), fixed_questions=fixed)


def last_day(exam: Exam) -> date:
    return timezone.localtime(exam.closes_at).date()


_ways_in: list[Callable[[Exam], bool]] = []


def add_way_in(way: Callable[[Exam], bool]) -> None:
    """A room above that brings candidates of its own, for the exams that `way` says; called once, from the app's
    `ready`. Such an exam may be published before it has any."""
    if way not in _ways_in:
        _ways_in.append(way)


def checklist(*, exam: Exam, now: datetime, read: tuple[Parts, Supply] | None = None) -> list[Problem]:
    """All that speaks against publishing, fatal ones first; [] means go. `read`: what the caller has read of
    the blueprint already. Codes: no_sections, empty_section, no_marks, short_cell, short_cells, fixed_not_ready,
    fixed_twice, window_over, no_entry, limit_beyond_window (warning), submit_after_limit, bad_bands, no_candidates (a
    warning where a room above brings some), delay_without_attempts (warning)."""
    parts = read[0] if read else parts_of(exam.blueprint_id)
    problems = [
        *_paper_problems(parts),
        *_supply_problems(parts, read[1] if read else supply_for(exam, parts)),
        *_time_problems(exam, now),
        *_band_problems(exam.bands),
    ]
    if not exam.candidates.exists() and not exam.admission_rules.exists():
        if any(way(exam) for way in _ways_in):
            said = _("还没有考生：考生将从校园平台的课程进入。没有课程引用的，请先添加考生。")
            problems.append(Problem("no_candidates", said, fatal=False))
        else:
            problems.append(Problem("no_candidates", _("还没有考生，请先添加考生。")))
    return sorted(problems, key=lambda problem: not problem.fatal)


def _paper_problems(parts: Parts) -> list[Problem]:
    if not parts.sections:
        return [Problem("no_sections", _("组卷规则中没有大题。"))]
    problems = [
        Problem("empty_section", _("“%(title)s”中没有试题。") % {"title": section.title}, section.title)
        for section in parts.sections
        if not parts.parts[section.pk]
    ]
    seen: set[int] = set()
    for item in parts.fixed:
        version = item.version
        if version.status != QuestionVersion.Status.READY:
            message = _("固定试题 %(question)s 不是可用状态。") % {"question": version}
            problems.append(Problem("fixed_not_ready", message, str(version)))
        if version.question_id in seen:
            message = _("固定试题 %(question)s 出现了两次。") % {"question": version}
            problems.append(Problem("fixed_twice", message, str(version)))
        seen.add(version.question_id)
    return problems


def _supply_problems(parts: Parts, supply: Supply) -> list[Problem]:
    titles = {section.pk: section.title for section in parts.sections}
    cells = parts.cells
    problems = []
    for shortage in supply.shortages:
        names = "、".join(
            f"{titles[cells[i].section_id]} {cells[i].get_kind_display()}" for i in shortage.cells
        )
        numbers = {"cells": names, "wanted": shortage.wanted, "available": shortage.available}
        if len(shortage.cells) == 1:
            code, message = "short_cell", _("%(cells)s：需 %(wanted)s 题，可用 %(available)s 题。") % numbers
        else:
            code = "short_cells"
            message = (
                _("这些抽题规则合计需 %(wanted)s 题，但可用的题一共只有 %(available)s 题：%(cells)s。")
                % numbers
            )
        problems.append(Problem(code, message, names))
    return problems


def _time_problems(exam: Exam, now: datetime) -> list[Problem]:
    problems = []
    window_s = (exam.closes_at - exam.opens_at).total_seconds()
    if exam.closes_at <= now:
        problems.append(Problem("window_over", _("考试结束时间已经过去。")))
    if exam.last_entry_at is not None and exam.last_entry_at <= exam.opens_at:
        problems.append(Problem("no_entry", _("迟到截止时间早于考试开始时间，没有人能进入考试。")))
    if exam.end_policy == Exam.EndPolicy.DYNAMIC and exam.limit_s > window_s:
        message = _("考试时长比开放时间长，没有人能用满时长。")
        problems.append(Problem("limit_beyond_window", message, fatal=False))
    if exam.earliest_submit_s > exam.limit_s:
        problems.append(Problem("submit_after_limit", _("最短交卷时间比考试时长还长。")))
    if exam.max_attempts == 1 and exam.delay_s:
        problems.append(Problem("delay_without_attempts", _("只能考一次，两次间隔不起作用。"), fatal=False))
    return problems


def _band_problems(bands: Sequence[dict[str, Any]]) -> list[Problem]:
    try:
        starts = [Decimal(str(band["from"])) for band in bands]
        named = all(band["name"] for band in bands)
    except (ArithmeticError, KeyError, TypeError):
        starts, named = [], False
    if not named or len(set(starts)) != len(starts) or not all(0 <= start <= 100 for start in starts):
        return [Problem("bad_bands", _("等级的起点应为 0 到 100 之间互不相同的百分数，并有名称。"))]
    return []


class NotAsShown(NotPossible):
    """Blueprint or bank changed since the page that asked; nothing was published."""

    message = gettext_lazy("页面打开之后，组卷规则或题库又有改动，还没有发布。请看过下面的内容再确认。")


def publish_exam(*, exam_id: int, by: User, now: datetime, seen: str | None = None) -> Exam:
    """Freezes plan and pool, raises pool_version, opens the exam to its candidates. Publishing again
    freezes anew: papers already given stay as they are, later starts draw from the new pool. `seen` is the
    `Drawn.digest` that the person confirmed; None where nobody was asked.

    Raises NotFound, NotAsShown, NotReady with the checklist's fatal problems.
    """
    with transaction.atomic():
        exam = _locked_exam(exam_id)
        fatal = [problem for problem in checklist(exam=exam, now=now) if problem.fatal]
        if fatal:
            raise NotReady(fatal)
        frozen = freeze_pool(exam)
        if seen not in (None, frozen.digest):
            raise NotAsShown
        exam.state = Exam.State.PUBLISHED
        exam.published_at, exam.published_by = now, by
        exam.save(update_fields=["state", "published_at", "published_by"])
        record(
            actor=by,
            action="exam.publish",
            obj=exam,
            unit=exam.owner_unit,
            data={"pool_version": exam.pool_version},
            now=now,
        )
    return exam


def freeze_pool(exam: Exam) -> Drawn:
    """Writes the exam's plan and pool as the blueprint and the banks stand, under the next pool version.
    How often a question was drawn is kept."""
    parts = parts_of(exam.blueprint_id)
    supply = supply_for(exam, parts)
    found = drawn_now(parts, supply)
    drawn = dict(ExamPool.objects.filter(exam=exam).values_list("version_id", "drawn"))
    ExamPool.objects.filter(exam=exam).delete()
    ExamPool.objects.bulk_create(
        ExamPool(exam=exam, cell=cell, version_id=version, drawn=drawn.get(version, 0))
        for cell, versions in zip(parts.cells, supply.versions, strict=True)
        for version in versions
    )
    exam.plan = found.plan
    exam.pool_version += 1
    exam.save(update_fields=["plan", "pool_version"])
    return found


def withdraw_exam(*, exam_id: int, by: User, reason: str, now: datetime) -> Exam:
    """Takes a published exam back: nobody can start it any more. Raises NotFound; NotPossible while
    somebody sits it."""
    with transaction.atomic():
        exam = _locked_exam(exam_id)
        if exam.state != Exam.State.PUBLISHED:
            raise NotPossible(_("这场考试没有发布。"))
        sitting = Attempt.objects.filter(exam=exam).open().count()
        if sitting:
            raise NotPossible(_("还有 %(count)s 人正在作答，不能撤回。") % {"count": sitting})
        exam.state = Exam.State.WITHDRAWN
        exam.save(update_fields=["state"])
        record(
            actor=by, action="exam.withdraw", obj=exam, unit=exam.owner_unit, data={"reason": reason}, now=now
        )
    return exam


def _locked_exam(exam_id: int) -> Exam:
    """The exam, its row locked against every start (taking.start) until the transaction ends."""
    exam = Exam.objects.select_for_update().filter(pk=exam_id).first()
    if exam is None:
        raise NotFound
    return exam
