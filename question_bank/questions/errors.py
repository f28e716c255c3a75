"""What can go wrong with banks, questions and imports, in domain words; `code` is stable, the text is for the screen."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from question_bank.engine.authoring import Problem


class QuestionBankError(Exception):
    code = "invalid"

    @property
    def message(self) -> str:
        return _("操作未能完成。")

    def __str__(self) -> str:
        return self.message


class InvalidQuestion(QuestionBankError):
    """The content has fatal problems, listed in `problems`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
        self.problems = tuple(problems)

    @property
    def message(self) -> str:
        return _("试题内容有误，未保存。")


class DuplicateQuestion(QuestionBankError):
    """The bank already holds the same question, not retired."""

    code = "duplicate"

    def __init__(self, question_id: int) -> None:
        super().__init__(question_id)
        self.question_id = question_id

    @property
    def message(self) -> str:
        return _("本题库中已有相同的试题（编号 %(id)s）。") % {"id": self.question_id}


class EditConflict(QuestionBankError):
    """Someone saved a newer version while this one was being written."""

    code = "conflict"

    @property
    def message(self) -> str:
        return _("在您编辑期间，他人已保存了新版本。请打开最新版本后再修改。")


class NotWaiting(QuestionBankError):
    """The newest version is not where the act begins: a draft in the queue, or one that was returned."""

    code = "not_waiting"

    @property
    def message(self) -> str:
        return _("这道试题的状态已经变化，请刷新后再操作。")


class NoComment(QuestionBankError):
    """A return without a word on what is to be mended."""

    code = "no_comment"

    @property
    def message(self) -> str:
        return _("请写明退回意见：哪里需要修改。")


class NotAllowed(QuestionBankError):
    """The person has no right to this act on this bank."""

    code = "not_found"

    @property
    def message(self) -> str:
        return _("您没有对此题库进行此操作的权限。")


class NameTaken(QuestionBankError):
    """Another bank of the unit, chapter or knowledge point of the bank has this name."""

    code = "name_taken"

    @property
    def message(self) -> str:
        return _("此名称已被使用。")


class BadName(QuestionBankError):
    """The name is empty or too long."""

    code = "bad_name"

    @property
    def message(self) -> str:
        return _("名称不能为空，且不能超过规定长度。")


class BadPlace(QuestionBankError):
    """A chapter cannot stand below itself, nor in another bank."""

    code = "bad_place"

    @property
    def message(self) -> str:
        return _("章节不能移动到自身之下，也不能移动到其他题库。")


class StillUsed(QuestionBankError):
    """Something still belongs to what was to be deleted."""

    code = "still_used"

    @property
    def message(self) -> str:
        return _("其下仍有内容，不能删除；可先合并到别处。")


class WrongState(QuestionBankError):
    """The import job is not in a state that allows this."""

    code = "wrong_state"

    @property
    def message(self) -> str:
        return _("此导入当前的状态不允许此操作。")
