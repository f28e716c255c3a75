"""The report of a member: for organisers over the person's unit, and the member's own."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Case, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from learning.organisation.admin.screens import found, user_of
from learning.organisation.models import User
from learning.organisation.permissions import Action, may, people_allowing
from learning.study.intervals import subtract
from question_bank.exams.models import Attempt
from reports.frame import show
from reports.members.cards import answer_cards
from reports.members.numbers import MemberNumbers, Reader, VideoRecord, member_numbers, reader_of
from reports.members.points import ASSESSING
from reports.members.report import WRONG_ONLY, spans_words
from reports.members.report import member_report as report_of

from .doors import door, home_crumb

MOST_DIGITS = 18
STRIP_WIDTH = 1000


@door
@require_GET
def member_report(request: HttpRequest, user_id: int) -> HttpResponseBase:
    now = timezone.now()
    member = found(User.objects.all(), user_id)
    reader = reader_of(user_of(request), member, day=timezone.localdate(now))
    if reader is None:
        raise Http404
    if reader.own:
        reader = Reader(own=True)
    trail = [home_crumb()]
    return _page(request, member, reader, trail=trail, inside_admin=True)


@never_cache
@login_required
@require_GET
def own_report(request: HttpRequest) -> HttpResponse:
    """The member's own, with what is released."""
    trail = [(reverse("me"), _("我的"))]
    return _page(request, user_of(request), Reader(own=True), trail=trail, inside_admin=False)


def _page(
    request: HttpRequest, member: User, reader: Reader, *, trail: list[tuple[str, str]], inside_admin: bool
) -> HttpResponse:
    now = timezone.now()
    chosen_id = _chosen(request, member)
    numbers = member_numbers(member=member, reader=reader, now=now, items_of=[chosen_id] if chosen_id else [])
    chosen = next((each for each in numbers.attempts if each.attempt.pk == chosen_id), None)
    report = report_of(
        numbers,
        chosen,
        wrong_only=request.GET.get("only") == WRONG_ONLY,
        chart=request.GET.get("chart", ""),
    )
    charted = report.chart.table if report.chart else None
    return show(
        request,
        report,
        trail=trail,
        inside_admin=inside_admin,
        template="reports/member.html",
        about=member,
        unit=numbers.membership.unit if numbers.membership else None,
        numbers=numbers,
        answers=answer_cards(charted) if charted and charted.key == "items" else [],
        strips=_strips(numbers),
        inspect_url=_inspect_url(numbers, chosen_id),
        erase_url=_erase_url(user_of(request), member) if inside_admin else "",
    )


def _chosen(request: HttpRequest, member: User) -> int:
    """The attempt that the URL names, else the latest handed in of an exam that assesses, else the latest; 0 without
    one."""
    wanted = request.GET.get("attempt", "")
    if wanted.isascii() and wanted.isdecimal() and len(wanted) <= MOST_DIGITS:
        return int(wanted)
    latest = Attempt.objects.filter(user=member, submitted_at__isnull=False).exclude(state=Attempt.State.VOID)
    assessing = Case(When(exam__kind__in=ASSESSING, then=0), default=1)
    return latest.order_by(assessing, "-submitted_at").values_list("pk", flat=True).first() or 0


def _strips(numbers: MemberNumbers) -> list[dict[str, Any]]:
    return [_strip(each) for each in numbers.study.videos if each.total_ms]


def _strip(video: VideoRecord) -> dict[str, Any]:
    """Rectangles of a bar 1000 wide, and the same in words."""
    missing = subtract([(0, video.total_ms)], video.spans)
    return {
        "title": video.title,
        "spans": [
            (begin * STRIP_WIDTH // video.total_ms, max(1, (end - begin) * STRIP_WIDTH // video.total_ms))
            for begin, end in video.spans
        ],
        "words": _("看过 %(spans)s。") % {"spans": spans_words(video.spans) or _("（无）")},
        "missing": _("还差 %(spans)s。") % {"spans": spans_words(missing)} if missing else _("已全部看过。"),
    }


def _inspect_url(numbers: MemberNumbers, chosen_id: int) -> str:
    """For organisers: the attempt with its key, where the exam's own rights decide."""
    if numbers.reader.own or not numbers.reader.may_see_answers:
        return ""
    exam = next((each.attempt.exam_id for each in numbers.attempts if each.attempt.pk == chosen_id), None)
    return reverse("exams_admin:manage_attempt", args=[exam, chosen_id]) if exam else ""


def _erase_url(user: User, member: User) -> str:
    """Where the member's record of study is erased, for who may."""
    if not may(user, Action.STUDY_ERASE):
        return ""
    erasable = people_allowing(user, Action.STUDY_ERASE).filter(pk=member.pk)
    return reverse("erase_person", args=[member.pk]) if erasable.exists() else ""
