"""What may go wrong with people, units, roles and accounts; `code` is stable, the message is for the screen."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class OrganisationError(Exception):
    code = "invalid"
    message: str | Promise = _("无法完成这一操作。")

    def __init__(self, message: str | Promise | None = None, **facts: Any) -> None:
        self.message = message if message is not None else self.message
        self.facts = facts
        super().__init__(self.message)

    def __str__(self) -> str:
        text = str(self.message)
        return text % self.facts if self.facts else text


class NotAllowed(OrganisationError):
    """The person asking has not the right; the page that led here should not have offered it."""

    code = "not_allowed"
    message = _("您没有进行这一操作的权限。")


class UnitNotEmpty(OrganisationError):
    code = "unit_not_empty"
    message = _("“%(unit)s”下还有 %(members)d 名成员、%(children)d 个下级党组织，请先转出或撤销。")


class BadPlace(OrganisationError):
    """The tree has no such place: under itself, under a closed unit, above its kind."""

    code = "bad_place"


class BadDate(OrganisationError):
    code = "bad_date"


class BadCode(OrganisationError):
    """Unknown number, wrong, used, expired or revoked code: one answer for all of them."""

    code = "bad_code"
    message = _("学号/工号或一次性代码不对，或者代码已经用过、过期。请向本单位组织员索取新的代码。")


class LastAdministrator(OrganisationError):
    code = "last_administrator"
    message = _("这是最后一位管理员，不能撤销或停用。")


class RosterUnreadable(OrganisationError):
    """The file could not be read at all; nothing of it was taken."""

    code = "unreadable"


class ClassNotOpen(OrganisationError):
    """The state of the training class does not allow the act; the message says which."""

    code = "class_not_open"
    message = _("这个培训班已经结束，不能再修改。")


class SlowDown(Exception):
    """Too many failed log-ins for this account from this device, or from devices never seen before."""

    code = "slow_down"
