"""When the score of an attempt handed in will be known, in words."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from question_bank.exams.models import Exam
from question_bank.exams.templatetags.exam_words import moment


def when_known(exam: Exam, *, waits: bool, at: datetime | None = None) -> str:
    """`waits`: a person has to mark first; `at`: the moment a release was set to. "" where the score is there at
    once."""
    policies = Exam.ReleasePolicy
    if exam.score_release == policies.AT_MARKED:
        return _("阅卷完成后即可查看成绩。") if waits else ""
    if exam.score_release == policies.AT_CLOSE:
        said = (
            _("阅卷完成、考试全部结束后公布成绩，不早于 %(at)s。")
            if waits
            else _("考试全部结束后公布成绩，不早于 %(at)s。")
        )
        return said % {"at": moment(exam.closes_at)}
    if at:
        said = _("阅卷完成后公布成绩，不早于 %(at)s。") if waits else _("成绩将于 %(at)s 公布。")
        return said % {"at": moment(at)}
    return (
        _("阅卷完成后由考务人员公布成绩，公布后可在“考试”中查看。")
        if waits
        else _("成绩由考务人员公布，公布后可在“考试”中查看。")
    )
