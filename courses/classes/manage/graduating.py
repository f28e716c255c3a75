"""Graduation on the screen: previewed with reasons, confirmed, its list taken away, certificates issued and revoked."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from courses.certifying import services as certificates
from courses.certifying.managing import revoke_asked
from courses.classes import planning
from courses.classes.graduation import graduate, preview
from courses.classes.words import plain, reason_words
from courses.errors import CourseError
from courses.models import Certificate, Graduation
from learning.organisation.admin.screens import found, paged, tell, user_of, warn
from learning.organisation.errors import OrganisationError
from learning.organisation.models import TrainingClass
from learning.organisation.searching import THEIR_PERSON_AND_UNIT, holding
from learning.organisation.services.audit import record
from learning.organisation.sheets import download, sheet

from .doors import class_door, class_for, go, link, page

State = TrainingClass.State


@class_door
@require_GET
def class_graduation(request: HttpRequest, class_id: int) -> HttpResponse:
    training_class = class_for(request, class_id)
    if training_class.state == State.CLOSED:
        return _results(request, training_class)
    items, plan = planning.items_of(training_class), planning.plan_of(training_class)
    standing, seen = preview(training_class=training_class, now=timezone.now())
    shown = paged(request, standing)
    context = {
        "page_obj": shown,
        "rows": shown.object_list,
        "seen": seen,
        "graduates": sum(each.verdict.graduates for each in standing),
        "people": len(standing),
        "problems": planning.problems(plan, items),
        "running": training_class.state == State.RUNNING,
        "plan": plan,
    }
    return _tab(request, training_class, "graduation.html", context)


@class_door
@require_POST
def graduation_confirm(request: HttpRequest, class_id: int) -> HttpResponse:
    training_class = class_for(request, class_id)
    try:
        done = graduate(
            class_id=training_class.pk,
            seen=request.POST.get("seen", ""),
            by=user_of(request),
            now=timezone.now(),
        )
    except (CourseError, OrganisationError) as error:
        warn(request, str(error))
    else:
        count = sum(each.graduated for each in done)
        tell(request, _("已结业 %(count)s 人，结果不再改变。") % {"count": count})
    return go("class_graduation", training_class.pk)


@class_door
@require_GET
def graduation_export(request: HttpRequest, class_id: int) -> HttpResponse:
    training_class = class_for(request, class_id)
    headings = [
        _("学号/工号"),
        _("姓名"),
        _("党组织"),
        _("人员状态"),
        _("结果"),
        _("考试"),
        _("学习完成"),
        _("心得体会"),
        _("综合成绩"),
        _("学时"),
        _("未达到的要求"),
        _("证书编号"),
    ]
    numbers = dict(
        Certificate.objects.filter(training_class=training_class, revoked_at=None).values_list(
            "user", "number"
        )
    )
    lines = [
        [
            each.member.user.number,
            each.member.user.full_name,
            each.member.unit.name,
            each.member.get_person_status_display(),
            each.member.get_state_display(),
            plain(each.exam),
            plain(each.study),
            plain(each.reflection),
            plain(each.total),
            plain(each.hours),
            _("；").join(reason_words(reason) for reason in each.reasons),
            numbers.get(each.member.user_id, ""),
        ]
        for each in graduations(training_class)
    ]
    record(
        actor=user_of(request),
        action="class.export_results",
        obj=training_class,
        unit=training_class.owner_unit,
        data={"rows": len(lines)},
        now=timezone.now(),
    )
    return download(f"{training_class.name}-{_('结业名单')}.xlsx", sheet(_("结业名单"), headings, lines))


@class_door
@require_POST
def certificates_issue(request: HttpRequest, class_id: int) -> HttpResponse:
    training_class = class_for(request, class_id)
    try:
        count = certificates.issue_for_class(
            training_class=training_class, by=user_of(request), now=timezone.now()
        )
    except CourseError as error:
        warn(request, str(error))
    else:
        tell(request, _("已签发 %(count)s 份证书。") % {"count": count})
    return go("class_graduation", training_class.pk)


@class_door
def certificate_revoke(request: HttpRequest, class_id: int, certificate_id: int) -> HttpResponse:
    training_class = class_for(request, class_id)
    back = link("class_graduation", training_class.pk)
    return revoke_asked(
        request,
        found(training_class.certificates.all(), certificate_id),
        back=back,
        trail=[(back, _("结业"))],
        training_class=training_class,
    )


def graduations(training_class: TrainingClass) -> list[Graduation]:
    """The frozen results, graduates first."""
    rows = Graduation.objects.filter(member__training_class=training_class)
    rows = rows.select_related("member__user", "member__unit")
    return list(rows.order_by("-graduated", "-total", "member__user__number"))


def _results(request: HttpRequest, training_class: TrainingClass) -> HttpResponse:
    rows, q = graduations(training_class), request.GET.get("q", "").strip()
    given = {
        each.user_id: each  # who was given another after a revoked one has the valid one
        for each in training_class.certificates.order_by("pk")
    }
    fits = holding(training_class.members.all(), q, *THEIR_PERSON_AND_UNIT).values_list("pk", flat=True)
    wanted = set(fits) if q else set()
    shown = paged(request, [each for each in rows if not q or each.member_id in wanted])
    graduates = [each for each in rows if each.graduated]
    context = {
        "page_obj": shown,
        "rows": [
            {"result": each, "certificate": given.get(each.member.user_id)} for each in shown.object_list
        ],
        "graduates": len(graduates),
        "people": len(rows),
        "to_issue": sum(each.member.user_id not in given for each in graduates)
        if planning.plan_of(training_class).certificate
        else 0,
        "issued": sum(each.revoked_at is None for each in given.values()),
        "q": q,
    }
    return _tab(request, training_class, "results.html", context)


def _tab(
    request: HttpRequest, training_class: TrainingClass, template: str, context: dict[str, object]
) -> HttpResponse:
    return page(
        request, template, context, title=_("结业"), training_class=training_class, tab="class_graduation"
    )
