"""What the search box offers while somebody types."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from learning.organisation.models import User
from search.services import suggesting, viewers

from .addresses import TEXT_LENGTH
from .screen import ICONS


@never_cache
@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """`{suggestions: [{kind, label, icon, title_html, title, url}], said}`: `said` is what is announced. Only in a
    session; a stranger's script gets 401, not a page to sign in."""
    user, now = request.user, timezone.now()
    if not isinstance(user, User):
        return JsonResponse({"suggestions": [], "said": ""}, status=401)
    text = request.GET.get("q", "").strip()[:TEXT_LENGTH]
    found = suggesting.suggest(text=text, viewer=viewers.viewer_of(user, now=now), now=now) if text else []
    rows = [
        {
            "kind": each.kind.value,
            "label": str(each.kind.label),
            "icon": ICONS[each.kind],
            "title_html": each.title_html,
            "title": each.title,
            "url": each.url,
        }
        for each in found
    ]
    said = ngettext("%(n)s 条建议", "%(n)s 条建议", len(rows)) % {"n": len(rows)} if rows else ""
    return JsonResponse({"suggestions": rows, "said": said})
