"""What every report's screen shares: closed to whoever may read no report at all, never kept by a cache."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from learning.organisation.admin.screens import behind
from learning.organisation.models import User
from learning.organisation.permissions import Action, groups_allowing

ADMIN = "reports_admin"  # the namespace of the mount inside Wagtail's admin

# A report for organisers: signed in and allowed to read reports somewhere; else it does not exist.
door = behind(Action.REPORT_VIEW)


def teaches_a_group(user: User) -> bool:
    """Whether the person may read about the people of some teaching group."""
    return bool(groups_allowing(user, Action.REPORT_VIEW))


# The report of an exam, which teachers of a group open too.
group_door = behind(Action.REPORT_VIEW, or_if=teaches_a_group)


def link(name: str, *args: object) -> str:
    return reverse(f"{ADMIN}:{name}", args=args)


def home_crumb() -> tuple[str, str]:
    return link("index"), _("报告")
