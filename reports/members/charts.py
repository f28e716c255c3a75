"""The charts of a member's report, one of which is shown: each question's time, the course of an attempt, knowledge
points, scores, the days of study. Points are bars: in a radar the area depends on the order of its axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from fractions import Fraction

from django.utils.translation import gettext as _

from learning.study.shown import in_seconds
from question_bank.exams.models import Attempt
from reports.shape import Chart, ChartKind, Column, Kind, Table, Value

from .attempts import AttemptRecord, ItemRecord
from .items import items_of, items_table, stem_start
from .numbers import MemberNumbers, StudyRecord
from .points import PointRecord

MILLISECONDS = 1000


def charts_of(numbers: MemberNumbers, chosen: AttemptRecord | None, *, wrong_only: bool) -> dict[str, Chart]:
    """Those that have something to show, by the key of their table; the first is shown where none is asked for."""
    return {chart.table.key: chart for chart in _charts(numbers, chosen, wrong_only)}


def _charts(numbers: MemberNumbers, chosen: AttemptRecord | None, wrong_only: bool) -> Iterator[Chart]:
    if chosen is not None and chosen.items:
        items = items_table(chosen, wrong_only=wrong_only)
        if any(each is not None for each in items.values("median")):
            title, series = _("每题用时与全体中位数（秒）"), ("seconds", "median")
            yield Chart(ChartKind.BAR, items, "slot", series, title=title)
        else:
            yield Chart(ChartKind.BAR, items, "slot", ("seconds",), title=_("每题用时（秒）"))
        spans = ("shown", "thinking", "changing")
        line = timeline_table(chosen, wrong_only=wrong_only)
        yield Chart(ChartKind.SPANS, line, "slot", spans, title=_("作答的先后"))
    if numbers.study.by_day:
        yield Chart(ChartKind.CALENDAR, days_table(numbers.study), "day", ("ms",), title=_("学习日历"))
    if numbers.points:
        points = points_table(numbers.points)
        yield Chart(
            ChartKind.BAR,
            points,
            "point",
            ("mastery",),
            title=_("各知识点的掌握率（正式考试和补考）"),
            lying=True,
        )
    scores = scores_table(numbers.attempts)
    if scores.rows:
        yield Chart(ChartKind.BAR, scores, "attempt", ("share",), title=_("历次考试的得分率"), lying=True)


def timeline_table(record: AttemptRecord, *, wrong_only: bool = False) -> Table:
    """When each question was first seen and answered, in whole seconds after the start, so that the columns add up."""
    columns = (
        Column("slot", _("题号")),
        Column("stem", _("题目内容")),
        Column(
            "shown", _("初次看到（开始后）"), Kind.DURATION, how=_("从开始作答算起，暂停的时间也在其中。")
        ),
        Column("first", _("首次作答（开始后）"), Kind.DURATION),
        Column("last", _("最后作答（开始后）"), Kind.DURATION),
        Column("thinking", _("看到至首次作答"), Kind.DURATION),
        Column("changing", _("首次至最后作答"), Kind.DURATION, how=_("只答过一次的题为 0。")),
    )
    rows = [
        _timeline_row(each, record.attempt.started_at) for each in items_of(record, wrong_only=wrong_only)
    ]
    return Table(_("每题的先后"), columns, rows, key="timeline", empty=_("这次作答没有错题。"))


def _timeline_row(item: ItemRecord, start: datetime) -> tuple[Value, ...]:
    def after(at: datetime | None) -> int | None:
        return None if at is None else max(0, int((at - start).total_seconds())) * MILLISECONDS

    def between(one: int | None, other: int | None) -> int | None:
        return None if one is None or other is None else max(0, other - one)

    shown, first, last = after(item.first_view_at), after(item.first_answer_at), after(item.last_answer_at)
    thinking, changing = between(shown, first), between(first, last)
    return str(item.slot), stem_start(item), shown, first, last, thinking, changing


def points_table(points: Sequence[PointRecord]) -> Table:
    columns = (
        Column("point", _("知识点")),
        Column("mastery", _("掌握率"), Kind.PERCENT, how=_("该知识点各题得分之和 ÷ 满分之和")),
        Column("n", _("作答题次"), Kind.INT),
    )
    rows = [(each.name, each.mastery, each.n) for each in points]
    return Table(_("知识点掌握（正式考试和补考）"), columns, rows, key="points")


def scores_table(records: Sequence[AttemptRecord]) -> Table:
    """The marked attempts whose score may be seen, the first on top."""
    columns = (
        Column("attempt", _("考试")),
        Column("day", _("交卷时间"), Kind.INSTANT),
        Column("score", _("得分"), Kind.DECIMAL),
        Column("max", _("满分"), Kind.DECIMAL),
        Column("share", _("得分比例"), Kind.PERCENT),
    )
    rows: list[tuple[Value, ...]] = []
    for each in reversed(records):
        attempt = each.attempt
        if each.seen.score and attempt.state == Attempt.State.MARKED and attempt.score is not None:
            share = Fraction(attempt.score) / Fraction(attempt.max_score) if attempt.max_score else None
            name = _("%(exam)s 第 %(no)d 次") % {"exam": attempt.exam.title, "no": attempt.no}
            rows.append((name, attempt.submitted_at, attempt.score, attempt.max_score, share))
    return Table(_("历次得分"), columns, rows, key="scores")


def days_table(study: StudyRecord) -> Table:
    columns = (Column("day", _("日期"), Kind.DATE), Column("ms", _("有效学习时长"), Kind.DURATION))
    told = in_seconds([ms for _day, ms in study.by_day])
    rows = [(day, ms) for (day, _exact), ms in zip(study.by_day, told, strict=True)]
    return Table(_("每天的学习"), columns, rows, key="days")
