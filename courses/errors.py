"""What can go wrong with classes' plans, reflections and certificates; the message is for the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class CourseError(Exception):
    message: StrOrPromise = _("这项操作无法完成。")

    def __init__(self, message: StrOrPromise = "") -> None:
        self.message = message or self.message
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class NotFound(CourseError):
    """Also what is not yours: nobody learns that it exists."""

    message = _("没有找到这项内容。")


class NotPossible(CourseError):
    """The state of the thing does not allow the act; the message says why."""


class Stale(CourseError):
    """Somebody, or another tab, has changed it meanwhile; `rev` and `text` are what stands now."""

    message = _("另一个页面已经保存了较新的内容。")

    def __init__(self, *, rev: int, text: str) -> None:
        super().__init__()
        self.rev, self.text = rev, text
