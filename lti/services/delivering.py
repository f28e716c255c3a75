"""The grade outbox is emptied: a few requests at a time to each platform, so that a slow one holds up no other; what came
of each is written down at once. HTTP happens on threads and outside of any transaction, the database on the caller's."""

from __future__ import annotations

import logging
import secrets
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.db.models import F, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from lti.core.retrying import MOST_STALE, MOST_TRIES, Reply, Verdict, pause
from lti.http import tokens
from lti.http.fetching import Answer
from lti.models import GradeDelivery, LineItem, Platform

from .claiming import LAST_MINUTE, Letter, take
from .outbox import put_one
from .telling import Call, tell

State = GradeDelivery.State
log = logging.getLogger("dangxiao.lti")

PER_PLATFORM = 6  # requests under way at a time
THREADS = 24
CLAIMED = 10 * PER_PLATFORM  # rows at a time
SILENT = 3  # requests without an answer in a row, after which a platform is left alone
FIRST_REST, LONGEST_REST = timedelta(seconds=30), timedelta(minutes=30)
SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class _Lane:
    """One platform while the outbox is emptied."""

    platform: Platform
    letters: deque[Letter] = field(default_factory=deque)
    under_way: int = 0
    done: bool = False  # nothing is due any more, or the platform wants to be left alone


def send_due(
    *,
    clock: Callable[[], datetime],
    until: datetime | None = None,
    call: Call | None = None,
    pool: Executor | None = None,
) -> int:
    """Tells what is due, until nothing is or `clock` has reached `until`; returns how many scores were taken. What was
    claimed and not begun by then is given back."""
    with translation.override(
        settings.LANGUAGE_CODE
    ):  # words of ours in the rows are translated when they are shown
        if pool is not None:
            return _drain(clock, until, call or tokens.call, pool)
        with ThreadPoolExecutor(THREADS, thread_name_prefix="grades") as threads:
            return _drain(clock, until, _closing(call or tokens.call), threads)


def _closing(call: Call) -> Call:
    """For threads: a token may have been asked of the database."""

    @wraps(call)
    def called(*args: Any, **kwargs: Any) -> Answer:
        try:
            return call(*args, **kwargs)
        finally:
            connections.close_all()

    return called


def _drain(clock: Callable[[], datetime], until: datetime | None, call: Call, pool: Executor) -> int:
    lanes = [_Lane(platform) for platform in _asked(clock())]
    flying: dict[Future[Reply], tuple[_Lane, Letter]] = {}
    taken = 0
    while True:
        for lane in lanes:
            _fill(lane, clock(), over=until is not None and clock() >= until)
            while lane.letters and lane.under_way < PER_PLATFORM:
                letter = lane.letters.popleft()
                lane.under_way += 1
                future = pool.submit(tell, letter, lane.platform, call=call, now=clock())
                flying[future] = (lane, letter)
        if not flying:
            if all(lane.done for lane in lanes):
                return taken
            continue
        come = wait(flying, return_when=FIRST_COMPLETED).done
        with transaction.atomic():  # one commit for all that came in the meantime
            for future in come:
                lane, letter = flying.pop(future)
                lane.under_way -= 1
                reply = _reply(future)
                write_down(letter, reply, lane.platform, now=clock())
                taken += reply.verdict is Verdict.TAKEN
                lane.done = lane.done or _resting(lane.platform, clock())


def _asked(now: datetime) -> QuerySet[Platform]:
    """Platforms for which something is due, and that are not left alone."""
    due = GradeDelivery.objects.due(now).values("line_item__context__platform")
    rows = Platform.objects.filter(Q(paused_until=None) | Q(paused_until__lte=now), pk__in=due)
    return rows.order_by("pk")


def _fill(lane: _Lane, now: datetime, *, over: bool) -> None:
    if over or lane.done:
        lane.done = True
        _give_back(lane, now)
    elif lane.letters and lane.letters[0].claimed_until - now < LAST_MINUTE:
        _give_back(lane, now)
    elif not lane.letters:
        trying = lane.platform.silent_times >= SILENT  # one of them finds out whether it is back
        if trying and lane.under_way:
            return
        try:
            taken = take(lane.platform, limit=1 if trying else CLAIMED, now=now)
        except Exception:  # of one platform's rows: no reason to stop the others
            log.exception("grades for platform %s could not be claimed", lane.platform.pk)
            lane.done = True
            return
        lane.letters.extend(taken.letters)
        lane.done = taken.looked_at == 0


def _give_back(lane: _Lane, now: datetime) -> None:
    for letter in lane.letters:
        _mine(letter).update(state=State.PENDING, next_try_at=now, tries=F("tries") - 1)
    lane.letters.clear()


def _reply(future: Future[Reply]) -> Reply:
    """A fault of ours is no reason to lose the row or to stop the others."""
    try:
        return future.result()
    except Exception as error:
        log.exception("a score could not be told")
        return Reply(Verdict.AGAIN, text=f"{type(error).__name__}")


def _resting(platform: Platform, now: datetime) -> bool:
    return platform.paused_until is not None and platform.paused_until > now


def _mine(letter: Letter) -> QuerySet[GradeDelivery]:
    """The row, as long as the letter's claim on it holds."""
    return GradeDelivery.objects.filter(
        pk=letter.delivery, state=State.SENDING, next_try_at=letter.claimed_until
    )


def write_down(letter: Letter, reply: Reply, platform: Platform, *, now: datetime) -> None:
    """What came of a letter, inside a transaction; nothing where its claim ran out and another worker has the row."""
    changes: dict[str, Any] = {"status": reply.status, "answer": reply.text}
    match reply.verdict:
        case Verdict.TAKEN:
            changes |= {"state": State.SENT, "sent_at": now, "next_try_at": None}
        case Verdict.GONE:
            changes |= {"state": State.FAILED, "next_try_at": None}
        case Verdict.REFUSED:
            changes |= {"state": State.FAILED, "next_try_at": None}
        case Verdict.STALE if letter.refused_as_old + 1 < MOST_STALE:
            changes |= {
                "state": State.PENDING,
                "next_try_at": now + SECOND,
                "refused_as_old": letter.refused_as_old + 1,
            }
        case Verdict.STALE:
            changes |= {"state": State.FAILED, "next_try_at": None}
        case _ if letter.tries >= MOST_TRIES:
            words = _("七天内多次发送都没有成功，已停止。最后一次：%(answer)s") % {"answer": reply.text}
            changes |= {"state": State.FAILED, "next_try_at": None, "answer": words[:500]}
        case _:
            spread = secrets.randbelow(1000) / 1000
            later = now + max(pause(letter.tries, spread), reply.wait)
            changes |= {"state": State.PENDING, "next_try_at": later}
    if _mine(letter).update(**changes) and reply.verdict is Verdict.TAKEN and letter.again_at:
        put_one(  # the cell was emptied, and is filled again once its score may be seen
            line_item_id=letter.line_item,
            person_id=letter.person,
            cause=GradeDelivery.Cause.RELEASED,
            at=letter.again_at,
            now=now,
            state=State.WAITING,
        )
    if reply.verdict is Verdict.GONE:
        _close_column(letter.line_item, now)
    _note_health(platform, reply, now)


def _close_column(line_item: int, now: datetime) -> None:
    LineItem.objects.filter(pk=line_item, gone_at=None).update(gone_at=now)
    GradeDelivery.objects.filter(line_item=line_item, state__in=[State.PENDING, State.WAITING]).update(
        state=State.FAILED, next_try_at=None, answer=_("平台上的成绩栏已经不在了。")
    )


def _note_health(platform: Platform, reply: Reply, now: datetime) -> None:
    """Counts silence; a platform that is silent too often, or asks for patience, is left alone for a while."""
    before = (platform.silent_times, platform.paused_until)
    platform.silent_times = min(platform.silent_times + 1, 100) if reply.silent else 0
    rest = reply.wait
    if platform.silent_times >= SILENT:
        rest = min(FIRST_REST * 2 ** min(platform.silent_times - SILENT, 10), LONGEST_REST)
    if rest:
        platform.paused_until = now + rest
    elif not reply.silent:
        platform.paused_until = None if not _resting(platform, now) else platform.paused_until
    if before != (platform.silent_times, platform.paused_until):
        Platform.objects.filter(pk=platform.pk).update(
            silent_times=platform.silent_times, paused_until=platform.paused_until
        )
