"""The people of a platform: who is whom here and how that came about; an administrator mends a wrong link."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from learning.organisation.admin.screens import found, paged, tell, user_of
from learning.organisation.errors import OrganisationError
from learning.organisation.searching import holding
from lti.models import Platform, PlatformUser
from lti.services import relinking

from .doors import door, go, link, page
from .forms import RelinkForm


@door
@require_GET
def person_list(request: HttpRequest, pk: int) -> HttpResponse:
    platform = found(Platform.objects.all(), pk)
    words, linked = request.GET.get("q", ""), request.GET.get("linked", "")
    rows = PlatformUser.objects.filter(platform=platform)
    if linked in PlatformUser.LinkedBy.values:
        rows = rows.filter(linked_by=linked)
    rows = holding(rows, words, "name", "number", "user__full_name", "user__number", "sub")
    shown = paged(request, rows.select_related("user").order_by("-last_launch_at", "-pk"))
    context = {
        "page_obj": shown,
        "rows": shown.object_list,
        "kinds": PlatformUser.LinkedBy.choices,
        "linked": linked,
        "q": words,
    }
    return page(request, "people.html", context, title=_("平台人员"), platform=platform, tab="person_list")


@door
def person(request: HttpRequest, pk: int, person_id: int) -> HttpResponse:
    """One person, and the two acts: link them to somebody else, or forget the link. Both ask before they change
    anything: the form names the consequence and is confirmed by a tick."""
    platform = found(Platform.objects.all(), pk)
    row = found(PlatformUser.objects.filter(platform=platform).select_related("user"), person_id)
    form = RelinkForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            answer = _act(request, row, form)
        except OrganisationError as error:
            form.add_error("number" if form.cleaned_data["act"] == form.RELINK else None, str(error))
        else:
            return answer
    context = {"row": row, "form": form, "attempts": relinking.attempts_of(row)}
    return page(
        request,
        "person.html",
        context,
        title=row.name or row.sub,
        platform=platform,
        trail=[(link("person_list", platform.pk), _("平台人员"))],
        status=422 if form.errors else 200,
        wide=False,
    )


def _act(request: HttpRequest, row: PlatformUser, form: RelinkForm) -> HttpResponse:
    by, now = user_of(request), timezone.now()
    if form.cleaned_data["act"] == form.UNLINK:
        relinking.unlink_person(person=row, by=by, now=now)
        tell(request, _("已解除。此人下次从平台进入时重新确认身份。"))
        return go("person_list", row.platform_id)
    user = relinking.relink_person(person=row, number=form.cleaned_data["number"], by=by, now=now)
    tell(request, _("已改为“%(person)s”。") % {"person": user})
    return go("person", row.platform_id, row.pk)
