"""What an organiser does about one person, each one a POST from the person's page, asked once more where a log-in changes;
and the code sheet of a unit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from wagtail.admin.auth import require_admin_access

from learning.organisation.errors import OrganisationError
from learning.organisation.models import AccessCode, Membership, RoleAssignment, Unit, User
from learning.organisation.permissions import Action, outranked, people_allowing, scope_q, units_allowing
from learning.organisation.services import accounts, memberships, roles

from .people_forms import GrantForm, LeaveForm, MembershipForm, UnitCodesForm

Act = Callable[[HttpRequest, User, User], HttpResponse | None]
# Names the act, for the words of person_ask.html.
Ask = Callable[[HttpRequest, User], str]


def person_page(person: User) -> str:
    return reverse("wagtailusers_users:inspect", args=[person.pk])


def about_person(act: Act) -> Any:
    """A POST view for one person of the subtree that the user manages (else 404); a refusal is said on the page."""
    return require_POST(_about_person(act))


def asked_first(ask: Ask) -> Callable[[Act], Any]:
    """Like about_person; a GET says what will happen to whom and changes nothing."""

    def decorated(act: Act) -> Any:
        return require_http_methods(["GET", "POST"])(_about_person(act, ask))

    return decorated


def _about_person(act: Act, ask: Ask | None = None) -> Any:
    @never_cache
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        by = signed_in(request)
        person = get_object_or_404(people_allowing(by, Action.MEMBER_MANAGE), pk=pk)
        try:
            if ask is not None and request.method == "GET":
                accounts.refuse_foreign([person], by=by)
                context = {"person": person, "act": ask(request, person), "back": person_page(person)}
                return render(request, "organisation/admin/person_ask.html", context)
            answer = act(request, by, person)
        except OrganisationError as error:
            messages.error(request, str(error))
            answer = None
        return answer or redirect(person_page(person))

    return view


@about_person
def change_membership(request: HttpRequest, by: User, person: User) -> None:
    form = MembershipForm(request.POST, for_user=by, person=person)
    if not form.is_valid():
        say_errors(request, form)
        return
    now, data = timezone.now(), form.cleaned_data
    current = Membership.objects.filter(user=person, to_date=None).first()
    if current is None:
        memberships.join(user=person, **data, by=by, now=now)
    elif current.unit_id != data["unit"].pk:
        memberships.transfer(user=person, **data, by=by, now=now)
    else:
        memberships.change_status(
            user=person, person_status=data["person_status"], on=data["on"], by=by, now=now
        )
    messages.success(request, _("组织关系已更新。"))


@about_person
def end_membership(request: HttpRequest, by: User, person: User) -> HttpResponse | None:
    form = LeaveForm(request.POST)
    if not form.is_valid():
        say_errors(request, form)
        return None
    memberships.leave(user=person, on=form.cleaned_data["on"], by=by, now=timezone.now())
    messages.success(request, _("已结束“%(person)s”的组织关系。") % {"person": person.full_name})
    # Without a membership the person may no longer be in the organiser's sight.
    return redirect("wagtailusers_users:index")


@asked_first(lambda request, person: "reset")
def reset(request: HttpRequest, by: User, person: User) -> HttpResponse:
    issued = accounts.reset_by_organiser(user=person, by=by, now=timezone.now())
    return code_page(request, [issued], _("重置码"))


def code_kind(request: HttpRequest, person: User) -> str:
    """A room code where it is asked for, or where there is nothing to activate any more."""
    asked = request.POST.get("kind") or request.GET.get("kind")
    waiting = person.activated_at is None and asked != AccessCode.Kind.ROOM
    return AccessCode.Kind.ACTIVATION if waiting else AccessCode.Kind.ROOM


@asked_first(code_kind)
def issue_code(request: HttpRequest, by: User, person: User) -> HttpResponse:
    kind = code_kind(request, person)
    issued = accounts.issue_codes(users=[person], kind=kind, by=by, now=timezone.now())
    return code_page(request, issued, AccessCode.Kind(kind).label)


@asked_first(lambda request, person: "deactivate")
def deactivate(request: HttpRequest, by: User, person: User) -> None:
    accounts.deactivate(user=person, by=by, now=timezone.now())
    messages.success(request, _("已停用 %(person)s 的账号。") % {"person": person})


@about_person
def reactivate(request: HttpRequest, by: User, person: User) -> None:
    accounts.reactivate(user=person, by=by, now=timezone.now())
    messages.success(request, _("已恢复 %(person)s 的账号。") % {"person": person})


@require_POST
def grant(request: HttpRequest, pk: int) -> HttpResponse:
    by = signed_in(request)
    person = get_object_or_404(people_allowing(by, Action.ROLE_GRANT), pk=pk)
    form = GrantForm(request.POST, for_user=by)
    if form.is_valid():
        try:
            roles.grant_role(user=person, **form.cleaned_data, by=by, now=timezone.now())
            messages.success(request, _("角色已授予。"))
        except OrganisationError as error:
            messages.error(request, str(error))
    else:
        say_errors(request, form)
    return redirect(person_page(person))


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    by = signed_in(request)
    assignments = RoleAssignment.objects.filter(scope_q(by, Action.ROLE_GRANT), to_date=None)
    assignment = get_object_or_404(assignments.select_related("user", "unit"), pk=pk)
    try:
        roles.revoke_role(assignment=assignment, by=by, now=timezone.now())
        messages.success(request, _("角色已撤销，立即生效。"))
    except OrganisationError as error:
        messages.error(request, str(error))
    return redirect(person_page(assignment.user))


@never_cache
def unit_codes(request: HttpRequest, pk: int) -> HttpResponse:
    """Room codes for everybody of a unit and below, on a sheet to print; those with higher rights are left out."""
    by, now = signed_in(request), timezone.now()
    unit: Unit = get_object_or_404(units_allowing(by, Action.MEMBER_MANAGE), pk=pk)
    today = timezone.localdate(now)
    current = (
        Membership.objects.on(today).within(unit).filter(user__is_active=True).select_related("user", "unit")
    )
    rows = list(current.order_by("unit__path", "user__number"))
    above = outranked(by, [row.user for row in rows])
    rows = [row for row in rows if row.user_id not in above]
    form = UnitCodesForm(request.POST or None)
    if not form.is_valid():
        context = {"unit": unit, "form": form, "count": len(rows), "left_out": len(above)}
        return render(request, "organisation/admin/unit_codes.html", context)
    lifetime = timedelta(hours=form.cleaned_data["hours"])
    issued = accounts.issue_codes(
        users=[row.user for row in rows], kind=AccessCode.Kind.ROOM, by=by, now=now, lifetime=lifetime
    )
    lines = [{"unit": row.unit.name, "issued": each} for row, each in zip(rows, issued, strict=True)]
    return render(
        request,
        "organisation/admin/code_sheet.html",
        {"unit": unit, "lines": lines, "expires_at": now + lifetime},
    )


def code_page(request: HttpRequest, issued: list[accounts.IssuedCode], kind: Any) -> HttpResponse:
    return render(request, "organisation/admin/code.html", {"issued": issued, "kind": kind})


def say_errors(request: HttpRequest, form: Any) -> None:
    for field, errors in form.errors.items():
        label = form.fields[field].label if field in form.fields else ""
        messages.error(request, f"{label} {' '.join(errors)}".strip())


def signed_in(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise TypeError("Only behind require_admin_access.")
    return user


urlpatterns = [
    path("people/<int:pk>/membership/", require_admin_access(change_membership), name="person_membership"),
    path("people/<int:pk>/leave/", require_admin_access(end_membership), name="person_leave"),
    path("people/<int:pk>/reset/", require_admin_access(reset), name="person_reset"),
    path("people/<int:pk>/code/", require_admin_access(issue_code), name="person_code"),
    path("people/<int:pk>/deactivate/", require_admin_access(deactivate), name="person_deactivate"),
    path("people/<int:pk>/reactivate/", require_admin_access(reactivate), name="person_reactivate"),
    path("people/<int:pk>/grant/", require_admin_access(grant), name="person_grant"),
    path("roles/<int:pk>/revoke/", require_admin_access(revoke), name="role_revoke"),
    path("unit/<int:pk>/codes/", require_admin_access(unit_codes), name="unit_codes"),
]
