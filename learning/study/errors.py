"""What can go wrong with studying, in its own words. `code` is the API's stable code, `message` what the member reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class StudyError(Exception):
    code: ClassVar[str] = "invalid"
    message: StrOrPromise = _("这项操作无法完成。")

    def __init__(self, message: StrOrPromise = "") -> None:
        self.message = message or self.message
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.message)


class NotForYou(StudyError):
    """Also what does not exist or is not published: nobody learns which."""

    code = "not_found"
    message = _("没有找到这项学习内容。")


class LessonLocked(StudyError):
    code = "not_open"
    message = _("请先学完前面的必修课时。")


class NotPossible(StudyError):
    """An organiser's act that what stands does not allow; the message says which."""
