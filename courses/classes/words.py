"""Graduation in words: why somebody does not graduate."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from .graduating import Missing, Part, Reason
from .graduation import reason_json


def part_name(part: str) -> str:
    return {Part.EXAM: _("考试"), Part.STUDY: _("学习完成"), Part.REFLECTION: _("心得体会")}[Part(part)]


def reason_words(reason: Reason | Mapping[str, str]) -> str:
    """One sentence part; takes what `Graduation.reasons` keeps as well."""
    kept = reason_json(reason) if isinstance(reason, Reason) else reason
    facts = {
        "name": kept.get("name", ""),
        "reached": plain(kept.get("reached")),
        "asked": plain(kept.get("asked")),
    }
    match Missing(kept["code"]):
        case Missing.ITEM:
            return _("“%(name)s”未完成") % facts
        case Missing.PART:
            facts["name"] = part_name(kept["name"])
            return _("%(name)s %(reached)s，低于 %(asked)s") % facts
        case Missing.HOURS:
            return _("学时 %(reached)s，少于 %(asked)s") % facts
        case Missing.TOTAL:
            return _("综合成绩 %(reached)s，低于 %(asked)s") % facts


def plain(value: Decimal | str | None) -> str:
    """82.5 for 82.50; "" for None."""
    return "" if value is None else f"{Decimal(value).normalize():f}"
