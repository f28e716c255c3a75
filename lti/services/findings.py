"""Findings of the connection check, and what one answer of a platform tells of its keys and its clock."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from lti.http.fetching import Answer

from .redacting import redact

CLOCK_REFUSED = timedelta(seconds=60)  # launches allow as much
CLOCK_NOTED = timedelta(seconds=15)
SMALLEST_KEY = 2048  # bits


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` names the check, stable; `text` is for the screen; `detail` technical, redacted, "" for none."""

    code: str
    level: Level
    text: str
    detail: str = ""


def judged_keys(answer: Answer) -> Finding:
    """Whether a JWK set holds a key that can check the platform's signatures."""
    said = answer.json()
    keys = said.get("keys") if isinstance(said, dict) else None
    if not isinstance(keys, list):
        text = _("“公钥地址（JWKS）”回答的不是公钥，请照平台给出的重新填写。")
        return Finding("keys", Level.PROBLEM, text, redact(answer.text[:300]))
    rows = [(str(key.get("kid", "")), _fault(key)) for key in keys if isinstance(key, dict)]
    detail = redact("\n".join(f"{kid or '—'}: {fault or 'ok'}" for kid, fault in rows[:20]))
    usable = sum(not fault for _kid, fault in rows)
    if not usable:
        text = _("平台的公钥一把也不能用：要有编号（kid）、RSA、不短于 2048 位。请把技术细节交给平台管理员。")
        return Finding("keys", Level.PROBLEM, text, detail)
    return Finding("keys", Level.OK, _("平台的公钥可以读取，%(n)d 把可用。") % {"n": usable}, detail)


def _fault(key: dict[str, Any]) -> str:
    """Why a key of a JWK set cannot check our launches, in English; "" for one that can."""
    if not key.get("kid"):
        return "no kid"
    if key.get("kty") != "RSA" or key.get("use", "sig") != "sig" or key.get("alg", "RS256") != "RS256":
        return f"kty {key.get('kty')}, use {key.get('use')}, alg {key.get('alg')}"
    try:
        modulus = base64.urlsafe_b64decode(f"{key.get('n', '')}==")
    except (binascii.Error, ValueError, TypeError):
        return "the modulus cannot be read"
    bits = int.from_bytes(modulus).bit_length()
    return "" if bits >= SMALLEST_KEY else f"{bits} bits"


def judged_clock(answer: Answer) -> Finding:
    """How the platform's clock stands to ours, by the answer's Date."""
    if answer.clock_ahead_s is None:
        return Finding("clock", Level.WARNING, _("平台的回答里没有时间，无法核对时钟。"))
    ahead = timedelta(seconds=answer.clock_ahead_s)
    if abs(ahead) < CLOCK_NOTED:
        return Finding("clock", Level.OK, _("平台与本站的时钟一致。"))
    seconds = {"n": round(abs(ahead).total_seconds())}
    if ahead > timedelta(0):
        text = _("平台的时钟比本站快 %(n)d 秒。请让两边的服务器都校准时钟（NTP）。") % seconds
    else:
        text = _("平台的时钟比本站慢 %(n)d 秒。请让两边的服务器都校准时钟（NTP）。") % seconds
    return Finding("clock", Level.PROBLEM if abs(ahead) > CLOCK_REFUSED else Level.WARNING, text)
