"""What becomes of a beat: credit, coverage, completion. Pure; the person's row is locked around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, NamedTuple

from learning.study.crediting import (
    BEAT_MOST_MS,
    JOIN_MS,
    LATE_AGE_MS,
    LATE_MOST_MS,
    Clock,
    Pace,
    Rules,
    Told,
    block_coverage,
    bounded,
    enough,
    granted,
    placed,
    read_on,
    watched,
)
from learning.study.intervals import Spans, length, next_midnight, split_at_midnight
from learning.study.lessons import MEDIA, READING, Covered, Part, coverage, lesson_complete

from .beats import Beat

MEASURED, LATE = "measured", "late"
# What a growing slice reserves ahead. Longer saves nothing more: by then twenty beats have touched no index.
ROOM_MS = 300_000


class LessonFacts(NamedTuple):
    """What of an activity a beat needs; kept by the lane as long as the activity is not published anew."""

    parts: tuple[Part, ...]
    rules: Rules


class SliceRow(NamedTuple):
    """A slice of the person near the beat. `own`: of this lesson and the unit of this session."""

    id: int
    started_ms: int
    ended_ms: int
    reserved_ms: int
    kind: str
    own: bool


class CoverageRow(NamedTuple):
    """`id` None: not stored yet. `spans` as the model keeps them."""

    id: int | None
    part: str
    spans: Sequence[Any] = ()
    covered_ms: int = 0
    total_ms: int = 0
    position_ms: int = 0
    completed_ms: int | None = None


class State(NamedTuple):
    """The session as it stands, with what its person has in this lesson. `reads`: settled claims per part."""

    clock: Clock
    reads: Mapping[str, Sequence[int]]
    pace: Pace
    holds_lease: bool
    coverage: Mapping[str, CoverageRow]
    slices: Sequence[SliceRow]
    completed: bool


class Reply(NamedTuple):
    credited_ms: int
    coverage: float
    completed: bool
    lease_held: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "credited_ms": self.credited_ms,
            "coverage": round(self.coverage, 4),
            "completed": self.completed,
            "lease": "held" if self.lease_held else "lost",
        }


class Added(NamedTuple):
    started_ms: int
    ended_ms: int
    reserved_ms: int
    kind: str


@dataclass(slots=True)
class Slices:
    """`extended`, `released`: (slice id, its end, until when it reserves); the latter first, for they make room."""

    released: list[tuple[int, int, int]] = field(default_factory=list)
    extended: list[tuple[int, int, int]] = field(default_factory=list)
    added: list[Added] = field(default_factory=list)


@dataclass(slots=True)
class Judgement:
    """What to write. `clock` None: nothing, the beat was seen before. `reads` None: as they were. `slices`: in which the
    credit is; `completes`: the lesson is complete by this beat."""

    reply: Reply
    clock: Clock | None = None
    pace: Pace | None = None
    reads: Mapping[str, Sequence[int]] | None = None
    slices: Slices = field(default_factory=Slices)
    covered: list[CoverageRow] = field(default_factory=list)
    completes: bool = False


def near(beat: Beat, recv: int) -> int:
    """From when on `judge` has to know the person's slices, ms since 1970."""
    return recv - (LATE_AGE_MS if beat.late else BEAT_MOST_MS) - JOIN_MS


def judge(state: State, beat: Beat, *, lesson: LessonFacts, recv: int, zone: tzinfo) -> Judgement:
    """The judgement on a beat received at `recv` (ms since 1970)."""
    told = Told(beat.seq, beat.elapsed_ms, beat.active_ms, beat.visible_ms, beat.late)
    found = bounded(state.clock, told, recv)
    if found is None:
        share = coverage(lesson.parts, _covered(state.coverage))
        return Judgement(Reply(state.clock.credited_ms, share, state.completed, state.holds_lease))
    clock, bound = found
    kind = LATE if bound.late else MEASURED
    taken = [(each.started_ms, each.ended_ms) for each in state.slices]
    ends = [each.ended_ms for each in state.slices if each.own and each.kind == kind]
    spans = placed(bound, taken, ends)
    credit = length(spans)
    clock = clock._replace(
        credited_ms=clock.credited_ms + credit,
        late_ms=min(LATE_MOST_MS, clock.late_ms + credit) if bound.late else clock.late_ms,
    )
    ledger = _Ledger(lesson, recv, granted(state.pace, bound), dict(state.coverage))
    ledger.watch(beat)
    reads = ledger.read(beat, state.reads, bound.most_ms)
    covered = _covered(ledger.rows)
    completes = False
    if not state.completed and (credit > 0 or any(each.required for each in lesson.parts)):
        completes = lesson_complete(lesson.parts, covered)
    return Judgement(
        Reply(
            clock.credited_ms,
            coverage(lesson.parts, covered),
            state.completed or completes,
            state.holds_lease,
        ),
        clock,
        ledger.pace,
        reads,
        _slices(spans, state.slices, kind, zone),
        list(ledger.changed.values()),
        completes,
    )


def _slices(spans: Spans, slices: Sequence[SliceRow], kind: str, zone: tzinfo) -> Slices:
    """A piece that begins where an own slice of the same day ended makes that one longer. The person's latest slice
    reserves ROOM_MS when it outgrows what it has; what others reserve of the time taken now, they give up."""
    found = Slices()
    if not spans:
        return found
    by_end = {each.ended_ms: each for each in slices if each.own and each.kind == kind}
    first, last = spans[0][0], spans[-1][1]
    latest = all(each.started_ms < last for each in slices)
    reach, kept = last, set()
    for start, end in split_at_midnight(spans, zone):
        before = by_end.get(start)
        if before is not None and next_midnight(before.started_ms, zone) < end:
            before = None
        reserved = end
        if end == last and before is not None and before.reserved_ms >= end:
            reserved = before.reserved_ms
        elif end == last and latest:
            reserved = end + ROOM_MS
        reach = max(reach, reserved)
        if before is not None:
            kept.add(before.id)
            found.extended.append((before.id, end, reserved))
        else:
            found.added.append(Added(start, end, reserved, kind))
    for each in slices:
        if each.id not in kept and first < each.reserved_ms > each.ended_ms and each.started_ms < reach:
            found.released.append((each.id, each.ended_ms, each.ended_ms))
    return found


@dataclass(slots=True)
class _Ledger:
    """The coverage of a lesson's parts while a beat is entered, and what is left to pay for it."""

    lesson: LessonFacts
    recv: int
    pace: Pace
    rows: dict[str, CoverageRow]
    changed: dict[str, CoverageRow] = field(default_factory=dict)

    def watch(self, beat: Beat) -> None:
        if not beat.media and beat.position_ms is None:
            return
        media = (each for each in self.lesson.parts if each.kind in MEDIA)
        part = next((each for each in media if not beat.part or each.key == beat.part), None)
        if part is None:
            return
        row = self._row(part)
        spans, cost = watched(
            row.spans,
            beat.media,
            length_ms=part.length_ms,
            rules=self.lesson.rules,
            allowance_ms=self.pace.allowance_ms,
            free=row.completed_ms is not None,
        )
        self._pay(cost)
        position = row.position_ms if beat.position_ms is None else min(beat.position_ms, part.length_ms)
        self._keep(part, row, spans, length(spans), position)

    def read(
        self, beat: Beat, reads: Mapping[str, Sequence[int]], most_ms: int
    ) -> Mapping[str, Sequence[int]] | None:
        """Reading is paid from the allowance, and never more of it than active time could be credited for. Returns the
        settled claims if they changed."""
        settled = dict(reads)
        for part in self.lesson.parts:
            claimed = beat.read.get(part.key)
            if claimed is None or part.kind not in READING:
                continue
            row = self._row(part)
            now = read_on(
                row.spans,
                settled.get(part.key, ()),
                claimed,
                least=part.least_ms,
                allowance_ms=min(self.pace.allowance_ms, most_ms),
            )
            self._pay(now.cost_ms)
            most_ms -= now.cost_ms
            settled[part.key] = now.settled
            covered, _total = block_coverage(now.read, part.least_ms)
            self._keep(part, row, now.read, covered, row.position_ms)
        return None if settled == reads else settled

    def _row(self, part: Part) -> CoverageRow:
        return self.rows.get(part.key) or CoverageRow(None, part.key)

    def _pay(self, cost_ms: int) -> None:
        self.pace = Pace(self.pace.covered_ms, self.pace.allowance_ms - cost_ms)

    def _keep(
        self, part: Part, before: CoverageRow, spans: Sequence[Any], covered_ms: int, position_ms: int
    ) -> None:
        """Keeps a row that is new or has changed; a part once complete stays so, whatever is published later."""
        percent = self.lesson.rules.threshold_percent if part.kind in MEDIA else 100
        done = before.completed_ms
        if done is None and enough(covered_ms, part.total_ms, percent):
            done = self.recv
        row = CoverageRow(before.id, part.key, spans, covered_ms, part.total_ms, position_ms, done)
        # Coverage that is no longer than before is the same: it only grows.
        if row[3:] != before[3:] or part.key not in self.rows:
            self.rows[part.key] = self.changed[part.key] = row


def _covered(rows: Mapping[str, CoverageRow]) -> dict[str, Covered]:
    return {key: Covered(row.covered_ms, row.completed_ms is not None) for key, row in rows.items()}
