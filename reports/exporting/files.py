"""The file that a report's page offers, and the audit entry that says who took it away."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from learning.organisation.models import Unit, User
from learning.organisation.services.audit import record
from learning.organisation.sheets import XLSX
from reports.shape import Report

from .pdf import document
from .xlsx import workbook

KINDS: dict[str, tuple[str, Callable[[Report], bytes]]] = {
    "xlsx": (XLSX, workbook),
    "pdf": ("application/pdf", document),
}


def asked_for(request: HttpRequest) -> str:
    """The kind of file in the query (`export=xlsx|pdf`), "" for the page."""
    kind = request.GET.get("export", "")
    return kind if kind in KINDS else ""


def export(
    request: HttpRequest, report: Report, kind: str, *, about: Model | None = None, unit: Unit | None = None
) -> HttpResponse:
    """The report as an attachment, never kept by a cache. `about`: what it is about, for the audit log, which tells the
    filters that were applied, in words: not what the address asked for and the reader may not have."""
    content_type, write = KINDS[kind]
    content = write(report)
    by = request.user
    if isinstance(by, User) and about != by:
        record(
            actor=by,
            action="report.export",
            obj=about or by,
            unit=unit,
            data={
                "report": report.title,
                "kind": kind,
                "rows": sum(len(table.rows) for table in report.all_tables),
                "filters": {str(each.label): each.words for each in report.filters if each.words},
            },
            now=timezone.now(),
        )
    response = HttpResponse(content, content_type=content_type)
    name = f"{report.name or report.title}-{timezone.localtime(report.as_of):%Y%m%d}.{kind}"
    response["Content-Disposition"] = (
        f"attachment; filename=\"report.{kind}\"; filename*=UTF-8''{quote(name)}"
    )
    response["Cache-Control"] = "no-store"
    return response
