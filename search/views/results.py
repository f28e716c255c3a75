"""The search page. It works without scripts: every filter is a link, and the address says all of a search."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from learning.organisation.models import User
from search.services import asking, searching, viewers

from . import screen
from .addresses import address, asked


@never_cache
@login_required
@require_safe
def results(request: HttpRequest) -> HttpResponse:
    user, now = request.user, timezone.now()
    if not isinstance(user, User):
        raise TypeError("Pages are for our own users.")
    typed, wanted, page = asked(request.GET)
    viewer = viewers.viewer_of(user, now=now)
    found = searching.find(text=typed, filters=wanted, viewer=viewer, page=page, now=now)
    asking.remember(results=found, user=user, now=now)
    text, filters = found.text, found.filters
    context = {
        "text": text,
        "kept_kinds": filters.get("kind", []),
        "results": found,
        "hits": [(hit, screen.ICONS[hit.kind]) for hit in found.hits],
        "kinds": screen.kinds(found, text, filters),
        "every_kind": screen.every_kind(found, text, filters),
        "groups": screen.groups(found, text, filters),
        "chosen": screen.chosen(text, filters),
        "narrowed": sum(len(values) for facet, values in filters.items() if facet != "kind"),
        "filtered": bool(filters),
        "without_filters_url": address(text, {}),
        "page_obj": screen.place(found),
        "cut_off": screen.cut_off(found),
        "has_own_box": True,
    }
    return render(request, "search/results.html", context)
