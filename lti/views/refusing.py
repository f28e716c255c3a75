"""The page that says why a launch ends here: a sentence for people, a code for whoever they ask."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from lti.addresses import absolute
from lti.browser import allow_frames
from lti.core.refusals import Refusal, Refused
from lti.models import Launch, Login, Platform
from lti.services.logins import with_query
from lti.words import advice, sentence

FORBIDDEN = frozenset(
    {
        Refusal.ACCOUNT_INACTIVE,
        Refusal.INACTIVE_DEPLOYMENT,
        Refusal.INACTIVE_PLATFORM,
        Refusal.NO_COOKIE,
        Refusal.NOT_ALLOWED,
        Refusal.STATE_FOREIGN,
        Refusal.UNKNOWN_DEPLOYMENT,
    }
)


def refused_page(
    request: HttpRequest,
    refused: Refused,
    *,
    launch: Launch | None = None,
    login: Login | None = None,
    platform: Platform | None = None,
) -> HttpResponse:
    """400, or 403 for what is well-formed and not let in. Where the browser kept no cookie, with the way to begin again
    in a window of its own."""
    platform = platform or (login.platform if login else None)
    again = ""
    if login is not None and refused.code is Refusal.NO_COOKIE:
        again = with_query(absolute(request, "lti_login"), login.asked)
    context = {
        "code": refused.code.value,
        "sentence": sentence(refused.code),
        "advice": advice(refused.code),
        "launch": launch,
        "again_url": again,
    }
    status = 403 if refused.code in FORBIDDEN else 400
    response = render(request, "lti/refused.html", context, status=status)
    response["X-Error-Code"] = refused.code.value
    if platform is not None and platform.state == Platform.State.ACTIVE:
        allow_frames(response, platform)
    return response
