"""Dynamic Registration: the page that a platform's administrator opens inside the platform, with our invitation."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lti.core.registration import RegistrationFault
from lti.models import origin_of
from lti.services import self_registration
from lti.services.self_registration import RegistrationFailed

from .config import tool_urls

_ASK = _("请向本站管理员索取新的注册链接。")
_PLATFORM = _("平台给出的配置不符合 LTI 动态注册的规定，请改用手工登记。")
SENTENCES: dict[str, tuple[str | Promise, str | Promise]] = {
    self_registration.UNKNOWN: (_("这个注册链接无效。"), _ASK),
    self_registration.EXPIRED: (_("这个注册链接已经过期。"), _ASK),
    self_registration.USED: (_("这个注册链接已经用过。"), _ASK),
    self_registration.REVOKED: (_("这个注册链接已被撤销。"), _ASK),
    self_registration.UNREACHABLE: (
        _("本站读不到平台的配置。"),
        _("请确认平台的网址能从本站访问，再试一次；注册链接仍然有效。"),
    ),
    self_registration.REFUSED: (_("平台没有接受注册。"), _("请在平台里重新开始；注册链接仍然有效。")),
    self_registration.NOT_ACCEPTED: (
        _("平台给出的登记信息不能使用。"),
        _("可能已经登记过；请联系本站管理员。注册链接仍然有效。"),
    ),
    RegistrationFault.FOREIGN_ISSUER: (
        _("平台自称的标识与它的网址不符，已被拒绝。"),
        _("请改用手工登记。"),
    ),
}


@never_cache
@require_GET
def register(request: HttpRequest, token: str = "") -> HttpResponse:
    """The whole exchange at once, as the specification wants it, on GET: the invitation in the address is the right to
    it, and without what only the platform adds nothing happens."""
    if "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
        return HttpResponseForbidden()
    now = timezone.now()
    configuration_url = request.GET.get("openid_configuration", "")
    origin = origin_of(configuration_url)
    try:
        invitation = self_registration.invitation_of(token or request.GET.get("invitation", ""), now=now)
    except RegistrationFailed as failed:
        return _failed(request, failed)
    if not configuration_url:
        return render(request, "lti/register_here.html", {"invitation": invitation})
    try:
        platform = self_registration.register(
            invitation=invitation,
            configuration_url=configuration_url,
            access=request.GET.get("registration_token", ""),
            tool=tool_urls(request),
            now=now,
        )
    except RegistrationFailed as failed:
        return _in_frame(_failed(request, failed), origin)
    context = {"platform": platform, "closing": {"origins": self_registration.pages_of(origin)}}
    return _in_frame(render(request, "lti/registered.html", context), origin)


def _failed(request: HttpRequest, failed: RegistrationFailed) -> HttpResponse:
    sentence, advice = SENTENCES.get(failed.code, (_("注册没有完成。"), _PLATFORM))
    context = {"code": failed.code, "detail": failed.detail, "sentence": sentence, "advice": advice}
    response = render(request, "lti/register_failed.html", context, status=400)
    response["X-Error-Code"] = failed.code
    return response


def _in_frame(response: HttpResponse, origin: str) -> HttpResponse:
    """The platform's administration shows the page in a frame; only a platform with an invitation gets here."""
    if origin:
        response.frame_ancestors = self_registration.pages_of(origin)  # type: ignore[attr-defined]  # read by the content policy
    return response
