"""Where platforms tell us what happened in them (PNS 1.0): a course was copied."""

from __future__ import annotations

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from lti.core.notices import read_deliveries
from lti.core.refusals import Refusal, Refused
from lti.services.copying import receive_notice

LARGEST_BYTES = 256 * 1024


@csrf_exempt  # a platform's server sends it; each notice is signed
@never_cache
@require_POST
def notices(request: HttpRequest) -> HttpResponse:
    """200 with what became of each; of a refused one its code. 400 where the delivery itself cannot be read."""
    now = timezone.now()
    try:
        if len(request.body) > LARGEST_BYTES:
            raise Refused(Refusal.MALFORMED, "the delivery is too large")
        try:
            body = orjson.loads(request.body)
        except orjson.JSONDecodeError as error:
            raise Refused(Refusal.MALFORMED, "the delivery is no JSON") from error
        tokens = read_deliveries(body)
    except Refused as refused:
        return JsonResponse({"code": refused.code}, status=400)
    outcomes = []
    for token in tokens:
        try:
            outcomes.append(receive_notice(token, now=now))
        except Refused as refused:
            outcomes.append(refused.code.value)
    refused_all = all(outcome in set(Refusal) for outcome in outcomes)
    return JsonResponse({"notices": outcomes}, status=400 if refused_all else 200)
