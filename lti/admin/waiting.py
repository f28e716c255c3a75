"""What of platforms waits for the administrator, and for whoever releases scores."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from learning.organisation.models import User
from learning.organisation.permissions import Action, may
from lti.models import Deployment, Platform
from lti.services.grades_seen import failed_count

from .doors import link

ROWS_SHOWN = 5


def waiting() -> list[dict[str, Any]]:
    """Links to the platforms that wait for approval, or have deployments that do; those that came first lead."""
    pending = Count("deployments", filter=Q(deployments__state=Deployment.State.PENDING))
    rows = Platform.objects.exclude(state=Platform.State.OFF).annotate(pending=pending)
    rows = rows.filter(Q(state=Platform.State.PENDING) | Q(pending__gt=0)).order_by("pk")
    shown = rows.values_list("pk", "name", "state", "pending")[:ROWS_SHOWN]
    return [
        {"url": link("platform", pk), "words": _words(name, state, count)} for pk, name, state, count in shown
    ]


def _words(name: str, state: str, pending: int) -> str:
    if state == Platform.State.PENDING:
        return _("平台待批准：%(name)s") % {"name": name}
    words = ngettext("部署待批准：%(name)s，%(n)d 个", "部署待批准：%(name)s，%(n)d 个", pending)
    return words % {"name": name, "n": pending}


def undelivered(user: User) -> list[dict[str, Any]]:
    """A link to the scores that reached no gradebook, for whoever released them; [] where there are none."""
    count = failed_count(user) if may(user, Action.EXAM_RELEASE) else 0
    if not count:
        return []
    words = ngettext("%(n)d 条成绩未能送达校园平台", "%(n)d 条成绩未能送达校园平台", count) % {"n": count}
    return [{"url": f"{reverse('lti_admin_all_grades')}?state=failed", "words": words}]
