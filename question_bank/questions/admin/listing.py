"""The question listing with its export and bulk acts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView
from wagtail.admin.widgets.button import Button, HeaderButton

from learning.organisation.admin.screens import found
from learning.organisation.permissions import Action, may
from learning.organisation.services.audit import filters_asked, record
from question_bank.questions.errors import QuestionBankError
from question_bank.questions.models import Bank, Chapter, Question
from question_bank.questions.models.questions import QuestionQuerySet
from question_bank.questions.sanitise import to_plain
from question_bank.questions.services import bulk
from question_bank.questions.sheets import questions_workbook

from .access import BehindAction, RoomPage, visible_questions
from .filters import QuestionFilters, search

STEM_CHARS = 90


def stem_of(question: Question) -> str:
    version = question.latest
    text = to_plain(version.stem).replace("\n", " ") if version else ""
    return text[:STEM_CHARS] + "…" if len(text) > STEM_CHARS else text or f"#{question.pk}"


class PickColumn(Column):
    cell_template_name = "questions/admin/cell_pick.html"
    header_template_name = "questions/admin/header_pick.html"


class StatusColumn(Column):
    cell_template_name = "questions/admin/cell_status.html"


class LabelledColumn(Column):
    """A cell that still says what it is when the table becomes cards."""

    cell_template_name = "questions/admin/cell_labelled.html"


class QuestionList(BehindAction, BaseListingView):
    model = Question
    template_name = "questions/admin/question_list.html"
    results_template_name = "questions/admin/question_list_results.html"
    page_title = gettext_lazy("试题")
    header_icon = "list-ul"
    index_url_name = "question_list"
    index_results_url_name = "question_list_results"
    is_searchable = True
    filterset_class = QuestionFilters
    default_ordering = "-pk"
    paginate_by = 50
    table_classname = "listing questions-table"
    verbose_name = gettext_lazy("试题")
    verbose_name_plural = gettext_lazy("试题")

    @cached_property
    def columns(self) -> list[Column]:
        return [
            PickColumn("pk", label=_("选择"), classname="questions-pick"),
            TitleColumn("stem", label=_("题干"), accessor=stem_of, get_url=self.link, classname="title"),
            LabelledColumn(
                "kind", label=_("题型"), accessor="latest.get_kind_display", sort_key="latest__kind"
            ),
            LabelledColumn(
                "chapter", label=_("章节"), accessor=lambda q: q.chapter or "—", sort_key="chapter__full_name"
            ),
            LabelledColumn(
                "difficulty", label=_("难度"), accessor="get_difficulty_display", sort_key="difficulty"
            ),
            StatusColumn("status", label=_("状态")),
            LabelledColumn("bank", label=_("题库"), sort_key="bank__name"),
            LabelledColumn(
                "changed", label=_("最近修改"), accessor=self.changed, sort_key="latest__created_at"
            ),
        ]

    @staticmethod
    def link(question: Question) -> str:
        return reverse("question_edit", args=[question.pk])

    @staticmethod
    def changed(question: Question) -> str:
        if question.latest is None:
            return "—"
        when = timezone.localtime(question.latest.created_at)
        return format_html('<time datetime="{}">{}</time>', when.isoformat(), f"{when:%Y-%m-%d %H:%M}")

    def get_base_queryset(self) -> QuestionQuerySet:
        return visible_questions(self.user)

    def search_queryset(self, queryset: QuestionQuerySet) -> QuestionQuerySet:
        return search(queryset, self.search_query) if self.is_searching else queryset

    def order_queryset(self, queryset: QuerySet[Question]) -> QuerySet[Question]:
        ordered: QuerySet[Question] = super().order_queryset(queryset)
        return ordered if self.ordering == "-pk" else ordered.order_by(*ordered.query.order_by, "-pk")

    @cached_property
    def header_buttons(self) -> list[Any]:
        buttons = []
        if may(self.user, Action.BANK_EDIT):
            bank = self.request.GET.get("bank", "")
            add = reverse("question_add") + (f"?bank={bank}" if bank.isdecimal() else "")
            buttons.append(HeaderButton(_("新建试题"), url=add, icon_name="plus"))
        return buttons

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        params = self.request.GET.copy()
        params.pop("p", None)
        url = reverse("question_export") + ("?" + params.urlencode() if params else "")
        buttons = [Button(_("下载 XLSX（当前筛选）"), url=url, icon_name="download", priority=90)]
        if may(self.user, Action.BANK_EDIT):
            buttons.append(Button(_("导入"), url=reverse("import_upload"), icon_name="upload", priority=80))
        return buttons

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        params = self.request.GET.copy()
        for name in ("p", "_w_filter_fragment"):
            params.pop(name, None)
        context: dict[str, Any] = super().get_context_data(*args, **kwargs)
        narrowed = context["is_searching"] or context["is_filtering"]
        return context | {
            "query": params.urlencode(),
            "can_act": may(self.user, Action.BANK_EDIT) or may(self.user, Action.BANK_REVIEW),
            "any_questions": bool(narrowed or context["object_list"]),
        }


class QuestionExport(QuestionList):
    """The filtered rows, all of them, as a workbook that the importer reads back; written down in the audit log."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> FileResponse:
        now = timezone.now()
        rows = list(self.get_queryset().prefetch_related("knowledge_points"))
        data = {"rows": len(rows), "filters": filters_asked(request.GET)}
        record(actor=self.user, action="question.export", obj=self.user, data=data, now=now)
        name = f"questions-{timezone.localtime(now):%Y%m%d-%H%M}.xlsx"
        return FileResponse(questions_workbook(rows), as_attachment=True, filename=name)


class QuestionBulk(RoomPage):
    """Asks what to do with the chosen questions, names them and their number, and does it."""

    template_name = "questions/admin/question_bulk.html"
    page_title = gettext_lazy("批量操作")
    header_icon = "tasks"
    SHOWN: ClassVar[int] = 10

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = self.chosen()
        if not chosen:
            messages.warning(request, _("没有选择试题。"))
            return redirect(self.back())
        if "act" not in request.POST:
            return self.again(chosen=chosen)
        if request.POST.get("all") and request.POST.get("count") != str(len(chosen)):
            # "All that the filters find" is asked anew, so that ten thousand ids need not travel.
            return self.again(chosen=chosen, error=_("筛选出的试题已有变化，请核对数目后再操作。"))
        try:
            count = self.act(chosen)
        except QuestionBankError as error:
            return self.again(chosen=chosen, error=error.message)
        text = ngettext("已处理 %(count)d 道试题。", "已处理 %(count)d 道试题。", count) % {"count": count}
        left = len(chosen) - count
        if left:
            text += _("另有 %(left)d 道不适用或无权限，未作改动。") % {"left": left}
        messages.success(request, text)
        return redirect(self.back())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("question_list")

    def chosen(self) -> list[int]:
        """Ids of visible questions: those ticked, or all that the listing's filters and search find."""
        query = self.request.POST.get("query", "")
        if self.request.POST.get("all"):
            listing = QuestionList()
            request = HttpRequest()
            request.GET, request.user, request.path = (
                type(self.request.GET)(query),
                self.request.user,
                self.request.path,
            )
            listing.setup(request)
            return list(listing.get_queryset().order_by().values_list("pk", flat=True))
        ids = [int(pk) for pk in self.request.POST.getlist("id") if pk.isdecimal() and len(pk) <= 18]
        return list(
            Question.objects.allowing(self.user, Action.BANK_VIEW)
            .filter(pk__in=ids)
            .values_list("pk", flat=True)
        )

    def back(self) -> str:
        query = self.request.POST.get("query", "")
        return reverse("question_list") + (f"?{query}" if query else "")

    def act(self, chosen: list[int]) -> int:
        now, post = timezone.now(), self.request.POST
        match post.get("act"):
            case "chapter":
                chapters = Chapter.objects.filter(bank__in=Bank.objects.allowing(self.user, Action.BANK_EDIT))
                chapter = found(chapters, post.get("chapter") or 0)
                return bulk.place_in_chapter(question_ids=chosen, chapter=chapter, by=self.user, now=now)
            case "difficulty":
                value = post.get("difficulty", "")
                level = int(value) if value.isdecimal() else 0
                return bulk.set_difficulty(question_ids=chosen, difficulty=level, by=self.user, now=now)
            case "ready":
                return bulk.set_ready_many(question_ids=chosen, by=self.user, now=now)
            case "retire":
                return bulk.retire_many(question_ids=chosen, by=self.user, now=now)
            case _:
                return 0

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        chosen: list[int] = kwargs["chosen"]
        rows = Question.objects.filter(pk__in=chosen).select_related("latest").order_by("-pk")[: self.SHOWN]
        banks = set(Question.objects.filter(pk__in=chosen).values_list("bank", flat=True).distinct())
        context |= {
            "count": len(chosen),
            "shown": [(row, stem_of(row)) for row in rows],
            "hidden_count": max(0, len(chosen) - self.SHOWN),
            "ids": chosen,
            "query": self.request.POST.get("query", ""),
            "all": self.request.POST.get("all", ""),
            "chapters": Chapter.objects.filter(bank__in=banks).order_by("full_name")
            if len(banks) == 1
            else [],
            "difficulties": Question.Difficulty.choices,
            "can_edit": may(self.user, Action.BANK_EDIT),
            "can_review": may(self.user, Action.BANK_REVIEW),
            "back": self.back(),
        }
        return context
