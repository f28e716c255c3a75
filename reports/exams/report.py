"""An exam's report as a Report: the sentence, key figures, one chart with its table, bands, questions, weak points."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from django.utils.translation import gettext as _

from reports.attendance import attendance_figures, attended, most_absent
from reports.shape import (
    Chart,
    ChartKind,
    Choice,
    Column,
    Figure,
    Filter,
    Kind,
    Line,
    Report,
    Table,
    Value,
    Withheld,
)
from reports.words import half_up, listed, said, with_unit

from .audience import BY_UNIT
from .item_table import item_table, items_chart
from .numbers import ExamNumbers
from .unit_tables import (
    LinkToUnit,
    how_boxes,
    how_points,
    points_chart,
    scores_chart,
    small_units_note,
)

# The address of a question's report within the exam, "" where the reader may not open it.
LinkTo = Callable[[int], str]
BINS = 10
TENTH, HUNDRED = Fraction(1, 10), 100
PERCENT = Column("", "", Kind.PERCENT)


def exam_report(numbers: ExamNumbers, *, link_to: LinkTo, link_to_unit: LinkToUnit) -> Report:
    items = item_table(numbers.items, link_to)
    chart, tables = _chart(numbers, items, link_to_unit)
    return Report(
        title=_("%(exam)s：考试报告") % {"exam": numbers.exam.title},
        sentence=sentence(numbers),
        as_of=numbers.as_of,
        figures=(*attendance_figures(numbers.tally, _("人")), *_scores(numbers), *_reliability(numbers)),
        chart=chart,
        tables=tables,
        filters=_filters(numbers),
        notes=_notes(numbers),
        name=_("考试报告-%(exam)s") % {"exam": numbers.exam.title},
    )


def sentence(numbers: ExamNumbers) -> str:
    """Who was due, who came, who passed, where most are missing."""
    tally = numbers.tally
    if not tally.due:
        return _("所选范围内没有考生。")
    passed = _("合格率（按实考）%(rate)s") % {"rate": said(PERCENT, tally.pass_rate_sat)}
    parts = [listed((attended(tally), passed))]
    if tally.marked and not tally.is_small:
        mean = Column("", "", Kind.DECIMAL, points_of(numbers))
        parts.append(_("平均 %(mean)s") % {"mean": with_unit(mean, tally.spread.mean)})
    if worst := most_absent(numbers.missing.items()):
        parts.append(_("%(unit)s缺考 %(n)d 人，最多") % {"unit": worst[0], "n": worst[1]})
    elif tally.absent:
        parts.append(_("缺考 %(n)d 人") % {"n": tally.absent})
    return _("；").join(parts) + _("。")


def points_of(numbers: ExamNumbers) -> str:
    return _("分") if numbers.scale.full else _("分（百分制）")


def _scores(numbers: ExamNumbers) -> list[Figure]:
    spread, used = numbers.tally.spread, numbers.used
    unit = points_of(numbers)
    hidden = Withheld.SMALL_GROUP if numbers.tally.is_small and numbers.tally.marked else None

    def shown(value: Value) -> Value:
        return hidden or value

    def score(key: str, label: str, value: Value, how: str = "") -> Figure:
        return Figure(label, shown(value), Kind.DECIMAL, unit, how, key=key)

    return [
        score("mean", _("平均分"), spread.mean, _("有成绩的人得分之和 ÷ 人数；一人多次作答按考试的取分规则计一次。")),
        score("median", _("中位数"), spread.median),
        score("sd", _("标准差"), spread.sd, _("总体标准差（÷ 人数）。")),
        score("p10", "P10", spread.percentile(TENTH), _("十分位数，包含端点、线性插值。")),
        score("p90", "P90", spread.percentile(9 * TENTH), _("第九十百分位数，包含端点、线性插值。")),
        Figure(
            _("偏度"),
            shown(spread.skewness),
            Kind.DECIMAL,
            how=_("m₃ ÷ m₂^1.5；小于 0 表示低分一侧拖得更长。"),
            key="skewness",
        ),
        Figure(
            _("峰度"),
            shown(spread.kurtosis),
            Kind.DECIMAL,
            how=_("m₄ ÷ m₂² − 3；正态分布为 0。"),
            key="kurtosis",
        ),
        Figure(
            _("用时中位数"),
            shown(half_up(used.median, 0) if used.median is not None else None),
            Kind.DURATION,
            how=_("从开始到交卷，减去暂停。"),
            key="used",
        ),
    ]  # fmt: skip


def _reliability(numbers: ExamNumbers) -> list[Figure]:
    if not numbers.items.fixed:
        return []
    enough = all(item.figures.enough for item in numbers.items.items)
    few = None if enough else Withheld.SMALL_SAMPLE
    return [
        Figure(
            "α",
            few or numbers.items.alpha,
            Kind.DECIMAL,
            how=_("Cronbach α = k/(k−1)·(1 − 各题得分方差之和/总分方差)，k 为题数，按作答份数。"),
            key="alpha",
        ),
        Figure(
            _("测量标准误"),
            few or numbers.items.error,
            Kind.DECIMAL,
            _("分"),
            _("SEM = 标准差·√(1−α)，按作答份数。"),
            key="sem",
        ),
    ]


def _chart(numbers: ExamNumbers, items: Table, link_to_unit: LinkToUnit) -> tuple[Chart, tuple[Table, ...]]:
    """The chart asked for, and the tables that it does not show."""
    scores, bands, points = _score_table(numbers), _band_table(numbers), _point_table(numbers)
    rest = [each for each in (bands, points) if each is not None]
    match numbers.audience.wanted.chart:
        case "items":
            return items_chart(items), (scores, *rest)
        case "time":
            chart = Chart(
                ChartKind.SCATTER, _sitter_table(numbers), "name", ("used", "score"), _("得分与用时")
            )
            return chart, (scores, *rest, items)
        case "units":
            chart = scores_chart(numbers.by_unit, points_of(numbers), link_to_unit)
            return chart, (scores, *rest, items)
        case "points":
            return points_chart(numbers.by_unit, link_to_unit), (scores, *rest, items)
        case _:
            at = float(numbers.exam.pass_percent) / BINS
            line = Line(
                at, _("合格线 %(percent)s%%") % {"percent": f"{numbers.exam.pass_percent.normalize():f}"}
            )
            chart = Chart(ChartKind.HISTOGRAM, scores, "band", ("n",), _("成绩分布"), lines=(line,))
            return chart, (*rest, items)


def _score_table(numbers: ExamNumbers) -> Table:
    """Ten parts of the full mark."""
    full, counts = numbers.full, [0] * BINS
    for score, n in numbers.tally.spread.counts:
        counts[min(BINS - 1, int(score * BINS / full)) if full else 0] += n
    hidden = Withheld.SMALL_GROUP if numbers.tally.is_small else None
    edges = [f"{half_up(full * part / BINS, 2).normalize():f}" for part in range(BINS + 1)]
    total = numbers.tally.spread.n
    rows = [
        (f"{edges[part]}–{edges[part + 1]}", hidden or n, hidden or (Fraction(n, total) if total else None))
        for part, n in enumerate(counts)
    ]
    columns = (
        Column("band", _("分数段"), how=_("含下限，不含上限；最高一段含满分。")),
        Column("n", _("人数"), Kind.INT, _("人")),
        Column("share", _("人数占比"), Kind.PERCENT),
    )
    return Table(_("成绩分布"), columns, rows, key="scores")


def _band_table(numbers: ExamNumbers) -> Table | None:
    """How many reached each band of the exam; None where it has none."""
    names = [
        band["name"] for band in sorted(numbers.exam.bands, key=lambda each: -Fraction(str(each["from"])))
    ]
    if not names:
        return None
    counts = dict.fromkeys([*names, ""], 0)
    for band, n in numbers.bands.items():
        counts[band if band in counts else ""] += n
    hidden = Withheld.SMALL_GROUP if numbers.tally.is_small else None
    total = numbers.tally.marked
    rows = [
        (name or _("未达等级"), hidden or n, hidden or (Fraction(n, total) if total else None))
        for name, n in counts.items()
    ]
    columns = (
        Column("name", _("等级")),
        Column("n", _("人数"), Kind.INT, _("人")),
        Column("share", _("人数占比"), Kind.PERCENT),
    )
    return Table(_("等级"), columns, rows, key="bands")


def _point_table(numbers: ExamNumbers) -> Table | None:
    if not numbers.items.weakest:
        return None
    columns = (
        Column("point", _("知识点")),
        Column("mastery", _("掌握率"), Kind.PERCENT, how=_("该知识点各题得分之和 ÷ 满分之和")),
        Column("n", _("作答题次"), Kind.INT),
    )
    rows = [(each.name, each.mastery, each.n) for each in numbers.items.weakest]
    return Table(_("最薄弱的知识点"), columns, rows, key="points")


def _sitter_table(numbers: ExamNumbers) -> Table:
    """The people with a result; of fewer than five too, for these are no distribution but the results themselves."""
    columns = (
        Column("name", _("姓名")),
        Column("number", _("号码")),
        Column("unit", _("党组织")),
        Column("score", _("得分"), Kind.DECIMAL, points_of(numbers)),
        Column("used", _("用时"), Kind.DURATION),
    )
    rows = [(each.name, each.number, each.unit, each.score, each.used_ms) for each in numbers.sitters]
    return Table(_("成绩与用时"), columns, rows, key="people", empty=_("还没有成绩。"))


def _filters(numbers: ExamNumbers) -> tuple[Filter, ...]:
    audience, wanted = numbers.audience, numbers.audience.wanted
    top = min((unit.depth for unit in audience.units), default=1)
    units = [Choice(str(unit.pk), "　" * (unit.depth - top) + unit.name) for unit in audience.units]
    of_units = (
        Filter(
            "unit",
            _("党组织"),
            str(audience.unit.pk) if audience.unit else "",
            (Choice("", _("全部")), *units),
        ),
        Filter(
            "by",
            _("党组织归属"),
            "now" if wanted.unit_now else "",
            (Choice("", _("按当时所在支部")), Choice("now", _("按现支部"))),
        ),
    )
    # Teachers of a group have no units to choose from, and their people are theirs wherever they belong.
    return (
        *(of_units if units or audience.everybody else ()),
        Filter(
            "chart",
            _("图表"),
            "" if wanted.chart == "scores" else wanted.chart,
            (
                Choice("", _("成绩分布")),
                Choice("items", _("试题得分率与区分度")),
                Choice("time", _("得分与用时")),
                Choice("units", _("各党组织的成绩")),
                Choice("points", _("各党组织的知识点得分率")),
            ),
        ),
    )


def _notes(numbers: ExamNumbers) -> tuple[str, ...]:
    notes = []
    items, chart = numbers.items, numbers.audience.wanted.chart
    if numbers.tally.sitting or numbers.tally.waiting:
        notes.append(_("考试还没有结束：作答中和尚未考的人另列，统计只含已评分的成绩。"))
    if not items.fixed:
        notes.append(_("这场考试随机组卷，各人试卷不同：只给出每道题的数字，不计算 α 和测量标准误。"))
    elif items.items and items.alpha is None:
        notes.append(_("不是每个人都答过每道题，或者得分没有差别：不计算 α 和测量标准误。"))
    if items.waiting:
        notes.append(_("有 %(n)d 份作答刚刚评分，几秒后计入试题数据。") % {"n": items.waiting})
    if numbers.scale.full is None and numbers.tally.marked:
        notes.append(_("各份试卷满分不同，成绩按百分制计。"))
    if chart in BY_UNIT:
        notes.append(how_boxes() if chart == "units" else how_points())
        notes.append(small_units_note(numbers.by_unit))
    return tuple(each for each in notes if each)
