"""The questions of an exam as a table and as a chart: how hard, how well they tell people apart, how long they took."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from question_bank.engine.item_statistics import Flag
from question_bank.questions.sanitise import to_plain
from reports.shape import Chart, ChartKind, Column, Kind, Row, Table, Value, Withheld

from .items import Item, ItemNumbers

STEM_CHARS = 40
FLAG_WORDS = {
    Flag.LOW_DISCRIMINATION: gettext_lazy("区分度低"),
    Flag.TOO_EASY: gettext_lazy("过易"),
    Flag.TOO_HARD: gettext_lazy("过难"),
    Flag.DISTRACTOR: gettext_lazy("有错误选项吸引高分者"),
    Flag.KEY_SUSPECT: gettext_lazy("答案存疑"),
}


def how_facility() -> str:
    return _("得分之和 ÷ 满分之和；少于 30 份作答为样本不足。")


def how_item_rest() -> str:
    return _("本题得分与其余各题总分的相关系数；低于 0.15 提示区分度低。")


def how_discrimination() -> str:
    return _("总分最高 27 % 与最低 27 % 两组得分率之差；分界处同分者按比例计入。")


def how_seconds() -> str:
    return _("页面测得的有效用时，按整秒；没有测得的按答案到达的间隔估算。")


def item_table(numbers: ItemNumbers, link_to: Callable[[int], str]) -> Table:
    columns = (
        Column("name", _("试题")),
        Column("kind", _("题型")),
        Column("n", _("作答份数"), Kind.INT),
        Column("facility", _("得分率"), Kind.PERCENT, how=how_facility()),
        Column("r", _("区分度 r"), Kind.DECIMAL, how=how_item_rest()),
        Column("d", _("区分度 D"), Kind.DECIMAL, how=how_discrimination()),
        Column("blank", _("空白率"), Kind.PERCENT),
        Column("seconds", _("用时中位数"), Kind.DURATION, how=how_seconds()),
        Column("flags", _("提示")),
    )
    rows = [_row(item) for item in numbers.items]
    links = [link_to(item.version.question_id) for item in numbers.items]
    return Table(_("各试题"), columns, rows, links, key="items", empty=_("还没有评分的作答。"))


def _row(item: Item) -> Row:
    found = item.figures
    few = None if found.enough else Withheld.SMALL_SAMPLE
    return (
        name_of(item),
        str(item.version.get_kind_display()),
        found.n,
        few or found.facility,
        few or found.item_rest,
        few or found.discrimination,
        few or found.blank,
        few or milliseconds(found.median_s),
        _("已作废") if item.void else flag_words(found.flags),
    )


def milliseconds(seconds: Fraction | None) -> Value:
    return None if seconds is None else int(seconds * 1000)


def flag_words(flags: tuple[Flag, ...]) -> str:
    return _("、").join(str(FLAG_WORDS[flag]) for flag in flags)


def name_of(item: Item) -> str:
    """The place on a fixed paper and the beginning of the words; the question's number alone where the reader may not
    see its bank."""
    words = stem_start(item.version.stem) if item.readable else ""
    name = words or _("试题 %(id)d") % {"id": item.version.question_id}
    return f"{item.place}. {name}" if item.place else name


def stem_start(stem: str) -> str:
    text = to_plain(stem).replace("\n", " ").strip()
    return text[:STEM_CHARS] + "…" if len(text) > STEM_CHARS else text


def items_chart(table: Table) -> Chart:
    return Chart(ChartKind.SCATTER, table, "name", ("facility", "r"), _("试题得分率与区分度"))
