"""The exams in Wagtail's admin: the organisers' screens under /admin/exams/, their menu, the panel of what
waits."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest
from django.template.context import Context
from django.urls import URLPattern, URLResolver, include, path, reverse, reverse_lazy
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.menu import Menu, SubmenuMenuItem
from wagtail.admin.ui.components import Component

from learning.organisation.admin.menus import ActionMenuItem
from learning.organisation.models import User
from learning.organisation.permissions import Action, may
from question_bank.questions.models import Bank, ImportJob

from . import manage_urls
from .models import Exam
from .organising import listing, watching
from .views.manage.doors import ADMIN

ROWS_SHOWN = 5


@hooks.register("register_admin_urls")
def register_urls() -> list[URLPattern | URLResolver]:
    return [path("exams/", include((manage_urls.patterns(), ADMIN)))]


@hooks.register("register_admin_menu_item")
def register_menu() -> SubmenuMenuItem:
    exams = reverse_lazy(f"{ADMIN}:manage_exams")
    items = [
        ActionMenuItem(
            gettext_lazy("全部考试"),
            exams,
            name="exams-all",
            icon_name="list-ul",
            order=1,
            action=Action.EXAM_VIEW,
        ),
        ActionMenuItem(
            gettext_lazy("新建考试"),
            reverse_lazy(f"{ADMIN}:manage_exam_new"),
            name="exams-new",
            icon_name="plus",
            order=2,
            action=Action.EXAM_BUILD,
        ),
        FilteredMenuItem("running", gettext_lazy("进行中"), name="exams-running", icon_name="time", order=3),
        FilteredMenuItem("draft", gettext_lazy("草稿"), name="exams-draft", icon_name="edit", order=4),
    ]
    menu = Menu(items=items)
    return SubmenuMenuItem(gettext_lazy("考试"), menu, name="exams", icon_name="calendar-check", order=300)


class FilteredMenuItem(ActionMenuItem):
    """The list of exams with one standing."""

    def __init__(self, standing: str, label: Any, **kwargs: Any) -> None:
        super().__init__(label, "", action=Action.EXAM_VIEW, **kwargs)
        self.standing = standing

    def render_component(self, request: HttpRequest) -> Any:
        self.url = f"{reverse(f'{ADMIN}:manage_exams')}?state={self.standing}"
        return super().render_component(request)


class WaitingPanel(Component):
    """What needs somebody now: exams running, answers to mark, question files to confirm; each a link."""

    name = "exams"
    order = 50

    def __init__(self, request: HttpRequest) -> None:
        self.user = cast(User, request.user)

    def render_html(self, parent_context: Context | None = None) -> SafeString:
        return super().render_html(parent_context)  # type: ignore[no-any-return]  # laces has no types

    template_name = "exams/manage/home_panel.html"

    def get_context_data(self, parent_context: Context | None) -> dict[str, Any]:
        now = timezone.now()
        running = Exam.objects.watched_by(self.user, Action.EXAM_MONITOR).filter(
            listing.standing_q(listing.RUNNING, now)
        )
        shown = list(running.order_by("closes_at").only("pk", "title", "closes_at")[:ROWS_SHOWN])
        sitting = watching.sitting_now(shown, self.user)
        to_mark = Exam.objects.allowing(self.user, Action.EXAM_MARK)
        waiting = listing.waiting_for_marks(to_mark)
        titles = dict(Exam.objects.filter(pk__in=waiting).values_list("pk", "title"))
        return {
            "running": [
                {
                    "url": reverse(f"{ADMIN}:manage_monitor", args=[exam.pk]),
                    "title": exam.title,
                    "closes_at": exam.closes_at,
                    "sitting": sitting.get(exam.pk, 0),
                }
                for exam in shown
            ],
            "running_count": running.count(),
            "running_url": f"{reverse(f'{ADMIN}:manage_exams')}?state=running",
            "marking": [
                {
                    "url": reverse(f"{ADMIN}:manage_marking", args=[pk]),
                    "title": titles[pk],
                    "count": count,
                }
                for pk, count in sorted(waiting.items(), key=lambda pair: -pair[1])[:ROWS_SHOWN]
            ],
            "imports": self._imports(),
            "import_words": _("等待确认的试题导入"),
        }

    def _imports(self) -> list[ImportJob]:
        jobs = ImportJob.objects.filter(
            bank__in=Bank.objects.allowing(self.user, Action.BANK_EDIT),
            state__in=[ImportJob.State.UPLOADED, ImportJob.State.CHECKED],
        )
        return list(jobs.select_related("bank").order_by("-pk")[:ROWS_SHOWN])


@hooks.register("construct_homepage_panels")
def add_panel(request: HttpRequest, panels: list[Component]) -> None:
    if may(cast(User, request.user), Action.EXAM_VIEW) or may(cast(User, request.user), Action.BANK_EDIT):
        panels.append(WaitingPanel(request))
