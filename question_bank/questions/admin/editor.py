"""Writing a question: new, edited (a new version), previewed as members see it, retired and restored."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from wagtail.admin import messages

from learning.organisation.admin.screens import found
from learning.organisation.permissions import Action, may
from question_bank.questions.content import QuestionContent, cleaned, content_of, problems_of
from question_bank.questions.errors import DuplicateQuestion, InvalidQuestion, QuestionBankError
from question_bank.questions.models import Bank, Question, QuestionVersion, ReviewReturn
from question_bank.questions.presenting import as_member_sees
from question_bank.questions.problem_words import Remark, remark
from question_bank.questions.services.questions import (
    create_question,
    edit_question,
    restore,
    retire,
    set_ready,
)
from question_bank.questions.services.review import resubmit

from .access import BehindAction, RoomPage, newest
from .editor_form import QuestionForm

Status = QuestionVersion.Status
KINDS = QuestionVersion.Kind


class Editor(RoomPage):
    """What adding and editing share: the form, the remarks at its fields, saving."""

    template_name = "questions/admin/question_editor.html"
    header_icon = "edit"
    home: ClassVar[tuple[Any, Any]] = RoomPage.home

    def remarks(self, content: QuestionContent) -> dict[str, list[Remark]]:
        found_remarks: dict[str, list[Remark]] = {}
        for problem in problems_of(content):
            each = remark(problem, content.body)
            found_remarks.setdefault(each.field or "stem", []).append(each)
        return found_remarks

    def wanted_status(self) -> str:
        return Status.READY if self.request.POST.get("status") == Status.READY else Status.DRAFT

    def refused(self, form: QuestionForm, error: QuestionBankError | None) -> HttpResponse:
        context: dict[str, Any] = {
            "form": form,
            "error": error.message if error else _("请改正标出的内容后再保存。"),
        }
        if isinstance(error, InvalidQuestion):
            context["remarks"] = self.remarks(cleaned(form.content()))
        if isinstance(error, DuplicateQuestion):
            context["twin"] = reverse("question_edit", args=[error.question_id])
        return self.again(**context)


class QuestionAdd(Editor):
    action = Action.BANK_EDIT
    page_title = gettext_lazy("新建试题")

    @cached_property
    def banks(self) -> list[Bank]:
        return list(
            Bank.objects.allowing(self.user, Action.BANK_EDIT).filter(archived_at=None).order_by("name")
        )

    @cached_property
    def kind(self) -> str:
        wanted = self.request.GET.get("kind", "")
        return wanted if wanted in KINDS.values else KINDS.SINGLE

    @cached_property
    def chosen_bank(self) -> Bank | None:
        wanted = self.request.GET.get("bank", "")
        if wanted.isdecimal():
            return self.bank(int(wanted), Action.BANK_EDIT)
        return self.banks[0] if self.banks else None

    def form(self) -> QuestionForm | None:
        if self.chosen_bank is None:
            return None
        data = self.request.POST if self.request.method == "POST" else None
        return QuestionForm(data, kind=self.kind, bank=self.chosen_bank)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form, bank = self.form(), self.chosen_bank
        if form is None or bank is None:
            return redirect("bank_list")
        if not form.is_valid():
            return self.refused(form, None)
        try:
            question = create_question(
                bank=bank,
                by=self.user,
                content=form.content(),
                place=form.placement(),
                status=self.wanted_status(),
                now=timezone.now(),
            )
        except QuestionBankError as error:
            return self.refused(form, error)
        messages.success(request, _("试题 %(id)d 已保存。") % {"id": question.pk})
        if "another" in request.POST:
            return redirect(f"{reverse('question_add')}?bank={bank.pk}&kind={self.kind}")
        return redirect("question_edit", pk=question.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context.setdefault("form", self.form() if self.request.method == "GET" else None)
        bank = self.chosen_bank
        context |= {
            "bank": bank,
            "banks": self.banks,
            "kind": self.kind,
            "kinds": KINDS.choices,
            "can_review": bank is not None and self.allows(Action.BANK_REVIEW, bank),
            "preview_url": f"{reverse('question_preview')}?kind={self.kind}&bank={bank.pk if bank else ''}",
        }
        return context


class QuestionEdit(Editor):
    """The editor for those who may edit the bank; for others the same page without its form."""

    @cached_property
    def asked(self) -> Question:
        return self.question(self.kwargs["pk"], Action.BANK_VIEW)

    @cached_property
    def can_edit(self) -> bool:
        return self.allows(Action.BANK_EDIT, self.asked.bank)

    def get_page_title(self) -> str:
        return _("试题 %(id)d") % {"id": self.asked.pk}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.can_edit:
            return redirect("question_versions", pk=self.asked.pk)
        return super().get(request, *args, **kwargs)

    def returned(self, latest: QuestionVersion) -> ReviewReturn | None:
        """What the reviewer asks to be mended, while it is."""
        if latest.status != Status.DRAFT or self.asked.retired_at is not None:
            return None
        return latest.returns.filter(resubmitted_at=None).select_related("returned_by").first()

    def form(self) -> QuestionForm:
        latest = newest(self.asked)
        data = self.request.POST if self.request.method == "POST" else None
        latest.question = self.asked
        return QuestionForm(data, kind=latest.kind, bank=self.asked.bank, version=latest)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        question = self.question(self.kwargs["pk"], Action.BANK_EDIT)
        form = self.form()
        if not form.is_valid():
            return self.refused(form, None)
        try:
            edited = edit_question(
                question_id=question.pk,
                by=self.user,
                content=form.content(),
                place=form.placement(),
                status=self.wanted_status(),
                change_note=form.cleaned_data["change_note"],
                base_no=form.cleaned_data["base_no"],
                now=timezone.now(),
            )
        except QuestionBankError as error:
            return self.refused(form, error)
        if edited.made:
            messages.success(request, _("已保存为第 %(no)d 版。") % {"no": edited.version.no})
        else:
            messages.success(request, _("已保存；题目内容没有变化，未产生新版本。"))
        return redirect("question_edit", pk=question.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        question = self.asked
        latest = newest(question)
        context.setdefault("form", self.form() if self.request.method == "GET" else None)
        context.setdefault(
            "remarks", self.remarks(content_of(latest)) if self.request.method == "GET" else {}
        )
        context |= {
            "question": question,
            "bank": question.bank,
            "kind": latest.kind,
            "kind_label": latest.get_kind_display(),
            "may_report": may(self.user, Action.REPORT_VIEW),
            "can_review": self.allows(Action.BANK_REVIEW, question.bank),
            "returned": self.returned(latest),
            "versions_url": reverse("question_versions", args=[question.pk]),
            "preview_url": f"{reverse('question_preview')}?kind={latest.kind}&bank={question.bank_id}",
        }
        return context


class QuestionPreview(BehindAction, View):
    """A whole small page with members' own styles, for the frame beside the editor. GET ?version=n shows a saved version,
    POST what is typed. Organisers with the right to the bank only: nothing here is for members."""

    def get(self, request: HttpRequest) -> HttpResponse:
        versions = QuestionVersion.objects.filter(
            question__bank__in=Bank.objects.allowing(self.user, Action.BANK_VIEW)
        )
        version = found(versions, request.GET.get("version", 0))
        return self.page(content_of(version))

    def post(self, request: HttpRequest) -> HttpResponse:
        wanted = request.GET.get("bank", "")
        bank = self.bank(int(wanted) if wanted.isdecimal() else 0, Action.BANK_EDIT)
        kind = request.GET.get("kind", "")
        form = QuestionForm(request.POST, kind=kind if kind in KINDS.values else KINDS.SINGLE, bank=bank)
        form.is_valid()
        return self.page(cleaned(form.content()))

    def page(self, content: QuestionContent) -> HttpResponse:
        shown = as_member_sees(content)
        return render(self.request, "questions/admin/preview_page.html", {"shown": shown})


class QuestionState(BehindAction, View):
    """One step of a question's life from its own page: ready, sent to review again, retire, restore."""

    acts: ClassVar[dict[str, tuple[Any, Any]]] = {
        "ready": (set_ready, gettext_lazy("试题 %(id)d 已可用。")),
        "resubmit": (resubmit, gettext_lazy("试题 %(id)d 已再次送审。")),
        "retire": (retire, gettext_lazy("试题 %(id)d 已停用；已发布的考试不受影响。")),
        "restore": (restore, gettext_lazy("试题 %(id)d 已恢复。")),
    }

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        question = self.question(pk, Action.BANK_VIEW)
        act, words = self.acts.get(request.POST.get("act", ""), (None, ""))
        if act is not None:
            try:
                act(question_id=question.pk, by=self.user, now=timezone.now())
                messages.success(request, words % {"id": question.pk})
            except QuestionBankError as error:
                messages.error(request, error.message)
        return redirect("question_edit", pk=question.pk)
