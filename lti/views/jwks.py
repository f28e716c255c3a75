"""Our public keys, for every platform that checks what we signed."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from lti.services import keys


@require_safe
@cache_control(public=True, max_age=600)  # far below the day that a new key is published before it signs
def jwks(request: HttpRequest) -> JsonResponse:
    return JsonResponse(keys.public_set(timezone.now()))
