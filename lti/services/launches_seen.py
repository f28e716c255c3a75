"""What the launches of the last days tell about a connection: who was refused and why, and how browsers were recognised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lti.core.refusals import Refusal
from lti.models import Launch, Platform
from lti.words import sentence

from .findings import Finding, Level
from .redacting import redact
from .remedies import remedy

WITHIN = timedelta(days=7)
OK = "ok"
# A single person's slip, however often: nothing is wrong between the platform and us.
SLIPS = frozenset(
    {
        Refusal.OLD_IAT,
        Refusal.EXPIRED,
        Refusal.NONCE_USED,
        Refusal.STATE_USED,
        Refusal.STATE_EXPIRED,
        Refusal.STATE_FOREIGN,
        Refusal.TICKET_USED,
        Refusal.TICKET_UNKNOWN,
        Refusal.TICKET_EXPIRED,
        Refusal.NO_COOKIE,
        Refusal.NOT_ALLOWED,
        Refusal.ACCOUNT_INACTIVE,
        Refusal.NOTHING_LINKED,
    }
)


def seen(platform: Platform, *, now: datetime) -> Iterator[Finding]:
    """The refusals of seven days by their code, the most frequent first, with those of nobody we know under the same
    issuer; then how many came in, and how their browsers were recognised."""
    recent = Launch.objects.filter(at__gte=now - WITHIN)
    recent = recent.filter(Q(platform=platform) | Q(platform=None, issuer=platform.issuer))
    good = recent.filter(code=OK)
    last_good = good.aggregate(at=Max("at"))["at"]
    for row in (
        recent.exclude(code=OK).values("code").annotate(n=Count("pk"), at=Max("at")).order_by("-n", "code")
    ):
        latest = recent.filter(code=row["code"]).order_by("-at").values_list("detail", flat=True)[0]
        over = last_good is not None and last_good > row["at"]
        slip = row["code"] in SLIPS
        level = Level.WARNING if over or slip else Level.PROBLEM
        yield Finding("launches", level, _refused(row["code"], row["n"]), redact(latest))
    how = good.aggregate(n=Count("pk"), cookie=Count("pk", filter=Q(bound_by="cookie")),
                         storage=Count("pk", filter=Q(bound_by="storage")))  # fmt: skip
    if how["n"]:
        text = ngettext(
            "7 天内成功进入 %(n)d 次：%(cookie)d 次用 Cookie 识别浏览器，%(storage)d 次用平台存储。",
            "7 天内成功进入 %(n)d 次：%(cookie)d 次用 Cookie 识别浏览器，%(storage)d 次用平台存储。",
            how["n"],
        )
        yield Finding("launches", Level.OK, text % how)
    else:
        text = _("7 天内没有人成功进入。请在平台里打开一次本站的链接，再检查一次。")
        yield Finding("launches", Level.WARNING, text)


def _refused(code: str, count: int) -> str:
    known = code in set(Refusal)
    facts = {
        "n": count,
        "what": sentence(Refusal(code)) if known else code,
        "remedy": remedy(Refusal(code)) if known else "",
    }
    words = ngettext(
        "7 天内有 %(n)d 次没能进入：%(what)s%(remedy)s",
        "7 天内有 %(n)d 次没能进入：%(what)s%(remedy)s",
        count,
    )
    return words % facts
