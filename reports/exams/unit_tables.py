"""The units of an exam's report as tables and charts: how the scores lie in each, and how each did on the weakest
knowledge points. A unit with few results is named and not shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction

from django.utils.translation import gettext as _

from learning.organisation.models import Unit
from question_bank.engine.statistics import Distribution
from reports.shape import Chart, ChartKind, Column, Kind, Row, Table, Value, Withheld
from reports.tallies import SMALL_GROUP
from reports.units.points import LEAST_ANSWERS, PointTally

from .by_unit import UnitLine

# The address of the exam's report narrowed to a unit, "" where the reader may not choose it.
LinkToUnit = Callable[[Unit], str]
BOX = (("p10", 10), ("p25", 25), ("median", 50), ("p75", 75), ("p90", 90))
QUARTERS = (25, 75)
MOST_POINTS = 8  # columns of a heat map that a phone can show
MOST_NAMES = 10


def scores_chart(lines: Sequence[UnitLine], points: str, link_to: LinkToUnit) -> Chart:
    """`points`: the unit of the scores in words."""
    every = Distribution.counted(sum((Counter(dict(line.scores.counts)) for line in lines), Counter()))
    columns = (
        Column("unit", _("党组织")),
        Column("n", _("有成绩"), Kind.INT, _("人")),
        *(
            Column(
                key,
                _("中位数") if percent == 50 else f"P{percent}",
                Kind.DECIMAL,
                points,
                how=_("第 %(n)d 百分位数，包含端点、线性插值。") % {"n": percent}
                if percent in QUARTERS
                else "",
            )
            for key, percent in BOX
        ),
        Column("mean", _("平均分"), Kind.DECIMAL, points),
    )
    shown = _shown(lines)
    table = Table(
        _("各党组织的成绩"),
        columns,
        [(_name(line), *_spread(line.scores)) for line in shown],
        [_link(line, link_to) for line in shown],
        total=(_("合计"), *_spread(every)),
        key="units",
        empty=_few(),
    )
    series = tuple(key for key, _percent in BOX)
    return Chart(ChartKind.BOX, table, "unit", series, _("各党组织成绩的分布"), lying=True)


def points_chart(lines: Sequence[UnitLine], link_to: LinkToUnit) -> Chart:
    weakest = weakest_points(lines)
    columns = (
        Column("unit", _("党组织")),
        Column("n", _("有成绩"), Kind.INT, _("人")),
        *(Column(f"p{each.id}", each.name, Kind.PERCENT) for each in weakest),
    )
    shown = _shown(lines) if weakest else []
    table = Table(
        _("各党组织的知识点得分率"),
        columns,
        [
            (_name(line), line.scores.n, *(_rate(line.points.get(each.id)) for each in weakest))
            for line in shown
        ],
        [_link(line, link_to) for line in shown],
        total=(_("合计"), sum(line.scores.n for line in lines), *(_rate(each) for each in weakest)),
        key="unit-points",
        empty=_("试题没有标注知识点，或者作答太少。") if not weakest else _few(),
    )
    series = tuple(f"p{each.id}" for each in weakest) or ("n",)
    return Chart(ChartKind.HEAT, table, "unit", series, _("各党组织在薄弱知识点上的得分率"))


def weakest_points(lines: Sequence[UnitLine]) -> list[PointTally]:
    """The points that all the people did worst, worst first; of those that half the units have answered often enough."""
    sums: dict[int, PointTally] = {}
    for line in lines:
        for point, tally in line.points.items():
            known = sums.get(point)
            sums[point] = _added(known, tally) if known else tally
    shown = _shown(lines)
    told = Counter(each.id for line in shown for each in line.points.values() if each.n >= LEAST_ANSWERS)
    enough = [each for each in sums.values() if told[each.id] and 2 * told[each.id] >= len(shown)]
    return sorted(enough, key=lambda each: (each.mastery or Fraction(0), each.name))[:MOST_POINTS]


def how_points() -> str:
    return _(
        "得分率 = 该知识点各题得分之和 ÷ 满分之和；列出全体得分率最低的知识点，最多 %(most)d 个，"
        "半数以上党组织作答少于 %(least)d 题次的不列。"
    ) % {"most": MOST_POINTS, "least": LEAST_ANSWERS}


def how_boxes() -> str:
    return _(
        "箱线图：箱是中间一半人的得分（P25 到 P75），箱中的线是中位数，两端是 P10 和 P90，不是最低分和最高分。"
    )


def small_units_note(lines: Sequence[UnitLine]) -> str:
    """Who is not shown; "" where everybody is."""
    names = [_name(line) for line in lines if line.is_small]
    if not names:
        return ""
    words = {"units": _("、").join(names[:MOST_NAMES]), "least": SMALL_GROUP, "n": len(names)}
    if len(names) > MOST_NAMES:
        return _("%(units)s等 %(n)d 个党组织有成绩的不足 %(least)d 人，不单独列出，计入合计。") % words
    return _("%(units)s有成绩的不足 %(least)d 人，不单独列出，计入合计。") % words


def _shown(lines: Sequence[UnitLine]) -> list[UnitLine]:
    return [line for line in lines if not line.is_small]


def _name(line: UnitLine) -> str:
    if line.unit is None:
        return _("现已不在任何党组织")
    return _("%(unit)s（本级）") % {"unit": line.unit.name} if line.own else line.unit.name


def _link(line: UnitLine, link_to: LinkToUnit) -> str:
    return "" if line.own or line.unit is None else link_to(line.unit)


def _spread(scores: Distribution) -> Row:
    few = Withheld.SMALL_GROUP if 0 < scores.n < SMALL_GROUP else None
    parts = [few or scores.percentile(Fraction(percent, 100)) for _key, percent in BOX]
    return (scores.n, *parts, few or scores.mean)


def _rate(tally: PointTally | None) -> Value:
    if tally is None or not tally.n:
        return None
    return tally.mastery if tally.n >= LEAST_ANSWERS else Withheld.SMALL_SAMPLE


def _added(one: PointTally, other: PointTally) -> PointTally:
    return PointTally(one.id, one.name, one.n + other.n, one.marks + other.marks, one.full + other.full)


def _few() -> str:
    return _("没有哪个党组织有成绩的达到 %(n)d 人，不显示。") % {"n": SMALL_GROUP}
