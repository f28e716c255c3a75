"""A claimed score is told to its platform over HTTP, and what came of it is read. No database but the token's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from lti.core import ags, claims
from lti.core.dialects import dialect_of
from lti.core.retrying import Reply, Verdict, judge, patience, plain, shows
from lti.http.fetching import Answer, Unreachable, Why
from lti.models import Platform

from .claiming import Letter

# Asking again would bring the same until an administrator does something, here or there.
OUT_OF_REACH = frozenset({Why.BAD_URL, Why.NOT_HTTPS, Why.FOREIGN_ORIGIN, Why.SCOPE_REFUSED})


class Call(Protocol):
    """lti.http.tokens.call: one request with a token; a new token once where the platform wants one."""

    def __call__(
        self,
        platform: Platform,
        method: str,
        url: str,
        *,
        scopes: Iterable[str],
        now: datetime,
        accept: str = ...,
        headers: Mapping[str, str] | None = ...,
        json: Any = ...,
    ) -> Answer: ...


def tell(letter: Letter, platform: Platform, *, call: Call, now: datetime) -> Reply:
    """Posts the score and, where the answer leaves open what it means, looks into the gradebook. Never raises for
    anything a platform does."""
    try:
        answer = call(
            platform,
            "POST",
            ags.scores_url(letter.column),
            scopes=[claims.SCOPE_SCORE],
            accept="application/json",
            headers={"Content-Type": ags.SCORE_TYPE},
            json=letter.body,
            now=now,
        )
    except Unreachable as error:
        verdict = Verdict.REFUSED if error.why in OUT_OF_REACH else Verdict.AGAIN
        return Reply(verdict, error.status, plain(str(error)), silent=verdict is Verdict.AGAIN)
    verdict = judge(answer.status, answer.text, dialect_of(platform.dialect).stale_score_codes)
    said = plain(answer.text)
    match verdict:
        case Verdict.TAKEN:
            return Reply(verdict, answer.status)
        case Verdict.STALE if _is_shown(letter, platform, call, now):
            return Reply(Verdict.TAKEN, answer.status, said)
        case Verdict.BUSY:
            return Reply(verdict, answer.status, said, wait=patience(answer.headers.get("Retry-After", "")))
        case Verdict.GONE if _column_is_there(letter, platform, call, now):
            return Reply(
                Verdict.REFUSED, answer.status, said
            )  # it is the person whom the platform does not find
    return Reply(verdict, answer.status, said)


def _is_shown(letter: Letter, platform: Platform, call: Call, now: datetime) -> bool:
    """Whether the gradebook holds what we wanted to tell; False where it may not be read."""
    if claims.SCOPE_RESULT not in letter.scopes:
        return False
    url = ags.results_url(letter.column, user_id=letter.sub)
    try:
        answer = call(platform, "GET", url, scopes=[claims.SCOPE_RESULT], accept=ags.RESULTS_TYPE, now=now)
        results = ags.read_results(answer.json()) if answer.ok else None
    except (Unreachable, ags.BadAnswer):
        return False
    if results is None:
        return False
    mine = next((each for each in results if each.user_id == letter.sub), None)
    return shows(mine, score=letter.score, maximum=letter.maximum)


def _column_is_there(letter: Letter, platform: Platform, call: Call, now: datetime) -> bool:
    """Whether the platform still shows the column; where that cannot be asked, the answer to the score decides."""
    scope = claims.SCOPE_LINE_ITEM_READ
    if scope not in letter.scopes:
        scope = claims.SCOPE_LINE_ITEM
    if scope not in letter.scopes:
        return False
    try:
        answer = call(platform, "GET", letter.column, scopes=[scope], accept=ags.LINE_ITEM_TYPE, now=now)
    except Unreachable:
        return True
    return answer.status not in (404, 410)
