"""What a report is made of, whatever it is about: page, spreadsheet, PDF and API are written from one of these.

Values are exact (int, Decimal, Fraction, datetime); words.py alone rounds them and puts them into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from fractions import Fraction


class Kind(StrEnum):
    """How a value is written. A percent is a share, 0 to 1; a duration is whole milliseconds."""

    TEXT = "text"
    INT = "int"
    DECIMAL = "decimal"
    PERCENT = "percent"
    DURATION = "duration"
    INSTANT = "instant"
    DATE = "date"

    @property
    def is_number(self) -> bool:
        return self in (Kind.INT, Kind.DECIMAL, Kind.PERCENT, Kind.DURATION)


class Withheld(Enum):
    """A value that exists and is not shown: of too few people to mean anything, or to stay anonymous."""

    SMALL_SAMPLE = "small_sample"
    SMALL_GROUP = "small_group"


# None: there is no such value (nobody sat the exam, a question without options): "—".
Value = str | int | Decimal | Fraction | datetime | date | Withheld | None
Row = tuple[Value, ...]


def repeats_withheld(row: Row, place: int) -> bool:
    """Whether the cell is withheld for the same reason as the one before it."""
    return place > 0 and isinstance(row[place], Withheld) and row[place] is row[place - 1]


@dataclass(frozen=True, slots=True)
class Column:
    """`how`: how it is counted, shown in the legend. `places`: decimals of a DECIMAL."""

    key: str
    label: str
    kind: Kind = Kind.TEXT
    unit: str = ""
    how: str = ""
    places: int = 2


@dataclass(frozen=True, slots=True)
class Table:
    """Rows hold a value for each column, in the same order. `links`: an address for each row or "", put on its first
    cell. `total`: a last row that sums the others up. `paper_rows`: a list of more rows is only in the workbook, and the
    paper says so; 0: as many as paper takes."""

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    links: Sequence[str] = ()
    total: Row | None = None
    key: str = ""  # names its page in the URL and its sheet; "" where a report has one table
    empty: str = ""  # what is said where there are no rows
    paper_rows: int = 0

    def __post_init__(self) -> None:
        widths = {len(row) for row in (*self.rows, *([self.total] if self.total else []))}
        if widths - {len(self.columns)}:
            raise ValueError(f"rows of {sorted(widths)} values under {len(self.columns)} columns")
        if self.links and len(self.links) != len(self.rows):
            raise ValueError("a link for each row, or none")

    def column(self, key: str) -> Column:
        return self.columns[self.place(key)]

    def place(self, key: str) -> int:
        """Where the column stands. Raises KeyError."""
        for place, column in enumerate(self.columns):
            if column.key == key:
                return place
        raise KeyError(key)

    def values(self, key: str) -> list[Value]:
        place = self.place(key)
        return [row[place] for row in self.rows]


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    value: Value
    kind: Kind = Kind.INT
    unit: str = ""
    how: str = ""
    places: int = 2
    key: str = ""

    @property
    def column(self) -> Column:
        """The same as a column, for whoever writes values by their column."""
        return Column(self.key, self.label, self.kind, self.unit, self.how, self.places)


def withheld_once(figures: Sequence[Figure], joint: str) -> list[Figure]:
    """Figures withheld for the same reason as one, where the first of them stands; `joint` stands between their names."""
    found: dict[object, Figure] = {}
    for place, figure in enumerate(figures):
        key = figure.value if isinstance(figure.value, Withheld) else place
        before = found.get(key)
        label = joint.join((before.label, figure.label)) if before else figure.label
        found[key] = replace(before, label=label, unit="", how="") if before else figure
    return list(found.values())


class ChartKind(StrEnum):
    """BAR, LINE, FUNNEL and RADAR: one number a row and series. HISTOGRAM: bars that touch. SCATTER: series = (x, y).
    BOX: series = (least, lower quartile, median, upper quartile, most). HEAT: categories × series. SPANS: series =
    (from, length) and more lengths that follow it. CALENDAR: the category is a date, one series."""

    BAR = "bar"
    HISTOGRAM = "histogram"
    LINE = "line"
    SCATTER = "scatter"
    BOX = "box"
    HEAT = "heat"
    FUNNEL = "funnel"
    RADAR = "radar"
    SPANS = "spans"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class Line:
    """A line across the chart (a pass line in a histogram): 2 is before the category of number 2, 2.5 in its middle."""

    category: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Draws columns of its table and nothing else: `category` names the rows, `series` are the columns drawn."""

    kind: ChartKind
    table: Table
    category: str
    series: tuple[str, ...]
    title: str = ""
    stacked: bool = False
    lying: bool = False  # bars that grow to the right: long names stay readable on a phone
    lines: tuple[Line, ...] = ()

    def __post_init__(self) -> None:
        for key in (self.category, *self.series):
            self.table.place(key)


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Filter:
    """A field of the report's GET form. Without choices it is an input of `input` type (text, search, date)."""

    name: str
    label: str
    value: str = ""
    choices: tuple[Choice, ...] = ()
    input: str = "text"

    @property
    def words(self) -> str:
        """What is chosen, in words; "" where nothing is."""
        return next(
            (each.label for each in self.choices if each.value == self.value and each.value),
            "" if self.choices else self.value,
        )


@dataclass(frozen=True, slots=True)
class Report:
    """`sentence` says the finding in words. The chart's table is always shown beside it and need not be repeated in
    `tables`. `as_of`: when the data were read. `notes`: what must be known to read the numbers. `about`: (label, text)
    of whom a file tells, at its head; `whose`: the same in a few words, at the foot of each printed page."""

    title: str
    sentence: str
    as_of: datetime
    figures: tuple[Figure, ...] = ()
    chart: Chart | None = None
    tables: tuple[Table, ...] = ()
    filters: tuple[Filter, ...] = ()
    notes: tuple[str, ...] = ()
    name: str = ""  # of its files, without an ending; the title where empty
    about: tuple[tuple[str, str], ...] = ()
    whose: str = ""

    @property
    def all_tables(self) -> tuple[Table, ...]:
        """The chart's table first."""
        return (*((self.chart.table,) if self.chart else ()), *self.tables)
