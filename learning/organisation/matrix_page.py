"""docs/permissions.md, written from the permission matrix so that the two cannot differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from .models import GroupRole, Role
from .permissions import GROUP_MATRIX, MATRIX, Action

ACTION_NAMES = {
    Action.ADMIN_ENTER: _("进入管理后台"),
    Action.BANK_VIEW: _("查看题库"),
    Action.BANK_EDIT: _("编辑、导入试题"),
    Action.BANK_REVIEW: _("审核、停用试题"),
    Action.EXAM_VIEW: _("查看考试"),
    Action.EXAM_BUILD: _("编制考试"),
    Action.EXAM_PUBLISH: _("发布考试"),
    Action.EXAM_MONITOR: _("监考"),
    Action.EXAM_ADJUST: _("延时、暂停、恢复、作废"),
    Action.EXAM_MARK: _("阅卷"),
    Action.EXAM_RELEASE: _("发布成绩"),
    Action.COURSE_VIEW: _("查看课程"),
    Action.COURSE_EDIT: _("编辑课程、上传课件"),
    Action.COURSE_PUBLISH: _("发布课程"),
    Action.CLASS_MANAGE: _("管理培训班"),
    Action.REFLECTION_MARK: _("评阅心得体会"),
    Action.STUDY_RECORD: _("登记线下学习"),
    Action.STUDY_ERASE: _("删除学习记录"),
    Action.REPORT_VIEW: _("查看评估报告"),
    Action.MEMBER_VIEW: _("查看人员"),
    Action.MEMBER_MANAGE: _("管理人员、重置密码、发一次性代码"),
    Action.UNIT_MANAGE: _("管理党组织"),
    Action.ROLE_GRANT: _("授予角色"),
    Action.AUDIT_VIEW: _("查看审计记录"),
    Action.SITE_MANAGE: _("管理站点设置"),
}

INTRODUCTION = """# 权限表

本页由 `manage.py permission_matrix > docs/permissions.md` 生成，来源是 `learning/organisation/permissions.py` 中的 `MATRIX` 和
`GROUP_MATRIX`，请勿手工修改。

- 角色按党组织授予，对该党组织及其全部下级有效，有起止日期；看不到的对象一律显示为“不存在”。
- 人人都是学员（党员），不需要授予；学员只看到自己的学习与考试。
- 没有人能授予自己在该范围内所没有的权限，也不能重置权限高于自己的人的密码。
- 审计员只读。

"""

GROUPS = """
## 教学班

从校园平台进入时不带上表中的任何角色。教学班的教师在该班参加的考试中，只对现在或曾经是该班成员的考生有下列权限；
看不到其他考生，也不能做涉及整场考试的事（编制、发布、延时、公布成绩、重评）。

"""


def matrix_page() -> str:
    """The page in the active language: a row an action, a column a role; below it those of a teaching group."""
    roles = _table(MATRIX, Role, list(Action))
    some = [action for action in Action if any(action in allowed for allowed in GROUP_MATRIX.values())]
    return INTRODUCTION + roles + GROUPS + _table(GROUP_MATRIX, GroupRole, some)


def _table(
    matrix: Mapping[Any, frozenset[Action]], roles: type[TextChoices], actions: Sequence[Action]
) -> str:
    lines = [
        "| 权限 | " + " | ".join(str(role.label) for role in roles) + " |",
        "|---|" + ":-:|" * len(roles),
    ]
    lines += [
        f"| {ACTION_NAMES[action]} | "
        + " | ".join("✓" if action in matrix[role] else "" for role in roles)
        + " |"
        for action in actions
    ]
    return "\n".join(lines) + "\n"
