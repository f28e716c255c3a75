"""The connection check: everything that must hold between a platform and us, tried out now, each finding a sentence that
says what is wrong and what to do. Nothing is changed at the platform; no secret or token is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

from django.db.models import F, Max
from django.utils.translation import gettext as _

from learning.organisation.models import User
from learning.organisation.services import audit
from lti.core import ags, claims, nrps
from lti.http import fetching, tokens
from lti.http.fetching import Answer, Reach, Unreachable, Why
from lti.models import Context, Deployment, Platform, origin_of

from . import launches_seen
from .findings import Finding, Level, judged_clock, judged_keys
from .redacting import redact
from .remedies import scope_words, silence

NEEDED = (claims.SCOPE_SCORE, claims.SCOPE_LINE_ITEM, claims.SCOPE_MEMBERS)
USEFUL = (claims.SCOPE_RESULT, claims.SCOPE_LINE_ITEM_READ, claims.SCOPE_NOTICES)


class Caller(Protocol):
    """Asks the platform. All raise Unreachable."""

    def fetch(self, url: str, *, accept: str) -> Answer: ...

    def grant(self, scope: str) -> None:
        """A new token for the scope, thrown away."""

    def call(self, url: str, *, scope: str, accept: str) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Asking:
    """The caller that goes out."""

    platform: Platform
    now: datetime

    def fetch(self, url: str, *, accept: str) -> Answer:
        return fetching.fetch("GET", url, reach=self._reach, now=self.now, accept=accept)

    def grant(self, scope: str) -> None:
        tokens.forget_token(self.platform, [scope])
        tokens.service_token(self.platform, [scope], now=self.now)

    def call(self, url: str, *, scope: str, accept: str) -> Answer:
        return tokens.call(self.platform, "GET", url, scopes=[scope], now=self.now, accept=accept)

    @property
    def _reach(self) -> Reach:
        return fetching.reach_of(self.platform)


def check_platform(
    *,
    platform: Platform,
    launch_url: str,
    login_url: str,
    jwks_url: str,
    by: User,
    now: datetime,
    caller: Caller | None = None,
) -> list[Finding]:
    """What the check finds, in the order in which a launch would meet it. The URLs are ours. Takes up to a minute: never
    inside a transaction."""
    ask = caller or Asking(platform, now)
    found = [
        _own_address(platform, launch_url, login_url, jwks_url),
        *_standing(platform),
        *_addresses(platform),
        *_keys(platform, ask),
        _login(platform, ask),
    ]
    granted = [*_tokens(platform, ask)]
    found += granted
    if not any(each.level is Level.PROBLEM for each in granted):
        found += _services(platform, ask)
    found += launches_seen.seen(platform, now=now)
    levels = [each.level for each in found]
    counts = {"problems": levels.count(Level.PROBLEM), "warnings": levels.count(Level.WARNING)}
    audit.record(actor=by, action="platform.checked", obj=platform, unit=platform.unit, data=counts, now=now)
    return found


def _own_address(platform: Platform, launch_url: str, login_url: str, jwks_url: str) -> Finding:
    detail = f"Redirect URI: {launch_url}\nInitiate login URL: {login_url}\nKeyset URL: {jwks_url}"
    if launch_url.startswith("https://"):
        text = _("本站地址是 https；平台里登记的重定向地址必须正好是 %(url)s。") % {"url": launch_url}
        return Finding("own_address", Level.OK, text, detail)
    level = Level.WARNING if platform.allow_insecure_loopback else Level.PROBLEM
    text = _(
        "您现在用非加密的地址打开本站，平台要求 https。请用 https 的网址打开本站，并请运维核对反向代理的设置。"
    )
    return Finding("own_address", level, text, detail)


def _standing(platform: Platform) -> Iterator[Finding]:
    """Whether we let anybody in at all."""
    if platform.state != Platform.State.ACTIVE:
        yield Finding(
            "state", Level.PROBLEM, _("这个平台没有启用，谁也不能从它进入。请在“概况”里批准或重新启用。")
        )
    if platform.unit is None:
        text = _("没有选择可引用的考试与课程，教师什么也引用不了。请在“登记信息”里选择党组织。")
        yield Finding("unit", Level.WARNING, text)
    states = list(platform.deployments.values_list("state", flat=True))
    waiting = states.count(Deployment.State.PENDING)
    if waiting:
        text = _("有 %(n)d 个部署等待批准，从那里来的人进不来。请在“概况”里核对并批准。") % {"n": waiting}
        yield Finding("deployments", Level.PROBLEM, text)
    elif Deployment.State.ACTIVE not in states:
        text = _("还没有批准过部署。在平台里打开一次本站的链接，部署就会出现在“概况”里等待批准。")
        yield Finding("deployments", Level.WARNING, text)
    else:
        yield Finding("deployments", Level.OK, _("部署都已处理。"))


def _addresses(platform: Platform) -> Iterator[Finding]:
    """Addresses that the platform gave in launches and that break the rules for services."""
    reach = fetching.reach_of(platform)
    urls: set[str] = set()
    newest = Context.objects.filter(platform=platform).order_by("-created_at")[:50]
    for roster_url, items_url in newest.values_list("roster_url", "line_items_url"):
        urls |= {roster_url, items_url} - {""}
    for name in ("auth_url", "token_url", "jwks_url"):
        urls.add(getattr(platform, name))
    wrong: dict[tuple[str, Why], str] = {}
    for url in sorted(urls):
        try:
            fetching.check_url(url, reach)
        except Unreachable as error:
            wrong.setdefault((origin_of(url) or url[:80], error.why), error.detail)
    for (origin, why), detail in wrong.items():
        text = _("平台的服务地址 %(origin)s 不能使用：%(what)s") % {"origin": origin, "what": silence(why)}
        yield Finding("addresses", Level.PROBLEM, text, detail)
    if not wrong:
        yield Finding(
            "addresses", Level.OK, _("平台给出的服务地址都在登记的来源之内。"), "\n".join(reach.origins)
        )


def _keys(platform: Platform, ask: Caller) -> Iterator[Finding]:
    """The platform's public keys, and by the answer's Date its clock."""
    try:
        answer = ask.fetch(platform.jwks_url, accept="application/jwk-set+json, application/json")
    except Unreachable as error:
        text = _("读不到平台的公钥：%(what)s") % {"what": silence(error.why)}
        yield Finding("keys", Level.PROBLEM, text, _technical(error))
        return
    fetching.note_clock(platform, answer)
    if not answer.ok:
        text = _("读不到平台的公钥：平台回答 HTTP %(status)d，请核对“公钥地址（JWKS）”。") % {
            "status": answer.status
        }
        yield Finding("keys", Level.PROBLEM, text, redact(answer.text[:300]))
    else:
        yield judged_keys(answer)
    yield judged_clock(answer)


def _login(platform: Platform, ask: Caller) -> Finding:
    """Browsers go to this address, not we: that we do not get there need not stop anybody. A redirect, or an error about
    missing parameters, is a good answer."""
    try:
        answer = ask.fetch(platform.auth_url, accept="text/html")
    except Unreachable as error:
        if error.why is Why.REDIRECT:
            return Finding("login", Level.OK, _("平台的登录地址有回答。"), error.detail)
        text = _("从本站服务器打不开平台的登录地址：%(what)s") % {"what": silence(error.why)}
        return Finding("login", Level.WARNING, text, _technical(error))
    if answer.status == 404 or answer.status >= 500:
        text = _("平台的登录地址回答 HTTP %(status)d，请核对“登录地址（OIDC authentication）”。")
        return Finding("login", Level.WARNING, text % {"status": answer.status})
    return Finding("login", Level.OK, _("平台的登录地址有回答。"), f"HTTP {answer.status}")


def _tokens(platform: Platform, ask: Caller) -> Iterator[Finding]:
    """One token for each scope; after a refusal that is not about the scope the others would end the same."""
    refused: list[str] = []
    details: list[str] = []
    for scope in (*NEEDED, *USEFUL):
        try:
            ask.grant(scope)
        except tokens.ScopeRefused as error:
            refused.append(scope)
            details.append(f"{scope}: {error.detail}")
        except Unreachable as error:
            yield _token_trouble(error)
            return
    detail = redact("\n".join(details))
    lost = [scope_words(scope) for scope in NEEDED if scope in refused]
    if lost:
        text = _("平台没有允许：%(what)s。请在平台的工具设置里打开这些服务。") % {"what": _list(lost)}
        yield Finding("tokens", Level.WARNING, text, detail)
        return
    more = [scope_words(scope) for scope in USEFUL if scope in refused]
    if more:
        text = _("平台接受本站的密钥。没有允许：%(what)s，不影响使用。") % {"what": _list(more)}
        yield Finding("tokens", Level.OK, text, detail)
    else:
        yield Finding("tokens", Level.OK, _("平台接受本站的密钥，允许全部服务。"))


def _token_trouble(error: Unreachable) -> Finding:
    said = error.detail.lower()
    if "invalid_grant" in said or "audience" in said:
        text = _("平台不接受本站的证明，请核对“令牌的接收方（audience）”和两边的时钟。")
    elif "invalid_client" in said or error.status == HTTPStatus.UNAUTHORIZED:
        text = _(
            "平台不认本站：客户端标识（client_id）不对，或者平台读不到本站的公钥。"
            "请核对客户端标识，并在平台里核对公钥地址；平台在校园网外时，本站的公钥地址要能从外面打开。"
        )
    else:
        text = _("拿不到平台的令牌，成绩和名单都用不了：%(what)s") % {"what": silence(error.why)}
    return Finding("tokens", Level.PROBLEM, text, _technical(error))


def _services(platform: Platform, ask: Caller) -> Iterator[Finding]:
    """Roster and gradebook of the course that was opened last."""
    contexts = Context.objects.filter(platform=platform).annotate(at=Max("launches__at"))
    contexts = contexts.order_by(F("at").desc(nulls_last=True), "-pk")
    roster = contexts.exclude(roster_url="").first()
    if roster is not None:
        yield _service(ask, "roster", roster.roster_url, claims.SCOPE_MEMBERS, nrps.MEMBERS_TYPE, roster)
    graded = contexts.exclude(line_items_url="").first()
    if graded is not None:
        scope = next(
            (each for each in (claims.SCOPE_LINE_ITEM, claims.SCOPE_LINE_ITEM_READ) if each in graded.scopes),
            "",
        )
        if scope:
            yield _service(ask, "gradebook", graded.line_items_url, scope, ags.LINE_ITEMS_TYPE, graded)
    if roster is None and graded is None:
        text = _("还没有课程可以试读名单和成绩册。教师从平台打开一次链接后再检查。")
        yield Finding("roster", Level.WARNING, text)


def _service(ask: Caller, code: str, url: str, scope: str, accept: str, context: Context) -> Finding:
    names = {"course": str(context), "service": scope_words(scope)}
    try:
        answer = ask.call(url, scope=scope, accept=accept)
    except Unreachable as error:
        text = _("课程“%(course)s”的服务（%(service)s）不可用：%(what)s") % {
            **names,
            "what": silence(error.why),
        }
        return Finding(code, Level.PROBLEM, text, _technical(error))
    if answer.ok:
        return Finding(code, Level.OK, _("课程“%(course)s”的服务（%(service)s）可用。") % names)
    text = _(
        "课程“%(course)s”的服务（%(service)s）不可用：平台回答 HTTP %(status)d。请从这门课程重新打开一次链接再检查。"
    )
    detail = redact(f"{urlsplit(url).path}\n{answer.text[:300]}")
    return Finding(code, Level.PROBLEM, text % {**names, "status": answer.status}, detail)


def _technical(error: Unreachable) -> str:
    status = f"HTTP {error.status} " if error.status else ""
    return str(redact(f"{error.why}: {status}{error.detail}"))


def _list(words: Iterable[str]) -> str:
    return _("、").join(words)
