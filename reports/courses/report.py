"""A course's numbers as a Report."""

from __future__ import annotations

from fractions import Fraction

from django.utils.translation import gettext as _

from reports.shape import Chart, ChartKind, Column, Figure, Kind, Report, Table, Value, Withheld
from reports.tallies import SMALL_GROUP, share
from reports.words import said

from .numbers import ZONES, CourseNumbers, LessonNumbers

PERCENT = Column("", "", Kind.PERCENT)
MINUTE_S = 60


def course_report(numbers: CourseNumbers) -> Report:
    title = _("%(course)s：课程报告") % {"course": numbers.course.title}
    lessons = _lessons(numbers)
    return Report(
        title=title,
        sentence=sentence(numbers),
        as_of=numbers.as_of,
        figures=_figures(numbers),
        chart=Chart(
            ChartKind.BAR, lessons, "lesson", ("begun", "finished"), title=_("各课时的学习与完成"), lying=True
        ),
        tables=tuple(_more(numbers)),
        notes=(_("学习时长是学习记录，只用来改进课程，不参与任何评价。"),),
        name=_("课程报告-%(course)s") % {"course": numbers.course.title},
    )


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
        _("课时"),
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


def _more(numbers: CourseNumbers) -> list[Table]:
    tables = []
    if numbers.strips:
        zones = tuple(
            Column(f"z{n}", said(PERCENT, Fraction(n, ZONES)).replace(".0%", "%"), Kind.PERCENT)
            for n in range(ZONES)
        )
        tables.append(
            Table(
                _("视频各段的观看比例（每段二十分之一，从左到右）"),
                (
                    Column("video", _("视频")),
                    Column("viewers", _("观看"), Kind.INT, _("人")),
                    *zones,
                ),
                [(each.title, each.viewers, *each.shares) for each in numbers.strips],
                key="strip",
            )
        )
    if numbers.curve:
        columns = (
            Column("day", _("日期"), Kind.DATE),
            Column("finished", _("当天学完"), Kind.INT, _("人")),
            Column("total", _("累计学完"), Kind.INT, _("人")),
        )
        tables.append(Table(_("学完进度"), columns, list(numbers.curve), key="curve"))
    return tables
