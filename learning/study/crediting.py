"""How much of what a page claims is credited: study time, what was watched and read, credit hours. Pure: instants are
milliseconds since 1970, `recv` is when the server received the beat.

Sources: docs/decisions/0010; a page's clock is believed for durations only, and never more than the server saw pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from .intervals import Span, Spans, clipped, first, length, subtract, union

TOLERANCE_MS = 2_000  # what a network may add to or take from the time between two beats
BEAT_MOST_MS = 45_000  # three beats: a lid closed for two hours credits no more
LATE_MOST_MS = 2 * 3_600_000  # from offline replays, a session
LATE_AGE_MS = 24 * 3_600_000
JOIN_MS = 5_000  # a slice may be moved back so far, to continue the one before
MEDIA_GAP_MS = 1_000  # holes so small are closed
SKIP_MS = 10_000  # so far ahead of what was watched a player may be

HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Rules:
    """A course's rules as its lessons carry them. `rate_percent` 200 = twice the normal speed."""

    threshold_percent: int = 90
    no_skip: bool = False
    rate_percent: int = 200
    in_order: bool = False

    @classmethod
    def of(cls, rules: Mapping[str, Any]) -> Rules:
        """From `Activity.rules`; what it does not say is the default, a rate outside 1.0 to 2.0 is brought inside."""
        rate_percent = round(100 * float(rules.get("rate_max") or 2))
        return cls(
            threshold_percent=int(rules.get("threshold_percent") or 90),
            no_skip=bool(rules.get("no_skip")),
            rate_percent=max(100, min(rate_percent, 200)),
            in_order=bool(rules.get("in_order")),
        )


class Clock(NamedTuple):
    """A session's counters as its last beat left them. `last_ms`: until when its time has been dealt with."""

    started_ms: int
    last_ms: int
    seq: int = -1
    elapsed_ms: int = 0
    active_ms: int = 0
    visible_ms: int = 0
    late_ms: int = 0
    credited_ms: int = 0


class Told(NamedTuple):
    """A beat's counters: totals since the session began. `late`: kept offline and sent again."""

    seq: int
    elapsed_ms: int
    active_ms: int
    visible_ms: int = 0
    late: bool = False


class Bound(NamedTuple):
    """At most `most_ms` of credit, ending not after `at_ms`, beginning not before `low_ms`."""

    most_ms: int
    at_ms: int
    low_ms: int
    late: bool = False


def bounded(clock: Clock, told: Told, recv: int) -> tuple[Clock, Bound] | None:
    """The counters after the beat and the most it can be credited; None for a beat that was seen before.

    Counters beyond the session's age are cut to it, so a forged one gains nothing and costs the page nothing later."""
    if told.seq <= clock.seq:
        return None
    recv = max(recv, clock.started_ms)
    age = recv - clock.started_ms + TOLERANCE_MS
    elapsed, active = min(told.elapsed_ms, age), min(told.active_ms, age)
    claim = max(0, active - clock.active_ms)
    if told.late:
        at = min(recv, clock.started_ms + elapsed)
        passed = max(0, elapsed - clock.elapsed_ms) + TOLERANCE_MS
        low = max(clock.started_ms, recv - LATE_AGE_MS)
        most = min(claim, passed, LATE_MOST_MS - clock.late_ms, at - low)
        bound = Bound(max(0, most), at, low, late=True)
    else:
        seen = max(0, recv - clock.last_ms)
        bound = Bound(min(claim, seen + TOLERANCE_MS, BEAT_MOST_MS), recv, clock.started_ms)
    after = clock._replace(
        last_ms=max(clock.last_ms, bound.at_ms),
        seq=told.seq,
        elapsed_ms=max(clock.elapsed_ms, elapsed),
        active_ms=max(clock.active_ms, active),
        visible_ms=max(clock.visible_ms, min(told.visible_ms, age)),
    )
    return after, bound


def placed(bound: Bound, taken: Iterable[Sequence[int]], own_ends: Iterable[int] = ()) -> Spans:
    """Where the credit lies: the last `most_ms` before `at_ms`, less what the person has been credited already.

    It is moved back by up to JOIN_MS to begin where an own slice ended (`own_ends`) or the session began, so that beats
    of one sitting make one slice and what one beat's delay left over is there for the next."""
    start = max(bound.at_ms - bound.most_ms, bound.low_ms)
    most = bound.at_ms - start
    if most <= 0:
        return []
    earliest = max(bound.low_ms, start - JOIN_MS)
    start = max((each for each in (bound.low_ms, *own_ends) if earliest <= each <= start), default=start)
    end = start + most
    in_the_way = [each for each in taken if each[0] < end and start < each[1]]
    return subtract([(start, end)], in_the_way) if in_the_way else [(start, end)]


class Pace(NamedTuple):
    """A person's allowance for new coverage: wall time since `covered_ms` has not been turned into it yet."""

    covered_ms: int
    allowance_ms: int = 0


def granted(pace: Pace, bound: Bound) -> Pace:
    """The allowance after the time that passed until this beat, whichever page sent it: at most 45 s a beat, of an
    offline replay what may be credited for it.

    Of what was left over TOLERANCE_MS are kept: an hour of slow reading does not pay for a video. Only beats that come
    together, as those of several parts do, share what the first of them brought."""
    passed = max(0, bound.at_ms - pace.covered_ms)
    grant = min(passed, bound.most_ms if bound.late else BEAT_MOST_MS)
    together = LATE_MOST_MS if bound.late else BEAT_MOST_MS
    spare = min(pace.allowance_ms, TOLERANCE_MS if passed > TOLERANCE_MS else together)
    return Pace(max(pace.covered_ms, bound.at_ms), spare + grant)


def watched(
    seen: Sequence[Sequence[int]],
    played: Iterable[Sequence[int]],
    *,
    length_ms: int,
    rules: Rules,
    allowance_ms: int,
    free: bool = False,
) -> tuple[Spans, int]:
    """What of a video or audio has been watched now, and the allowance that it cost: a millisecond pays for
    `rate_percent`/100 ms of it. What is not paid for is dropped from the end. `free`: completed, so no order is kept."""
    before = [(a, b) for a, b in seen]
    if before and before[-1][1] > length_ms:  # a shorter one was published since
        before = clipped(before, 0, length_ms)
    new = clipped(played, 0, length_ms)
    if rules.no_skip and not free:
        new = in_order(before, new)
    if not new:
        return before, 0
    wanted = subtract(union([*before, *new], gap=MEDIA_GAP_MS), before)
    paid = first(wanted, allowance_ms * rules.rate_percent // 100)
    cost = -(-length(paid) * 100 // rules.rate_percent)
    return union([*before, *paid]), cost


def frontier(seen: Spans) -> int:
    """The end of the contiguous part from the beginning; 0 if that was not watched."""
    return seen[0][1] if seen and seen[0][0] <= MEDIA_GAP_MS else 0


def in_order(seen: Spans, played: Iterable[Span]) -> Spans:
    """The pieces played that do not run ahead of the frontier by more than SKIP_MS; each may move it on."""
    kept: Spans = []
    reached = frontier(seen)
    for start, end in sorted(played):
        if start <= reached + SKIP_MS:
            kept.append((start, end))
            reached = max(reached, frontier(union([*seen, *kept], gap=MEDIA_GAP_MS)))
    return kept


def enough(covered_ms: int, total_ms: int, percent: int) -> bool:
    """Whether the part is complete: percent of it, and there must be something of it."""
    return total_ms > 0 and covered_ms * 100 >= total_ms * percent


class Reading(NamedTuple):
    """Of each block or page of a text: ms read, and how much of the page's claim is settled."""

    read: list[int]
    settled: list[int]
    cost_ms: int


def read_on(
    read: Sequence[int],
    settled: Sequence[int],
    claimed: Sequence[int],
    *,
    least: Sequence[int],
    allowance_ms: int,
) -> Reading:
    """The blocks after a beat. A block takes what it needs, up to its `least` ms, as far as the allowance pays;
    a claim not paid for stays open and may be paid by a later beat."""
    now, done, left = _padded(read, len(least)), _padded(settled, len(least)), allowance_ms
    for place, claim in enumerate(claimed[: len(least)]):
        new = max(0, claim - done[place])
        useful = min(new, max(0, least[place] - now[place]))
        paid = min(useful, left)
        now[place] += paid
        left -= paid
        done[place] += paid if paid < useful else new
    return Reading(now, done, allowance_ms - left)


def _padded(values: Sequence[int], size: int) -> list[int]:
    return [*values[:size], *[0] * (size - len(values))]


def block_coverage(read: Sequence[int], least: Sequence[int]) -> tuple[int, int]:
    """(covered, total) ms of a text: Σ min(read, least) of Σ least."""
    return sum(min(a, b) for a, b in zip(read, least, strict=False)), sum(least)


def hours_of(credit: Mapping[str, Any], *, minutes: int, test: bool = False) -> Decimal:
    """Credit hours (学时) of `minutes` by the rule table; of a fixed table see `fixed_hours`, of lessons `shared_hours`.

    nominal: minutes / minutes_per_hour (45), rounded half up to 0.01. tiers: a test 0.5; from 30 min 1, from above 15
    min 0.5, up to 15 min 0.25, none for no minutes."""
    match credit.get("kind"):
        case "nominal":
            per_hour = int(credit.get("minutes_per_hour") or 45)
            return (Decimal(minutes) / per_hour).quantize(HUNDREDTH, ROUND_HALF_UP)
        case "tiers":
            return Decimal("0.50") if test else _tier(minutes)
    return Decimal("0.00")


def shared_hours(credit: Mapping[str, Any], lessons: Iterable[tuple[int, bool]]) -> list[Decimal]:
    """Credit hours of each of a course's lessons, (minutes, whether a test) in their order.

    nominal: what a lesson adds to the rounded hours of all up to it. So the first lessons together bring the hours of
    their minutes, all of them those of the course, and a lesson added at the end changes none before it."""
    if credit.get("kind") != "nominal":
        return [hours_of(credit, minutes=minutes, test=test) for minutes, test in lessons]
    shares: list[Decimal] = []
    minutes, reached = 0, Decimal("0.00")
    for more, _test in lessons:
        minutes += more
        total = hours_of(credit, minutes=minutes)
        shares.append(total - reached)
        reached = total
    return shares


def _tier(minutes: int) -> Decimal:
    if minutes >= 30:
        return Decimal("1.00")
    if minutes > 15:
        return Decimal("0.50")
    return Decimal("0.25") if minutes > 0 else Decimal("0.00")


def fixed_hours(credit: Mapping[str, Any]) -> Decimal:
    """Credit hours of a whole course (or meeting) with a fixed number of them, else 0."""
    if credit.get("kind") != "fixed":
        return Decimal("0.00")
    return Decimal(str(credit.get("hours") or 0)).quantize(HUNDREDTH, ROUND_HALF_UP)
