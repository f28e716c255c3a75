"""The first half of a launch: the platform asks us to log somebody in, we send the browser back to it."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from lti.addresses import absolute, ours_at
from lti.browser import allow_frames, framed, has_our_cookies, set_state_cookie
from lti.core.refusals import Refused
from lti.core.typed import storable
from lti.models import Platform, origin_of
from lti.services import logins, recording

from .refusing import refused_page


@csrf_exempt  # the platform's page posts it; it changes nothing but this browser's own cookie
@never_cache
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """302 to the platform's log-in. In a frame whose browser has shown no cookie of ours yet, a page that first sees
    whether one sticks, and which other way is open if it does not."""
    now = timezone.now()
    params = (request.POST if request.method == "POST" else request.GET).dict()
    try:
        begun = logins.begin(params, launch_url=launch_url(request, params), ours=ours_at(request), now=now)
    except Refused as refused:
        issuer = params.get("iss", "")
        client_id = params.get("client_id", "")
        platform = None
        if storable(issuer + client_id):
            platform = Platform.objects.filter(issuer=issuer, client_id=client_id).first()
        launch = recording.keep_refusal(refused, now=now, platform=platform, issuer=issuer)
        return refused_page(request, refused, launch=launch, platform=platform)
    if framed(request) and not has_our_cookies(request):
        platform = begun.login.platform
        entry = {
            "auth_url": begun.auth_url,
            "platform_origin": origin_of(platform.auth_url),
            "storage_target": begun.login.storage_target,
            "state": begun.login.state,
            "secret": begun.secret,
            "check_url": reverse("lti_cookie", args=[begun.login.state]),
            "again_url": logins.with_query(request.build_absolute_uri(request.path), begun.login.asked),
        }
        response = render(request, "lti/entry.html", {"entry": entry})
        allow_frames(response, platform)
    else:
        response = HttpResponseRedirect(begun.auth_url)
    set_state_cookie(response, begun.login.state, begun.secret, request=request)
    return response


def launch_url(request: HttpRequest, params: Mapping[str, str]) -> str:
    """Where the platform is to post its message. It compares this letter by letter with what was typed in there: with a
    slash at the end if the target has one, or else the address of this very request."""
    plain = absolute(request, "lti_launch")
    target = params.get("target_link_uri", "").partition("?")[0]
    slashed = target == f"{plain}/" or (target != plain and request.path.endswith("/"))
    return f"{plain}/" if slashed else plain
