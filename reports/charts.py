"""A report's chart as ECharts options and in words. Every number and its text come from the chart's table through
words.py, so chart, table, spreadsheet and PDF cannot differ. Colours and sizes are the page's (chart.js)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.dates import MONTHS_ALT
from django.utils.translation import gettext as _

from .shape import Chart, ChartKind, Column, Kind, Row, Value
from .words import clauses, heading, listed, named, rounded, said, with_unit

Option = dict[str, Any]
IN_MINUTES_FROM_S = 600  # an axis of longer durations counts minutes
ROWS_IN_WORDS = 12
BAR_PX, LEAST_PX, MOST_PX = 34, 280, 1600
AROUND_PX, AROUND_HEAT_PX = 96, 180  # axes and legend; above a heat map the names may stand upright
LEAST_SPAN_PX = 4
WIDEST_BAR_PX, WIDEST_BIN_PX = 44, 96  # a single bar would else fill the chart
# A unit at the end of a lying axis would stand outside the canvas: it goes below its middle.
LYING = {"nameLocation": "middle", "nameGap": 28}
LYING_GRID = {"left": 8, "right": 24, "top": 48, "bottom": 32, "containLabel": True}


def drawn(chart: Chart) -> dict[str, Any]:
    """For chart.js: {option, height (px), series (how many colours it takes)}. In `option` each datum carries `words`,
    the text of its table cells, for the tooltip."""
    option = {
        "animation": False,
        "grid": {"left": 8, "right": 24, "top": 48, "bottom": 8, "containLabel": True},
        "tooltip": {"trigger": "item", "confine": True},
        **MAKERS[chart.kind](chart),
    }
    if len(chart.series) > 1 and chart.kind in (
        ChartKind.BAR, ChartKind.HISTOGRAM, ChartKind.LINE, ChartKind.RADAR,
    ):  # fmt: skip
        option["legend"] = {"top": 0, "data": [chart.table.column(key).label for key in chart.series]}
    return {"option": option, "height": height(chart), "series": len(chart.series)}


def shows_anything(chart: Chart) -> bool:
    """Whether the table holds a number to draw; where all are withheld or missing an empty frame would mislead."""
    columns = [(chart.table.column(key), chart.table.values(key)) for key in chart.series]
    return any(number(column, value) is not None for column, values in columns for value in values)


def height(chart: Chart) -> int:
    """Pixels; lying bars and heat maps grow with their rows."""
    if chart.lying or chart.kind in (ChartKind.HEAT, ChartKind.SPANS):
        is_row = chart.stacked or chart.kind in (ChartKind.HEAT, ChartKind.SPANS)
        each = BAR_PX if is_row else BAR_PX * max(1, len(chart.series) // 2)
        around = AROUND_HEAT_PX if chart.kind is ChartKind.HEAT else AROUND_PX
        least = 0 if chart.kind is ChartKind.HEAT else LEAST_PX
        return min(MOST_PX, max(least, around + each * len(chart.table.rows)))
    return 220 if chart.kind is ChartKind.CALENDAR else 340


def alternative(chart: Chart) -> str:
    """What the chart shows, in words, for whoever does not see it: kind, title, the first rows; the rest is in the
    table."""
    table = chart.table
    place = table.place(chart.category)
    rows = []
    for row in table.rows[:ROWS_IN_WORDS]:
        values = [_cell_words(chart, row, key) for key in chart.series]
        rows.append(named(said(table.columns[place], row[place]), listed(values)))
    head = _("%(kind)s：%(title)s。") % {
        "kind": KIND_WORDS[chart.kind](),
        "title": chart.title or table.title,
    }
    text = head + clauses(rows) + (_("。") if rows else "")
    if len(table.rows) > ROWS_IN_WORDS:
        text += _("共 %(count)d 行，其余见表格。") % {"count": len(table.rows)}
    return text


KIND_WORDS: dict[ChartKind, Callable[[], str]] = {
    ChartKind.BAR: lambda: _("柱状图"),
    ChartKind.HISTOGRAM: lambda: _("直方图"),
    ChartKind.LINE: lambda: _("折线图"),
    ChartKind.SCATTER: lambda: _("散点图"),
    ChartKind.BOX: lambda: _("箱线图"),
    ChartKind.HEAT: lambda: _("热力图"),
    ChartKind.FUNNEL: lambda: _("漏斗图"),
    ChartKind.RADAR: lambda: _("雷达图"),
    ChartKind.SPANS: lambda: _("时间线"),
    ChartKind.CALENDAR: lambda: _("日历图"),
}


def _cell_words(chart: Chart, row: Row, key: str) -> str:
    column = chart.table.column(key)
    text = with_unit(column, row[chart.table.place(key)])
    return text if len(chart.series) == 1 else f"{column.label} {text}"


def number(column: Column, value: Value, *, minutes: bool = False) -> float | None:
    """The datum drawn: the number that the table shows (a duration in seconds or minutes); None where it shows none."""
    if not isinstance(value, int | Decimal | Fraction):
        return None
    exact = rounded(column, value)
    return round(float(exact) / 60, 3) if minutes else float(exact)


def _names(chart: Chart) -> list[str]:
    column = chart.table.column(chart.category)
    return [said(column, value) for value in chart.table.values(chart.category)]


def _in_minutes(chart: Chart, key: str) -> bool:
    column = chart.table.column(key)
    longest = max((number(column, value) or 0 for value in chart.table.values(key)), default=0)
    return column.kind is Kind.DURATION and longest >= IN_MINUTES_FROM_S


def _axis(chart: Chart, keys: tuple[str, ...]) -> Option:
    """A value axis for these columns, which share a kind and a unit."""
    column = chart.table.column(keys[0])
    axis: Option = {"type": "value"}
    if column.kind is Kind.PERCENT:
        return axis | {"axisLabel": {"formatter": "{value}%"}}
    if column.kind is Kind.DURATION:
        return axis | {"name": _("分钟") if any(_in_minutes(chart, key) for key in keys) else _("秒")}
    if column.kind is Kind.INT:
        axis["minInterval"] = 1
    return axis | {"name": column.unit} if column.unit else axis


def _data(chart: Chart, key: str, minutes: bool) -> list[Option]:
    column, place = chart.table.column(key), chart.table.place(key)
    found = []
    for name, row in zip(_names(chart), chart.table.rows, strict=True):
        words = named(name, with_unit(column, row[place]))
        if len(chart.series) > 1:
            words = named(f"{name} · {column.label}", with_unit(column, row[place]))
        found.append({"value": number(column, row[place], minutes=minutes), "words": words})
    return found


def _lying(values: Option, names: Option, series: list[Option]) -> Option:
    """Bars that grow to the right, the first row on top."""
    below = {"grid": LYING_GRID} if "name" in values else {}
    return {"xAxis": values | LYING, "yAxis": names | {"inverse": True}, "series": series, **below}


def _bars(chart: Chart) -> Option:
    kind = "line" if chart.kind is ChartKind.LINE else "bar"
    minutes = any(_in_minutes(chart, key) for key in chart.series)
    names: Option = {"type": "category", "data": _names(chart)}
    values = _axis(chart, chart.series)
    series: list[Option] = []
    for key in chart.series:
        one: Option = {
            "type": kind,
            "name": chart.table.column(key).label,
            "data": _data(chart, key, minutes),
        }
        if chart.stacked:
            one["stack"] = "all"
        if kind == "bar":
            one["barMaxWidth"] = WIDEST_BAR_PX
        if chart.kind is ChartKind.HISTOGRAM:
            one |= {"barCategoryGap": "4%", "barMaxWidth": WIDEST_BIN_PX}
        series.append(one)
    if chart.lying:
        return _lying(values, names, series)
    if kind == "line":  # the first and the last name would else reach beyond the canvas
        names["axisLabel"] = {"alignMinLabel": "left", "alignMaxLabel": "right"}
    option: Option = {"xAxis": names, "yAxis": values, "series": series}
    if chart.lines:
        # On a category axis a line can only stand on a category, not between two: it gets an axis of its own.
        count = len(chart.table.rows)
        option["xAxis"] = [names, {"type": "value", "min": 0, "max": count, "show": False}]
        marks = [{"xAxis": line.category, "name": line.label} for line in chart.lines]
        series.append(
            {
                "type": "line",
                "xAxisIndex": 1,
                "data": [[0, 0]],
                "symbol": "none",
                "silent": True,
                "markLine": {"symbol": "none", "label": {"formatter": "{b}"}, "data": marks},
            }
        )
    return option


def _scatter(chart: Chart) -> Option:
    x, y = chart.series
    across, up = chart.table.column(x), chart.table.column(y)
    wide, high = _in_minutes(chart, x), _in_minutes(chart, y)
    data = []
    for name, first, second in zip(_names(chart), chart.table.values(x), chart.table.values(y), strict=True):
        place = [number(across, first, minutes=wide), number(up, second, minutes=high)]
        if None not in place:
            texts = (f"{across.label} {with_unit(across, first)}", f"{up.label} {with_unit(up, second)}")
            data.append({"value": place, "words": named(name, listed(texts))})
    return {
        "xAxis": _titled(_axis(chart, (x,)), across) | {"nameLocation": "middle", "nameGap": 28},
        "yAxis": _titled(_axis(chart, (y,)), up),
        "grid": {"left": 8, "right": 24, "top": 48, "bottom": 32, "containLabel": True},
        "series": [{"type": "scatter", "symbolSize": 9, "data": data}],
    }


def _titled(axis: Option, column: Column) -> Option:
    unit = axis.get("name", "")
    return axis | {"name": heading(column.label, unit), "scale": True}


def _box(chart: Chart) -> Option:
    minutes = any(_in_minutes(chart, key) for key in chart.series)
    columns = [chart.table.column(key) for key in chart.series]
    data = []
    for name, row in zip(_names(chart), chart.table.rows, strict=True):
        cells = [row[chart.table.place(key)] for key in chart.series]
        five = [number(column, cell, minutes=minutes) for column, cell in zip(columns, cells, strict=True)]
        said_all = listed(
            f"{column.label} {with_unit(column, cell)}" for column, cell in zip(columns, cells, strict=True)
        )
        data.append({"value": [] if None in five else five, "words": named(name, said_all)})
    names: Option = {"type": "category", "data": _names(chart)}
    values = _axis(chart, chart.series)
    series: list[Option] = [{"type": "boxplot", "data": data}]
    if chart.lying:
        return _lying(values, names, series)
    return {"xAxis": names, "yAxis": values, "series": series}


def _heat(chart: Chart) -> Option:
    columns = [chart.table.column(key) for key in chart.series]
    names, data = _names(chart), []
    for across, (key, column) in enumerate(zip(chart.series, columns, strict=True)):
        for down, value in enumerate(chart.table.values(key)):
            words = named(f"{names[down]} · {column.label}", with_unit(column, value))
            data.append({"value": [across, down, number(column, value)], "words": words})
    drawn_values = [each["value"][2] for each in data if each["value"][2] is not None]
    percent = columns[0].kind is Kind.PERCENT
    return {
        "xAxis": {"type": "category", "data": [each.label for each in columns], "position": "top"},
        "yAxis": {"type": "category", "data": names, "inverse": True},
        "visualMap": {
            "min": 0 if percent else min(drawn_values, default=0),
            "max": 100 if percent else max(drawn_values, default=1),
            "calculable": False,
            "orient": "horizontal",
            "left": "center",
            "bottom": 0,
        },
        "grid": {"left": 8, "right": 8, "top": 16, "bottom": 56, "containLabel": True},
        "series": [{"type": "heatmap", "label": {"show": len(columns) <= 12}, "data": data}],
    }


def _funnel(chart: Chart) -> Option:
    (key,) = chart.series
    data = [each | {"name": name} for each, name in zip(_data(chart, key, False), _names(chart), strict=True)]
    return {"series": [{"type": "funnel", "sort": "none", "top": 8, "bottom": 8, "left": "10%", "width": "80%",
                        "label": {"position": "inside"}, "data": data}]}  # fmt: skip


def _radar(chart: Chart) -> Option:
    columns = [chart.table.column(key) for key in chart.series]
    names = _names(chart)
    data = []
    for key, column in zip(chart.series, columns, strict=True):
        values = chart.table.values(key)
        spoken = clauses(
            f"{name} {with_unit(column, each)}" for name, each in zip(names, values, strict=True)
        )
        data.append(
            {
                "name": column.label,
                "value": [number(column, each) for each in values],
                "words": named(column.label, spoken),
            }
        )
    highest = max((each for one in data for each in one["value"] if each is not None), default=1)  # type: ignore[attr-defined]
    most = 100 if columns[0].kind is Kind.PERCENT else highest
    indicator = [{"name": name, "max": most, "min": 0} for name in names]
    return {
        "radar": {"indicator": indicator, "center": ["50%", "55%"]},
        "series": [{"type": "radar", "data": data}],
    }


def _spans(chart: Chart) -> Option:
    start, *lengths = chart.series
    minutes = any(_in_minutes(chart, key) for key in chart.series)
    begins = chart.table.column(start)
    offset = [{"value": number(begins, each, minutes=minutes)} for each in chart.table.values(start)]
    shared: Option = {"type": "bar", "stack": "all", "barMaxWidth": WIDEST_BAR_PX}
    series = [shared | {"silent": True, "itemStyle": {"color": "transparent"}, "data": offset}]
    for key in lengths:
        spans = _data(chart, key, minutes)
        for each, at in zip(spans, chart.table.values(start), strict=True):
            each["words"] = heading(each["words"], f"{begins.label} {with_unit(begins, at)}")
        # What took no time at all is still to be seen where it happened.
        least = {"barMinHeight": LEAST_SPAN_PX} if key == lengths[0] else {}
        series.append(shared | least | {"name": chart.table.column(key).label, "data": spans})
    return {
        "xAxis": _axis(chart, tuple(lengths)) | {"name": _("分钟") if minutes else _("秒")} | LYING,
        "yAxis": {"type": "category", "data": _names(chart), "inverse": True},
        "grid": LYING_GRID,
        "series": series,
        **({"legend": {"top": 0, "data": [one["name"] for one in series[1:]]}} if len(lengths) > 1 else {}),
    }


def _calendar(chart: Chart) -> Option:
    (key,) = chart.series
    column = chart.table.column(key)
    minutes = _in_minutes(chart, key)
    days = [value for value in chart.table.values(chart.category) if isinstance(value, date)]
    data = [
        {
            "value": [day.isoformat(), number(column, value, minutes=minutes)],
            "words": named(name, with_unit(column, value)),
        }
        for day, name, value in zip(days, _names(chart), chart.table.values(key), strict=True)
    ]
    most = max((each["value"][1] or 0 for each in data), default=1)  # type: ignore[misc]  # [day, number]
    first, last = (min(days), max(days)) if days else (date(2026, 1, 1), date(2026, 1, 1))
    return {
        "visualMap": {"min": 0, "max": most or 1, "show": False},
        "calendar": {
            "range": [first.isoformat(), last.isoformat()],
            "top": 40,
            "left": 36,
            "right": 8,
            "cellSize": ["auto", 18],
            "yearLabel": {"show": False},
            "monthLabel": {"nameMap": [str(MONTHS_ALT[month]) for month in range(1, 13)]},
            "dayLabel": {"firstDay": 1, "nameMap": list(_("日一二三四五六"))},
        },
        "series": [{"type": "heatmap", "coordinateSystem": "calendar", "data": data}],
    }  # fmt: skip


MAKERS: dict[ChartKind, Callable[[Chart], Option]] = {
    ChartKind.BAR: _bars,
    ChartKind.HISTOGRAM: _bars,
    ChartKind.LINE: _bars,
    ChartKind.SCATTER: _scatter,
    ChartKind.BOX: _box,
    ChartKind.HEAT: _heat,
    ChartKind.FUNNEL: _funnel,
    ChartKind.RADAR: _radar,
    ChartKind.SPANS: _spans,
    ChartKind.CALENDAR: _calendar,
}
