"""The exam builder: one page of five sections with a checklist; its parts change by forms and fragments."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from learning.organisation.admin.reasons import ReasonForm
from learning.organisation.admin.screens import tell, user_of
from learning.organisation.permissions import Action
from question_bank.engine.supply import CellSupply, Shortage
from question_bank.exams.models import Cell, Exam, FixedItem, Section
from question_bank.exams.organising import building
from question_bank.exams.organising.changes import changes_since_publication
from question_bank.exams.organising.forms import RULE_WORDS
from question_bank.exams.organising.listing import standing_of
from question_bank.exams.organising.seen import ChangedMeanwhile, cell_digests, whole_digests
from question_bank.exams.organising.settings_forms import SETTINGS_FORMS, SettingsForm
from question_bank.exams.publishing import Parts, checklist, drawn_now, parts_of, supply_for
from question_bank.exams.supply import Supply
from question_bank.questions.sanitise import to_plain

from .doors import door, exam_for, go, owns, page

STEM_CHARS = 60


@door
@require_GET
def exam_builder(request: HttpRequest, exam_id: int) -> HttpResponse:
    return builder_page(request, exam_for(request, exam_id, Action.EXAM_VIEW))


@door
@require_POST
def exam_settings(request: HttpRequest, exam_id: int, part: str) -> HttpResponse:
    """Saves one part of the rules. Once people have entered, a change of time comes back asking for a reason."""
    exam = exam_for(request, exam_id, Action.EXAM_BUILD)
    if part not in SETTINGS_FORMS or not may_change(request, exam):
        raise Http404
    form = SETTINGS_FORMS[part](request.POST, exam=exam)
    reason = ReasonForm(request.POST) if "reason" in request.POST else None
    if not form.is_valid() or (reason is not None and not reason.is_valid()):
        return builder_page(request, exam, bound=form, reason=reason, status=422)
    try:
        changed = building.change_exam(
            exam_id=exam.pk,
            changes=form.changes(),
            by=user_of(request),
            now=timezone.now(),
            reason=reason.cleaned_data["reason"] if reason else "",
            seen=request.POST.get(f"{part}-seen"),
        )
    except ChangedMeanwhile as error:
        exam.refresh_from_db()
        form.overtaken = True
        form.add_error(None, f"{error}{overtaken_words(form, exam)}")
        return builder_page(request, exam, bound=form, status=409)
    except building.ReasonNeeded as error:
        context = {"entered": error.entered}
        return builder_page(request, exam, bound=form, reason=ReasonForm(), status=422, **context)
    tell(request, _("已保存。") if changed else _("没有改动。"))
    return go(request, "manage_exam", exam.pk, fragment=part)


def overtaken_words(form: SettingsForm, exam: Exam) -> str:
    """What of this form differs from what is stored now."""
    changes = form.changes()
    differing = [
        str(field.label)
        for name, field in form.fields.items()
        if getattr(exam, form.STORED.get(name, name)) != changes[form.STORED.get(name, name)]
    ]
    words = _("与现在保存的不同的有：%(fields)s。") % {"fields": "、".join(differing)} if differing else ""
    return words + _("再按一次保存，就以您填写的为准。")


def may_change(request: HttpRequest, exam: Exam) -> bool:
    """A published exam is changed only by who may publish."""
    if exam.state == Exam.State.PUBLISHED:
        return owns(request, exam, Action.EXAM_PUBLISH)
    return owns(request, exam, Action.EXAM_BUILD)


def builder_page(
    request: HttpRequest,
    exam: Exam,
    *,
    bound: SettingsForm | None = None,
    reason: ReasonForm | None = None,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    now = timezone.now()
    editable = may_change(request, exam)
    forms = {
        name: bound if bound and bound.part == name else form(exam=exam, read_only=not editable)
        for name, form in SETTINGS_FORMS.items()
    }
    context = {
        "forms": forms,
        "reason": reason,
        "reason_part": bound.part if bound and reason else "",
        "editable": editable,
        "may_publish": owns(request, exam, Action.EXAM_PUBLISH),
        "may_build": owns(request, exam, Action.EXAM_BUILD),
        "standing": standing_of(exam, now),
        "candidates": exam.candidates.count(),
        "entered": building.entered_count(exam.pk),
        **_paper_and_checklist(exam, now),
        **extra,
    }
    return page(
        request,
        "exams/manage/builder.html",
        context,
        title=exam.title,
        exam=exam,
        tab="manage_exam",
        status=status,
    )


def _paper_and_checklist(exam: Exam, now: datetime) -> dict[str, Any]:
    """The blueprint and the banks are read once for everything the page says of them."""
    parts = parts_of(exam.blueprint_id)
    supply = supply_for(exam, parts)
    problems = checklist(exam=exam, now=now, read=(parts, supply))
    return {
        **paper_context(parts, supply),
        "problems": problems,
        "fatal_count": sum(problem.fatal for problem in problems),
        "changes": changes_since_publication(exam, drawn_now(parts, supply)),
    }


def paper_context(parts: Parts, supply: Supply) -> dict[str, Any]:
    """Sections with their parts; each cell with its supply and the overlaps that make it impossible."""
    cells = parts.cells
    names = cell_names(parts)
    of_cell = {cell.pk: supply.cells[number] for number, cell in enumerate(cells)}
    overlaps = overlaps_by_cell(supply.shortages, cells, names)
    filters = filters_of(cells)
    digests = cell_digests(cells)
    wholes = whole_digests(parts, digests)
    sections = []
    total, questions = Decimal(0), 0
    for section in parts.sections:
        lines: list[dict[str, Any]] = []
        points, count = Decimal(0), 0
        for part in parts.parts[section.pk]:
            line = (
                _cell_line(part, of_cell, overlaps, filters) | {"seen": digests[part.pk]}
                if isinstance(part, Cell)
                else _fixed_line(part)
            )
            lines.append(line)
            points += line["points"]
            count += line["count"]
        sections.append(
            {
                "section": section,
                "parts": lines,
                "points": points,
                "count": count,
                "rule": rule_words(section),
                "seen": wholes[section.pk],
            }
        )
        total += points
        questions += count
    return {"sections": sections, "total_points": total, "total_questions": questions}


def _cell_line(
    cell: Cell, supplies: dict[int, CellSupply], overlaps: dict[int, list[str]], filters: dict[int, str]
) -> dict[str, Any]:
    return {
        "cell": cell,
        "filters": filters[cell.pk],
        "supply": supplies[cell.pk],
        "short": supplies[cell.pk].available < cell.n,
        "overlaps": overlaps.get(cell.pk, []),
        "points": cell.n * cell.mark,
        "count": cell.n,
    }


def _fixed_line(item: FixedItem) -> dict[str, Any]:
    return {"item": item, "stem": short_stem(item.version.stem), "points": item.mark, "count": 1}


def short_stem(stem: str) -> str:
    text = to_plain(stem).replace("\n", " ")
    return text[:STEM_CHARS] + "…" if len(text) > STEM_CHARS else text


def rule_words(section: Section) -> str:
    return str(RULE_WORDS.get(section.rule.get("multiple", ""), ""))


def cell_names(parts: Parts) -> dict[int, str]:
    titles = {section.pk: section.title for section in parts.sections}
    return {
        cell.pk: f"{titles[cell.section_id]}·{cell.get_kind_display() or _('全部题型')}"
        for cell in parts.cells
    }


def overlaps_by_cell(
    shortages: tuple[Shortage, ...], cells: list[Cell], names: dict[int, str]
) -> dict[int, list[str]]:
    """For each cell of a set that is short only together: the sentence that names the set."""
    found: dict[int, list[str]] = {}
    for shortage in shortages:
        if len(shortage.cells) > 1:
            text = overlap_words(shortage, [names[cells[i].pk] for i in shortage.cells])
            for i in shortage.cells:
                found.setdefault(cells[i].pk, []).append(text)
    return found


def overlap_words(shortage: Shortage, names: list[str]) -> str:
    return _("与其他规则共用试题：%(names)s 合计需 %(wanted)s，可用 %(available)s。") % {
        "names": "、".join(names),
        "wanted": shortage.wanted,
        "available": shortage.available,
    }


def filters_of(cells: list[Cell]) -> dict[int, str]:
    """The filters of each cell in words; two queries."""
    chapters: dict[int, list[str]] = {}
    pks = [cell.pk for cell in cells]
    rows = Cell.chapters.through.objects.filter(cell__in=pks).order_by("chapter__full_name")
    for pk, name in rows.values_list("cell_id", "chapter__full_name"):
        chapters.setdefault(pk, []).append(name)
    points: dict[int, list[str]] = {}
    rows_of_points = Cell.knowledge_points.through.objects.filter(cell__in=pks).order_by(
        "knowledgepoint__name"
    )
    for pk, name in rows_of_points.values_list("cell_id", "knowledgepoint__name"):
        points.setdefault(pk, []).append(name)
    banks = dict(Cell.objects.filter(pk__in=pks).values_list("pk", "bank__name"))
    words = {}
    for cell in cells:
        said = [banks[cell.pk], *chapters.get(cell.pk, []), *points.get(cell.pk, []), *cell.tags]
        if (cell.difficulty_min, cell.difficulty_max) != (1, 5):
            said.append(
                _("难度 %(low)s–%(high)s") % {"low": cell.difficulty_min, "high": cell.difficulty_max}
            )
        words[cell.pk] = " · ".join(said)
    return words
