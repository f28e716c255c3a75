"""Audit actions in words; rooms above add theirs with `name_actions`. An unknown action shows its code."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_words: dict[str, str | Promise] = {
    "unit.opened": _("设立党组织"),
    "unit.moved": _("调整隶属关系"),
    "unit.renamed": _("更改名称或代码"),
    "unit.closed": _("撤销党组织"),
    "membership.joined": _("登记组织关系"),
    "membership.transferred": _("转接组织关系"),
    "membership.status": _("变更人员状态"),
    "membership.left": _("终止组织关系"),
    "role.granted": _("授予角色"),
    "role.revoked": _("撤销角色"),
    "account.created": _("新建账号"),
    "account.edited": _("修改个人信息"),
    "account.activated": _("用代码设置密码"),
    "account.room_login": _("用考场代码登录"),
    "account.password_changed": _("修改密码"),
    "account.reset": _("重置密码"),
    "account.deactivated": _("停用账号"),
    "account.reactivated": _("恢复账号"),
    "code.activation": _("发激活码"),
    "code.reset": _("发重置码"),
    "code.room": _("发考场代码"),
    "roster.imported": _("导入花名册"),
    "class.create": _("新建培训班"),
    "class.change": _("修改培训班"),
    "class.start": _("开班"),
    "class.close": _("结业并结束培训班"),
    "class.admit_units": _("按党组织添加学员"),
    "class.admit_users": _("按名单添加学员"),
    "class.member": _("变更学员状态"),
}


def name_actions(more: Mapping[str, str | Promise]) -> None:
    """Words for the actions of another room; called once, from its app's `ready`."""
    _words.update(more)


def words(action: str) -> str:
    return str(_words.get(action, action))
