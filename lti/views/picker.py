"""The picker: a teacher chooses what the course of the platform links, and the browser carries the signed answer back.
What is chosen travels in the address, so that searching and turning pages lose nothing, with or without scripts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from learning.organisation.admin.screens import user_of
from lti.addresses import absolute
from lti.core import claims
from lti.core.refusals import Refused
from lti.models import Platform
from lti.services import choosing
from lti.services.choosing import Asked, Chosen
from lti.services.targets import Target

from .refusing import refused_page

EXAMS, COURSES = "exams", "courses"


@never_cache
@require_http_methods(["GET", "POST"])
def picker(request: HttpRequest, launch_id: UUID) -> HttpResponse:
    """The shelves; with `step=options` what was chosen and how; by POST the answer. To anybody but the teacher who was
    asked, and to them after four hours, there is no such page."""
    now = timezone.now()
    asked = None
    if request.user.is_authenticated:
        asked = choosing.asked_by(launch_id, user=user_of(request), now=now)
    if asked is None:
        raise Http404
    try:
        choosing.return_url_of(asked)
    except Refused as refused:
        return refused_page(request, refused, launch=asked.launch, platform=asked.platform)
    said = request.POST if request.method == "POST" else request.GET
    chosen = choosing.chosen_targets(asked.platform, said.getlist("item"), now=now)
    if request.method == "POST":
        return _answer(request, asked, chosen)
    too_many = len(chosen) > 1 and not asked.several
    if request.GET.get("step") == "options" and chosen and not too_many and asked.links:
        return _page(request, "lti/picker_options.html", asked, {"chosen": _shown(chosen), "asked": asked})
    problem = ""
    if too_many:
        problem = _("平台只接受一项，请只选一项。")
    elif request.GET.get("step") == "options":
        problem = _("请先勾选要放入课程的内容。")
    context = {
        **shelf(request, asked.platform, chosen),
        "asked": asked,
        "several": asked.several,
        "problem": problem,
    }
    return _page(request, "lti/picker.html", asked, context)


def shelf(request: HttpRequest, platform: Platform, chosen: list[Target]) -> dict[str, Any]:
    """What lti/shelf.html shows: the exams or courses that the address asks for, and what was chosen on other pages."""
    tab = COURSES if request.GET.get("tab") == COURSES else EXAMS
    words = request.GET.get("q", "").strip()[:100]
    exams = choosing.exams_on_offer(platform, words, now=timezone.now())
    courses = choosing.courses_on_offer(platform, words)
    page = choosing.paged(exams if tab == EXAMS else courses, request.GET.get("page", "1"))
    offers = (
        choosing.exam_offers(page) if tab == EXAMS else choosing.course_offers(platform, page.object_list)
    )
    here = {each.key for offer in offers for each in (offer, *offer.lessons)}
    return {
        "tab": tab,
        "tabs": [
            (EXAMS, _("考试"), page.paginator.count if tab == EXAMS else exams.count()),
            (COURSES, _("课程"), page.paginator.count if tab == COURSES else courses.count()),
        ],
        "words": words,
        "page_obj": page,
        "offers": offers,
        "chosen_keys": {each.resource_id for each in chosen},
        "elsewhere": [each for each in chosen if each.resource_id not in here],
        "nothing_allowed": platform.unit is None,
    }


def _shown(chosen: list[Target]) -> list[dict[str, Any]]:
    return [
        {"target": each, "points": choosing.points_of(each.exam) if each.exam else None} for each in chosen
    ]


def _answer(request: HttpRequest, asked: Asked, chosen: list[Target]) -> HttpResponse:
    given_up = "cancel" in request.POST
    if not given_up and (not chosen or not asked.links or (len(chosen) > 1 and not asked.several)):
        raise Http404  # no page of ours sends it
    items = [
        Chosen(
            each,
            column=asked.columns and request.POST.get(f"column-{each.resource_id}") == "on",
            label=request.POST.get(f"label-{each.resource_id}", ""),
        )
        for each in chosen
    ]
    answer = choosing.answer(
        asked,
        [] if given_up else items,
        launch_url=_launch_url(request, asked),
        message=_("没有选择内容。") if given_up else "",
        now=timezone.now(),
    )
    context = {"answer": answer, "platform": asked.platform, "given_up": given_up, "count": len(items)}
    response = render(request, "lti/picker_answer.html", context)
    response.form_action = (answer.origin,)  # type: ignore[attr-defined]  # learning.project's content policy
    return response


def _launch_url(request: HttpRequest, asked: Asked) -> str:
    """Where links lead: to the very address that the platform has for us, which may end in a slash."""
    plain = absolute(request, "lti_launch")
    told = asked.launch.claims.get(claims.TARGET_LINK_URI)
    return f"{plain}/" if told == f"{plain}/" else plain


def _page(request: HttpRequest, template: str, asked: Asked, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, {"platform": asked.platform, "launch": asked.launch, **context})
