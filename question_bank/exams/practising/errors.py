"""What can go wrong in a practice, in its own words; `question_bank.exams.errors` has the shape."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from question_bank.exams.errors import ExamError


class RunNotFound(ExamError):
    """Also another member's."""

    code = "not_found"
    message = _("没有找到这次练习。")


class NothingToPractise(ExamError):
    message = _("这里没有可练习的题目。")


class AnsweredBefore(ExamError):
    """The first answer stands."""

    message = _("这道题已经答过，下面是第一次的作答。")


class AnotherQuestion(ExamError):
    """The form was made for a question that does not stand in this slot."""

    message = _("页面与题目不一致，没有记录这次作答。请重新作答。")


class RunFinished(ExamError):
    message = _("这次练习已经结束。")
