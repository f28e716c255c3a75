"""The connection check of one platform: asked for, not kept."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from learning.organisation.admin.screens import found, user_of
from lti.core.dialects import Ours
from lti.models import Platform
from lti.services import checking
from lti.services.findings import Level

from .doors import door, page
from .pasting import our_addresses


@door
def check(request: HttpRequest, pk: int) -> HttpResponse:
    row = found(Platform.objects.select_related("unit"), pk)
    findings = None
    if request.method == "POST":
        ours = our_addresses(request)
        findings = checking.check_platform(
            platform=row,
            launch_url=ours[Ours.LAUNCH],
            login_url=ours[Ours.LOGIN],
            jwks_url=ours[Ours.JWKS],
            by=user_of(request),
            now=timezone.now(),
        )
    levels = [each.level for each in findings or ()]
    context = {
        "findings": findings,
        "problems": levels.count(Level.PROBLEM),
        "warnings": levels.count(Level.WARNING),
    }
    return page(request, "check.html", context, title=_("连接检查"), platform=row, tab="check", wide=False)
