"""The report of a course: of all its people for whoever reads reports over its owner, else of their own people and those
of their teaching groups."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from learning.organisation.admin.screens import found, user_of
from learning.organisation.models import User
from learning.organisation.permissions import Action, groups_allowing, may, scope_q
from learning.study.models import Activity, CourseGroup, Enrolment
from reports.courses.numbers import Audience, course_numbers
from reports.courses.report import course_report as report_of
from reports.frame import show
from reports.shape import Report

from .doors import door, group_door, home_crumb, link


def readable_courses(user: User) -> QuerySet[Activity]:
    """Courses owned in the user's scope, those that people of it are enrolled in, and those that a group of theirs studies."""
    theirs = Enrolment.objects.filter(scope_q(user, Action.REPORT_VIEW), activity=OuterRef("pk"))
    allowed = scope_q(user, Action.REPORT_VIEW, "owner_unit") | Q(Exists(theirs))
    if groups := groups_allowing(user, Action.REPORT_VIEW):
        allowed |= Q(pk__in=CourseGroup.objects.filter(group__in=groups).values("course"))
    return Activity.objects.courses().filter(allowed)


@door
@require_GET
def course_report(request: HttpRequest, course_id: int) -> HttpResponseBase:
    course, report = _report_of(request, course_id)
    return show(request, report, trail=[home_crumb()], about=course, unit=course.owner_unit)


@group_door
@require_GET
def course_report_outside(request: HttpRequest, course_id: int) -> HttpResponseBase:
    """The same for whoever has no role to read it in the admin: teachers of a group that studies the course."""
    if may(user_of(request), Action.REPORT_VIEW):
        return redirect(link("course", course_id))
    course, report = _report_of(request, course_id)
    trail = [(reverse("home"), _("首页"))]
    return show(request, report, trail=trail, inside_admin=False, about=course, unit=course.owner_unit)


def _report_of(request: HttpRequest, course_id: int) -> tuple[Activity, Report]:
    user = user_of(request)
    course = found(readable_courses(user).select_related("owner_unit"), course_id)
    people = Enrolment.objects.filter(activity=course)
    everybody = may(user, Action.REPORT_VIEW, course.owner_unit)
    if not everybody:
        people = people.allowing(user, Action.REPORT_VIEW)
    audience = Audience(course, people, everybody)
    numbers = course_numbers(audience=audience, now=timezone.now())
    return course, report_of(numbers, chart=request.GET.get("chart", ""))
