"""The progress board of a class: who has done what, filtered by the URL, taken away as XLSX."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from courses.classes import planning
from courses.classes.graduating import Part, Rules
from courses.classes.standing import Deed, MemberStanding, standings
from courses.classes.words import part_name, plain
from courses.models import PlanItem, Reflection
from learning.organisation.admin.screens import paged, query_without, user_of
from learning.organisation.models import ClassMember, PersonStatus, TrainingClass
from learning.organisation.services.audit import filters_asked, record
from learning.organisation.sheets import download, sheet

from .doors import class_door, class_for, page
from .members import filtered

# What the chips choose; over everybody, not over one page.
WANTED: dict[str, Callable[[MemberStanding], bool]] = {
    "": lambda each: True,
    "all": lambda each: each.done == len(each.deeds),
    "open": lambda each: each.done < len(each.deeds),
    "late": lambda each: each.late > 0,
    "none": lambda each: not any(deed.done or deed.count or deed.state or deed.score for deed in each.deeds),
}


def board(
    request: HttpRequest, training_class: TrainingClass
) -> tuple[list[PlanItem], Rules, list[MemberStanding]]:
    """The plan, its rules, and everybody's standing within the URL's filters except the chip's; seven queries."""
    items = planning.items_of(training_class)
    rules = planning.rules_of(planning.plan_of(training_class), items)
    members = list(filtered(request, training_class).exclude(state=ClassMember.State.WITHDRAWN))
    found = standings(
        training_class=training_class, members=members, items=items, rules=rules, now=timezone.now()
    )
    return items, rules, found


def chosen(request: HttpRequest, found: list[MemberStanding]) -> list[MemberStanding]:
    return [each for each in found if WANTED.get(request.GET.get("show", ""), WANTED[""])(each)]


@class_door
@require_GET
def class_progress(request: HttpRequest, class_id: int) -> HttpResponse:
    training_class = class_for(request, class_id)
    items, rules, found = board(request, training_class)
    labels = {
        "": _("全部"), "all": _("全部完成"), "open": _("未完成"), "late": _("有逾期"), "none": _("还没有开始"),
    }  # fmt: skip
    shown = paged(request, chosen(request, found))
    context = {
        "items": [
            {"name": planning.name_of(item), "item": item, "done": sum(each.deeds[at].done for each in found)}
            for at, item in enumerate(items)
        ],
        "parts": [{"part": part, "weight": rules.weights[part]} for part in Part],
        "people": len(found),
        "page_obj": shown,
        "rows": [
            {
                "standing": each,
                "cells": [{"deed": deed, "words": deed_words(deed)} for deed in each.deeds],
                "parts": [{"part": part, "reached": each.verdict.parts[part]} for part in Part],
            }
            for each in shown.object_list
        ],
        "chips": [
            (name, label, sum(bool(WANTED[name](each)) for each in found)) for name, label in labels.items()
        ],
        "show": request.GET.get("show", ""),
        "q": request.GET.get("q", ""),
        "status": request.GET.get("status", ""),
        "statuses": PersonStatus.choices,
        "query": request.GET.urlencode(),
        "query_without_show": query_without(request, "show"),
        "as_of": timezone.now(),
    }
    return page(
        request,
        "progress.html",
        context,
        title=_("进度"),
        training_class=training_class,
        tab="class_progress",
    )


@class_door
@require_GET
def progress_export(request: HttpRequest, class_id: int) -> HttpResponse:
    training_class = class_for(request, class_id)
    items, rules, found = board(request, training_class)
    rows = chosen(request, found)
    headings = [
        _("学号/工号"),
        _("姓名"),
        _("党组织"),
        _("人员状态"),
        *(planning.name_of(item) for item in items),
        _("学时"),
        *(
            _("%(part)s（占 %(weight)s%%）") % {"part": part_name(part), "weight": rules.weights[part]}
            for part in Part
        ),
        _("综合成绩（目前）"),
        _("逾期项数"),
    ]
    lines = [
        [
            each.member.user.number,
            each.member.user.full_name,
            each.member.unit.name,
            each.member.get_person_status_display(),
            *(deed_words(deed) for deed in each.deeds),
            plain(each.verdict.hours),
            *(plain(each.verdict.parts[part]) for part in Part),
            plain(each.verdict.total),
            each.late or "",
        ]
        for each in rows
    ]
    record(
        actor=user_of(request),
        action="class.export_progress",
        obj=training_class,
        unit=training_class.owner_unit,
        data={"rows": len(lines), "filters": filters_asked(request.GET)},
        now=timezone.now(),
    )
    return download(f"{training_class.name}-{_('进度')}.xlsx", sheet(_("进度"), headings, lines))


def deed_words(deed: Deed) -> str:
    """One cell of the board."""
    match deed.item.kind:
        case PlanItem.Kind.COURSE:
            return _("%(count)s/%(of)s 课") % {"count": deed.count, "of": deed.of}
        case PlanItem.Kind.EXAM:
            return _("未考") if deed.score is None else _("%(score)s 分") % {"score": plain(deed.score)}
        case PlanItem.Kind.REFLECTION:
            if deed.score is not None:
                return _("%(score)s 分") % {"score": plain(deed.score)}
            return str(Reflection.State(deed.state).label) if deed.state else _("未写")
        case _:
            return _("%(hours)s 学时") % {"hours": plain(deed.score)}
