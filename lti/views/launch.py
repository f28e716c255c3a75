"""The second half of a launch: the platform posts who it is and what they opened."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from lti.addresses import absolute, ours_at
from lti.browser import allow_frames, forget_state_cookie, framed, open_session, same_origin, secret_of
from lti.core.refusals import Refusal, Refused
from lti.models import Launch, Login, origin_of
from lti.services import copying, launching, logins, recording, waiting
from lti.tasks import ask_for_notices

from .refusing import refused_page


@csrf_exempt  # the platform's page posts it; the state's cookie binds it to this browser
@never_cache
def launch(request: HttpRequest) -> HttpResponse:
    """Lands on what the link opens. Without the cookie of its log-in: through the platform's storage, or not at all."""
    now = timezone.now()
    if request.method != "POST":
        # The address bar after a launch that was refused: no launch, and nothing to keep.
        return refused_page(request, Refused(Refusal.NO_TOKEN, "a launch is posted"))
    login: Login | None = None
    received: launching.Received | None = None
    state = request.POST.get("state", "")
    try:
        login = logins.login_of(state, now=now)
        if "error" in request.POST:
            raise Refused(Refusal.PLATFORM_ERROR, _said(request))
        secret = secret_of(request, state)
        if secret and not logins.held_by_browser(login, secret):
            raise Refused(Refusal.STATE_FOREIGN, "the log-in was begun in another browser")
        if not secret and not login.storage_target:
            raise Refused(Refusal.NO_COOKIE, "the browser did not keep the log-in's cookie")
        received = launching.receive(login, request.POST.get("id_token", ""), ours=ours_at(request), now=now)
        if not secret:
            return _ask_storage(request, received, now=now)
        landing = launching.land(
            received, bound_by=Launch.BoundBy.COOKIE, in_frame=_in_frame(request, received), now=now
        )
    except Refused as refused:
        login = login or logins.login_named(state)
        kept = recording.keep_refusal(
            refused,
            now=now,
            platform=login.platform if login else None,
            message=received.message if received else None,
        )
        return refused_page(request, refused, launch=kept, login=login)
    _ask_for_notices(request, received, now=now)
    response = HttpResponseRedirect(landing.address)
    open_session(
        request,
        landing.person.user,
        platform_id=landing.person.platform_id,
        launch_id=landing.launch.pk,
        in_frame=landing.launch.in_frame,
    )
    forget_state_cookie(response, state, request=request)
    return response


def _ask_for_notices(request: HttpRequest, received: launching.Received, *, now: datetime) -> None:
    platform = received.login.platform
    service = copying.wants_asking(platform, received.message, now=now)
    if service:
        ask_for_notices.delay(platform.pk, service, absolute(request, "lti_notices"))


def _said(request: HttpRequest) -> str:
    """What the platform says of its refusal."""
    return f"{request.POST.get('error', '')[:100]}: {request.POST.get('error_description', '')[:300]}"


def _in_frame(request: HttpRequest, received: launching.Received) -> bool:
    """What the browser says; of one that says nothing, what the platform says."""
    if "Sec-Fetch-Dest" in request.headers:
        return framed(request)
    return received.message.presentation.document_target in ("iframe", "frame")


def _ask_storage(request: HttpRequest, received: launching.Received, *, now: datetime) -> HttpResponse:
    """The page that asks the platform's storage for the secret of this log-in."""
    kept, ticket = waiting.wait_for_storage(received, in_frame=_in_frame(request, received), now=now)
    login, platform = received.login, received.login.platform
    context = {
        "launch": kept,
        "storage": {
            "storage_target": login.storage_target,
            "platform_origin": origin_of(platform.auth_url),
            "state": login.state,
            "ticket": ticket,
            "finish_url": absolute(request, "lti_finish"),
        },
    }
    response = render(request, "lti/storage.html", context)
    allow_frames(response, platform)
    return response


@csrf_exempt  # the Origin header says that our own page sent it; the frame has no cookie to hold a token
@never_cache
@require_POST
def finish(request: HttpRequest) -> HttpResponse:
    """From our own page: the secret out of the platform's storage. Answers with the form that opens a new window."""
    now = timezone.now()
    try:
        if not same_origin(request):
            raise Refused(Refusal.STATE_FOREIGN, "the step was not taken on a page of ours")
        if not request.POST.get("secret"):
            raise Refused(Refusal.NO_COOKIE, "neither cookie nor the platform's storage kept the secret")
        landing, ticket = waiting.finish_by_storage(
            ticket=request.POST.get("ticket", ""),
            secret=request.POST.get("secret", ""),
            ours=ours_at(request),
            now=now,
        )
    except Refused as refused:
        login = logins.login_named(request.POST.get("state", ""))
        kept = recording.keep_refusal(refused, now=now, platform=login.platform if login else None)
        return refused_page(request, refused, launch=kept, login=login)
    response = render(
        request,
        "lti/new_window.html",
        {"ticket": ticket, "continue_url": absolute(request, "lti_window_open"), "launch": landing.launch},
    )
    allow_frames(response, landing.person.platform)
    return response
