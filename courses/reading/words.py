"""The texts of the lesson page: all that its scripts show, and what the page itself says of a part before they run."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

SHORT_S = 300  # media below five minutes is told in minutes and seconds; words.js does the same
MOST_NAMED = 3
SEEN_S = 1  # a shorter gap is no gap

Span = Sequence[int]


def script_words() -> dict[str, str]:
    """Named placeholders are filled in the browser."""
    return {
        "seconds": _("%(n)s秒"),
        "minutes": _("%(n)s分钟"),
        "hours_minutes": _("%(h)s小时%(m)s分"),
        "comma": _("，"),
        "between": _("、"),
        "and_more": _("%(list)s等 %(n)s 处"),
        "covered": _("已学 %(done)s/%(total)s 分钟"),
        "covered_short": _("已学 %(done)s/%(total)s"),
        "missing": _("还差第 %(spans)s 分钟"),
        "missing_short": _("还差 %(spans)s"),
        "part_done": _("已学完"),
        "blocks_left": _("已读 %(n)s/%(total)s 节，还差：%(missing)s"),
        "pages_left": _("已读 %(n)s/%(total)s 页，还差：%(missing)s"),
        "resumed": _("已回到上次学到的 %(at)s。"),
        "at_gap": _("已到还没有学的 %(at)s。"),
        "to_gap": _("去 %(at)s 补学"),
        "no_skip": _("首次学习请按顺序观看，已回到 %(at)s。"),
        "rate_max": _("本课程最快 %(n)s 倍速。"),
    }


def covered_words(done_ms: int, total_ms: int) -> str:
    """“已学 12/20 分钟”, “已学 0:12/0:40” of short media; as coveredText of words.js."""
    done, total = done_ms // 1000, total_ms // 1000
    if total_ms < SHORT_S * 1000:
        return _("已学 %(done)s/%(total)s") % {"done": clock_words(done), "total": clock_words(total)}
    return _("已学 %(done)s/%(total)s 分钟") % {"done": done // 60, "total": -(-total_ms // 60_000)}


def missing_words(spans: Sequence[Span], total_ms: int) -> str:
    """“还差第 8–14 分钟” of the union's gaps; "" when nothing is missing."""
    gaps = gaps_of(spans, total_ms)
    if not gaps:
        return ""
    if total_ms < SHORT_S * 1000:
        named = [f"{clock_words(start // 1000)}–{clock_words(end // 1000)}" for start, end in gaps]
        return and_more(_("还差 %(spans)s") % {"spans": first_of(named)}, named)
    named = [f"{start // 60_000}–{-(-end // 60_000)}" for start, end in gaps]
    return and_more(_("还差第 %(spans)s 分钟") % {"spans": first_of(named)}, named)


def gaps_of(spans: Sequence[Span], total_ms: int) -> list[tuple[int, int]]:
    """What of [0, total) no span covers, in ms; gaps of up to a second left out."""
    edges = [0, *(edge for span in spans for edge in span), total_ms]
    gaps = zip(edges[::2], edges[1::2], strict=True)
    return [(start, end) for start, end in gaps if end - start > SEEN_S * 1000]


def read_words(kind: str, spent: Sequence[int], least: Sequence[int], labels: Sequence[str]) -> str:
    """“已读 3/5 节，还差：第二章” of a text, of a document in pages."""
    missing = [label for done, need, label in zip(spent, least, labels, strict=True) if done < need]
    values = {
        "n": len(least) - len(missing),
        "total": len(least),
        "missing": and_more(first_of(missing), missing),
    }
    if not missing:
        return _("已学完")
    if kind == "pdf":
        return _("已读 %(n)s/%(total)s 页，还差：%(missing)s") % values
    return _("已读 %(n)s/%(total)s 节，还差：%(missing)s") % values


def first_of(items: Sequence[str]) -> str:
    """The first three."""
    return _("、").join(items[:MOST_NAMED])


def and_more(text: str, items: Sequence[str]) -> str:
    """The text that names the first of the items, and how many there are if it does not name all."""
    return _("%(list)s等 %(n)s 处") % {"list": text, "n": len(items)} if len(items) > MOST_NAMED else text


def clock_words(seconds: int) -> str:
    """8:12, 1:05:12."""
    minutes = f"{seconds // 60 % 60}:{seconds % 60:02d}"
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}" if seconds >= 3600 else minutes


def lessons_words(percent: int, done: int, total: int) -> str:
    """“已学 34%，学完 1/4 课”: the percentage is the bar's, which also knows of lessons half studied."""
    words = ngettext(
        "已学 %(percent)s%%，学完 %(done)s/%(total)s 课",
        "已学 %(percent)s%%，学完 %(done)s/%(total)s 课",
        total,
    )
    return words % {
        "percent": percent,
        "done": done,
        "total": total,
    }
