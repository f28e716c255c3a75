"""Whether a cookie stuck, and the way from the frame into a window of its own."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from learning.organisation.models import User
from lti.browser import LAUNCH, PLATFORM, open_session, same_origin, secret_of
from lti.core.refusals import Refusal, Refused
from lti.services import windows

from .refusing import refused_page


@never_cache
@require_GET
def cookie(request: HttpRequest, state: str) -> HttpResponse:
    """{"held": whether this browser brings the cookie of the log-in}."""
    return JsonResponse({"held": bool(secret_of(request, state))})


@never_cache
@require_POST
@login_required
def window(request: HttpRequest) -> HttpResponse:
    """From a page in the frame: the ticket that opens the page at `address` in a window of its own. To a script as
    JSON, otherwise as a form to press."""
    user, session = request.user, request.session
    if not isinstance(user, User) or not user.launched or PLATFORM not in session:
        raise Http404
    try:
        ticket = windows.make_ticket(
            by=user,
            platform_id=session[PLATFORM],
            launch=UUID(session[LAUNCH]),
            address=request.POST.get("address", ""),
            now=timezone.now(),
        )
    except Refused as refused:
        return refused_page(request, refused)
    opened = {"ticket": ticket, "continue_url": reverse("lti_window_open")}
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse(opened)
    return render(request, "lti/new_window.html", opened)


@csrf_exempt  # the Origin header says that our own page sent it; the new window has no cookie to hold a token
@never_cache
@require_POST
def window_open(request: HttpRequest) -> HttpResponse:
    """In the new window: signs in by the one-time ticket and goes to its page."""
    try:
        if not same_origin(request):
            raise Refused(Refusal.STATE_FOREIGN, "the window was not opened by a page of ours")
        found = windows.take_ticket(ticket=request.POST.get("ticket", ""), now=timezone.now())
    except Refused as refused:
        return refused_page(request, refused)
    response = HttpResponseRedirect(found.address)
    open_session(request, found.user, platform_id=found.platform_id, launch_id=found.launch, in_frame=False)
    return response
