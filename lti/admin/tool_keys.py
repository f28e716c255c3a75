"""The tool's own signing keys: which stand in our JWKS and sign since when; a change by button."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from learning.organisation.admin.screens import tell, user_of
from lti.core.dialects import Ours
from lti.models import ToolKey
from lti.services import keys
from question_bank.exams.templatetags.exam_words import moment

from .doors import door, go, link, page
from .forms import SureForm
from .pasting import our_addresses


@door
@require_GET
def key_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    rows = list(ToolKey.objects.published(now).order_by("-active_from", "-pk"))
    context = {
        "rows": [(row, standing(row, rows, now)) for row in rows],
        "jwks": our_addresses(request)[Ours.JWKS],
    }
    return page(request, "keys.html", context, title=_("密钥"), tab="key_list")


def standing(row: ToolKey, rows: list[ToolKey], now: datetime) -> str:
    """waiting (published, signs later), signing, or leaving: rows are those of our JWKS, the latest first."""
    if row.active_from > now:
        return "waiting"
    signing = next((each for each in rows if each.active_from <= now), None)
    return "signing" if signing == row else "leaving"


@door
def key_rotate(request: HttpRequest) -> HttpResponse:
    """A new key; "at once" is for one that leaked and asks for a tick, for launches may fail until platforms have read
    the new one."""
    at_once = "at_once" in request.GET
    words = _("旧密钥可能已经泄露，立即换用新密钥") if at_once else _("生成新密钥，24 小时后开始使用")
    form = SureForm(request.POST if request.method == "POST" else None, words=words)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        key = keys.rotate(by=user_of(request), now=now, at_once=at_once)
        if key.active_from > now:
            tell(request, _("新密钥已经公布，%(at)s 开始使用。") % {"at": moment(key.active_from)})
        else:
            tell(request, _("新密钥已经生效。"))
        return go("key_list")
    return page(
        request,
        "key_rotate.html",
        {"form": form, "at_once": at_once},
        title=_("立即换用新密钥") if at_once else _("换用新密钥"),
        tab="key_list",
        trail=[(link("key_list"), _("密钥"))],
        status=422 if form.is_bound else 200,
        wide=False,
    )
