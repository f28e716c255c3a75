"""A member's page of a training class: its plan, how far one is, and what is missing for graduation."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from courses.errors import NotFound
from courses.models import Certificate
from learning.organisation.models import User

from . import mine
from .graduating import Missing, Part
from .links import links_of
from .planning import name_of


@never_cache
@login_required
@require_GET
def my_classes(request: HttpRequest) -> HttpResponse:
    user, now = cast(User, request.user), timezone.now()
    context = {"classes": mine.classes_of(user, now), "past": mine.past_classes_of(user)}
    return render(request, "courses/classes/classes.html", context)


@never_cache
@login_required
@require_GET
def my_class(request: HttpRequest, class_id: int) -> HttpResponse:
    user, now = cast(User, request.user), timezone.now()
    try:
        found = mine.class_of(user=user, class_id=class_id, now=now)
    except NotFound:
        raise Http404 from None
    deeds = found.standing.deeds
    links = links_of((deed.item for deed in deeds), request)
    context = {
        "found": found,
        "training_class": found.training_class,
        "rows": [
            {
                "deed": deed,
                "name": name_of(deed.item),
                "url": links[deed.item.pk],
                "waiting": deed.item.exam_id in found.unreleased,
            }
            for deed in deeds
        ],
        "parts": parts_of(found),
        "total": found.graduation.total if found.graduation else found.standing.verdict.total,
        "pass_total": (
            Decimal(found.graduation.rules["pass_total"]) if found.graduation else found.rules.pass_total
        ),
        "lessons_done": sum(deed.count for deed in deeds),
        "lessons": sum(deed.of for deed in deeds),
        # What an unreleased exam would betray stays out of the reasons.
        "missing": [
            reason
            for reason in found.standing.verdict.reasons
            if not found.unreleased or reason.code in (Missing.HOURS,)
        ],
        "certificate": Certificate.objects.filter(
            user=user, training_class=found.training_class, revoked_at=None
        ).first(),
    }
    return render(request, "courses/classes/class.html", context)


def parts_of(found: mine.MyClass) -> list[dict[str, Any]]:
    """The parts of the total with weight, minimum and what was reached, as decided where the class has graduated; None
    where there are no items. `waiting`: an exam's result is not released, neither it nor the total may show."""
    kept, verdict, rules = found.graduation, found.standing.verdict, found.rules
    reached = verdict.parts
    weights: dict[Any, int] = {**rules.weights}
    least: dict[Any, Decimal] = {**rules.least}
    if kept:
        reached = {Part.EXAM: kept.exam, Part.STUDY: kept.study, Part.REFLECTION: kept.reflection}
        weights = kept.rules["weights"]
        least = {part: Decimal(points) for part, points in kept.rules["least"].items()}
    return [
        {
            "part": part,
            "weight": weights[part],
            "least": least[part],
            "reached": reached[part],
            "waiting": part is Part.EXAM and bool(found.unreleased),
        }
        for part in Part
    ]
