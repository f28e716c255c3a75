"""What stops a course from being published, as an organiser reads it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from learning.organisation.models import Membership
from question_bank.exams.models import Exam

from .models import CoursePage, LessonPage, Material
from .parts import exams_in, materials_in, parts_of


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of the checklist. What is not fatal is a warning. `page` is the page to mend it on."""

    message: str
    page: int
    fatal: bool = True


def newest(page: CoursePage | LessonPage) -> CoursePage | LessonPage:
    """The page as it was saved last, a draft or not."""
    found: CoursePage | LessonPage = page.get_latest_revision_as_object() if page.latest_revision_id else page
    return found


def lessons_of(course: CoursePage) -> list[LessonPage]:
    """Its lessons as saved last, in the order of the outline."""
    rows = LessonPage.objects.descendant_of(course).select_related("latest_revision").order_by("path")
    return [newest(lesson) for lesson in rows]  # type: ignore[misc]  # lessons in, lessons out


def problems_of_course(
    course: CoursePage, lessons: Iterable[LessonPage], *, now: datetime, own: bool = True
) -> list[Problem]:
    """What stops it and what is odd. `own` False: only of the lessons, which its own page does not show."""
    lessons = list(lessons)
    found = _of_the_course(course, now) if own else []
    if not lessons:
        found.append(Problem(_("课程里还没有课时。"), course.pk))
    for lesson in lessons:
        found += problems_of_lesson(lesson)
    return found


def problems_of_lesson(lesson: LessonPage) -> list[Problem]:
    """Of one lesson, as it stands in memory: an editor's form may not have been saved."""
    name, pk = {"lesson": lesson.title}, lesson.pk
    if not len(lesson.body):
        return [Problem(_("课时“%(lesson)s”没有内容。") % name, pk)]
    found = []
    for material in materials_in(lesson):
        if material.state == Material.State.PROCESSING:
            told = _("课时“%(lesson)s”的课件“%(material)s”还在处理，请稍等。")
        elif material.state == Material.State.FAILED:
            told = _("课时“%(lesson)s”的课件“%(material)s”不能使用，请换一个。")
        else:
            continue
        found.append(Problem(told % {**name, "material": material.title}, pk))
    for exam in exams_in(lesson):
        if exam.state != Exam.State.PUBLISHED:
            told = _("课时“%(lesson)s”的考试“%(exam)s”还没有发布。")
            found.append(Problem(told % {**name, "exam": exam.title}, pk))
    if not found and not any(part["required"] for part in parts_of(lesson)):
        found.append(Problem(_("课时“%(lesson)s”里没有必学的内容，打开即为学完。") % name, pk, fatal=False))
    return found


def _of_the_course(course: CoursePage, now: datetime) -> list[Problem]:
    found = []
    if not audience_count(course, now=now):
        found.append(Problem(_("学习对象里现在没有人：请检查党组织和人员状态。"), course.pk))
    if course.credit_kind == CoursePage.Credit.FIXED and not course.fixed_hours:
        found.append(Problem(_("学时按固定学时计算，但固定学时是 0。"), course.pk, fatal=False))
    if course.due_at and course.due_at <= now:
        found.append(Problem(_("应学完时间已经过去。"), course.pk, fatal=False))
    return found


def audience_count(course: CoursePage, *, now: datetime) -> int:
    """How many people it is meant for today."""
    members = Membership.objects.on(timezone.localdate(now)).filter(
        user__is_active=True, unit__path__startswith=course.owner_unit.path
    )
    chosen = Q()
    for unit in course.audience_units.all():
        chosen |= Q(unit__path__startswith=unit.path)
    if course.audience_statuses:
        members = members.filter(person_status__in=course.audience_statuses)
    return members.filter(chosen).count()
