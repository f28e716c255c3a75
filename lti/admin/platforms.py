"""The platforms: their list, one of them with its deployments, added by hand, changed, approved, switched off and on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from learning.organisation.admin.screens import found, paged, tell, user_of, warn
from learning.organisation.errors import OrganisationError
from lti.core.dialects import dialect_of
from lti.models import Deployment, Launch, Platform
from lti.services import registering
from lti.services.vetting import PlatformFault

from .doors import door, go, page
from .forms import TRUST, NewPlatformForm, PlatformForm, PresetForm, UnitsForm
from .pasting import OF_A_LINK, OTHER, filled, kind_name, sheet_of

FAILED_WITHIN = timedelta(days=7)
LAST_LAUNCHES = 5
State = Platform.State


def platforms() -> QuerySet[Platform]:
    return Platform.objects.select_related("unit", "default_unit", "created_by", "approved_by")


@door
@require_GET
def platform_list(request: HttpRequest) -> HttpResponse:
    since = timezone.now() - FAILED_WITHIN
    failed = Launch.objects.filter(platform=OuterRef("pk"), at__gte=since).exclude(code="ok")
    waiting = Deployment.objects.filter(platform=OuterRef("pk"), state=Deployment.State.PENDING)
    latest = Launch.objects.filter(platform=OuterRef("pk"), code="ok").order_by("-at").values("at")[:1]
    rows = Platform.objects.annotate(failed=_count(failed), waiting=_count(waiting), latest=Subquery(latest))
    shown = paged(request, rows.order_by("name", "pk"))
    context = {"page_obj": shown, "rows": [(row, kind_name(row.dialect)) for row in shown.object_list]}
    return page(request, "platforms.html", context, title=_("校园平台"), tab="platform_list")


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("platform").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


@door
@require_GET
def platform(request: HttpRequest, pk: int) -> HttpResponse:
    """What the platform is and may do, its deployments, its last launches; a pending one says what it claims."""
    row = found(platforms(), pk)
    deployments = row.deployments.select_related("approved_by").order_by("-first_seen_at", "-pk")
    launches = row.launches.defer("claims").select_related("user", "context").order_by("-at")
    context = {
        "dialect": kind_name(row.dialect),
        "deployments": list(deployments),
        "launches": list(launches[:LAST_LAUNCHES]),
        "people": row.people.count(),
        "courses": row.contexts.count(),
        "origins": row.service_origins(),
        "trusts": [PlatformForm.base_fields[name].label for name in TRUST if getattr(row, name)],
        "units": UnitsForm(
            user=user_of(request), initial={"unit": row.unit_id, "default_unit": row.default_unit_id}
        ),
    }
    return page(request, "platform.html", context, title=row.name, platform=row, tab="platform", wide=True)


@door
@require_GET
def platform_paste(request: HttpRequest, pk: int) -> HttpResponse:
    row = found(platforms(), pk)
    sheet = sheet_of(row.dialect, request)
    context = {"sheet": sheet, "custom": OF_A_LINK, "dialect": kind_name(row.dialect)}
    return page(request, "paste.html", context, title=_("在平台里填写"), platform=row, tab="platform_paste")


@door
def platform_new(request: HttpRequest) -> HttpResponse:
    """First which platform and where; then its form, filled as far as that kind of platform is known, beside what goes
    into the platform."""
    user = user_of(request)
    posted = request.method == "POST"
    preset = PresetForm(request.GET if "dialect" in request.GET else None)
    initial: dict[str, Any] = {"dialect": OTHER}
    if preset.is_valid():
        initial["dialect"] = preset.cleaned_data["dialect"]
        initial |= filled(dialect_of(initial["dialect"]), preset.cleaned_data["host"])
    form = NewPlatformForm(request.POST if posted else None, user=user, initial=initial)
    if posted and form.is_valid():
        data = dict(form.cleaned_data)
        deployments = filter(None, [data.pop("deployment_id")])
        try:
            made = registering.add_platform(**data, deployments=deployments, by=user, now=timezone.now())
        except PlatformFault as fault:
            form.add_fault(fault)
        else:
            tell(request, _("已登记。请在平台里完成填写，再做一次连接检查。"))
            return go("platform", made.pk)
    dialect = request.POST.get("dialect", OTHER) if posted else initial["dialect"]
    step = 2 if posted or preset.is_valid() else 1
    context = {
        "preset": preset,
        "form": form,
        "step": step,
        "sheet": sheet_of(dialect, request),
        "of_a_link": OF_A_LINK,
        "dialect": kind_name(dialect),
    }
    status = 422 if form.is_bound and form.errors else 200
    return page(
        request,
        "platform_new.html",
        context,
        title=_("登记平台"),
        tab="platform_new",
        status=status,
        wide=step == 2,
    )


@door
def platform_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row, user = found(platforms(), pk), user_of(request)
    initial = {name: getattr(row, name) for name in PlatformForm.base_fields}
    posted = request.POST if request.method == "POST" else None
    form = PlatformForm(posted, user=user, instance=row, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            registering.change_platform(platform=row, fields=form.cleaned_data, by=user, now=timezone.now())
        except PlatformFault as fault:
            form.add_fault(fault)
        else:
            tell(request, _("已保存。"))
            return go("platform", row.pk)
    status = 422 if form.is_bound and form.errors else 200
    return page(
        request,
        "platform_edit.html",
        {"form": form},
        title=_("登记信息"),
        platform=row,
        tab="platform_edit",
        status=status,
        wide=False,
    )


@door
@require_POST
def platform_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Lets a platform in that waits, with the units that were chosen beside the button."""
    row, user = found(platforms().filter(state=State.PENDING), pk), user_of(request)
    form = UnitsForm(request.POST, user=user)
    if not form.is_valid():
        warn(request, _("请重新选择党组织。"))
        return go("platform", row.pk)
    return _done(
        request,
        row,
        lambda: registering.approve_platform(platform=row, **form.cleaned_data, by=user, now=timezone.now()),
        _("已批准“%(name)s”，现在可以从这个平台进入。") % {"name": row.name},
    )


@door
@require_POST
def platform_off(request: HttpRequest, pk: int) -> HttpResponse:
    row, user = found(platforms(), pk), user_of(request)
    return _done(
        request,
        row,
        lambda: registering.turn_off(platform=row, by=user, now=timezone.now()),
        _("已停用“%(name)s”，不能再从这个平台进入；已有的作答和成绩都保留。") % {"name": row.name},
    )


@door
@require_POST
def platform_on(request: HttpRequest, pk: int) -> HttpResponse:
    row, user = found(platforms().filter(state=State.OFF), pk), user_of(request)
    return _done(
        request,
        row,
        lambda: registering.turn_on(platform=row, by=user, now=timezone.now()),
        _("已重新启用“%(name)s”。") % {"name": row.name},
    )


@door
@require_POST
def deployment_approve(request: HttpRequest, pk: int, deployment_id: int) -> HttpResponse:
    row = found(Deployment.objects.filter(platform=pk).select_related("platform"), deployment_id)
    return _done(
        request,
        row.platform,
        lambda: registering.approve_deployment(deployment=row, by=user_of(request), now=timezone.now()),
        _("已批准部署“%(id)s”。") % {"id": row.deployment_id},
    )


@door
@require_POST
def deployment_refuse(request: HttpRequest, pk: int, deployment_id: int) -> HttpResponse:
    row = found(Deployment.objects.filter(platform=pk).select_related("platform"), deployment_id)
    return _done(
        request,
        row.platform,
        lambda: registering.refuse_deployment(deployment=row, by=user_of(request), now=timezone.now()),
        _("部署“%(id)s”不能进入本站。") % {"id": row.deployment_id},
    )


def _done(request: HttpRequest, row: Platform, act: Any, words: str) -> HttpResponse:
    try:
        act()
    except OrganisationError as error:
        warn(request, str(error))
    else:
        tell(request, words)
    return go("platform", row.pk)
