"""How the values of a report are rounded and said: the one place, for page, chart, spreadsheet and PDF alike."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from question_bank.exams.templatetags.exam_words import duration_ms, moment, moment_s

from .shape import Column, Figure, Kind, Report, Value, Withheld

PERCENT_PLACES = 1


def said(column: Column, value: Value) -> str:
    """The value as it is read, without its unit: 82.35, 91.4%, 1小时05分, 2026年11月21日 14:30, 样本不足, —."""
    match value:
        case None:
            return "—"
        case Withheld.SMALL_SAMPLE:
            return _("样本不足")
        case Withheld.SMALL_GROUP:
            return _("人数过少，不显示")
        case str():
            return value
        case datetime():
            return str(moment(value))
        case date():
            return date_format(value, _("Y年n月j日"))
    if column.kind is Kind.DURATION:
        return str(duration_ms(int(value)))
    number = rounded(column, value)
    return f"{number}%" if column.kind is Kind.PERCENT else str(number)


def with_unit(column: Column, value: Value) -> str:
    """The same with the unit behind a number."""
    text = said(column, value)
    counts = isinstance(value, int | Decimal | Fraction) and column.kind is not Kind.DURATION
    return f"{text} {column.unit}" if counts and column.unit else text


def named(name: str, text: str) -> str:
    """合格率：91.4%."""
    return _("%(name)s：%(value)s") % {"name": name, "value": text}


def listed(parts: Iterable[str]) -> str:
    return _("，").join(parts)


def clauses(parts: Iterable[str]) -> str:
    return _("；").join(parts)


def heading(label: str, unit: str) -> str:
    """用时（秒）; the label alone where the unit says the same, or there is none."""
    if not unit or unit.casefold() == label.casefold():
        return label
    return _("%(label)s（%(unit)s）") % {"label": label, "unit": unit}


def figure_said(figure: Figure) -> str:
    return said(figure.column, figure.value)


def rounded(column: Column, value: int | Decimal | Fraction) -> Decimal:
    """The number that is shown: a percent in percent with one decimal, a duration in whole seconds, a DECIMAL with
    its places; half-up."""
    match column.kind:
        case Kind.PERCENT:
            return half_up(Fraction(value) * 100, PERCENT_PLACES)
        case Kind.DURATION:
            return Decimal(int(value) // 1000)
        case Kind.DECIMAL:
            return half_up(value, column.places)
        case _:
            return half_up(value, 0)


def half_up(value: int | Decimal | Fraction, places: int) -> Decimal:
    """Exactly rounded, halves away from zero; never −0."""
    scaled = Fraction(value) * 10**places
    whole = (abs(scaled) + Fraction(1, 2)).__floor__()
    signed = Decimal(-whole if scaled < 0 and whole else whole)
    return signed.scaleb(-places).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def plain(column: Column, value: Value) -> str | int | Decimal | datetime | date | None:
    """For a spreadsheet's cell: numbers as shown but as numbers (a percent as a share, a duration in seconds), words
    where a value is withheld, None where there is none."""
    if value is None or isinstance(value, str | datetime | date):
        return value
    if isinstance(value, Withheld):
        return said(column, value)
    number = rounded(column, value)
    if column.kind is Kind.PERCENT:
        return number / 100
    return int(number) if number == number.to_integral_value() and column.kind is not Kind.DECIMAL else number


def as_of_words(report: Report) -> str:
    return _("数据截至 %(moment)s") % {"moment": moment_s(report.as_of)}


def chosen_words(report: Report) -> str:
    """The filters that are set, in words: for the head of a printed report."""
    return clauses(named(each.label, each.words) for each in report.filters if each.words)


def legend(report: Report) -> list[tuple[str, str]]:
    """(label, how it is counted) of every figure and column that says how, each label once, in reading order."""
    found: dict[str, str] = {}
    columns = [column for table in report.all_tables for column in table.columns]
    for each in (*(figure.column for figure in report.figures), *columns):
        if each.how:
            found.setdefault(each.label, each.how)
    return list(found.items())
