"""What we are, as JSON for platforms that read a tool's configuration from its address (Canvas)."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from lti.addresses import absolute
from lti.core.registration import ToolUrls
from lti.services import describing


def tool_urls(request: HttpRequest) -> ToolUrls:
    """Our doors in full, under the host and path by which the request came."""
    return ToolUrls(
        login=absolute(request, "lti_login"),
        launch=absolute(request, "lti_launch"),
        jwks=absolute(request, "lti_jwks"),
    )


@require_safe
def config(request: HttpRequest) -> JsonResponse:
    language = get_language() or "zh-hans"
    return JsonResponse(
        describing.configuration(tool_urls(request), language=language),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )
