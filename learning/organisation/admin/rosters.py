"""The roster import on the screen: upload, preview with a verdict for every row, one confirmation, activation codes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from wagtail.admin.auth import require_admin_access

from learning.organisation.errors import RosterUnreadable
from learning.organisation.models import AccessCode, Membership, PersonStatus, RosterImport, User
from learning.organisation.permissions import Action, may
from learning.organisation.roster import MAX_FILE_BYTES, RosterRow, read_roster
from learning.organisation.services import accounts
from learning.organisation.services.roster import (
    Line,
    Verdict,
    confirm_upload,
    keep_upload,
    kept_rows,
    plan_roster,
    rejected_rows,
)
from learning.organisation.sheets import download, sheet

from .people import signed_in

SHOWN_ROWS = 300  # rejected rows come first; the error sheet holds all of them

VERDICT_WORDS = {
    Verdict.NEW: gettext_lazy("新增"),
    Verdict.CHANGED: gettext_lazy("变更"),
    Verdict.UNCHANGED: gettext_lazy("无变化"),
    Verdict.REPEATED: gettext_lazy("重复"),
    Verdict.REJECTED: gettext_lazy("拒绝"),
}
ORDER = [Verdict.REJECTED, Verdict.NEW, Verdict.CHANGED, Verdict.REPEATED, Verdict.UNCHANGED]


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("花名册文件"),
        help_text=gettext_lazy("XLSX 或 CSV，不超过 10 MB；表头上方可以有标题行，列的先后不限。"),
        widget=forms.ClearableFileInput({"accept": ".xlsx,.csv,.txt"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE_BYTES:
            raise forms.ValidationError(
                _("文件超过 %(megabytes)s MB，请分成几个文件。"),
                params={"megabytes": MAX_FILE_BYTES // 1024 // 1024},
            )
        return file


def importer(request: HttpRequest) -> User:
    """The signed-in user, who manages people somewhere; otherwise the page does not exist."""
    user = signed_in(request)
    if not may(user, Action.MEMBER_MANAGE):
        raise Http404
    return user


def upload(request: HttpRequest) -> HttpResponse:
    by = importer(request)
    form = UploadForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            rows = read_roster(file.read(), file.name)
        except RosterUnreadable as error:
            form.add_error("file", str(error))
        else:
            if not rows:
                form.add_error("file", _("表头下面没有人员。请填在第一张工作表的表头下面。"))
                return render(request, "organisation/admin/roster_upload.html", {"form": form})
            kept = keep_upload(rows, file_name=file.name, by=by, now=timezone.now())
            return redirect("roster_preview", kept.pk)
    return render(request, "organisation/admin/roster_upload.html", {"form": form})


@require_GET
@never_cache
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    by = importer(request)
    kept = get_object_or_404(RosterImport, pk=pk, created_by=by)
    if kept.applied_at is not None:
        return redirect("roster_done", kept.pk)
    plan = plan_roster(kept_rows(kept), by=by, now=timezone.now())
    lines = sorted(plan.lines, key=lambda line: (ORDER.index(line.verdict), line.row.row))
    context = {
        "upload": kept,
        "lines": [shown(line) for line in lines[:SHOWN_ROWS]],
        "hidden": max(0, len(lines) - SHOWN_ROWS),
        "counts": [(VERDICT_WORDS[verdict], plan.counts[verdict]) for verdict in ORDER],
        "total": len(lines),
        "accepted": len(plan.of(Verdict.NEW, Verdict.CHANGED)),
        "rejected": plan.counts[Verdict.REJECTED],
    }
    return render(request, "organisation/admin/roster_preview.html", context)


def shown(line: Line) -> dict[str, Any]:
    notes = [*line.changes, line.warning, line.reason]
    return {
        "row": line.row,
        "verdict": VERDICT_WORDS[line.verdict],
        "accepted": line.verdict in (Verdict.NEW, Verdict.CHANGED),
        "rejected": line.verdict is Verdict.REJECTED,
        "note": "；".join(note for note in notes if note),
    }


@require_GET
def errors_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The rejected rows as they stood, with the reason: to mend and to upload again."""
    by = importer(request)
    kept = get_object_or_404(RosterImport, pk=pk, created_by=by)
    found = rejected_rows(kept, by=by, now=timezone.now())
    headings = [*(str(heading) for heading in HEADINGS), _("行号"), _("原因")]
    rows = [[*cells(row), row.row, reason] for row, reason in found]
    return download(_("花名册-需修改的行.xlsx"), sheet(_("需修改的行"), headings, rows))


HEADINGS = [
    gettext_lazy("姓名"),
    gettext_lazy("学号/工号"),
    gettext_lazy("党组织"),
    gettext_lazy("人员状态"),
    gettext_lazy("手机"),
    gettext_lazy("邮箱"),
    gettext_lazy("生效日期"),
]


def cells(row: RosterRow) -> list[str]:
    return [row.full_name, row.number, row.unit, row.status, row.phone, row.email, row.on]


# As they stand in the template; the reader takes the words in brackets for what they are.
TEMPLATE_HEADINGS = [
    gettext_lazy("姓名（必填）"),
    gettext_lazy("学号/工号（必填）"),
    gettext_lazy("党组织（必填）"),
    gettext_lazy("人员状态（新人员必填）"),
    gettext_lazy("手机（选填）"),
    gettext_lazy("邮箱（选填）"),
    gettext_lazy("生效日期（选填）"),
]


@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """An empty sheet to fill in, and behind it, where the reader does not look, how, with an example."""
    importer(request)
    example = [
        "王小明", "20260001", "校党委/电子工程学院党总支/学生第一党支部", PersonStatus.ACTIVIST.label, "13800000000",
        "wang@example.edu", "2026-09-01",
    ]  # fmt: skip
    statuses = "、".join(str(label) for label in PersonStatus.labels)
    explained = [
        _("与账号中的姓名一致；不一致的行会被拒绝。"),
        _("已有这一号码的按变更处理，没有的按新人员处理。"),
        _("写代码、名称或路径；有同名的请写代码或路径。"),
        _("新人员必填：%(statuses)s。已有人员留空表示不变。") % {"statuses": statuses},
        _("留空表示不变。"),
        _("留空表示不变。"),
        _("转入或状态变更从哪天起，如 2026-09-01；留空表示今天。"),
    ]
    how = zip([str(heading) for heading in HEADINGS], explained, example, strict=True)
    return download(
        _("花名册模板.xlsx"),
        sheet(
            _("花名册"),
            [str(heading) for heading in TEMPLATE_HEADINGS],
            [],
            (_("填写说明"), [_("列"), _("怎样填"), _("示例")], how),
            width=26,
        ),
    )


@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    by = importer(request)
    get_object_or_404(RosterImport, pk=pk, created_by=by)
    kept = confirm_upload(upload_id=pk, by=by, now=timezone.now())
    messages.success(request, _("“%(file)s”已导入。") % {"file": kept.file_name})
    return redirect("roster_done", pk)


@require_GET
def done(request: HttpRequest, pk: int) -> HttpResponse:
    by = importer(request)
    kept = get_object_or_404(RosterImport, pk=pk, created_by=by, applied_at__isnull=False)
    counts = [(VERDICT_WORDS[verdict], kept.counts.get(verdict, 0)) for verdict in ORDER]
    context = {
        "upload": kept,
        "counts": counts,
        "waiting": waiting(kept, by).count(),
        "rejected": kept.counts.get(Verdict.REJECTED, 0),
        "kept_rejected": len(kept.rows),
    }
    return render(request, "organisation/admin/roster_done.html", context)


def waiting(kept: RosterImport, by: User) -> Any:
    """The people made by the import who have not activated their account yet."""
    return User.objects.filter(pk__in=kept.created_ids, activated_at=None, is_active=True).order_by("number")


@require_POST
@never_cache
def codes_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """New activation codes for those people, downloaded once: codes are kept only as hashes, an earlier sheet
    stops working."""
    by, now = importer(request), timezone.now()
    kept = get_object_or_404(RosterImport, pk=pk, created_by=by, applied_at__isnull=False)
    people = list(waiting(kept, by))
    units = dict(Membership.objects.filter(user__in=people, to_date=None).values_list("user", "unit__name"))
    issued = accounts.issue_codes(users=people, kind=AccessCode.Kind.ACTIVATION, by=by, now=now)
    headings = [_("党组织"), _("学号/工号"), _("姓名"), _("激活码"), _("有效期至")]
    rows = [
        [
            units.get(each.user.pk, ""),
            each.user.number,
            each.user.full_name,
            each.code,
            f"{timezone.localtime(each.expires_at):%Y-%m-%d %H:%M}",
        ]
        for each in issued
    ]
    return download(_("激活码.xlsx"), sheet(_("激活码"), headings, rows))


urlpatterns = [
    path("roster/", require_admin_access(upload), name="roster_upload"),
    path("roster/template/", require_admin_access(template), name="roster_template"),
    path("roster/<int:pk>/", require_admin_access(preview), name="roster_preview"),
    path("roster/<int:pk>/errors/", require_admin_access(errors_sheet), name="roster_errors"),
    path("roster/<int:pk>/confirm/", require_admin_access(confirm), name="roster_confirm"),
    path("roster/<int:pk>/done/", require_admin_access(done), name="roster_done"),
    path("roster/<int:pk>/codes/", require_admin_access(codes_sheet), name="roster_codes"),
]
