"""One-time links by which a platform registers itself: made, shown once, listed, revoked."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from learning.organisation.admin.screens import found, paged, tell, user_of, warn
from learning.organisation.errors import OrganisationError
from lti.core.dialects import Ours
from lti.models import Invitation
from lti.services import registering

from .doors import door, go, link, page
from .forms import InvitationForm
from .pasting import our_addresses


@door
@require_GET
def invitation_list(request: HttpRequest) -> HttpResponse:
    rows = Invitation.objects.select_related("created_by", "unit", "platform").order_by("-created_at", "-pk")
    shown, now = paged(request, rows), timezone.now()
    context = {"page_obj": shown, "rows": [(row, standing(row, now)) for row in shown.object_list]}
    return page(request, "invitations.html", context, title=_("注册邀请"), tab="invitation_list")


def standing(row: Invitation, now: object) -> str:
    """used, revoked, expired or open: the code of how far the invitation has come."""
    if row.used_at:
        return "used"
    if row.revoked_at:
        return "revoked"
    return "open" if row.expires_at > now else "expired"  # type: ignore[operator]  # an instant


@door
def invitation_new(request: HttpRequest) -> HttpResponse:
    """The answer to the form shows the link; nothing that is kept can show it again."""
    user = user_of(request)
    form = InvitationForm(request.POST if request.method == "POST" else None, user=user)
    trail = [(link("invitation_list"), _("注册邀请"))]
    if request.method == "POST" and form.is_valid():
        try:
            made = registering.invite(**form.cleaned_data, by=user, now=timezone.now())
        except OrganisationError as error:
            form.add_error(None, str(error))
        else:
            context = {
                "invitation": made.invitation,
                "address": f"{our_addresses(request)[Ours.REGISTER]}/{made.token}",
            }
            return page(
                request,
                "invitation.html",
                context,
                title=_("注册链接"),
                tab="invitation_list",
                trail=trail,
                wide=False,
            )
    status = 422 if form.is_bound and form.errors else 200
    return page(
        request,
        "invitation_new.html",
        {"form": form},
        title=_("新建注册邀请"),
        tab="invitation_list",
        trail=trail,
        status=status,
        wide=False,
    )


@door
@require_POST
def invitation_revoke(request: HttpRequest, invitation_id: int) -> HttpResponse:
    row = found(Invitation.objects.filter(used_at=None, revoked_at=None), invitation_id)
    try:
        registering.revoke_invitation(invitation=row, by=user_of(request), now=timezone.now())
    except OrganisationError as error:
        warn(request, str(error))
    else:
        tell(request, _("已撤销给“%(name)s”的注册邀请。") % {"name": row})
    return go("invitation_list")
