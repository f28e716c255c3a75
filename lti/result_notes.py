"""What a member reads beside their result, and on a course that they have completed: whether it has reached the gradebook
of their campus platform."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from courses.models import CoursePage
from learning.organisation.models import User
from question_bank.exams.models import Attempt
from question_bank.exams.notes import Note
from question_bank.exams.releasing import visible_part
from question_bank.exams.templatetags.exam_words import moment

from .models import GradeDelivery
from .services.outbox import exams_with_columns, pages_with_columns

State = GradeDelivery.State


def on_its_way(attempt: Attempt, now: datetime) -> list[Note]:
    """One line for each column of the exam that has a row for this person; none while the score may not be seen. No query,
    as a rule, where the exam fills no column."""
    if attempt.exam_id not in exams_with_columns(now=now):
        return []
    rows = GradeDelivery.objects.filter(
        line_item__exam=attempt.exam_id, line_item__gone_at=None, person__user=attempt.user_id
    )
    latest = {row.line_item_id: row for row in rows.order_by("sequence")}
    if (
        not latest
        or not visible_part(attempt=attempt, exam=attempt.exam, candidate=attempt.candidate, now=now).score
    ):
        return []
    return [note for row in latest.values() if (note := _note(row))]


def told_of_course(page: CoursePage, user: User, now: datetime) -> list[Note]:
    """The same for the columns of a course; no query, as a rule, where it fills none."""
    if page.pk not in pages_with_columns(now=now):
        return []
    rows = GradeDelivery.objects.filter(
        line_item__page=page.pk, line_item__gone_at=None, person__user=user.pk
    )
    latest = {row.line_item_id: row for row in rows.order_by("sequence")}
    return [note for row in latest.values() if (note := _note(row))]


def _note(row: GradeDelivery) -> Note | None:
    match row.state:
        case State.SENT if row.score is not None and row.sent_at:
            return Note(_("已发送到校园平台 %(at)s") % {"at": moment(row.sent_at)}, "success")
        case State.PENDING | State.SENDING if row.tries > 1 or (row.tries and row.state == State.PENDING):
            return Note(_("成绩正在发送到校园平台，稍后自动重试"))
        case State.PENDING | State.SENDING | State.WAITING:
            return Note(_("成绩正在发送到校园平台"))
        case State.FAILED:
            return Note(_("成绩暂未送达校园平台，老师可重新发送"), "warning")
    return None
