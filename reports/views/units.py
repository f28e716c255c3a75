"""The report of a unit: own subtree only, with drill-down."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET

from learning.organisation.admin.screens import found, user_of
from learning.organisation.models import Unit, User
from learning.organisation.permissions import Action, may, units_allowing
from reports.frame import show
from reports.shape import Report
from reports.units.filters import UnitFilter
from reports.units.numbers import UnitNumbers, choices_of, unit_numbers
from reports.units.report import unit_report as report_of

from .doors import door, home_crumb, link


@door
@require_GET
def unit_report(request: HttpRequest, unit_id: int) -> HttpResponseBase:
    unit: Unit = found(units_allowing(user_of(request), Action.REPORT_VIEW), unit_id)
    wanted = UnitFilter.from_query(request.GET.dict())
    numbers = unit_numbers(unit=unit, wanted=wanted, now=timezone.now())
    return show(
        request,
        made_for(user_of(request), numbers),
        trail=[home_crumb(), *above(user_of(request), unit, wanted)],
        about=unit,
        unit=unit,
    )


def made_for(user: User, numbers: UnitNumbers) -> Report:
    """The report with links to what this reader may open."""
    query = numbers.wanted.query()
    may_see_people = may(user, Action.MEMBER_VIEW, numbers.unit)

    def link_to(child: Unit) -> str:
        return f"{link('unit', child.pk)}{query}" if may(user, Action.REPORT_VIEW, child) else ""

    def link_to_person(person: int) -> str:
        return link("member", person) if may_see_people else ""

    exams, courses = choices_of(numbers)
    return report_of(
        numbers,
        link_to=link_to,
        link_to_person=link_to_person,
        exam_choices=exams,
        course_choices=courses,
    )


def above(user: User, unit: Unit, wanted: UnitFilter) -> list[tuple[str, str]]:
    """The units above it that the reader may open, the root first."""
    return [
        (f"{link('unit', each.pk)}{wanted.query()}", each.name)
        for each in unit.get_ancestors()
        if may(user, Action.REPORT_VIEW, each)
    ]
