"""What a member has to do, courses and exams in one list by date, and the one thing that comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.reading.catalogue import Standing as Course
from courses.reflecting.returned import Returned
from question_bank.exams.standing import ExamState
from question_bank.exams.standing import Standing as Sitting


@dataclass(frozen=True, slots=True)
class Call:
    """The sentence, and the one button under it."""

    text: str
    url: str
    button: str


@dataclass(frozen=True, slots=True)
class Due:
    """One line of the list: a course to be studied, an exam to be sat or a reflection to be mended, one of them."""

    at: datetime | None
    course: Course | None = None
    exam: Sitting | None = None
    returned: Returned | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Resume:
    """Where to go on: the lesson and its page."""

    standing: Course
    title: str
    url: str


def agenda(
    sittings: Sequence[Sitting],
    courses: Sequence[Course],
    urls: dict[int, str],
    returned: Sequence[Returned] = (),
) -> list[Due]:
    """What is under way, then what was given back, what is due by date, and what may be done at any time. `urls` by
    course."""
    running = [each for each in sittings if each.state == ExamState.IN_PROGRESS]
    coming = [each for each in sittings if each.state == ExamState.UPCOMING]
    required = [
        Due(each.due_at, course=each, url=urls[each.course.pk])
        for each in courses
        if each.required and not each.done and each.course.pk in urls
    ]
    dated = [Due(each.exam.closes_at, exam=each) for each in _fresh(sittings)]
    dated += [each for each in required if each.at]
    dated += [Due(each.exam.opens_at, exam=each) for each in coming]
    dated.sort(key=lambda each: each.at or timezone.now())
    again = [
        Due(each.exam.closes_at, exam=each) for each in _can_sit(sittings) if each not in _fresh(sittings)
    ]
    return [
        *(Due(None, exam=each) for each in running),
        *(Due(None, returned=each, url=each.url) for each in returned),
        *dated,
        *(each for each in required if not each.at),
        *again,
    ]


def call_of(
    sittings: Sequence[Sitting],
    due: Sequence[Due],
    resume: Resume | None,
    *,
    notebook_due: int,
    now: datetime,
) -> Call:
    """The sentence that says what needs the member now; `due` is their agenda."""
    for each in sittings:
        if each.state == ExamState.IN_PROGRESS and each.open_attempt:
            text = _("“%(title)s”正在进行，答案都已保存。") % {"title": each.exam.title}
            return Call(text, reverse("attempt", args=[each.open_attempt.pk]), _("继续作答"))
    first = next((each for each in due if _presses(each)), None)
    mend = next((each.returned for each in due if each.returned), None)
    if mend and not (first and first.at):  # whatever has a date comes first
        text = _("“%(title)s”已退回，请修改后再提交。") % {"title": mend.title}
        return Call(text, mend.url, _("去修改"))
    if first:
        return _due_call(first, resume, now)
    if notebook_due:
        text = ngettext("今天有 %(n)s 道错题该复习了。", "今天有 %(n)s 道错题该复习了。", notebook_due)
        return Call(text % {"n": notebook_due}, reverse("notebook"), _("去复习"))
    if resume:
        return Call(_("继续学习：%(title)s") % {"title": resume.title}, resume.url, _("继续学习"))
    coming = sorted(
        (each for each in sittings if each.state == ExamState.UPCOMING), key=lambda each: each.exam.opens_at
    )
    if coming:
        text = _("下一场考试：%(title)s") % {"title": coming[0].exam.title}
        return Call(text, reverse("exam_start", args=[coming[0].exam.pk]), _("查看考试"))
    return Call(_("现在没有需要完成的课程和考试，可以做些练习。"), reverse("practice"), _("去练习"))


def closing_words(day: date, *, today: date) -> str:
    """When something closes, in days of the calendar: how long the hours still are is on its own page."""
    days = (day - today).days
    if days <= 0:
        return _("今天截止")
    if days == 1:
        return _("明天截止")
    return ngettext("%(n)s 天后截止", "%(n)s 天后截止", days) % {"n": days}


def _due_call(due: Due, resume: Resume | None, now: datetime) -> Call:
    today = timezone.localdate(now)
    if due.exam:
        exam = due.exam.exam
        when = closing_words(timezone.localdate(exam.closes_at), today=today)
        text = _("%(when)s：%(title)s") % {"when": when, "title": exam.title}
        return Call(text, reverse("exam_start", args=[exam.pk]), _("去考试"))
    course = due.course
    if course is None:
        raise TypeError("What is due is a course or an exam.")
    url = resume.url if resume and resume.standing == course else due.url
    values = {"title": course.course.title}
    if course.due_at is None:
        return Call(_("还没有学完：%(title)s") % values, url, _("去学习"))
    if course.overdue(now):
        return Call(_("已过应学完时间：%(title)s") % values, url, _("去学习"))
    when = closing_words(timezone.localdate(course.due_at), today=today)
    return Call(_("%(when)s：%(title)s") % {"when": when, **values}, url, _("去学习"))


def _presses(due: Due) -> bool:
    """Whether it can be done now: an exam that has not begun cannot."""
    return due.course is not None or (
        due.exam is not None and due.exam.state == ExamState.OPEN and _is_fresh(due.exam)
    )


def _can_sit(sittings: Sequence[Sitting]) -> list[Sitting]:
    return sorted(
        (each for each in sittings if each.state == ExamState.OPEN), key=lambda each: each.exam.closes_at
    )


def _fresh(sittings: Sequence[Sitting]) -> list[Sitting]:
    return [each for each in _can_sit(sittings) if _is_fresh(each)]


def _is_fresh(sitting: Sitting) -> bool:
    """Practice never runs away; what is not yet done comes before what may be done again."""
    return not sitting.counted and sitting.exam.kind != "practice"
