"""Sections, quota cells and fixed questions of an exam's blueprint, each on a small page of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from learning.organisation.admin.screens import found, paged, query_without, tell, user_of, warn
from learning.organisation.permissions import Action
from learning.organisation.searching import holding
from learning.organisation.services.audit import record
from question_bank.engine.supply import CellSupply
from question_bank.exams.errors import ExamError
from question_bank.exams.models import Cell, Exam, FixedItem, Section
from question_bank.exams.organising import blueprints
from question_bank.exams.organising.cell_form import CellForm, supply_while_editing
from question_bank.exams.organising.forms import SectionForm
from question_bank.exams.organising.seen import (
    SECTION_FIELDS,
    ChangedMeanwhile,
    cell_digest,
    cell_digests,
    section_digest,
    whole_digests,
)
from question_bank.exams.publishing import parts_of
from question_bank.exams.templatetags.exam_words import points
from question_bank.questions.models import Bank, Question, QuestionVersion

from .builder import cell_names, filters_of, may_change, overlap_words, rule_words, short_stem
from .doors import door, exam_for, go, page

FIXED_PAGE = 20

M = TypeVar("M", bound=Model)


def _exam_to_change(request: HttpRequest, exam_id: int) -> Exam:
    exam = exam_for(request, exam_id, Action.EXAM_BUILD)
    if not may_change(request, exam):
        raise Http404
    return exam


def _section(exam: Exam, pk: object) -> Section:
    return found(Section.objects.filter(blueprint=exam.blueprint_id), pk)


def _note(request: HttpRequest, exam: Exam, act: str, data: dict[str, Any]) -> None:
    record(
        actor=user_of(request),
        action="exam.blueprint",
        obj=exam,
        unit=exam.owner_unit,
        data={"act": act, **data},
        now=timezone.now(),
    )


@door
def section_edit(request: HttpRequest, exam_id: int, section_id: int = 0) -> HttpResponse:
    exam = _exam_to_change(request, exam_id)
    section = _kept(request, Section.objects.filter(blueprint=exam.blueprint_id), section_id)
    form = SectionForm(request.POST or None, initial=_section_initial(section) if section else {})
    seen, status = request.POST.get("seen"), 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        try:
            check_there(section_id, section, seen)
            saved = blueprints.save_section(
                blueprint_id=exam.blueprint_id, section=section, fields=form.fields_of_section(), seen=seen
            )
        except ChangedMeanwhile as error:
            section = Section.objects.filter(pk=section_id).first()
            form.add_error(None, f"{error}{_section_now(section)}")
            seen, status = None, 409
        else:
            _note(request, exam, "section", {"section": saved.title})
            tell(request, _("大题“%(title)s”已保存。") % {"title": saved.title})
            return go(request, "manage_exam", exam.pk, fragment=f"section-{saved.pk}")
    title = _("修改大题") if section else _("添加大题")
    context: dict[str, Any] = {"form": form, "section": section}
    context["seen"] = (section_digest(section) if section else "") if seen is None else seen
    if section:
        parts = parts_of(exam.blueprint_id)
        context["whole"] = whole_digests(parts, cell_digests(parts.cells))[section.pk]
    return page(
        request, "exams/manage/section.html", context, title=title, exam=exam, status=status, wide=False
    )


def _section_initial(section: Section) -> dict[str, Any]:
    return {name: getattr(section, name) for name in SECTION_FIELDS if name != "rule"} | {
        "multiple": section.rule.get("multiple", ""),
        "per_option_mark": section.rule.get("per_option_mark"),
    }


def _section_now(section: Section | None) -> str:
    if section is None:
        return _("这个大题已被删除；再按一次保存，就作为新的大题加入。")
    words = {"title": section.title, "rule": rule_words(section)}
    return _("现在保存的是“%(title)s”，多选题：%(rule)s。再按一次保存，就以您填写的为准。") % words


def _cell_now(cell: Cell | None) -> str:
    if cell is None:
        return _("这条规则已被删除；再按一次保存，就作为新的规则加入。")
    words = {
        "kind": cell.get_kind_display() or _("全部题型"),
        "filters": filters_of([cell])[cell.pk],
        "n": cell.n,
        "mark": points(cell.mark),
    }
    return (
        _("现在保存的是：%(kind)s，%(filters)s，%(n)s 题，每题 %(mark)s 分。再按一次保存，就以您填写的为准。")
        % words
    )


def _kept(request: HttpRequest, rows: QuerySet[M], pk: int) -> M | None:
    """The row; None for a new one, and where somebody removed it while this person was filling in its form."""
    if not pk:
        return None
    if request.method == "POST" and "seen" in request.POST:
        return rows.filter(pk=pk).first()
    return found(rows, pk)


def check_there(pk: int, row: object | None, seen: str | None) -> None:
    """Raises ChangedMeanwhile where what the page showed is gone. A page that said so sends an empty `seen`."""
    if pk and row is None and seen:
        raise ChangedMeanwhile


@door
@require_POST
def section_move(request: HttpRequest, exam_id: int, section_id: int) -> HttpResponse:
    exam = _exam_to_change(request, exam_id)
    section = _section(exam, section_id)
    blueprints.move_section(section=section, up=request.POST.get("to") == "up")
    return go(request, "manage_exam", exam.pk, fragment=f"section-{section.pk}")


@door
@require_POST
def section_remove(request: HttpRequest, exam_id: int, section_id: int) -> HttpResponse:
    exam = _exam_to_change(request, exam_id)
    section = _section(exam, section_id)
    title = section.title
    try:
        blueprints.remove_section(section=section, seen=request.POST.get("seen"))
    except ExamError as error:
        warn(request, str(error))
    else:
        _note(request, exam, "section_removed", {"section": title})
        tell(request, _("大题“%(title)s”已删除。") % {"title": title})
    return go(request, "manage_exam", exam.pk, fragment="paper")


@door
def cell_edit(request: HttpRequest, exam_id: int, section_id: int, cell_id: int = 0) -> HttpResponse:
    """Also the live supply: the form posts itself with `look` to be told what it could draw, and nothing is saved."""
    exam = _exam_to_change(request, exam_id)
    section = _section(exam, section_id)
    cell = _kept(request, Cell.objects.filter(section=section), cell_id)
    form = CellForm(request.POST or None, user=user_of(request), cell=cell)
    if not Bank.objects.allowing(user_of(request), Action.BANK_VIEW).exists():
        warn(request, _("您还没有可用的题库。"))
        return go(request, "manage_exam", exam.pk, fragment="paper")
    context: dict[str, Any] = {"form": form, "section": section, "cell": cell}
    if request.method == "POST" and "look" in request.POST:
        return render(request, "exams/manage/cell_supply.html", context | _supply(exam, section, cell, form))
    if request.method == "POST" and "reload" in request.POST:
        # Another bank was chosen: its chapters and points stand in a form that has not been judged yet.
        context["form"] = _with_bank(request, cell)
        return render(request, "exams/manage/cell_fields.html", context)
    seen, status = request.POST.get("seen"), 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        context |= _supply(exam, section, cell, form)
        fields = form.fields_of_cell()
        try:
            check_there(cell_id, cell, seen)
            saved = blueprints.save_cell(
                section=section,
                cell=cell,
                chapters=list(fields.pop("chapters")),
                knowledge_points=list(fields.pop("knowledge_points")),
                fields=fields,
                seen=seen,
            )
        except ChangedMeanwhile as error:
            cell = context["cell"] = Cell.objects.filter(pk=cell_id).first()
            form.add_error(None, f"{error}{_cell_now(cell)}")
            seen, status = None, 409
        else:
            _note(request, exam, "cell", {"cell": saved.pk, "n": saved.n, "mark": str(saved.mark)})
            _say_saved(request, saved, context["supply"])
            return go(request, "manage_exam", exam.pk, fragment=f"section-{section.pk}")
    if cell is not None and not form.is_bound:
        shown = CellForm(_as_posted(form), user=user_of(request), cell=cell)
        if shown.is_valid():
            context |= _supply(exam, section, cell, shown)
    title = _("修改抽题规则") if cell else _("添加抽题规则")
    context["seen"] = (cell_digest(cell) if cell else "") if seen is None else seen
    return page(request, "exams/manage/cell.html", context, title=title, exam=exam, status=status, wide=False)


def _say_saved(request: HttpRequest, cell: Cell, supply: CellSupply) -> None:
    if supply.available >= cell.n:
        tell(request, _("抽题规则已保存。"))
        return
    numbers = {"n": cell.n, "available": supply.available}
    warn(
        request,
        _(
            "抽题规则已保存，但需 %(n)s 题，可用只有 %(available)s 题。"
            "发布前请减少题数、放宽条件，或在题库里补充试题。"
        )
        % numbers,
    )


def _supply(exam: Exam, section: Section, cell: Cell | None, form: CellForm) -> dict[str, Any]:
    if not form.is_valid():
        return _too_many(exam, section, cell, form)
    supply, shortages, cells = supply_while_editing(exam=exam, section=section, cell=cell, form=form)
    names = cell_names(parts_of(exam.blueprint_id))
    overlaps = [
        overlap_words(
            shortage,
            [
                names.get(cells[i].pk, _("%(section)s·本规则") % {"section": section.title})
                for i in shortage.cells
            ],
        )
        for shortage in shortages
        if len(shortage.cells) > 1
    ]
    missing = supply.wanted - supply.available
    return {"supply": supply, "overlaps": overlaps, "short": missing > 0, "missing": missing}


def _too_many(exam: Exam, section: Section, cell: Cell | None, form: CellForm) -> dict[str, Any]:
    """Where only the number of questions is wrong: why, and how many there would be."""
    if set(form.errors) != {"n"}:
        return {}
    form.cleaned_data["n"] = 1
    supply, _shortages, _cells = supply_while_editing(exam=exam, section=section, cell=cell, form=form)
    return {"n_error": form.errors["n"][0], "available": supply.available}


def _with_bank(request: HttpRequest, cell: Cell | None) -> CellForm:
    posted = request.POST.copy()
    for name in ("chapters", "knowledge_points"):
        posted.setlist(name, [])
    fresh = CellForm(posted, user=user_of(request), cell=cell)
    fresh.is_valid()
    fresh.errors.clear()
    return fresh


def _as_posted(form: CellForm) -> dict[str, Any]:
    return {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()} | {
        "bank": str(form.initial.get("bank", ""))
    }


@door
@require_POST
def cell_remove(request: HttpRequest, exam_id: int, section_id: int, cell_id: int) -> HttpResponse:
    exam = _exam_to_change(request, exam_id)
    section = _section(exam, section_id)
    cell = found(Cell.objects.filter(section=section).select_related("section"), cell_id)
    try:
        blueprints.remove_cell(cell=cell, seen=request.POST.get("seen"))
    except ExamError as error:
        warn(request, str(error))
    else:
        _note(request, exam, "cell_removed", {"cell": cell_id})
        tell(request, _("抽题规则已删除。"))
    return go(request, "manage_exam", exam.pk, fragment=f"section-{section.pk}")


@door
def fixed_add(request: HttpRequest, exam_id: int, section_id: int) -> HttpResponse:
    """Questions found by bank, kind and words; those ticked are put into the section with one mark each."""
    exam = _exam_to_change(request, exam_id)
    section = _section(exam, section_id)
    user = user_of(request)
    usable = Question.objects.allowing(user, Action.BANK_VIEW).usable()
    if request.method == "POST":
        return _add_fixed(request, exam, section, usable)
    rows = usable.exclude(
        current__in=FixedItem.objects.filter(section__blueprint=exam.blueprint_id).values("version")
    )
    bank, kind, words = (request.GET.get(name, "") for name in ("bank", "kind", "q"))
    if bank.isdecimal() and len(bank) <= 18:
        rows = rows.filter(bank=int(bank))
    if kind in QuestionVersion.Kind.values:
        rows = rows.filter(current__kind=kind)
    rows = holding(rows, words, "current__stem")
    shown = paged(request, rows.select_related("current", "bank", "chapter").order_by("-pk"), FIXED_PAGE)
    context = {
        "section": section,
        "page_obj": shown,
        "rows": [(question, short_stem(question.current.stem)) for question in shown.object_list],
        "banks": Bank.objects.allowing(user, Action.BANK_VIEW).filter(archived_at=None).order_by("name"),
        "kinds": QuestionVersion.Kind.choices,
        "bank": bank,
        "kind": kind,
        "q": words,
        "query": query_without(request),
    }
    return page(request, "exams/manage/fixed.html", context, title=_("添加固定试题"), exam=exam)


def _add_fixed(request: HttpRequest, exam: Exam, section: Section, usable: Any) -> HttpResponse:
    ids = [pk for pk in request.POST.getlist("question") if pk.isdecimal() and len(pk) <= 18]
    try:
        mark = Decimal(request.POST.get("mark", "")).quantize(Decimal("0.01"))
    except ArithmeticError:
        mark = Decimal(0)
    questions = list(usable.filter(pk__in=ids).select_related("current").order_by("pk"))
    if not questions or not Decimal(0) < mark < Decimal(10_000):
        warn(request, _("请勾选试题，并填写大于 0 的分值。"))
        return go(request, "manage_fixed_add", exam.pk, section.pk)
    added = blueprints.add_fixed(
        section=section, versions=[question.current for question in questions], mark=mark
    )
    _note(request, exam, "fixed", {"section": section.title, "added": added})
    tell(request, _("已添加 %(count)s 道固定试题。") % {"count": added})
    return go(request, "manage_exam", exam.pk, fragment=f"section-{section.pk}")


@door
@require_POST
def fixed_remove(request: HttpRequest, exam_id: int, section_id: int, item_id: int) -> HttpResponse:
    exam = _exam_to_change(request, exam_id)
    section = _section(exam, section_id)
    item = found(FixedItem.objects.filter(section=section), item_id)
    item.delete()
    _note(request, exam, "fixed_removed", {"version": item.version_id})
    tell(request, _("固定试题已移出。"))
    return go(request, "manage_exam", exam.pk, fragment=f"section-{section.pk}")


@door
def blueprint_copy(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Appends the sections of another exam that the person may see."""
    exam = _exam_to_change(request, exam_id)
    others = Exam.objects.allowing(user_of(request), Action.EXAM_BUILD).exclude(blueprint=exam.blueprint_id)
    if request.method == "POST":
        source = found(others, request.POST.get("source") or 0)
        count = blueprints.copy_parts(source=source.blueprint_id, target=exam.blueprint_id)
        _note(request, exam, "copied", {"from": source.pk, "sections": count})
        tell(request, _("已从“%(title)s”复制 %(count)s 个大题。") % {"title": source.title, "count": count})
        return go(request, "manage_exam", exam.pk, fragment="paper")
    words = request.GET.get("q", "")
    others = holding(others, words, "title")
    shown = paged(request, others.select_related("owner_unit").order_by("-opens_at", "-pk"), FIXED_PAGE)
    context = {"page_obj": shown, "q": words}
    return page(
        request,
        "exams/manage/blueprint_copy.html",
        context,
        title=_("从其他考试复制大题"),
        exam=exam,
        wide=False,
    )
