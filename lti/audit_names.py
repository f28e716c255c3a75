"""What the audit log calls the acts on campus platforms and on the tool's keys."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from learning.organisation.audit_facts import name_facts
from learning.organisation.audit_words import name_actions

from .models import Platform
from .services.registering import FIELDS


def _name_of(field: str) -> str | Promise:
    name: str | Promise = Platform._meta.get_field(field).verbose_name  # type: ignore[union-attr]  # a field of ours
    return name


def enter() -> None:
    """Called once, from apps.ready."""
    name_actions(
        {
            "lti.link_bound": _("选择平台链接打开的内容"),
            "lti.link_cleared": _("清除平台链接打开的内容"),
            "lti.roster_synced": _("同步平台课程名单"),
            "tool_key.made": _("生成签名密钥"),
            "tool_key.rotated": _("更换签名密钥"),
            "platform.added": _("登记校园平台"),
            "platform.changed": _("修改校园平台"),
            "platform.registered": _("平台自动登记"),
            "platform.approved": _("批准校园平台"),
            "platform.turned_off": _("停用校园平台"),
            "platform.turned_on": _("重新启用校园平台"),
            "platform.checked": _("检查平台连接"),
            "deployment.approved": _("批准平台部署"),
            "deployment.turned_off": _("停用平台部署"),
            "invitation.made": _("生成平台登记邀请"),
            "invitation.revoked": _("撤销平台登记邀请"),
            "grades.resend": _("重新发送成绩"),
            "platform_person.linked": _("平台人员与账号对应"),
            "platform_person.relinked": _("更改平台人员对应的账号"),
            "platform_person.unlinked": _("解除平台人员对应的账号"),
        }
    )
    name_facts(
        {
            "lti.link_bound course": _("课程"),
            "lti.link_cleared course": _("课程"),
            "lti.roster_synced people": _("人数"),
            "lti.roster_synced new": _("新增"),
            "lti.roster_synced left": _("离开"),
            "tool_key.rotated at_once": _("立即更换"),
            **{f"platform.changed {field}": _name_of(field) for field in FIELDS},
            "deployments": _("部署"),
            "platform.checked problems": _("问题"),
            "platform.checked warnings": _("留意"),
            "platform": _("校园平台"),
            "issuer": _("平台标识（issuer）"),
            "client_id": _("客户端标识（client_id）"),
        }
    )
