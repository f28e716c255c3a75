"""The questions of an attempt as a table: when, how long, what was answered, right or wrong."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from question_bank.engine.used_time import Source
from question_bank.exams.templatetags.answers import answer_words
from reports.shape import Column, Kind, Table, Value

from .attempts import AttemptRecord, ItemRecord

STEM_CHARS = 60


def items_of(record: AttemptRecord, *, wrong_only: bool) -> list[ItemRecord]:
    """All questions, or those that are marked without full marks."""
    return [each for each in record.items if each.correct is False or not wrong_only]


def items_table(record: AttemptRecord, *, wrong_only: bool = False) -> Table:
    """A row for each question, or for each that is marked without full marks."""
    title = _("%(exam)s 第 %(no)d 次：逐题") % {"exam": record.attempt.exam.title, "no": record.attempt.no}
    second = _("秒")
    estimated = record.time is not None and record.time.source is Source.ESTIMATED
    columns = (
        Column("slot", _("题号")),
        Column("stem", _("题目内容")),
        Column("version", _("版本")),
        Column("first_view_at", _("初次看到")),
        Column("first_answer_at", _("首次作答")),
        Column("last_answer_at", _("最后作答")),
        Column(
            "seconds", _("用时（估算）") if estimated else _("用时（实测）"), Kind.DECIMAL, second, places=1,
            how=_("实测：题目可见的时间。估算：没有实测时，取相邻两次作答到达服务器的间隔，最多 10 分钟。"),
        ),
        Column("median", _("全体中位数"), Kind.DECIMAL, second, places=1, how=_("少于 5 人时不显示。")),
        Column("changes", _("改动"), Kind.INT, _("次")),
        Column("answer", _("作答内容")),
        Column("verdict", _("对错")),
        Column("mark", _("得分"), Kind.DECIMAL),
        Column("max", _("满分"), Kind.DECIMAL),
    )  # fmt: skip
    empty = _("这次作答没有错题。") if wrong_only else ""
    return Table(
        title,
        columns,
        [_item_row(each) for each in items_of(record, wrong_only=wrong_only)],
        key="items",
        empty=empty,
    )


def _item_row(each: ItemRecord) -> tuple[Value, ...]:
    return (
        str(each.slot),
        stem_start(each),
        f"#{each.version} v{each.version_no}",
        _clock(each.first_view_at),
        _clock(each.first_answer_at),
        _clock(each.last_answer_at),
        None if each.active_ms is None else Fraction(each.active_ms, 1000),
        None if each.median_ms is None else each.median_ms / 1000,
        each.changes,
        plain_words(answer_words(each.shown, each.answer)),
        _verdict(each),
        each.mark,
        each.max_mark,
    )


def stem_start(item: ItemRecord) -> str:
    return plain_words(str(item.shown["stem"]), STEM_CHARS)


def _clock(at: datetime | None) -> str | None:
    """14:30:08, local; the day stands in the table of attempts."""
    return f"{timezone.localtime(at):%H:%M:%S}" if at else None


def _verdict(each: ItemRecord) -> str:
    if each.mark is None:
        return _("待评")
    if each.correct:
        return _("✓ 对")
    return _("◐ 部分对") if each.mark else _("✗ 错")


def plain_words(html: str, most: int = 0) -> str:
    """Sanitised HTML as one line of text, cut to `most` characters (0 = whole)."""
    text = strip_tags(html.replace("<br>", "；").replace("</p>", " ")).replace("&nbsp;", " ")
    for name, letter in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#x27;", "'"), ("&amp;", "&")):
        text = text.replace(name, letter)
    text = " ".join(text.split())
    return f"{text[: most - 1]}…" if most and len(text) > most else text
