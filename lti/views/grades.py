"""成绩回传: what was told to campus gradebooks, what waits, what failed and why; sent again by a press."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from learning.organisation.admin.screens import found, paged, query_without, tell, user_of, warn
from lti.models import Context, GradeDelivery
from lti.models.grades import GradeDeliveryQuerySet
from lti.services import grades_seen
from lti.services.outbox import resend
from lti.tasks import deliver_grades
from question_bank.exams.models import Exam
from question_bank.exams.views.manage.doors import AddedTab, door, inside_admin, page

TAB = "grades"
STATES = {
    "pending": (gettext_lazy("待发送"), "info"),
    "waiting": (gettext_lazy("等待公布"), ""),
    "sent": (gettext_lazy("已发送"), "success"),
    "failed": (gettext_lazy("未能发送"), "danger"),
    "superseded": (gettext_lazy("已被后来的取代"), ""),
}
NAME_OF = {state: name for name, states in grades_seen.SHOWN.items() for state in states}


def address(request: HttpRequest, exam: Exam | None, name: str = "grades") -> str:
    """Of this screen under the mount that the request came through; without an exam that of all."""
    prefix = "lti_admin_" if inside_admin(request) else "lti_"
    return reverse(f"{prefix}{name}", args=[exam.pk]) if exam else reverse(f"{prefix}all_{name}")


tab = AddedTab(
    TAB,
    gettext_lazy("成绩回传"),
    address,
    lambda request, exam: grades_seen.reads_grades_of(user_of(request), exam),
)


def exam_with_grades(request: HttpRequest, exam_id: int) -> Exam:
    exam = found(Exam.objects.select_related("owner_unit"), exam_id)
    if not grades_seen.reads_grades_of(user_of(request), exam):
        raise Http404
    return exam


@door
@require_GET
def grades(request: HttpRequest, exam_id: int | None = None) -> HttpResponse:
    """Of one exam, or of all that the person may read."""
    exam = exam_with_grades(request, exam_id) if exam_id is not None else None
    context = {
        **listed(request, grades_seen.readable(user_of(request), exam)),
        "of_all": exam is None,
        "resend_url": address(request, exam, "grades_resend") if exam else "",
    }
    return page(request, "lti/grades.html", context, title=_("成绩回传"), exam=exam, tab=TAB if exam else "")


def listed(request: HttpRequest, everything: GradeDeliveryQuerySet) -> dict[str, Any]:
    """What lti/grades.html shows of these rows: those that the address asks for, and figures of all."""
    wanted = grades_seen.Wanted.from_query(request.GET.dict())
    rows = wanted.apply(everything).select_related(
        "line_item__exam", "line_item__context__platform", "line_item__context__deployment", "person__user"
    )
    shown = paged(request, rows.order_by("-sequence"))
    counted = grades_seen.counts(everything)
    return {
        "page_obj": shown,
        "rows": [_row(row, now=timezone.now()) for row in shown.object_list],
        "figures": [
            (name, STATES[name][0], counted[name]) for name in ("sent", "pending", "waiting", "failed")
        ],
        "states": [(name, label) for name, (label, _kind) in STATES.items()],
        "wanted": wanted,
        "failed": counted["failed"],
        "filtered": bool(wanted.state or wanted.words),
        "query": query_without(request),
    }


def _row(row: GradeDelivery, *, now: Any) -> dict[str, Any]:
    name = NAME_OF[row.state]
    label, kind = STATES[name]
    return {
        "row": row,
        "name": name,
        "label": label,
        "kind": kind,
        "emptied": row.timestamp is not None and row.score is None and row.state == GradeDelivery.State.SENT,
        "next_at": row.next_try_at
        if row.state in (GradeDelivery.State.PENDING, GradeDelivery.State.WAITING)
        else None,
        # Words of ours stand in the row as their msgid.
        "answer": _(row.answer) if row.answer else "",
        "held_up": _held_up(row, now) if row.state in GradeDelivery.OPEN else "",
        "may_resend": row.state in (GradeDelivery.State.FAILED, GradeDelivery.State.SENT)
        and row.line_item.gone_at is None,
    }


def _held_up(row: GradeDelivery, now: Any) -> str:
    """Why a row does not move although it is its turn."""
    platform = row.line_item.context.platform
    if platform.state != platform.State.ACTIVE:
        return _("平台已停用，重新启用后继续发送。")
    deployment = row.line_item.context.deployment
    if deployment.state != deployment.State.ACTIVE:
        return _("部署未启用，启用后继续发送。")
    if platform.paused_until and platform.paused_until > now:
        return _("平台暂时没有应答，稍后自动重试。")
    return ""


@door
@require_POST
def grades_resend(request: HttpRequest, exam_id: int) -> HttpResponse:
    """One row, or all of the exam that failed and that the person may read."""
    exam = exam_with_grades(request, exam_id)
    return sent_again(
        request, grades_seen.readable(user_of(request), exam), of=exam, back=address(request, exam)
    )


def sent_again(
    request: HttpRequest, rows: GradeDeliveryQuerySet, *, of: Exam | Context, back: str
) -> HttpResponse:
    """Sends the one row again that the form names, or all of these that failed; leads back to the list."""
    if "delivery" in request.POST:
        one = found(rows, request.POST["delivery"])
        rows = rows.filter(pk=one.pk, state__in=[GradeDelivery.State.FAILED, GradeDelivery.State.SENT])
    else:
        rows = rows.newest().filter(state=GradeDelivery.State.FAILED)
    count = resend(rows=rows, of=of, by=user_of(request), now=timezone.now())
    if count:
        deliver_grades.delay()
        words = ngettext("已安排重新发送 %(n)d 条成绩。", "已安排重新发送 %(n)d 条成绩。", count)
        tell(request, words % {"n": count})
    else:
        warn(request, _("没有可以重新发送的成绩：正在发送，或者平台上的成绩栏已经不在了。"))
    query = request.POST.get("query", "")
    return redirect(back + (f"?{query}" if query else ""))
