"""Words that only the administrator's screens need: kinds of messages, bindings, results."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lti import words
from lti.core import claims
from lti.core.refusals import Refusal
from lti.services.remedies import remedy

MESSAGES: dict[str, str | Promise] = {
    claims.RESOURCE_LINK: gettext_lazy("打开链接"),
    claims.DEEP_LINKING: gettext_lazy("选取内容"),
    claims.SUBMISSION_REVIEW: gettext_lazy("查看作答"),
    claims.CONTEXT_COPY: gettext_lazy("课程复制通知"),
}
BINDINGS: dict[str, str | Promise] = {
    "cookie": gettext_lazy("Cookie"),
    "storage": gettext_lazy("平台存储"),
}
OK = "ok"


def message_words(message_type: str) -> str:
    """What the message asks for; an unknown type as it came, a dash for none."""
    return str(MESSAGES.get(message_type, message_type or "—"))


def binding_words(bound_by: str, *, in_frame: bool) -> str:
    """How the launch was tied to its browser, and where it was shown."""
    where = _("平台页面的框内") if in_frame else _("单独的窗口")
    how = str(BINDINGS.get(bound_by, _("未绑定")))
    return _("%(how)s，%(where)s") % {"how": how, "where": where}


def code_words(code: str) -> str:
    """How a launch ended, in a sentence; a code that nobody knows any more as it stands."""
    if code == OK:
        return _("成功")
    return words.sentence(Refusal(code)) if code in set(Refusal) else code


def code_advice(code: str) -> str:
    """What an administrator does about it; "" where nothing need be done."""
    return remedy(Refusal(code)) if code in set(Refusal) else ""
