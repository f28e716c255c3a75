"""The statements that carry out a batch of beats, without running them: a generator that yields statements and is sent
their rows. Whoever drives it has one transaction open: the lane's adapter of either database, or Django's cursor.

Two round trips for any number of beats: lock the people and read, then (after `judging`) write; a third between them
where a lesson was completed. The lock on a person's row keeps two pages of one person from being credited the same
minute, and makes the completion that ends a course see all the others."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from learning.lane.conversation import Conversation, Row, Statement
from learning.study.crediting import Clock, Pace, Rules, fixed_hours
from learning.study.intervals import instant, instant_ms
from learning.study.lessons import Lesson, course_complete, lesson_hours, parts_of
from learning.study.summing import Brought, sums_of

from .beats import Beat
from .judging import CoverageRow, Judgement, LessonFacts, Reply, SliceRow, State, judge, near
from .statements import (
    COVERAGES,
    ENROLMENTS,
    LONGER_SLICES,
    NEW_COMPLETIONS,
    NEW_COVERAGES,
    NEW_HOURS,
    NEW_SLICES,
    PACES,
    SESSIONS,
    Dialect,
    Key,
)


class Beating(NamedTuple):
    """One request: whose, of which session, and the activity that its token names."""

    user_id: int
    session_id: int
    activity_id: int
    beat: Beat


class Refusal(StrEnum):
    """Why a beat was not taken; codes of the API."""

    NOT_FOUND = "not_found"  # no such session, or it was erased
    NOT_OPEN = "not_open"  # the lesson or its course was closed


class Known(NamedTuple):
    """An activity as it was last read; `at` tells the publication."""

    at: str
    lesson: LessonFacts


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process remembers between batches: what activities ask for."""

    activities: MutableMapping[int, Known]


@dataclass(slots=True)
class _Found:
    """A session as read, and what its activity asks for."""

    unit_id: int | None
    clock: Clock
    reads: dict[str, list[int]]
    may: bool
    lesson: LessonFacts
    completed: bool


Batch = Conversation[list[Reply | Refusal]]


def beat_batch(
    beatings: Sequence[Beating], *, now: datetime, dialect: Dialect, memory: Memory, zone: tzinfo
) -> Batch:
    """One reply or refusal per request. No two requests are of the same person."""
    recv = instant_ms(now)
    keys = [_key(each, recv, memory) for each in beatings]
    users = [each.user_id for each in beatings]
    paces, sessions, coverages, slices = yield [
        dialect.paces(users),
        dialect.sessions(keys),
        dialect.coverages(keys),
        dialect.slices(keys),
    ]
    pace_of = {row[0]: row for row in paces}
    found = {row[0]: row for row in sessions}
    covered_by: dict[int, list[Row]] = {}
    for row in coverages:
        covered_by.setdefault(row[0], []).append(row)
    slices_of: dict[int, list[Row]] = {}
    for row in slices:
        slices_of.setdefault(row[0], []).append(row)

    told: list[Reply | Refusal] = []
    judged: list[tuple[Beating, _Found, Judgement]] = []
    for each in beatings:
        user_id = each.user_id
        if user_id not in found or user_id not in pace_of:
            told.append(Refusal.NOT_FOUND)
            continue
        session = _session(found[user_id], each, dialect, memory)
        if not session.may:
            told.append(Refusal.NOT_OPEN)
            continue
        _user, held_by, covered_at, allowance = pace_of[user_id]
        covered_ms = _up(dialect, covered_at) if covered_at else session.clock.started_ms
        state = State(
            session.clock,
            session.reads,
            Pace(covered_ms, allowance),
            held_by == each.session_id,
            {row[2]: _coverage(row, dialect) for row in covered_by.get(user_id, ())},
            [_slice(row, each, session, dialect) for row in slices_of.get(user_id, ())],
            session.completed,
        )
        judgement = judge(state, each.beat, lesson=session.lesson, recv=recv, zone=zone)
        told.append(judgement.reply)
        if judgement.clock is not None:
            judged.append((each, session, judgement))

    done = [(each, session) for each, session, judgement in judged if judgement.completes]
    completions: list[Row] = []
    enrolments: list[Row] = []
    if done:
        (courses,) = yield [dialect.courses([(each.user_id, each.activity_id) for each, _session in done])]
        completions, enrolments = _completions(done, courses, recv)
    writes = _writes(judged, completions, enrolments, recv, dialect, zone)
    if writes:
        yield writes
    return told


def _key(each: Beating, recv: int, memory: Memory) -> Key:
    known = memory.activities.get(each.activity_id)
    at = known.at if known is not None else None
    return Key(each.user_id, each.session_id, each.activity_id, at, near(each.beat, recv))


def _down(dialect: Dialect, found: Any) -> int:
    return dialect.read_us(found) // 1000


def _up(dialect: Dialect, found: Any) -> int:
    """Rounded up: nothing is credited before a session's first whole millisecond."""
    return -(-dialect.read_us(found) // 1000)


def _session(row: Row, each: Beating, dialect: Dialect, memory: Memory) -> _Found:
    (_user, _id, unit_id, started, last, seq, elapsed, active, visible, late, credited, reads) = row[:12]
    may, updated_at, parts, rules, completed = row[12:]
    known = memory.activities.get(each.activity_id)
    if parts is not None or known is None:
        facts = LessonFacts(parts_of(orjson.loads(parts)), Rules.of(orjson.loads(rules)))
        at = updated_at.isoformat() if isinstance(updated_at, datetime) else str(updated_at)
        known = memory.activities[each.activity_id] = Known(at, facts)
    clock = Clock(_up(dialect, started), _down(dialect, last), seq, elapsed, active, visible, late, credited)
    settled = orjson.loads(reads) if reads != "{}" else {}
    return _Found(unit_id, clock, settled, bool(may), known.lesson, bool(completed))


def _coverage(row: Row, dialect: Dialect) -> CoverageRow:
    _user, row_id, part, spans, covered, total, position, completed = row
    done = _down(dialect, completed) if completed else None
    return CoverageRow(row_id, part, orjson.loads(spans), covered, total, position, done)


def _slice(row: Row, each: Beating, session: _Found, dialect: Dialect) -> SliceRow:
    _user, slice_id, activity_id, unit_id, started, ended, reserved, kind = row
    own = activity_id == each.activity_id and unit_id == session.unit_id
    return SliceRow(slice_id, _down(dialect, started), _up(dialect, ended), _up(dialect, reserved), kind, own)


def _completions(
    done: Sequence[tuple[Beating, _Found]], courses: Iterable[Row], recv: int
) -> tuple[list[Row], list[Row]]:
    """The lessons completed by these beats with their credit hours, and the courses that waited for nothing else; and
    what that says on the enrolments in these courses, which their opened lessons have begun."""
    rows: dict[int, list[Row]] = {}
    for row in courses:
        rows.setdefault(row[0], []).append(row)
    made: list[Row] = []
    enrolments: list[Row] = []
    for each, session in done:
        lessons: list[Lesson] = []
        completed = {each.activity_id}
        course_id, own, credit, course_done, enrolment_id = None, "{}", "{}", False, None
        for row in rows.get(each.user_id, ()):
            (
                _user,
                _activity,
                course_id,
                credit,
                own,
                lesson_id,
                required,
                is_done,
                course_done,
                enrolment_id,
            ) = row
            if lesson_id is None:
                continue
            lessons.append(Lesson(lesson_id, bool(required)))
            if is_done:
                completed.add(lesson_id)
        hours = lesson_hours(orjson.loads(own))
        made.append(_completion(each, each.activity_id, session, recv, str(hours)))
        if course_id is not None and not course_done and course_complete(lessons, completed):
            made.append(_completion(each, course_id, session, recv, str(fixed_hours(orjson.loads(credit)))))
            if enrolment_id is not None:
                enrolments.append((enrolment_id, recv))
    return made, enrolments


def _completion(each: Beating, activity_id: int, session: _Found, recv: int, hours: str) -> Row:
    return (each.user_id, activity_id, session.unit_id, recv, hours, "measured", "")


def _hours(completions: Sequence[Row], recv: int, zone: tzinfo) -> list[Row]:
    """What they add to the sums of their units."""
    day = instant(recv).astimezone(zone).date()
    sums = sums_of(Brought(row[2], day, Decimal(row[4])) for row in completions)
    return [(each.unit_id, each.from_date.isoformat(), each.whole_month, each.hundredths) for each in sums]


def _writes(
    judged: Sequence[tuple[Beating, _Found, Judgement]],
    completions: Sequence[Row],
    enrolments: Sequence[Row],
    recv: int,
    dialect: Dialect,
    zone: tzinfo,
) -> list[Statement]:
    sessions: list[Row] = []
    paces: list[Row] = []
    released: list[Row] = []
    longer: list[Row] = []
    added: list[Row] = []
    covered: list[Row] = []
    newly: list[Row] = []
    for each, session, judgement in judged:
        clock, pace = judgement.clock, judgement.pace
        if clock is None or pace is None:
            continue
        reads = None if judgement.reads is None else _json(judgement.reads)
        sessions.append(
            (each.session_id, clock.last_ms, clock.seq, clock.elapsed_ms, clock.active_ms, clock.visible_ms,
             clock.credited_ms, clock.late_ms, reads)
        )  # fmt: skip
        paces.append((each.user_id, pace.covered_ms, pace.allowance_ms))
        released += judgement.slices.released
        longer += judgement.slices.extended
        added += ((each.user_id, each.activity_id, session.unit_id, *one) for one in judgement.slices.added)
        for row in judgement.covered:
            values = (
                _json(row.spans), row.covered_ms, row.total_ms, row.position_ms, row.completed_ms, recv,
            )  # fmt: skip
            if row.id is None:
                newly.append((each.user_id, each.activity_id, row.part, *values))
            else:
                covered.append((row.id, *values))
    found = [
        dialect.write(SESSIONS, sessions),
        dialect.write(PACES, paces),
        dialect.write(LONGER_SLICES, released),
        dialect.write(LONGER_SLICES, longer),
        dialect.write(NEW_SLICES, added),
        dialect.write(COVERAGES, covered),
        dialect.write(NEW_COVERAGES, newly),
        dialect.write(NEW_COMPLETIONS, completions),
        dialect.write(NEW_HOURS, _hours(completions, recv, zone)),
        dialect.write(ENROLMENTS, enrolments),
    ]
    return [statement for statement in found if statement is not None]


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
