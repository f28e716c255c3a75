"""What people read where a launch ends: a sentence for each code, and what to do about it."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .core.refusals import Refusal

R = Refusal

_MALFORMED = _("平台发来的登录信息无法读取。")
_UNSIGNED = _("平台发来的登录信息没有通过签名检验。")
_FOREIGN = _("这次登录信息不是发给本站的。")
_INCOMPLETE = _("平台发来的登录信息不完整。")
_STALE = _("这次登录已经过期。")
_USED = _("这个入口已经用过一次，不能重复使用。")
_CLOCK = _("平台与本站的时间不一致，登录信息无法使用。")
_ADDRESS = _("平台给出的地址不属于本站或该平台，已被拒绝。")

SENTENCES: dict[Refusal, str | Promise] = {
    R.MALFORMED: _MALFORMED,
    R.NO_TOKEN: _("平台没有发来登录信息。"),
    R.NO_KID: _UNSIGNED,
    R.UNKNOWN_KID: _UNSIGNED,
    R.BAD_ALG: _UNSIGNED,
    R.BAD_SIGNATURE: _UNSIGNED,
    R.WEAK_KEY: _UNSIGNED,
    R.KEYS_UNREACHABLE: _("暂时连接不到校园平台，无法核对登录信息。"),
    R.UNKNOWN_ISSUER: _("这个校园平台还没有在本站登记。"),
    R.UNKNOWN_PLATFORM: _("这个校园平台还没有在本站登记。"),
    R.AMBIGUOUS_CLIENT: _("平台没有说明是哪一个登记，本站无法确定。"),
    R.INACTIVE_PLATFORM: _("这个校园平台尚未启用，或已停用。"),
    R.BAD_ISSUER: _FOREIGN,
    R.BAD_AUDIENCE: _FOREIGN,
    R.BAD_AZP: _FOREIGN,
    R.NO_DEPLOYMENT_ID: _INCOMPLETE,
    R.UNKNOWN_DEPLOYMENT: _("平台上的这处安装还没有经本站管理员批准。"),
    R.INACTIVE_DEPLOYMENT: _("平台上的这处安装尚未批准，或已停用。"),
    R.BAD_IAT: _CLOCK,
    R.OLD_IAT: _STALE,
    R.NOT_YET: _CLOCK,
    R.BAD_EXP: _CLOCK,
    R.EXPIRED: _STALE,
    R.NO_LOGIN_HINT: _INCOMPLETE,
    R.BAD_NONCE: _("这次登录信息与本站发起的登录不符。"),
    R.NONCE_USED: _USED,
    R.STATE_UNKNOWN: _("本站没有发起过这次登录，或它早已过期。"),
    R.STATE_USED: _USED,
    R.STATE_EXPIRED: _STALE,
    R.STATE_FOREIGN: _("这次登录是在另一个浏览器或另一个页面中发起的。"),
    R.NO_COOKIE: _("浏览器在这个页面中不保存登录信息（Cookie），无法确认是您本人。"),
    R.STORAGE_MISMATCH: _("校园平台中没有存下这次登录的信息，无法确认是您本人。"),
    R.TICKET_UNKNOWN: _STALE,
    R.TICKET_USED: _USED,
    R.TICKET_EXPIRED: _STALE,
    R.PLATFORM_ERROR: _("校园平台没有完成登录。"),
    R.NO_VERSION: _INCOMPLETE,
    R.WRONG_VERSION: _("平台使用的协议版本不是 LTI 1.3。"),
    R.NO_MESSAGE_TYPE: _INCOMPLETE,
    R.UNKNOWN_MESSAGE_TYPE: _("平台要求的操作本站不支持。"),
    R.MISSING_CLAIMS: _INCOMPLETE,
    R.NO_SUB: _("平台没有说明您是谁，不能匿名进入。"),
    R.NO_ROLES: _INCOMPLETE,
    R.NO_RESOURCE_LINK: _INCOMPLETE,
    R.BAD_TARGET: _ADDRESS,
    R.BAD_REDIRECT: _ADDRESS,
    R.BAD_RETURN_URL: _ADDRESS,
    R.NOT_ALLOWED: _("您在这门课程中的身份不能进行这项操作。"),
    R.ACCOUNT_INACTIVE: _("您在本站的账号已停用。"),
    R.NOTHING_LINKED: _("老师还没有为这个链接选择考试或课程。"),
}

_AGAIN = _("请回到课程页面，重新点击链接。")
_AGAIN_OR_ADMIN = _("请回到课程页面，重新点击链接。仍然不行时，请把下面的代码告诉平台管理员。")
_ADMIN = _("请把下面的代码告诉平台管理员。")
_TEACHER = _("请联系任课老师。")

# What the person can do alone; everything else is for whoever looks after the connection.
ADVICE: dict[Refusal, str | Promise] = {
    **dict.fromkeys((R.OLD_IAT, R.EXPIRED, R.NONCE_USED, R.STATE_UNKNOWN, R.STATE_USED), _AGAIN),
    **dict.fromkeys((R.STATE_EXPIRED, R.TICKET_UNKNOWN, R.TICKET_USED, R.TICKET_EXPIRED), _AGAIN),
    **dict.fromkeys((R.NO_TOKEN, R.STATE_FOREIGN, R.BAD_NONCE, R.PLATFORM_ERROR), _AGAIN_OR_ADMIN),
    **dict.fromkeys((R.KEYS_UNREACHABLE, R.STORAGE_MISMATCH), _AGAIN_OR_ADMIN),
    R.NO_COOKIE: _("请在新窗口打开，或者回到课程页面，重新点击链接。"),
    R.NOTHING_LINKED: _("请稍后再来，或提醒任课老师。"),
    R.NOT_ALLOWED: _TEACHER,
    R.ACCOUNT_INACTIVE: _("请联系本单位组织员。"),
}


def sentence(code: Refusal) -> str:
    """Why the launch ends, in a plain sentence."""
    return str(SENTENCES[code])


def advice(code: Refusal) -> str:
    """What to do now."""
    return str(ADVICE.get(code, _ADMIN))
