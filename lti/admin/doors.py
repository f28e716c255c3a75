"""What the administrator's screens of platforms share: the door, the addresses, the frame in Wagtail's admin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from learning.organisation.admin.screens import behind
from learning.organisation.permissions import Action
from lti.models import Platform

ROOM = "lti_admin"  # the namespace of these screens

door = behind(Action.SITE_MANAGE)


def link(name: str, *args: object) -> str:
    return reverse(f"{ROOM}:{name}", args=args)


def go(name: str, *args: object) -> HttpResponse:
    return redirect(link(name, *args))


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    title: str,
    tab: str = "",
    platform: Platform | None = None,
    trail: Sequence[tuple[str, str]] = (),
    status: int = 200,
    wide: bool = True,
) -> HttpResponse:
    """The screen in Wagtail's frame: with the tabs of one platform, or with those of the whole room. `trail` are
    (address, words) between them and this page."""
    crumbs = [(reverse("wagtailadmin_home"), _("首页"))]
    if tab != "platform_list" or platform is not None:
        crumbs.append((link("platform_list"), _("校园平台")))
    if platform is not None and tab != "platform":
        crumbs.append((link("platform", platform.pk), platform.name))
    items = [{"url": url, "label": label} for url, label in (*crumbs, *trail)]
    frame = {
        "inside_admin": True,
        "platform": platform,
        "tabs": tabs_of(platform, tab) if platform else tabs_of_room(tab),
        "page_title": title,
        "header_title": title,
        "header_icon": "link",
        "header_buttons": [],
        "breadcrumbs_items": [*items, {"url": "", "label": title}],
        "wide": wide,
    }
    return render(request, f"lti/admin/{template}", {**frame, **context}, status=status)


def tabs_of_room(current: str) -> list[dict[str, Any]]:
    rows = [
        ("platform_list", _("平台")),
        ("invitation_list", _("注册邀请")),
        ("launch_list", _("进入记录")),
        ("key_list", _("密钥")),
    ]
    return [{"label": label, "url": link(name), "current": name == current} for name, label in rows]


def tabs_of(platform: Platform, current: str) -> list[dict[str, Any]]:
    rows = [
        ("platform", _("概况")),
        ("platform_edit", _("登记信息")),
        ("platform_paste", _("在平台里填写")),
        ("check", _("连接检查")),
        ("person_list", _("平台人员")),
    ]
    return [
        {"label": label, "url": link(name, platform.pk), "current": name == current} for name, label in rows
    ]
