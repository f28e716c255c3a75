"""What every report's screen shares: closed to whoever may read no report at all, never kept by a cache."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from learning.organisation.admin.screens import behind
from learning.organisation.permissions import Action

ADMIN = "reports_admin"  # the namespace of the mount inside Wagtail's admin

# A report for organisers: signed in and allowed to read reports somewhere; else it does not exist.
door = behind(Action.REPORT_VIEW)


def link(name: str, *args: object) -> str:
    return reverse(f"{ADMIN}:{name}", args=args)


def home_crumb() -> tuple[str, str]:
    return link("index"), _("报告")
