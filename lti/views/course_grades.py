"""成绩回传 of a platform's course: what was told of completed courses, for its teachers; sent again by a press."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from learning.organisation.admin.screens import user_of
from lti.models import Context
from lti.services import grades_seen, teaching

from .contexts import signed_in
from .grades import listed, sent_again


@signed_in
@require_GET
def course_grades(request: HttpRequest, context_id: int) -> HttpResponse:
    """Of all columns here that tell of completions."""
    course = _led(request, context_id)
    shown = {
        **listed(request, grades_seen.of_courses(user_of(request), course)),
        "frame": "exams/manage/frame_site.html",
        "page_title": _("成绩回传"),
        "trail": [{"url": reverse("lti_context", args=[course.pk]), "label": str(course)}],
        "wide": True,
        "of_course": True,
        "resend_url": reverse("lti_course_grades_resend", args=[course.pk]),
    }
    return render(request, "lti/grades.html", shown)


@signed_in
@require_POST
def course_grades_resend(request: HttpRequest, context_id: int) -> HttpResponse:
    """One row, or all that failed."""
    course = _led(request, context_id)
    rows = grades_seen.of_courses(user_of(request), course)
    return sent_again(request, rows, of=course, back=reverse("lti_course_grades", args=[course.pk]))


def _led(request: HttpRequest, context_id: int) -> Context:
    taught = teaching.taught_by(user_of(request), context_id)
    if taught is None or not taught.leads:
        raise Http404
    return taught.context
