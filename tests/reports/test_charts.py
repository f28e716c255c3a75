"""A chart draws the numbers of its table and nothing else; the vendored library is what its manifest says."""

import hashlib
import json
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

import reports
from reports.charts import alternative, drawn, shows_anything
from reports.shape import Chart, ChartKind, Column, Kind, Line, Table, Withheld
from reports.words import said

VENDOR = Path(reports.__file__).parent / "static" / "reports" / "vendor"

COLUMNS = (
    Column("unit", "党组织"),
    Column("due", "应考", Kind.INT, "人"),
    Column("sat", "实考", Kind.INT, "人"),
    Column("rate", "合格率", Kind.PERCENT),
    Column("time", "用时", Kind.DURATION),
)
TABLE = Table(
    "各党组织",
    COLUMNS,
    [
        ("机械支部", 40, 38, Fraction(2, 3), 1_800_000),
        ("电子支部", 30, 23, Withheld.SMALL_GROUP, 900_000),
    ],
)


@pytest.mark.parametrize("kind", [ChartKind.BAR, ChartKind.LINE, ChartKind.HISTOGRAM])
def test_each_datum_is_the_table_s_cell(kind):
    option = drawn(Chart(kind, TABLE, "unit", ("due", "sat")))["option"]
    assert option["xAxis"]["data"] == ["机械支部", "电子支部"]
    for series, key in zip(option["series"], ("due", "sat"), strict=True):
        column = TABLE.column(key)
        assert [each["value"] for each in series["data"]] == TABLE.values(key)
        cells = zip(series["data"], TABLE.values(key), strict=True)
        assert all(said(column, value) in each["words"] for each, value in cells)
    assert option["legend"]["data"] == ["应考", "实考"]


def test_what_the_table_withholds_is_not_drawn():
    (series,) = drawn(Chart(ChartKind.BAR, TABLE, "unit", ("rate",)))["option"]["series"]
    assert [each["value"] for each in series["data"]] == [66.7, None]
    assert series["data"][1]["words"] == "电子支部：人数过少，不显示"


def test_long_durations_are_drawn_in_minutes():
    option = drawn(Chart(ChartKind.BAR, TABLE, "unit", ("time",)))["option"]
    assert option["yAxis"]["name"] == "分钟"
    assert [each["value"] for each in option["series"][0]["data"]] == [30, 15]


def test_a_chart_of_nothing_is_not_shown():
    hidden = Table("少", COLUMNS, [("甲", None, None, Withheld.SMALL_GROUP, None)])
    assert not shows_anything(Chart(ChartKind.BAR, hidden, "unit", ("due", "rate")))
    assert shows_anything(Chart(ChartKind.BAR, TABLE, "unit", ("rate",)))


def test_lying_stacked_bars_change_the_axes():
    option = drawn(Chart(ChartKind.BAR, TABLE, "unit", ("due", "sat"), stacked=True, lying=True))["option"]
    assert option["yAxis"]["data"] == ["机械支部", "电子支部"]
    assert {series["stack"] for series in option["series"]} == {"all"}


def test_a_line_stands_before_its_category():
    option = drawn(Chart(ChartKind.HISTOGRAM, TABLE, "unit", ("due",), lines=(Line(1, "合格线 60"),)))[
        "option"
    ]
    mark = option["series"][-1]["markLine"]["data"]
    assert mark == [{"xAxis": 1, "name": "合格线 60"}]
    assert option["xAxis"][1]["max"] == 2


def test_a_scatter_leaves_out_rows_without_a_place():
    option = drawn(Chart(ChartKind.SCATTER, TABLE, "unit", ("due", "rate")))["option"]
    assert [each["value"] for each in option["series"][0]["data"]] == [[40, 66.7]]


def test_heat_box_funnel_radar_spans_and_calendar_carry_the_table():
    heat = drawn(Chart(ChartKind.HEAT, TABLE, "unit", ("due", "sat")))["option"]["series"][0]["data"]
    assert [each["value"] for each in heat] == [[0, 0, 40], [0, 1, 30], [1, 0, 38], [1, 1, 23]]
    box = drawn(Chart(ChartKind.BOX, TABLE, "unit", ("sat", "sat", "sat", "due", "due")))["option"]
    assert box["series"][0]["data"][0]["value"] == [38, 38, 38, 40, 40]
    funnel = drawn(Chart(ChartKind.FUNNEL, TABLE, "unit", ("sat",)))["option"]["series"][0]["data"]
    assert [(each["name"], each["value"]) for each in funnel] == [("机械支部", 38), ("电子支部", 23)]
    radar = drawn(Chart(ChartKind.RADAR, TABLE, "unit", ("rate",)))["option"]
    assert radar["series"][0]["data"][0]["value"] == [66.7, None]
    assert radar["radar"]["indicator"][0] == {"name": "机械支部", "max": 100, "min": 0}
    spans = drawn(Chart(ChartKind.SPANS, TABLE, "unit", ("time", "time")))["option"]["series"]
    assert (
        [each["value"] for each in spans[0]["data"]]
        == [each["value"] for each in spans[1]["data"]]
        == [30, 15]
    )
    days = Table(
        "日历",
        (Column("day", "日期", Kind.DATE), Column("ms", "时长", Kind.DURATION)),
        [(date(2026, 3, 1), 120_000)],
    )
    option = drawn(Chart(ChartKind.CALENDAR, days, "day", ("ms",)))["option"]
    assert option["series"][0]["data"] == [{"value": ["2026-03-01", 120], "words": "2026年3月1日：2分钟"}]


@pytest.mark.parametrize("kind", list(ChartKind))
def test_every_chart_of_an_empty_table_can_be_drawn_and_sent(kind):
    series = {
        ChartKind.BOX: ("due",) * 5,
        ChartKind.SCATTER: ("due", "sat"),
        ChartKind.SPANS: ("time", "time"),
    }
    chart = Chart(kind, Table("空", COLUMNS, []), "unit", series.get(kind, ("due",)))
    assert json.loads(json.dumps(drawn(chart)))["height"] > 0
    assert alternative(chart).endswith("。")


def test_the_alternative_says_the_rows_in_words():
    chart = Chart(ChartKind.BAR, TABLE, "unit", ("due", "sat"), title="参考情况")
    assert alternative(chart) == (
        "柱状图：参考情况。机械支部：应考 40 人，实考 38 人；电子支部：应考 30 人，实考 23 人。"
    )


def test_a_chart_draws_only_columns_of_its_table():
    with pytest.raises(KeyError):
        Chart(ChartKind.BAR, TABLE, "unit", ("other",))


def test_the_vendored_library_is_the_one_its_manifest_names():
    manifest = json.loads((VENDOR / "manifest.json").read_text())
    content = (VENDOR / manifest["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == manifest["sha256"]
    assert f'version="{manifest["version"]}"'.encode() in content
    assert b"sourceMappingURL" not in content  # collectstatic would look for the map
    assert manifest["licence"] == "Apache-2.0"
    assert "Apache License" in (VENDOR / "LICENSE.echarts.txt").read_text()


def test_unit_of_a_lying_axis_stands_below_its_middle():
    axis = drawn(Chart(ChartKind.BAR, TABLE, "unit", ("due",), lying=True))["option"]["xAxis"]
    assert (axis["name"], axis["nameLocation"]) == ("人", "middle")


@pytest.mark.parametrize("kind", [ChartKind.BAR, ChartKind.HISTOGRAM])
def test_single_bar_does_not_fill_the_chart(kind):
    (series,) = drawn(Chart(kind, TABLE, "unit", ("due",)))["option"]["series"]
    assert series["barMaxWidth"] <= 96
