"""The page of a report: any Report in Wagtail's admin or in the members' frame, its tables paged by the URL."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from learning.organisation.admin.screens import user_of
from learning.organisation.models import Unit

from . import charts
from .exporting import files, later
from .shape import Figure, Kind, Report, Row, Table, Withheld, repeats_withheld, withheld_once
from .tasks import make_file
from .words import as_of_words, figure_said, heading, legend, said

PAGE_SIZE = 50
SHORT_CHARS = 8  # of a figure in its full size
SHORT_DURATION_CHARS = 5  # of one that is half in Chinese and must not break: 13分09秒


log = logging.getLogger("dangxiao.reports")


@dataclass(frozen=True, slots=True)
class Cell:
    """`span`: columns that it stands under; `label` then names all of them."""

    text: str
    label: str
    is_number: bool
    url: str = ""
    span: int = 1
    is_date: bool = False


@dataclass(frozen=True, slots=True)
class ShownFigure:
    label: str
    text: str
    unit: str
    is_long: bool  # takes two places: a day and time, the names of several figures
    is_withheld: bool
    is_wordy: bool  # a duration of two or three words


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table as the template writes it. `param` pages it in the URL, `anchor` is its id."""

    title: str
    anchor: str
    head: list[Cell]
    rows: list[list[Cell]]
    total: list[Cell]
    page: Page[Any]
    param: str
    empty: str


def show(
    request: HttpRequest,
    report: Report,
    *,
    trail: Sequence[tuple[str, str]] = (),
    inside_admin: bool = True,
    template: str = "reports/report.html",
    about: Model | None = None,
    unit: Unit | None = None,
    **context: Any,
) -> HttpResponse:
    """The report as a page, or as the file that the query asks for, made by a worker where it is long. `trail`: (address,
    words) of the pages between the reports and this one. `about` and `unit` stand in the audit entry of a file."""
    kind = files.asked_for(request)
    if kind and inside_admin and later.is_long(report) and not later.is_worker(request):
        return _made_later(request)
    if kind:
        return files.export(request, report, kind, about=about, unit=unit)
    return render(request, template, {**page_context(request, report, trail, inside_admin), **context})


def _made_later(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    token = later.ask(request, user)
    try:
        make_file.delay(user.pk, token)
    except Exception:  # any broker's own error
        log.exception("a report's file could not be queued")
        later.make(user_id=user.pk, token=token)
    return redirect(reverse("reports_admin:file", args=[token]))


def page_context(
    request: HttpRequest, report: Report, trail: Sequence[tuple[str, str]], inside_admin: bool
) -> dict[str, Any]:
    chart_table = shown_table(request, report.chart.table, 0) if report.chart else None
    crumbs = [{"url": url, "label": label} for url, label in trail]
    if inside_admin:
        crumbs.insert(0, {"url": reverse("wagtailadmin_home"), "label": _("首页")})
    return {
        "frame": "reports/frame_admin.html" if inside_admin else "reports/frame_site.html",
        "inside_admin": inside_admin,
        "report": report,
        "figures": [shown_figure(each) for each in withheld_once(report.figures, _("、"))],
        "chart": charts.drawn(report.chart) if report.chart and charts.shows_anything(report.chart) else None,
        "chart_words": charts.alternative(report.chart) if report.chart else "",
        "chart_table": chart_table,
        "tables": [shown_table(request, table, n) for n, table in enumerate(report.tables, start=1)],
        "legend": legend(report),
        "as_of": as_of_words(report),
        "saved_report": request.path.removeprefix(reverse("reports_admin:index")) if inside_admin else "",
        "saved_query": request.GET.urlencode(),
        "exports": [{"url": export_url(request, each), "label": label} for each, label in EXPORTS],
        "page_title": report.title,
        "header_title": report.title,
        "header_icon": "table",
        "header_buttons": [],
        "trail": crumbs,
        "breadcrumbs_items": [*crumbs, {"url": "", "label": report.title}],
    }


EXPORTS = (("xlsx", "XLSX"), ("pdf", "PDF"))


def export_url(request: HttpRequest, kind: str) -> str:
    """The same report with the same filters as a file: `?…&export=xlsx` or pdf."""
    query = request.GET.copy()
    for name in [each for each in query if each == "export" or each.startswith("page")]:
        del query[name]
    query["export"] = kind
    return f"?{query.urlencode()}"


def shown_figure(figure: Figure) -> ShownFigure:
    is_known = figure.value is not None and not isinstance(figure.value, Withheld)
    unit = figure.unit if figure.kind.is_number and is_known else ""
    text, withheld = figure_said(figure), isinstance(figure.value, Withheld)
    is_long = withheld or figure.kind is Kind.INSTANT
    most = SHORT_DURATION_CHARS if figure.kind is Kind.DURATION else SHORT_CHARS
    return ShownFigure(figure.label, text, unit, is_long, withheld, len(text) > most)


def shown_table(request: HttpRequest, table: Table, n: int) -> ShownTable:
    """The part of the table that the URL asks for: a page of 50 rows; `n` tells the tables of a page apart."""
    param = f"page-{table.key or n}"
    page = Paginator(range(len(table.rows)), PAGE_SIZE).get_page(request.GET.get(param))
    rows = [
        cells(table, table.rows[place], table.links[place] if table.links else "")
        for place in page.object_list
    ]
    head = [Cell(heading(each.label, each.unit), "", each.kind.is_number) for each in table.columns]
    total = cells(table, table.total, "") if table.total else []
    empty = table.empty or _("没有数据。")
    return ShownTable(table.title, f"table-{table.key or n}", head, rows, total, page, param, empty)


def cells(table: Table, row: Row, url: str) -> list[Cell]:
    """What is withheld in neighbouring cells for one reason is said once, under all of their columns."""
    found: list[Cell] = []
    for place, (column, value) in enumerate(zip(table.columns, row, strict=True)):
        if repeats_withheld(row, place):
            before = found[-1]
            label = _("、").join((before.label, column.label))
            found[-1] = replace(before, label=label, is_number=False, span=before.span + 1)
        else:
            link = url if place == 0 else ""
            found.append(
                Cell(
                    said(column, value),
                    column.label,
                    column.kind.is_number,
                    link,
                    is_date=column.kind is Kind.DATE,
                )
            )
    return found
