"""Figures as organisers read them."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.models import Material


def minutes_words(ms: int) -> str:
    """1小时05分, 12分30秒."""
    seconds = round(ms / 1000)
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    if hours:
        return _("%(hours)d小时%(minutes)02d分") % {"hours": hours, "minutes": minutes}
    return _("%(minutes)d分%(seconds)02d秒") % {"minutes": minutes, "seconds": rest}


def length_words(material: Material) -> str:
    """How long it is: time, or pages of a PDF; empty until it was processed."""
    if material.kind == Material.Kind.PDF:
        count = len(material.pages)
        return ngettext("%(count)d 页", "%(count)d 页", count) % {"count": count} if count else ""
    return minutes_words(material.duration_ms) if material.duration_ms else ""
