"""My certificates, the sheet itself, and the public page that says whether a number is true."""

from __future__ import annotations

from typing import cast
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from courses.models import Certificate
from learning.organisation.models import User
from learning.organisation.permissions import Action, may

from . import paper, services
from .numbers import clean_number, masked

# Wrong numbers from one address; a campus shares one, and a right number costs nothing.
MOST_WRONG = 60
WRONG_WINDOW_S = 600


@never_cache
@login_required
@require_GET
def my_certificates(request: HttpRequest) -> HttpResponse:
    """What the person has earned is issued when they first look."""
    user = cast(User, request.user)
    fresh = services.claim_due(user=user, now=timezone.now())
    context = {"certificates": services.certificates_of(user), "fresh": {each.pk for each in fresh}}
    return render(request, "courses/certificates/mine.html", context)


@never_cache
@login_required
@require_GET
def certificate_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """For its holder, and for whoever manages classes or courses of the unit that gave it. One that was revoked is not
    printed any more: its public page says since when."""
    found = Certificate.objects.select_related("activity__owner_unit", "training_class__owner_unit").filter(
        number=number
    )
    certificate = found.first()
    if certificate is None or not _may_see(cast(User, request.user), certificate):
        raise Http404
    if certificate.revoked_at is not None:
        return redirect("verify_certificate", number=certificate.number)
    content = paper.printed(
        certificate, verify_url=verify_url(request, certificate.number), site_name=settings.WAGTAIL_SITE_NAME
    )
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{certificate.number}.pdf"'
    return response


@never_cache
@require_GET
def verify_form(request: HttpRequest) -> HttpResponse:
    """Where a number is typed; sends to the page of the number."""
    typed = request.GET.get("number", "").strip()
    if typed:
        number = clean_number(typed)
        return redirect("verify_certificate", number=number) if number else _unknown(request, typed)
    return _shown(request, "courses/certificates/verify.html", {})


@never_cache
@require_GET
def verify_certificate(request: HttpRequest, number: str) -> HttpResponse:
    """Public: what was attested, when, to whom (masked), and whether it still holds."""
    if cache.get(_wrong_key(request), 0) >= MOST_WRONG:
        response = _shown(request, "courses/certificates/verify.html", {"slow": True}, status=429)
        response["Retry-After"] = str(WRONG_WINDOW_S)
        return response
    cleaned = clean_number(number)
    certificate = Certificate.objects.filter(number=cleaned).first() if cleaned else None
    if certificate is None:
        return _unknown(request, number)
    context = {
        "certificate": certificate,
        "holder": masked(certificate.holder_name),
        "said": paper.sentence(certificate),
    }
    return _shown(request, "courses/certificates/verify.html", context)


def verify_url(request: HttpRequest, number: str) -> str:
    """The absolute address printed as a QR code: of the site's own address where the setting names it."""
    path = reverse("verify_certificate", args=[number])
    base = settings.WAGTAILADMIN_BASE_URL
    return urljoin(base, path) if base else request.build_absolute_uri(path)


def _may_see(user: User, certificate: Certificate) -> bool:
    if certificate.user_id == user.pk:
        return True
    if certificate.training_class is not None:
        return may(user, Action.CLASS_MANAGE, certificate.training_class.owner_unit)
    return certificate.activity is not None and may(
        user, Action.COURSE_PUBLISH, certificate.activity.owner_unit
    )


def _unknown(request: HttpRequest, typed: str) -> HttpResponse:
    key = _wrong_key(request)
    cache.add(key, 0, WRONG_WINDOW_S)
    try:
        cache.incr(key)
    except ValueError:  # it ran out between the two
        cache.set(key, 1, WRONG_WINDOW_S)
    return _shown(request, "courses/certificates/verify.html", {"unknown": typed[:40]}, status=404)


def _wrong_key(request: HttpRequest) -> str:
    return f"verify-wrong:{request.META.get('REMOTE_ADDR', '')}"


def _shown(
    request: HttpRequest, template: str, context: dict[str, object], status: int = 200
) -> HttpResponse:
    response = render(request, template, context, status=status)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
