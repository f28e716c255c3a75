"""Classes and reflections in Wagtail's admin: their addresses and menu items. Imported by courses/wagtail_hooks.py."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest
from django.template.context import Context
from django.urls import URLPattern, URLResolver, include, path, reverse, reverse_lazy
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component

from courses.reflecting import desk
from courses.reflecting.marking import tasks_to_mark
from learning.organisation.admin.menus import ActionMenuItem
from learning.organisation.models import User
from learning.organisation.permissions import Action, may

from .manage import classes, graduating, members, plan, progress
from .manage.doors import ROOM

ROWS_SHOWN = 5
CLASS = "classes/<int:class_id>/"

patterns: list[URLPattern] = [
    path("classes/", classes.class_list, name="class_list"),
    path("classes/new/", classes.class_new, name="class_new"),
    path(f"{CLASS}edit/", classes.class_edit, name="class_edit"),
    path(f"{CLASS}start/", classes.class_start, name="class_start"),
    path(f"{CLASS}plan/", plan.class_plan, name="class_plan"),
    path(f"{CLASS}plan/rules/", plan.class_rules, name="class_rules"),
    path(f"{CLASS}plan/add/<str:kind>/", plan.item_add, name="item_add"),
    path(f"{CLASS}plan/<int:item_id>/", plan.item_edit, name="item_edit"),
    path(f"{CLASS}members/", members.class_members, name="class_members"),
    path(f"{CLASS}members/units/", members.members_admit, name="members_admit"),
    path(f"{CLASS}members/numbers/", members.members_upload, name="members_upload"),
    path(f"{CLASS}members/<int:member_id>/", members.member_act, name="member_act"),
    path(f"{CLASS}progress/", progress.class_progress, name="class_progress"),
    path(f"{CLASS}progress/export/", progress.progress_export, name="progress_export"),
    path(f"{CLASS}graduation/", graduating.class_graduation, name="class_graduation"),
    path(f"{CLASS}graduation/confirm/", graduating.graduation_confirm, name="graduation_confirm"),
    path(f"{CLASS}graduation/export/", graduating.graduation_export, name="graduation_export"),
    path(f"{CLASS}certificates/", graduating.certificates_issue, name="certificates_issue"),
    path(
        f"{CLASS}certificates/<int:certificate_id>/revoke/",
        graduating.certificate_revoke,
        name="certificate_revoke",
    ),
    path("reflections/", desk.task_list, name="task_list"),
    path("reflections/<int:task_id>/", desk.task_texts, name="task_texts"),
    path("reflections/<int:task_id>/next/", desk.task_next, name="task_next"),
    path("reflections/<int:task_id>/<int:reflection_id>/", desk.text_mark, name="text_mark"),
]


@hooks.register("register_admin_urls")
def register_urls() -> list[URLPattern | URLResolver]:
    return [path("", include((patterns, ROOM)))]


class TextsPanel(Component):
    """On the first page of the admin: tasks with texts that wait for a mark."""

    name = "reflections"
    order = 60
    template_name = "courses/manage/home_panel.html"

    def __init__(self, request: HttpRequest) -> None:
        self.user = cast(User, request.user)

    def render_html(self, parent_context: Context | None = None) -> SafeString:
        return super().render_html(parent_context)  # type: ignore[no-any-return]  # laces has no types

    def get_context_data(self, parent_context: Context | None) -> dict[str, Any]:
        rows = [
            {"url": reverse(f"{ROOM}:task_texts", args=[task.pk]), "title": task.title, "count": task.waiting}
            for task in tasks_to_mark(self.user)[:ROWS_SHOWN]  # those with most waiting lead
            if task.waiting
        ]
        return {"rows": rows, "all_url": reverse(f"{ROOM}:task_list")}


@hooks.register("construct_homepage_panels")
def add_texts_panel(request: HttpRequest, panels: list[Component]) -> None:
    if may(cast(User, request.user), Action.REFLECTION_MARK):
        panels.append(TextsPanel(request))


@hooks.register("register_study_menu_item")
def class_item() -> MenuItem:
    return ActionMenuItem(
        _("培训班"),
        reverse_lazy(f"{ROOM}:class_list"),
        name="classes",
        icon_name="group",
        order=50,
        action=Action.CLASS_MANAGE,
    )


@hooks.register("register_study_menu_item")
def reflection_item() -> MenuItem:
    return ActionMenuItem(
        _("心得体会评阅"),
        reverse_lazy(f"{ROOM}:task_list"),
        name="reflections",
        icon_name="edit",
        order=60,
        action=Action.REFLECTION_MARK,
    )
