"""A course's certificates for its organisers, and how any certificate is revoked: asked once more, for a reason."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from courses.classes.manage.doors import page
from courses.errors import CourseError
from courses.models import Certificate
from learning.organisation.admin.reasons import ReasonForm
from learning.organisation.admin.screens import behind, found, paged, query_without, tell, user_of, warn
from learning.organisation.models import TrainingClass
from learning.organisation.permissions import Action
from learning.organisation.searching import THEIR_PERSON, holding
from learning.study.models import Activity

from . import services

course_door = behind(Action.COURSE_PUBLISH)
SEARCHED = ("holder_name", "number", *THEIR_PERSON)


@course_door
@require_GET
def course_certificates(request: HttpRequest, pk: int) -> HttpResponse:
    course = _course(request, pk)
    counts = course.certificates.aggregate(all=Count("pk"), revoked=Count("pk", filter=~Q(revoked_at=None)))
    state, q = request.GET.get("state", ""), request.GET.get("q", "").strip()
    rows = holding(course.certificates.select_related("user", "revoked_by"), q, *SEARCHED)
    if state in ("valid", "revoked"):
        rows = rows.filter(revoked_at__isnull=state == "valid")
    shown = paged(request, rows.order_by("-issued_at", "-pk"))
    context = {
        "course_id": pk,
        "page_obj": shown,
        "rows": shown.object_list,
        "chips": [
            ("", _("全部"), counts["all"]),
            ("valid", _("有效"), counts["all"] - counts["revoked"]),
            ("revoked", _("已撤销"), counts["revoked"]),
        ],
        "state": state,
        "q": q,
        "query_without_state": query_without(request, "state"),
    }
    return page(request, "certificates.html", context, title=_("证书"), trail=_trail(course, pk))


@course_door
def course_certificate_revoke(request: HttpRequest, pk: int, certificate_id: int) -> HttpResponse:
    course = _course(request, pk)
    back = reverse("course_certificates", args=[pk])
    return revoke_asked(
        request,
        found(course.certificates.all(), certificate_id),
        back=back,
        trail=[*_trail(course, pk), (back, _("证书"))],
    )


def revoke_asked(
    request: HttpRequest,
    certificate: Certificate,
    *,
    back: str,
    trail: Sequence[tuple[str, str]],
    training_class: TrainingClass | None = None,
) -> HttpResponse:
    """Tells what it means and asks for the reason; then revokes it and goes back. The right is checked by the caller."""
    if certificate.revoked_at is not None:
        warn(request, _("这份证书已经撤销。"))
        return redirect(back)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.revoke(
                certificate_id=certificate.pk,
                reason=form.cleaned_data["reason"],
                by=user_of(request),
                now=timezone.now(),
            )
        except CourseError as error:
            warn(request, str(error))
        else:
            tell(request, _("证书 %(number)s 已撤销。") % {"number": certificate.number})
        return redirect(back)
    return page(
        request,
        "revoke.html",
        {"form": form, "certificate": certificate, "back": back},
        title=_("撤销证书"),
        training_class=training_class,
        trail=trail,
        status=422 if form.is_bound else 200,
        wide=False,
    )


def _course(request: HttpRequest, pk: int) -> Activity:
    """What the course's page published, in the person's scope; otherwise 404."""
    mine = Activity.objects.allowing(user_of(request), Action.COURSE_PUBLISH)
    course = mine.filter(key=f"page:{pk}").first()
    if course is None:
        raise Http404
    return course


def _trail(course: Activity, pk: int) -> list[tuple[str, str]]:
    return [
        (reverse("course_list"), _("课程")),
        (reverse("course_outline", args=[pk]), course.title),
    ]
