"""A course's numbers as a Report."""

from __future__ import annotations

from fractions import Fraction

from django.utils.translation import gettext as _

from reports.shape import (
    Chart,
    ChartKind,
    Choice,
    Column,
    Figure,
    Filter,
    Kind,
    Report,
    Table,
    Value,
    Withheld,
)
from reports.tallies import SMALL_GROUP, share
from reports.words import said

from .numbers import ZONES, CourseNumbers, LessonNumbers

PERCENT = Column("", "", Kind.PERCENT)
MINUTE_S = 60


def course_report(numbers: CourseNumbers, *, chart: str = "") -> Report:
    """`chart`: key of the one drawn."""
    title = _("%(course)s：课程报告") % {"course": numbers.course.title}
    charts = _charts(numbers)
    first = next(iter(charts))
    key = chart if chart in charts else first
    drawn = charts[key]
    tables = {each.table.key: each.table for each in charts.values() if each.table is not drawn.table}
    choices = tuple(Choice("" if name == first else name, each.title) for name, each in charts.items())
    return Report(
        title=title,
        sentence=sentence(numbers),
        as_of=numbers.as_of,
        figures=_figures(numbers),
        chart=drawn,
        tables=tuple(tables.values()),
        filters=(Filter("chart", _("图表"), "" if key == first else key, choices),),
        notes=(
            _("学习时长是学习记录，只用来改进课程，不参与任何评价。"),
            *((_("只记录看过的部分，不记录看了几遍：哪里被重看，无从得知。"),) if key == "strip" else ()),
        ),
        name=_("课程报告-%(course)s") % {"course": numbers.course.title},
    )


def _charts(numbers: CourseNumbers) -> dict[str, Chart]:
    """Those that have something to show; that of the lessons first."""
    lessons = _lessons(numbers)
    known, time = ("begun", "finished"), ("nominal", "median")
    charts = {
        "lessons": Chart(ChartKind.BAR, lessons, "lesson", known, _("各课时的学习与完成"), lying=True),
        "time": Chart(
            ChartKind.BAR, lessons, "lesson", time, _("各课时的有效学习时长与标称时长"), lying=True
        ),
    }
    if numbers.strips:
        strip = _strip(numbers)
        zones = tuple(f"z{n}" for n in range(ZONES))
        charts["strip"] = Chart(ChartKind.HEAT, strip, "video", zones, _("视频各段的观看比例"))
    if numbers.curve:
        charts["curve"] = Chart(ChartKind.LINE, _curve(numbers), "day", ("total",), _("累计学完的人数"))
    return charts


def sentence(numbers: CourseNumbers) -> str:
    if not numbers.enrolled:
        return _("还没有人加入这门课程。")
    words = _(
        "加入 %(enrolled)d 人，已开始 %(begun)d 人，学完 %(finished)d 人（%(rate)s）；近 7 天有 %(week)d 人在学"
    ) % {
        "enrolled": numbers.enrolled,
        "begun": numbers.begun,
        "finished": numbers.finished,
        "rate": said(PERCENT, share(numbers.finished, numbers.enrolled)),
        "week": numbers.active[7],
    }
    lost = numbers.drop_off
    if lost is None:
        return words + _("。")
    return words + _("；“%(lesson)s”流失最多，学完前一课时的有 %(n)d 人没有学完它。") % {
        "lesson": lost.activity.title,
        "n": lost.lost,
    }


def _figures(numbers: CourseNumbers) -> tuple[Figure, ...]:
    people = _("人")
    return (
        Figure(_("加入"), numbers.enrolled, unit=people, how=_("应学名单和自选加入的人。"), key="enrolled"),
        Figure(
            _("应学"), numbers.expected, unit=people, how=_("列入应学名单的人，不含自选。"), key="expected"
        ),
        Figure(_("已开始"), numbers.begun, unit=people, how=_("打开过任一课时，或有完成登记。"), key="begun"),
        Figure(_("学完"), numbers.finished, unit=people, key="finished"),
        Figure(
            _("学完率"),
            share(numbers.finished, numbers.enrolled),
            Kind.PERCENT,
            how=_("学完 ÷ 加入"),
            key="rate",
        ),
        Figure(
            _("逾期"),
            numbers.overdue,
            unit=people,
            how=_("应学名单中过了应学完时间还没有学完的人。"),
            key="overdue",
        ),
        Figure(
            _("近 7 天在学"), numbers.active[7], unit=people, how=_("有有效学习记录的人。"), key="active_7"
        ),
        Figure(_("近 30 天在学"), numbers.active[30], unit=people, key="active_30"),
    )


def _lessons(numbers: CourseNumbers) -> Table:
    columns = (
        Column("lesson", _("课时")),
        Column("begun", _("学习过"), Kind.INT, _("人")),
        Column("finished", _("学完"), Kind.INT, _("人")),
        Column("share", _("学完率"), Kind.PERCENT, how=_("学完该课时 ÷ 学习过该课时")),
        Column("lost", _("流失"), Kind.INT, _("人"), how=_("学完前一课时、没有学完这一课时的人数之差。")),
        Column("nominal", _("标称时长"), Kind.INT, _("分钟")),
        Column(
            "median", _("有效学习时长中位数"), Kind.DECIMAL, _("分钟"),
            how=_("学完的人在该课时的有效学习时长；可与标称时长比较。"), places=1,
        ),
    )  # fmt: skip
    return Table(
        _("各课时"),
        columns,
        [_row(each) for each in numbers.lessons],
        key="lessons",
        empty=_("课程还没有课时。"),
    )


def _row(each: LessonNumbers) -> tuple[Value, ...]:
    return (
        each.activity.title,
        each.begun,
        each.finished,
        share(each.finished, each.begun),
        each.lost,
        each.activity.nominal_minutes,
        _median_minutes(each),
    )


def _median_minutes(each: LessonNumbers) -> Value:
    if 0 < each.seconds.n < SMALL_GROUP:
        return Withheld.SMALL_GROUP
    median = each.seconds.median
    return None if median is None else median / MINUTE_S


def _strip(numbers: CourseNumbers) -> Table:
    """Of a video that few have watched the parts would tell of single people."""
    zones = tuple(
        Column(f"z{n}", said(PERCENT, Fraction(n, ZONES)).replace(".0%", "%"), Kind.PERCENT)
        for n in range(ZONES)
    )
    few = (Withheld.SMALL_GROUP,) * ZONES
    return Table(
        _("视频各段的观看比例（每段二十分之一，从左到右）"),
        (Column("video", _("视频")), Column("viewers", _("观看"), Kind.INT, _("人")), *zones),
        [
            (each.title, each.viewers, *(few if each.viewers < SMALL_GROUP else each.shares))
            for each in numbers.strips
        ],
        key="strip",
    )


def _curve(numbers: CourseNumbers) -> Table:
    columns = (
        Column("day", _("日期"), Kind.DATE),
        Column("finished", _("当天学完"), Kind.INT, _("人")),
        Column("total", _("累计学完"), Kind.INT, _("人")),
    )
    return Table(_("学完进度"), columns, list(numbers.curve), key="curve")
