"""What classes, reflections and certificates enter in the rooms below: the signal of joining, the words of the audit log,
a person's own record."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from courses.models import Certificate, Graduation, Reflection
from learning.organisation.audit_facts import name_facts
from learning.organisation.audit_words import name_actions
from learning.organisation.exports import contribute
from learning.organisation.models import ClassMember, User
from learning.organisation.signals import class_joined

from .planning import on_class_joined


def connect() -> None:
    """Called once, from apps.ready."""
    class_joined.connect(on_class_joined, dispatch_uid="courses.class_joined")
    contribute("training_classes", classes_in_record)
    contribute("reflections", reflections_in_record)
    contribute("certificates", certificates_in_record)
    name_actions(
        {
            "class.rules": _("修改结业规则"),
            "class.item_add": _("添加培训计划项目"),
            "class.item_change": _("修改培训计划项目"),
            "class.item_remove": _("移除培训计划项目"),
            "class.export_progress": _("导出培训进度"),
            "class.export_results": _("导出结业名单"),
            "reflection.task": _("新建心得体会题目"),
            "reflection.mark": _("评阅心得体会"),
            "reflection.return": _("退回心得体会"),
            "certificate.issue_class": _("签发培训班证书"),
            "certificate.revoke": _("撤销证书"),
        }
    )
    name_facts(
        {
            "w_exam": _("考试（%）"),
            "w_study": _("学习完成（%）"),
            "w_reflection": _("心得体会（%）"),
            "least_exam": _("考试最低分"),
            "least_study": _("学习完成最低（%）"),
            "least_reflection": _("心得体会最低分"),
            "pass_total": _("综合成绩合格线"),
            "certificate": _("结业后发结业证书"),
            "item": _("项目"),
            "required": _("必须完成"),
            "weight": _("权重"),
            "reflection.task title": _("题目"),
            "reflection.mark user": _("学员"),
            "reflection.return user": _("学员"),
            "certificate.revoke user": _("学员"),
            "certificate.issue_class count": _("证书份数"),
        },
        changes="class.rules",
    )


def classes_in_record(user: User) -> list[dict[str, Any]]:
    rows = ClassMember.objects.filter(user=user).select_related("training_class", "unit")
    results = {each.member_id: each for each in Graduation.objects.filter(member__user=user)}
    return [
        {
            "class": row.training_class.name,
            "code": row.training_class.code,
            "unit": row.unit.name,
            "state": row.get_state_display(),
            "admitted_at": row.admitted_at.isoformat(),
            "left_at": row.left_at.isoformat() if row.left_at else None,
            "total": str(results[row.pk].total) if row.pk in results else None,
            "graduated": results[row.pk].graduated if row.pk in results else None,
        }
        for row in rows.order_by("admitted_at", "pk")
    ]


def reflections_in_record(user: User) -> list[dict[str, Any]]:
    return [
        {
            "task": row.task.title,
            "text": row.text,
            "state": row.get_state_display(),
            "saved_at": row.saved_at.isoformat(),
            "submitted_at": row.submitted_at.isoformat() if row.submitted_at else None,
            "mark": str(row.mark) if row.mark is not None else None,
            "comment": row.comment,
        }
        for row in Reflection.objects.filter(user=user).select_related("task").order_by("saved_at")
    ]


def certificates_in_record(user: User) -> list[dict[str, Any]]:
    return [
        {
            "number": row.number,
            "subject": row.subject_title,
            "hours": str(row.credit_hours),
            "issued_at": row.issued_at.isoformat(),
            "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
        }
        for row in Certificate.objects.filter(user=user).order_by("issued_at")
    ]
