"""Banks: the list with its figures, making and changing one, shares, chapters, knowledge points."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.widgets.button import HeaderButton

from learning.organisation.admin.screens import found
from learning.organisation.models import Unit
from learning.organisation.permissions import Action, may, units_allowing
from question_bank.questions.errors import QuestionBankError
from question_bank.questions.models import Bank, BankShare, Chapter, KnowledgePoint
from question_bank.questions.services import banks as bank_services
from question_bank.questions.services import chapters as chapter_services
from question_bank.questions.services import knowledge_points as point_services

from .access import RoomPage


class UnitChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    """Units by tree order, indented by depth."""

    def label_from_instance(self, unit: Unit) -> str:
        return f"{'　' * (unit.depth - 1)}{unit.name}"


class BankForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("名称"), max_length=bank_services.NAME_LENGTH)
    owner_unit = UnitChoice(label=gettext_lazy("所属党组织"), queryset=Unit.objects.none())
    description = forms.CharField(
        label=gettext_lazy("说明"), widget=forms.Textarea(attrs={"rows": 2}), required=False
    )
    open_for_practice = forms.BooleanField(
        label=gettext_lazy("允许自由练习"),
        required=False,
        help_text=gettext_lazy("学员可在练习中看到本题库的试题，作答后看到答案。正式考试用的题库请勿开放。"),
    )


class BankPage(RoomPage):
    home = (reverse_lazy("bank_list"), gettext_lazy("题库"))
    header_icon = "folder-open-inverse"


class BankList(BankPage):
    template_name = "questions/admin/bank_list.html"
    page_title = gettext_lazy("题库")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]

    @cached_property
    def header_buttons(self) -> list[Any]:
        if not may(self.user, Action.BANK_EDIT):
            return []
        return [HeaderButton(_("新建题库"), url=reverse("bank_add"), icon_name="plus")]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        live = Q(questions__retired_at=None)
        editable = Bank.objects.allowing(self.user, Action.BANK_EDIT).filter(pk=OuterRef("pk"))
        banks = (
            Bank.objects.allowing(self.user, Action.BANK_VIEW)
            .select_related("owner_unit")
            .annotate(
                ready=Count("questions", filter=live & Q(questions__current__isnull=False)),
                waiting=Count(
                    "questions",
                    filter=live & ~Q(questions__latest=F("questions__current"))
                    | live & Q(questions__current=None),
                ),
                can_edit=Exists(editable),
            )
            .order_by(F("archived_at").asc(nulls_first=True), "name")
        )
        return dict(super().get_context_data(**kwargs), banks=list(banks))


class BankAdd(BankPage):
    action = Action.BANK_EDIT
    template_name = "questions/admin/bank_form.html"
    page_title = gettext_lazy("新建题库")

    def form(self, data: Any = None) -> BankForm:
        form = BankForm(data)
        units = units_allowing(self.user, Action.BANK_EDIT).open_on(timezone.localdate())
        form.fields["owner_unit"].queryset = units  # type: ignore[attr-defined]
        return form

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if form.is_valid():
            try:
                bank = bank_services.create_bank(by=self.user, now=timezone.now(), **form.cleaned_data)
            except QuestionBankError as error:
                form.add_error("name", error.message)
            else:
                messages.success(request, _("题库“%(name)s”已建立。") % {"name": bank.name})
                return redirect("bank_edit", pk=bank.pk)
        return self.again(form=form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context.setdefault("form", self.form())
        return context


class OneBank(BankPage):
    """A page of one bank that the person may edit."""

    action = Action.BANK_EDIT

    @cached_property
    def asked(self) -> Bank:
        return self.bank(self.kwargs["pk"])

    def get_page_subtitle(self) -> str:
        return self.asked.name

    def trail(self) -> list[dict[str, Any]]:
        return [{"url": reverse("bank_edit", args=[self.asked.pk]), "label": self.asked.name}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return dict(super().get_context_data(**kwargs), bank=self.asked)

    def do(self, act: Any, done: str, **arguments: Any) -> bool:
        """Runs a service and says how it went; whether it went well."""
        try:
            act(by=self.user, now=timezone.now(), **arguments)
        except QuestionBankError as error:
            messages.error(self.request, error.message)
            return False
        messages.success(self.request, done)
        return True


class BankEdit(OneBank):
    template_name = "questions/admin/bank_form.html"

    def get_page_title(self) -> str:
        return self.asked.name

    def get_page_subtitle(self) -> str:
        return ""

    def trail(self) -> list[dict[str, Any]]:
        return []

    def form(self, data: Any = None) -> BankForm:
        bank = self.asked
        form = BankForm(
            data, initial={name: getattr(bank, name) for name in ("name", "description", "open_for_practice")}
        )
        del form.fields["owner_unit"]
        return form

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        bank, act = self.asked, request.POST.get("act")
        if act in ("archive", "unarchive"):
            done = _("题库已归档。") if act == "archive" else _("题库已恢复使用。")
            self.do(bank_services.archive_bank, done, bank=bank, archived=act == "archive")
            return redirect("bank_edit", pk=bank.pk)
        form = self.form(request.POST)
        if form.is_valid():
            try:
                bank_services.change_bank(bank=bank, by=self.user, now=timezone.now(), **form.cleaned_data)
            except QuestionBankError as error:
                form.add_error("name", error.message)
            else:
                messages.success(request, _("题库已保存。"))
                return redirect("bank_edit", pk=bank.pk)
        return self.again(form=form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context.setdefault("form", self.form())
        context["owns"] = may(self.user, Action.BANK_EDIT, self.asked.owner_unit)
        return context


class BankShares(OneBank):
    template_name = "questions/admin/bank_shares.html"
    page_title = gettext_lazy("共享")

    @cached_property
    def units(self) -> QuerySet[Unit]:
        """Any open unit but the owner: sharing is giving, so it may leave the giver's own part of the tree."""
        shared = self.asked.shares.values("unit")
        open_units = Unit.objects.get_queryset().open_on(timezone.localdate())
        others: QuerySet[Unit] = open_units.exclude(pk=self.asked.owner_unit_id).exclude(pk__in=shared)
        return others

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("act") == "withdraw":
            share = found(
                self.asked.shares.select_related("unit", "bank__owner_unit"), request.POST.get("share") or 0
            )
            self.do(
                bank_services.withdraw_share,
                _("已取消与“%(unit)s”的共享。") % {"unit": share.unit},
                share=share,
            )
        else:
            unit = found(self.units, request.POST.get("unit") or 0)
            may_edit = bool(request.POST.get("may_edit"))
            done = _("已与“%(unit)s”及其下级共享。") % {"unit": unit}
            self.do(bank_services.share_bank, done, bank=self.asked, unit=unit, may_edit=may_edit)
        return redirect("bank_shares", pk=self.asked.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shares: QuerySet[BankShare] = self.asked.shares.select_related("unit").order_by("unit__path")
        extra = {
            "shares": shares,
            "units": [("　" * (unit.depth - 1), unit) for unit in self.units],
            "owns": may(self.user, Action.BANK_EDIT, self.asked.owner_unit),
        }
        return dict(super().get_context_data(**kwargs), **extra)


class BankChapters(OneBank):
    template_name = "questions/admin/bank_chapters.html"
    page_title = gettext_lazy("章节")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        post = request.POST
        name, other = post.get("name", ""), post.get("other", "")
        if post.get("act") == "add":
            parent = self.chapter(other) if other else None
            self.do(
                chapter_services.add_chapter, _("章节已添加。"), bank=self.asked, parent=parent, name=name
            )
            return redirect("bank_chapters", pk=self.asked.pk)
        chapter = self.chapter(post.get("chapter", ""))
        label = {"name": chapter.full_name}
        match post.get("act"):
            case "rename":
                self.do(
                    chapter_services.rename_chapter,
                    _("章节“%(name)s”已改名。") % label,
                    chapter=chapter,
                    name=name,
                )
            case "move":
                parent = self.chapter(other) if other else None
                self.do(
                    chapter_services.move_chapter,
                    _("章节“%(name)s”已移动。") % label,
                    chapter=chapter,
                    parent=parent,
                )
            case "merge":
                into = self.chapter(other)
                self.do(
                    chapter_services.merge_chapter,
                    _("章节“%(name)s”已合并。") % label,
                    chapter=chapter,
                    into=into,
                )
            case "delete":
                self.do(chapter_services.delete_chapter, _("章节“%(name)s”已删除。") % label, chapter=chapter)
        return redirect("bank_chapters", pk=self.asked.pk)

    def chapter(self, pk: str) -> Chapter:
        return found(self.asked.chapters.select_related("bank__owner_unit", "parent"), pk or 0)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = self.asked.chapters.annotate(count=Count("questions", filter=Q(questions__retired_at=None)))
        tree = chapter_services.in_tree_order(list(rows))
        without = self.asked.questions.filter(chapter=None, retired_at=None).count()
        return dict(super().get_context_data(**kwargs), tree=tree, without=without)


class BankPoints(OneBank):
    template_name = "questions/admin/bank_points.html"
    page_title = gettext_lazy("知识点")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        post = request.POST
        if post.get("act") == "add":
            made = point_services.ensure_points(bank=self.asked, names=[post.get("name", "")])
            if made:
                messages.success(request, _("知识点“%(name)s”已添加。") % {"name": next(iter(made))})
            return redirect("bank_points", pk=self.asked.pk)
        point = self.point(post.get("point", ""))
        label = {"name": point.name}
        match post.get("act"):
            case "rename":
                done = _("知识点“%(name)s”已改名。") % label
                self.do(point_services.rename_point, done, point=point, name=post.get("name", ""))
            case "merge":
                into = self.point(post.get("other", ""))
                self.do(
                    point_services.merge_point, _("知识点“%(name)s”已合并。") % label, point=point, into=into
                )
            case "delete":
                self.do(point_services.delete_point, _("知识点“%(name)s”已删除。") % label, point=point)
        return redirect("bank_points", pk=self.asked.pk)

    def point(self, pk: str) -> KnowledgePoint:
        return found(self.asked.knowledge_points.select_related("bank__owner_unit"), pk or 0)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        live = Q(questions__retired_at=None)
        points = self.asked.knowledge_points.annotate(count=Count("questions", filter=live)).order_by("name")
        return dict(super().get_context_data(**kwargs), points=list(points))
