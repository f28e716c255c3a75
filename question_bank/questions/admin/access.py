"""What every screen of this room shares: the door by action, Wagtail's page furniture, objects by right."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from learning.organisation.admin.screens import found
from learning.organisation.models import User
from learning.organisation.permissions import Action, may
from question_bank.questions.models import Bank, Question, QuestionVersion
from question_bank.questions.models.questions import QuestionQuerySet


class BehindAction:
    """Nobody who may do `action` nowhere gets in; rows are narrowed by the views themselves."""

    action: ClassVar[Action] = Action.BANK_VIEW
    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may(cast(User, request.user), self.action):
            raise Http404
        return cast(HttpResponseBase, super().dispatch(request, *args, **kwargs))  # type: ignore[misc]  # a View

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    def bank(self, pk: int, action: Action | None = None) -> Bank:
        """The bank, if the person may do the action (else the view's own) on it; otherwise 404."""
        banks = Bank.objects.allowing(self.user, action or self.action).select_related("owner_unit")
        return found(banks, pk)

    def question(self, pk: int, action: Action | None = None) -> Question:
        rows = Question.objects.allowing(self.user, action or self.action)
        return found(rows.select_related("bank__owner_unit", "latest", "current", "chapter"), pk)

    def allows(self, action: Action, bank: Bank) -> bool:
        return Bank.objects.allowing(self.user, action).filter(pk=bank.pk).exists()


class RoomPage(BehindAction, WagtailAdminTemplateMixin, TemplateView):
    """A page with Wagtail's header; `trail` are the links between the room's list and this page."""

    home: ClassVar[tuple[Any, Any]] = (reverse_lazy("question_list"), _("试题"))

    def trail(self) -> list[dict[str, Any]]:
        return []

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        here = {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()}
        start = {"url": self.home[0], "label": self.home[1]}
        return [*self.breadcrumbs_items, start, *self.trail(), here]

    def again(self, **context: Any) -> HttpResponse:
        """The page once more, after a form that did not pass."""
        return self.render_to_response(self.get_context_data(**self.kwargs, **context))


def local_next(request: HttpRequest, fallback: str) -> str:
    """The address to go back to, if it is one of this site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    fits = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if target and fits else fallback


def visible_questions(user: User) -> QuestionQuerySet:
    """What a listing shows: everything a row says comes with it, whatever the number of rows."""
    rows: QuestionQuerySet = Question.objects.allowing(user, Action.BANK_VIEW)
    return rows.select_related("bank", "chapter", "latest", "current").with_returned()


def newest(question: Question) -> QuestionVersion:
    """The version that editors see; every question is saved together with its first one."""
    if question.latest is None:
        raise Http404
    return question.latest
