"""The organisation's place in Wagtail's admin: viewsets, URLs, the menu group 组织."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import Menu, SubmenuMenuItem

from learning.organisation.admin.menus import ActionMenuItem

from .admin import people, rosters, units
from .admin.account import ElsewherePanel, use_our_account_panels
from .admin.audit_log import audit_viewset
from .admin.role_list import roles_viewset
from .admin.users import person_chooser
from .permissions import Action

use_our_account_panels()


@hooks.register("register_admin_viewset")
def register_viewsets() -> list[Any]:
    return [units.units_viewset, roles_viewset, audit_viewset, person_chooser]


@hooks.register("register_admin_urls")
def register_urls() -> list[Any]:
    return [*people.urlpatterns, *units.urlpatterns, *rosters.urlpatterns]


def item(label: Any, url: str, icon: str, action: Action, order: int) -> ActionMenuItem:
    return ActionMenuItem(
        label, reverse(url), icon_name=icon, action=action, order=order, name=url.replace(":", "-")
    )


@hooks.register("register_admin_menu_item")
def register_organisation_menu() -> SubmenuMenuItem:
    menu = Menu(
        items=[
            item(_("党组织"), "units:index", "group", Action.MEMBER_VIEW, 10),
            item(_("人员"), "wagtailusers_users:index", "user", Action.MEMBER_VIEW, 20),
            item(_("导入花名册"), "roster_upload", "upload", Action.MEMBER_MANAGE, 30),
            item(_("角色"), "roles:index", "key", Action.ROLE_GRANT, 40),
            item(_("审计记录"), "audit:index", "history", Action.AUDIT_VIEW, 50),
        ]
    )
    return SubmenuMenuItem(_("组织"), menu, icon_name="group", order=500, name="organisation")


hooks.register("register_account_settings_panel", ElsewherePanel)
