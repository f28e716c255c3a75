"""What an administrator does about a launch that was refused or a platform that gives no answer, in plain sentences.
What the person before the screen is told stands in lti.words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lti.core import claims
from lti.core.refusals import Refusal
from lti.http.fetching import Why

Text = str | Promise
R, W = Refusal, Why

_KEYS = _("请核对“公钥地址（JWKS）”，并做一次连接检查。")
_CLIENT = _("请核对平台里和这里的客户端标识（client_id）是否一致。")
_TWICE = _("多半是刷新页面或按了后退键，重新点击链接即可；经常发生时请检查平台的页面是否自动重复提交。")
_SLOW = _("多半是停留太久；经常发生时请核对平台与本站的时钟。")
_CLOCK = _("请让平台管理员校准服务器时钟（NTP）。")
_PRODUCT = _("这是平台一方的差错，请把技术细节交给平台管理员。")
_FRAME = _("请在平台里把打开方式改为“新窗口”，或让用户允许本站的 Cookie；本站会自动给出“在新窗口打开”。")

OF_REFUSAL: dict[Refusal, Text] = {
    R.NO_KID: _KEYS,
    R.UNKNOWN_KID: _KEYS,
    R.BAD_SIGNATURE: _KEYS,
    R.KEYS_UNREACHABLE: _KEYS,
    R.BAD_ALG: _("平台的签名算法必须是 RS256。"),
    R.WEAK_KEY: _("平台的密钥短于 2048 位，请让平台管理员换一把。"),
    R.UNKNOWN_ISSUER: _("请登记这个平台；已经登记的，请核对平台标识（issuer），末尾的斜杠也算。"),
    R.UNKNOWN_PLATFORM: _CLIENT,
    R.AMBIGUOUS_CLIENT: _("几个登记的平台标识相同，请让平台在登录请求里带上 client_id。"),
    R.INACTIVE_PLATFORM: _("请在“概况”里批准或重新启用这个平台。"),
    R.BAD_ISSUER: _("请核对平台标识（issuer），末尾的斜杠也算。"),
    R.BAD_AUDIENCE: _CLIENT,
    R.BAD_AZP: _CLIENT,
    R.UNKNOWN_DEPLOYMENT: _("请在“概况”的部署里核对并批准。"),
    R.INACTIVE_DEPLOYMENT: _("请在“概况”的部署里核对并批准。"),
    R.BAD_IAT: _CLOCK,
    R.NOT_YET: _CLOCK,
    R.BAD_EXP: _CLOCK,
    R.OLD_IAT: _SLOW,
    R.EXPIRED: _SLOW,
    R.STATE_EXPIRED: _SLOW,
    R.TICKET_EXPIRED: _SLOW,
    R.TICKET_UNKNOWN: _SLOW,
    R.NONCE_USED: _TWICE,
    R.STATE_USED: _TWICE,
    R.TICKET_USED: _TWICE,
    R.STATE_UNKNOWN: _("请核对平台里的登录发起地址（Initiate login URL）是不是本站的。"),
    R.STATE_FOREIGN: _FRAME,
    R.NO_COOKIE: _FRAME,
    R.STORAGE_MISMATCH: _FRAME,
    R.PLATFORM_ERROR: _("平台拒绝了登录请求，多半是平台里登记的重定向地址或客户端标识与这里不一致。"),
    R.WRONG_VERSION: _("请在平台里把工具的 LTI 版本设为 1.3。"),
    R.NO_SUB: _("请在平台里打开“向工具发送用户标识”。"),
    R.BAD_TARGET: _("平台里的工具地址不是本站的，请照“在平台里填写”改正。"),
    R.BAD_REDIRECT: _("平台里的重定向地址不是本站的，请照“在平台里填写”改正。"),
    R.BAD_RETURN_URL: _("请在“平台的其他网址”里加上选取内容的返回地址所在的来源。"),
    R.NOT_ALLOWED: _("此人在课程里的身份不允许这样做，请核对平台里的角色。"),
    R.ACCOUNT_INACTIVE: _("此人在本站的账号已停用，请在“人员”里核对。"),
    R.NOTHING_LINKED: _("请任课教师打开这个链接，选定考试或课程。"),
}


def remedy(code: Refusal) -> str:
    """What to do about launches that end so."""
    return str(OF_REFUSAL.get(code, _PRODUCT))


OF_SILENCE: dict[Why, Text] = {
    W.BAD_URL: _("网址写法不对，请照平台给出的重新填写。"),
    W.NOT_HTTPS: _("网址不是 https，请改用 https 的地址。"),
    W.FOREIGN_ORIGIN: _("网址不在登记的来源之内，请把它的来源加到“平台的其他网址”。"),
    W.NO_ADDRESS: _("主机名查不到地址，请核对网址，并检查本站服务器的 DNS。"),
    W.PRIVATE_ADDRESS: _("主机在内网。确属本校平台时，请让运维把它的网段写进 LTI_PRIVATE_NETWORKS。"),
    W.REFUSED: _("连接不上，请检查平台是否在运行，以及两边的防火墙。"),
    W.TLS: _(
        "平台的证书不可信或已过期，请让平台管理员换证书；学校自己的证书机构请装进本站服务器的系统信任库。"
    ),
    W.TIMED_OUT: _("5 秒内没有回答，请检查平台是否繁忙，以及两边的防火墙。"),
    W.REDIRECT: _("回答是跳转，请直接填写跳转之后的地址。"),
    W.TOO_LARGE: _("回答超过 1 MB，不像是这个地址该有的内容，请核对网址。"),
    W.BAD_ANSWER: _("回答不完整或无法读取，请核对网址。"),
    W.NOT_JSON: _("回答的是网页而不是数据，请核对网址；Moodle 请检查 HTTP security 的限制。"),
    W.BAD_STATUS: _("平台回答了错误，请看技术细节并核对网址。"),
    W.SCOPE_REFUSED: _("平台没有允许这项服务，请在平台里打开。"),
}


def silence(why: Why) -> str:
    """What is wrong where nothing usable came, and what to do."""
    return str(OF_SILENCE[why])


OF_SCOPE: dict[str, Text] = {
    claims.SCOPE_LINE_ITEM: _("建立和修改成绩列"),
    claims.SCOPE_LINE_ITEM_READ: _("读取成绩列"),
    claims.SCOPE_SCORE: _("回传成绩"),
    claims.SCOPE_RESULT: _("读取已回传的成绩"),
    claims.SCOPE_MEMBERS: _("读取课程名单"),
    claims.SCOPE_NOTICES: _("接收课程复制的通知"),
}


def scope_words(scope: str) -> str:
    """What a scope is for; an unknown one as it stands."""
    return str(OF_SCOPE.get(scope, scope))
