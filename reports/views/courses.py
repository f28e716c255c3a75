"""The report of a course: of all its people for whoever reads reports over its owner, else of their own people."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET

from learning.organisation.admin.screens import found, user_of
from learning.organisation.models import User
from learning.organisation.permissions import Action, may, scope_q
from learning.study.models import Activity, Enrolment
from reports.courses.numbers import Audience, course_numbers
from reports.courses.report import course_report as report_of
from reports.frame import show

from .doors import door, home_crumb


def readable_courses(user: User) -> QuerySet[Activity]:
    """Courses owned in the user's scope, and those that people of it are enrolled in."""
    theirs = Enrolment.objects.filter(scope_q(user, Action.REPORT_VIEW), activity=OuterRef("pk"))
    courses = Activity.objects.courses()
    return courses.filter(scope_q(user, Action.REPORT_VIEW, "owner_unit") | Exists(theirs))


@door
@require_GET
def course_report(request: HttpRequest, course_id: int) -> HttpResponseBase:
    user = user_of(request)
    course = found(readable_courses(user).select_related("owner_unit"), course_id)
    people = Enrolment.objects.filter(activity=course)
    everybody = may(user, Action.REPORT_VIEW, course.owner_unit)
    if not everybody:
        people = people.filter(scope_q(user, Action.REPORT_VIEW))
    audience = Audience(course, people, everybody)
    numbers = course_numbers(audience=audience, now=timezone.now())
    report = report_of(numbers, chart=request.GET.get("chart", ""))
    return show(request, report, trail=[home_crumb()], about=course, unit=course.owner_unit)
