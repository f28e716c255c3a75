"""A question's versions with what changed, and the review queue where drafts become ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView

from learning.organisation.permissions import Action
from question_bank.questions.content import content_of, problems_of
from question_bank.questions.differences import Difference, differences
from question_bank.questions.errors import QuestionBankError
from question_bank.questions.models import Question, QuestionVersion, ReviewReturn
from question_bank.questions.models.questions import QuestionQuerySet
from question_bank.questions.presenting import ShownQuestion, with_key
from question_bank.questions.problem_words import remark
from question_bank.questions.services.questions import retire, set_ready
from question_bank.questions.services.review import return_to_author

from .access import BehindAction, RoomPage, newest
from .filters import QuestionFilters, search
from .listing import LabelledColumn, stem_of


@dataclass(frozen=True)
class VersionEntry:
    """One version with what it changed against the one before it, and what reviewers said when they returned it."""

    version: QuestionVersion
    shown: ShownQuestion
    changes: list[Difference]
    in_use: bool
    returns: list[ReviewReturn]


def history(question: Question) -> list[VersionEntry]:
    """Newest first."""
    returns = ReviewReturn.objects.select_related("returned_by").order_by("returned_at")
    versions = list(
        question.versions.select_related("created_by")
        .prefetch_related(Prefetch("returns", returns))
        .order_by("no")
    )
    entries = []
    for before, version in zip([None, *versions], versions, strict=False):
        content = content_of(version)
        changes = differences(content_of(before), content) if before else []
        in_use = version.pk == question.current_id
        entries.append(VersionEntry(version, with_key(content), changes, in_use, list(version.returns.all())))
    return entries[::-1]


class QuestionVersions(RoomPage):
    template_name = "questions/admin/question_versions.html"
    page_title = gettext_lazy("版本")
    header_icon = "history"

    @cached_property
    def asked(self) -> Question:
        return self.question(self.kwargs["pk"])

    def trail(self) -> list[dict[str, Any]]:
        url = reverse("question_edit", args=[self.asked.pk])
        return [{"url": url, "label": _("试题 %(id)d") % {"id": self.asked.pk}}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        extra = {
            "question": self.asked,
            "entries": history(self.asked),
            "can_edit": self.allows(Action.BANK_EDIT, self.asked.bank),
            "can_review": self.allows(Action.BANK_REVIEW, self.asked.bank),
        }
        return dict(super().get_context_data(**kwargs), **extra)


class ReviewQueue(BehindAction, BaseListingView):
    """Drafts of the banks the person may review, oldest first."""

    action = Action.BANK_REVIEW
    model = Question
    template_name = "questions/admin/review_queue.html"
    results_template_name = "questions/admin/review_queue_results.html"
    page_title = gettext_lazy("审题")
    header_icon = "tasks"
    index_url_name = "question_review_queue"
    index_results_url_name = "question_review_queue_results"
    is_searchable = True
    filterset_class = QuestionFilters
    default_ordering = "latest__created_at"
    paginate_by = 50
    table_classname = "listing questions-table"

    @cached_property
    def columns(self) -> list[Column]:
        return [
            TitleColumn("stem", label=_("题干"), accessor=stem_of, get_url=self.link, classname="title"),
            LabelledColumn("kind", label=_("题型"), accessor="latest.get_kind_display"),
            LabelledColumn("chapter", label=_("章节"), accessor=lambda q: q.chapter or "—"),
            LabelledColumn("bank", label=_("题库"), sort_key="bank__name"),
            LabelledColumn("author", label=_("出题人"), accessor=lambda q: q.latest.created_by or "—"),
            LabelledColumn("no", label=_("版本"), accessor="latest.no"),
        ]

    def link(self, question: Question) -> str:
        bank = self.request.GET.get("bank", "")
        return reverse("question_review", args=[question.pk]) + (f"?bank={bank}" if bank.isdecimal() else "")

    def get_base_queryset(self) -> QuestionQuerySet:
        rows = Question.objects.allowing(self.user, Action.BANK_REVIEW).awaiting_review()
        return rows.select_related("bank", "chapter", "latest__created_by", "current")

    def search_queryset(self, queryset: QuestionQuerySet) -> QuestionQuerySet:
        return search(queryset, self.search_query) if self.is_searching else queryset


class QuestionReview(RoomPage):
    """One draft as members will see it, with its key and what changed; then the next one."""

    action = Action.BANK_REVIEW
    template_name = "questions/admin/question_review.html"
    header_icon = "tasks"

    @cached_property
    def asked(self) -> Question:
        return self.question(self.kwargs["pk"])

    def get_page_title(self) -> str:
        return _("审题：试题 %(id)d") % {"id": self.asked.pk}

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        queue = {"url": reverse("question_review_queue"), "label": _("审题")}
        return [*self.breadcrumbs_items, queue, {"url": "", "label": self.get_page_title()}]

    @cached_property
    def others(self) -> QuestionQuerySet:
        rows = Question.objects.allowing(self.user, Action.BANK_REVIEW).awaiting_review()
        rows = rows.exclude(pk=self.asked.pk)
        bank = self.request.GET.get("bank", "")
        return rows.filter(bank=int(bank)) if bank.isdecimal() and len(bank) <= 18 else rows

    def next_url(self) -> str:
        """The next draft in the order of the queue, else the first one, else the empty queue."""
        queue = self.others.order_by("latest__created_at", "pk")
        created = newest(self.asked).created_at
        later = queue.filter(latest__created_at__gte=created).exclude(
            latest__created_at=created, pk__lt=self.asked.pk
        )
        following = later.values_list("pk", flat=True).first() or queue.values_list("pk", flat=True).first()
        bank = self.request.GET.get("bank", "")
        query = f"?bank={bank}" if bank.isdecimal() else ""
        if following:
            return reverse("question_review", args=[following]) + query
        return reverse("question_review_queue") + query

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """One verdict on the version that was read, then the next draft; a refusal keeps what was written."""
        target = self.next_url()
        try:
            words = self.act()
        except QuestionBankError as error:
            return self.again(error=error.message, comment=request.POST.get("comment", ""))
        if words:
            messages.success(request, words % {"id": self.asked.pk})
        return redirect(target)

    def act(self) -> str:
        """What was done, in words; empty where nothing was asked. Raises QuestionBankError."""
        post, now = self.request.POST, timezone.now()
        seen = post.get("no", "")
        seen_no = int(seen) if seen.isdecimal() and len(seen) <= 9 else 0
        match post.get("act"):
            case "ready":
                set_ready(question_id=self.asked.pk, by=self.user, seen_no=seen_no, now=now)
                return _("试题 %(id)d 已可用。")
            case "return":
                comment = post.get("comment", "")
                return_to_author(
                    question_id=self.asked.pk, seen_no=seen_no, comment=comment, by=self.user, now=now
                )
                return _("试题 %(id)d 已退回给出题人。")
            case "retire":
                retire(question_id=self.asked.pk, by=self.user, now=now)
                return _("试题 %(id)d 已停用。")
            case _:
                return ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        question = self.asked
        latest = newest(question)
        content = content_of(latest)
        extra = {
            "question": question,
            "latest": latest,
            "shown": with_key(content),
            "changes": differences(content_of(question.current), content) if question.current else [],
            "remarks": [remark(problem, content.body) for problem in problems_of(content)],
            "next": self.next_url(),
            "left": self.others.count(),
            "returns": ReviewReturn.objects.filter(version__question=question)
            .select_related("version", "returned_by")
            .order_by("returned_at"),
            "returned": Question.objects.filter(pk=question.pk).returned().exists(),
            "can_edit": self.allows(Action.BANK_EDIT, question.bank),
            "waiting": latest.status == QuestionVersion.Status.DRAFT and question.retired_at is None,
        }
        return dict(super().get_context_data(**kwargs), **extra)
