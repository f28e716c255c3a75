"""Where whoever asked for a long file waits for it and takes it."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from learning.organisation.admin.screens import user_of
from reports.exporting import later

from .doors import door, home_crumb


@door
@require_GET
def report_file(request: HttpRequest, token: str) -> HttpResponseBase:
    """Of the person's own files; asks again by itself until it is there."""
    user = user_of(request)
    if not later.is_asked(user.pk, token):
        raise Http404
    made = later.made(user.pk, token)
    if made is not None and "take" in request.GET:
        response = FileResponse(default_storage.open(made.place), content_type=made.content_type)
        response["Content-Disposition"] = made.disposition
        response["Cache-Control"] = "no-store"
        return response
    url, label = home_crumb()
    context = {
        "state": "made"
        if made
        else "failed"
        if later.has_failed(user.pk, token, now=timezone.now())
        else "waiting",
        "page_title": _("导出文件"),
        "header_title": _("导出文件"),
        "header_icon": "download",
        "breadcrumbs_items": [{"url": url, "label": label}, {"url": "", "label": _("导出文件")}],
        "reports_url": url,
    }
    return render(request, "reports/file.html", context)
