"""The launch inspector: who came from which platform and how it ended, the claims without the token."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_date
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from learning.organisation.admin.screens import found, paged
from lti.models import Launch, Platform, PlatformUser
from lti.services.redacting import redact

from .doors import door, link, page
from .words import OK, binding_words, code_advice, code_words, message_words


@door
@require_GET
def launch_list(request: HttpRequest) -> HttpResponse:
    asked = {name: request.GET.get(name, "") for name in ("platform", "code", "day")}
    rows = chosen(Launch.objects.all(), **asked).select_related("platform", "user", "context")
    shown = paged(request, rows.defer("claims").order_by("-at", "pk"))
    codes = Launch.objects.order_by("code").values_list("code", flat=True).distinct()
    context = {
        "page_obj": shown,
        "rows": [(row, message_words(row.message_type), code_words(row.code)) for row in shown.object_list],
        "platforms": Platform.objects.order_by("name", "pk").values_list("pk", "name"),
        "codes": [(code, code_words(code)) for code in codes if code != OK],
        "asked": asked,
        "filtered": any(asked.values()),
    }
    return page(request, "launches.html", context, title=_("进入记录"), tab="launch_list")


def chosen(rows: QuerySet[Launch], *, platform: str, code: str, day: str) -> QuerySet[Launch]:
    """The launches of a platform (its id), with a code ("refused": any but ok), of a day in the site's time zone; "" is
    any. What is no platform, no code or no day finds nothing."""
    if platform:
        rows = (
            rows.filter(platform=int(platform))
            if platform.isdecimal() and len(platform) < 10
            else rows.none()
        )
    if code == "refused":
        rows = rows.exclude(code=OK)
    elif code:
        rows = rows.filter(code=code)
    if day:
        span = day_of(day)
        rows = rows.filter(at__gte=span[0], at__lt=span[1]) if span else rows.none()
    return rows


def day_of(text: str) -> tuple[datetime, datetime] | None:
    """Begin and end of an ISO day in the site's time zone; None for what is no day."""
    try:
        date = parse_date(text)
        if date is None:
            return None
        begin = datetime.combine(date, datetime.min.time())
        return make_aware(begin), make_aware(begin + timedelta(days=1))
    except (ValueError, OverflowError):
        return None


@door
@require_GET
def launch(request: HttpRequest, launch_id: Any) -> HttpResponse:
    rows = Launch.objects.select_related(
        "platform", "user", "context", "resource_link__exam", "resource_link__page", "login"
    )
    row = found(rows, launch_id)
    person = None
    if row.platform_id and row.user_id:
        person = PlatformUser.objects.filter(platform=row.platform_id, user=row.user_id).first()
    context = {
        "row": row,
        "message": message_words(row.message_type),
        "said": code_words(row.code),
        "advice": code_advice(row.code),
        "binding": binding_words(row.bound_by, in_frame=row.in_frame),
        "claims": json.dumps(redact(row.claims), ensure_ascii=False, indent=2, sort_keys=True),
        "person": person,
        "seconds": round((row.at - row.login.created_at).total_seconds()) if row.login else None,
    }
    return page(
        request,
        "launch.html",
        context,
        title=_("一次进入的详情"),
        tab="launch_list",
        trail=[(link("launch_list"), _("进入记录"))],
    )
