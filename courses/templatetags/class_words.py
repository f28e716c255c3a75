"""Dates and reasons of classes and certificates as they are read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django import template
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from courses.classes.graduating import Reason
from courses.classes.words import part_name, reason_words

register = template.Library()


@register.filter
def local_day(at: datetime | date | None) -> str:
    """2026年11月21日, of an instant in the site's time zone."""
    if at is None:
        return ""
    return date_format(localtime(at).date() if isinstance(at, datetime) else at, _("Y年n月j日"))


@register.filter
def why(reason: Reason | Mapping[str, str]) -> str:
    """What was missing for graduation."""
    return reason_words(reason)


@register.filter
def part_words(part: str) -> str:
    """考试, 学习完成, 心得体会."""
    return part_name(part)
