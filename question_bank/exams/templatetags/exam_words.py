"""Instants, durations and points as members and organisers read them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django import template
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def moment(at: datetime | None) -> str:
    """2026年11月21日 14:30, in the site's time zone."""
    return date_format(localtime(at), _("Y年n月j日 H:i")) if at else ""


@register.filter
def moment_s(at: datetime | None) -> str:
    """2026年11月21日 14:30:08, for receipts."""
    return date_format(localtime(at), _("Y年n月j日 H:i:s")) if at else ""


@register.filter
def duration(span: timedelta | int | float | None) -> str:
    """1小时05分, 2小时, 45分钟, 38分20秒, 12秒; a number is seconds."""
    if span is None:
        return ""
    seconds = max(0, int(span.total_seconds() if isinstance(span, timedelta) else span))
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    if hours and not minutes:
        return ngettext("%(hours)s小时", "%(hours)s小时", hours) % {"hours": hours}
    if hours:
        return _("%(hours)s小时%(minutes)s分") % {"hours": hours, "minutes": f"{minutes:02d}"}
    if minutes and left:
        return _("%(minutes)s分%(seconds)s秒") % {"minutes": minutes, "seconds": f"{left:02d}"}
    if minutes:
        return ngettext("%(minutes)s分钟", "%(minutes)s分钟", minutes) % {"minutes": minutes}
    return ngettext("%(seconds)s秒", "%(seconds)s秒", left) % {"seconds": left}


@register.filter
def duration_ms(milliseconds: int) -> str:
    """As `duration`."""
    return duration(milliseconds // 1000)


@register.filter
def clock(milliseconds: int) -> str:
    """45:12 or 1:05:12, as the player counts down."""
    seconds = -(-max(0, milliseconds) // 1000)
    hours, rest = divmod(seconds, 3600)
    minutes = f"{rest // 60:02d}:{rest % 60:02d}"
    return f"{hours}:{minutes}" if hours else minutes


@register.filter
def points(value: Decimal | str | None) -> str:
    """86, 52.5: without the zeros that the database keeps."""
    if value is None:
        return ""
    exact = Decimal(value).normalize()
    return f"{exact:f}"


@register.filter
def letter(index: int) -> str:
    """A for 0; numbers beyond Z."""
    return chr(ord("A") + index) if index < 26 else str(index + 1)
