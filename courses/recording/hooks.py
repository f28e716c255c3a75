"""Their addresses and menu items in Wagtail's admin. Imported by courses/wagtail_hooks.py."""

from __future__ import annotations

from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from learning.organisation.admin.menus import ActionMenuItem
from learning.organisation.permissions import Action

from . import erasing, meetings


@hooks.register("register_admin_urls")
def register_urls() -> list[URLPattern]:
    return [
        path("study/offline/", meetings.meeting_list, name="offline_list"),
        path("study/offline/new/", meetings.meeting_new, name="offline_new"),
        path("study/offline/<int:pk>/", meetings.meeting_people, name="offline_people"),
        path("study/offline/<int:pk>/add/", meetings.meeting_add, name="offline_add"),
        path("study/offline/<int:pk>/take-back/", meetings.meeting_take_back, name="offline_take_back_all"),
        path(
            "study/offline/<int:pk>/take-back/<int:person>/",
            meetings.meeting_take_back,
            name="offline_take_back",
        ),
        path("study/erase/", erasing.erase_list, name="erase_list"),
        path("study/erase/<int:pk>/", erasing.erase_person, name="erase_person"),
    ]


@hooks.register("register_study_menu_item")
def offline_item() -> MenuItem:
    return ActionMenuItem(
        _("线下学习"), reverse_lazy("offline_list"), name="offline", icon_name="calendar-check", order=70,
        action=Action.STUDY_RECORD,
    )  # fmt: skip


@hooks.register("register_study_menu_item")
def erase_item() -> MenuItem:
    return ActionMenuItem(
        _("删除学习记录"), reverse_lazy("erase_list"), name="erase-study", icon_name="bin", order=90,
        action=Action.STUDY_ERASE,
    )  # fmt: skip
