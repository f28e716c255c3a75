"""What can go wrong with an exam, in its own words. `code` is the API's stable code, `members` join its
JSON, and `message` is what the member reads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def iso(at: datetime) -> str:
    """The instant as the API writes it: ISO 8601 in UTC with Z, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class ExamError(Exception):
    code: ClassVar[str] = "invalid"
    message: StrOrPromise = _("这项操作无法完成。")

    def __init__(self, message: StrOrPromise = "", **members: Any) -> None:
        self.message = message or self.message
        self.members: dict[str, Any] = members
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.message)


class NotFound(ExamError):
    """Also what is not yours: nobody learns that it exists."""

    code = "not_found"
    message = _("没有找到这场考试或这次作答。")


class NotOpen(ExamError):
    """`entry` tells the page why: an engine.timing.EntryCode, "paused" or "no_paper"."""

    code = "not_open"
    message = _("现在不能进入这场考试。")

    def __init__(self, entry: str, message: StrOrPromise = "", at: datetime | None = None) -> None:
        super().__init__(message, **({"opens_at": iso(at)} if at else {}))
        self.entry, self.at = entry, at


class WrongPassword(ExamError):
    code = "wrong_password"
    message = _("考试密码不正确。")


class TooSoon(ExamError):
    code = "too_soon"
    message = _("两次考试之间的间隔时间还没有到。")

    def __init__(self, at: datetime | None) -> None:
        super().__init__(**({"at": iso(at)} if at else {}))
        self.at = at


class NoAttemptsLeft(ExamError):
    code = "no_attempts_left"
    message = _("这场考试的次数已经用完。")


class AttemptClosed(ExamError):
    code = "attempt_closed"
    message = _("这次作答已经结束。")


class TooEarly(ExamError):
    code = "too_early"
    message = _("还没有到最短交卷时间。")

    def __init__(self, at: datetime, remaining_ms: int) -> None:
        super().__init__(at=iso(at), remaining_ms=remaining_ms)
        self.at, self.remaining_ms = at, remaining_ms


class TimeRemains(ExamError):
    code = "time_remains"
    message = _("考试时间还没有结束，请继续作答。")

    def __init__(self, remaining_ms: int, clock_rev: int) -> None:
        super().__init__(remaining_ms=remaining_ms, clock_rev=clock_rev)
        self.remaining_ms = remaining_ms


class NotPossible(ExamError):
    """An organiser's act that the state of the exam or the attempt does not allow; the message says which."""

    code = "invalid"


class NotReady(ExamError):
    """The exam cannot be published; `problems` is the checklist's."""

    code = "invalid"
    message = _("考试还不能发布，请先解决清单中的问题。")

    def __init__(self, problems: list[Any]) -> None:
        super().__init__()
        self.problems = problems
