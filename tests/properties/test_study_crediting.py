"""Whatever pages send, in any order, lost, doubled or forged, over several sessions: nobody is credited more than the time
that passed, nothing twice, nothing is taken back; and what is covered was played and paid for."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.study.beating.beats import Beat
from learning.study.beating.judging import (
    CoverageRow,
    Judgement,
    LessonFacts,
    SliceRow,
    State,
    judge,
    near,
)
from learning.study.crediting import (
    LATE_MOST_MS,
    Clock,
    Pace,
    Rules,
    frontier,
    hours_of,
    shared_hours,
    watched,
)
from learning.study.intervals import instant, length, subtract, union
from learning.study.lessons import Part

ZONE = ZoneInfo("Asia/Shanghai")
START = 1_780_286_400_000 - 40_000  # 40 s before a midnight in Shanghai
FILM, BLOCKS = 120_000, (4_000, 9_000)
PARTS = (Part("v", "video", length_ms=FILM), Part("t", "text", least_ms=BLOCKS))


@dataclass
class Stored:
    id: int
    activity: int
    unit: int
    start: int
    end: int
    reserved: int
    kind: str


@dataclass
class Person:
    """What the database would hold of one person, and the lock: one beat after the other."""

    rules: Rules = field(default_factory=Rules)
    now: int = START
    pace: Pace = field(default_factory=lambda: Pace(START))
    lease: int = -1
    clocks: dict[int, Clock] = field(default_factory=dict)
    opened: dict[int, int] = field(default_factory=dict)
    reads: dict[int, dict[str, list[int]]] = field(default_factory=dict)
    slices: list[Stored] = field(default_factory=list)
    coverage: dict[int, dict[str, CoverageRow]] = field(default_factory=dict)
    completed: set[int] = field(default_factory=set)
    first_open: dict[int, int] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=lambda: count(1))

    def open(self, activity: int) -> int:
        session = next(self.numbers)
        self.clocks[session] = Clock(self.now, self.now)
        self.opened[session] = activity
        self.pace, self.lease = Pace(self.now), session
        self.first_open.setdefault(activity, self.now)
        return session

    def beat(self, session: int, beat: Beat) -> Judgement:
        activity = self.opened[session]
        unit = session % 2
        low = near(beat, self.now)
        since = max((each.start for each in self.slices if each.start <= low), default=low)
        state = State(
            self.clocks[session],
            self.reads.get(session, {}),
            self.pace,
            self.lease == session,
            self.coverage.get(activity, {}),
            [
                SliceRow(
                    each.id,
                    each.start,
                    each.end,
                    each.reserved,
                    each.kind,
                    (each.activity, each.unit) == (activity, unit),
                )
                for each in self.slices
                if each.start >= since
            ],
            activity in self.completed,
        )
        found = judge(state, beat, lesson=LessonFacts(PARTS, self.rules), recv=self.now, zone=ZONE)
        if found.clock is None or found.pace is None:
            return found
        self.clocks[session], self.pace = found.clock, found.pace
        if found.reads is not None:
            self.reads[session] = {key: list(value) for key, value in found.reads.items()}
        by_id = {each.id: each for each in self.slices}
        for number, end, reserved in [*found.slices.released, *found.slices.extended]:
            by_id[number].end, by_id[number].reserved = end, reserved
            self.guard()
        for each in found.slices.added:
            self.slices.append(Stored(next(self.numbers), activity, unit, *each))
            self.guard()
        for row in found.covered:
            self.coverage.setdefault(activity, {})[row.part] = row._replace(id=1)
        if found.completes:
            self.completed.add(activity)
        return found

    def guard(self) -> None:
        """What PostgreSQL would refuse after this write."""
        held = sorted((each.start, each.reserved) for each in self.slices)
        assert all(a[1] <= b[0] for a, b in pairwise(held))
        assert all(each.start < each.end <= each.reserved for each in self.slices)

    def credited(self) -> int:
        return sum(each.end - each.start for each in self.slices)


ms = st.integers(0, 100_000)
huge = st.one_of(ms, st.integers(0, 2**53))
second = st.integers(0, 130).map(lambda value: value * 1000)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("open"), st.integers(1, 2)),
        st.tuples(st.just("wait"), st.integers(0, 100_000)),
        st.tuples(
            st.just("beat"),
            st.integers(0, 5),
            st.builds(
                Beat,
                seq=st.integers(0, 12),
                elapsed_ms=huge,
                active_ms=huge,
                visible_ms=huge,
                late=st.booleans(),
                media=st.lists(st.tuples(second, second), max_size=3).map(tuple),
                read=st.dictionaries(st.just("t"), st.lists(huge, max_size=3), max_size=1),
                position_ms=st.none() | huge,
            ),
        ),
    ),
    max_size=30,
)


@settings(max_examples=300)
@given(steps, st.booleans(), st.sampled_from([100, 150, 200]))
def test_nothing_is_credited_but_time_that_passed_once(steps: list[tuple], no_skip: bool, rate: int) -> None:  # type: ignore[type-arg]
    person = Person(Rules(no_skip=no_skip, rate_percent=rate))
    sessions = [person.open(1)]
    claimed: dict[int, list[tuple[int, int]]] = {1: [], 2: []}
    for kind, *told in steps:
        before = (
            person.credited(),
            {key: dict(rows) for key, rows in person.coverage.items()},
            set(person.completed),
        )
        if kind == "open":
            sessions.append(person.open(told[0]))
        elif kind == "wait":
            person.now += told[0]
        else:
            session = sessions[told[0] % len(sessions)]
            known = person.clocks[session].seq >= told[1].seq
            claimed[person.opened[session]] += told[1].media
            replied = person.beat(session, told[1])
            assert replied.reply.credited_ms == person.clocks[session].credited_ms
            assert not known or person.credited() == before[0]
        agreed(person, before, claimed)


def agreed(
    person: Person,
    before: tuple[int, dict[int, dict[str, CoverageRow]], set[int]],
    claimed: dict[int, list[tuple[int, int]]],
) -> None:
    spans = [(each.start, each.end) for each in person.slices]
    assert length(union(spans)) == person.credited()  # no overlap
    assert all(START <= a < b <= person.now for a, b in spans)
    assert person.credited() >= before[0]  # nothing is taken back
    assert sum(clock.credited_ms for clock in person.clocks.values()) == person.credited()
    assert all(clock.late_ms <= LATE_MOST_MS for clock in person.clocks.values())
    by_day: dict[object, int] = {}
    by_activity: dict[int, int] = {}
    by_unit: dict[int, int] = {}
    for each in person.slices:
        days = {instant(at).astimezone(ZONE).date() for at in (each.start, each.end - 1)}
        assert len(days) == 1
        day = days.pop()
        size = each.end - each.start
        by_day[day] = by_day.get(day, 0) + size
        by_activity[each.activity] = by_activity.get(each.activity, 0) + size
        by_unit[each.unit] = by_unit.get(each.unit, 0) + size
    assert sum(by_day.values()) == sum(by_activity.values()) == sum(by_unit.values()) == person.credited()
    assert before[2] <= person.completed
    paid = 0
    for activity, rows in person.coverage.items():
        for part, row in rows.items():
            old = before[1].get(activity, {}).get(part)
            assert old is None or row.covered_ms >= old.covered_ms
            assert row.covered_ms <= row.total_ms
            if part == "v":
                seen = [(a, b) for a, b in row.spans]
                assert row.covered_ms == length(union(seen))
                assert not subtract(seen, union(claimed[activity], gap=1_000))  # nothing that was not played
                assert old is None or not subtract(old.spans, seen)
                paid += -(-row.covered_ms * 100 // person.rules.rate_percent)
                since = person.now - person.first_open[activity]
                assert row.covered_ms <= since * person.rules.rate_percent // 100
            else:
                paid += row.covered_ms
    assert paid <= person.now - START


@settings(max_examples=100)
@given(st.permutations([(a * 5_000, a * 5_000 + 5_000) for a in range(12)]), st.data())
def test_what_is_played_in_any_order_and_number_of_beats_is_its_union(
    pieces: list[tuple[int, int]], data: st.DataObject
) -> None:
    some = pieces[: data.draw(st.integers(0, 12))]
    seen: list[tuple[int, int]] = []
    cost = 0
    for each in [*some, *some]:
        seen, paid = watched(seen, [each], length_ms=FILM, rules=Rules(), allowance_ms=10**6)
        cost += paid
    assert seen == union(some)
    assert cost == length(union(some)) // 2


@given(st.lists(st.tuples(second, second), max_size=10), st.integers(0, 10_000))
def test_without_skipping_nothing_far_ahead_of_the_frontier_counts(
    pieces: list[tuple[int, int]], allowance: int
) -> None:
    seen: list[tuple[int, int]] = []
    for each in pieces:
        ahead = frontier(seen)
        seen, _cost = watched(seen, [each], length_ms=FILM, rules=Rules(no_skip=True), allowance_ms=allowance)
        assert all(a <= max(ahead, frontier(seen)) + 10_000 for a, _b in seen)


@pytest.mark.parametrize(
    ("credit", "minutes", "test", "hours"),
    [
        ({"kind": "nominal", "minutes_per_hour": 45}, 45, False, "1.00"),
        ({"kind": "nominal", "minutes_per_hour": 45}, 20, False, "0.44"),
        ({"kind": "nominal", "minutes_per_hour": 60}, 45, False, "0.75"),
        ({"kind": "nominal", "minutes_per_hour": 40}, 1, False, "0.03"),  # 0.025, half up
        ({"kind": "nominal"}, 90, False, "2.00"),
        ({"kind": "tiers"}, 30, False, "1.00"),
        ({"kind": "tiers"}, 29, False, "0.50"),
        ({"kind": "tiers"}, 16, False, "0.50"),
        ({"kind": "tiers"}, 15, False, "0.25"),
        ({"kind": "tiers"}, 1, False, "0.25"),
        ({"kind": "tiers"}, 0, False, "0.00"),
        ({"kind": "tiers"}, 90, True, "0.50"),
        ({"kind": "fixed", "hours": 4}, 90, False, "0.00"),
        ({}, 90, False, "0.00"),
    ],
)
def test_credit_hours_by_the_rule_table(
    credit: dict[str, object], minutes: int, test: bool, hours: str
) -> None:
    assert hours_of(credit, minutes=minutes, test=test) == Decimal(hours)


minutes_of_lessons = st.lists(st.integers(0, 300), max_size=40)
per_hour = st.integers(1, 120)


@given(minutes_of_lessons, per_hour)
def test_the_shares_of_the_lessons_add_up_to_the_hours_of_the_course(minutes: list[int], hour: int) -> None:
    credit = {"kind": "nominal", "minutes_per_hour": hour}
    shares = shared_hours(credit, [(each, False) for each in minutes])
    assert sum(shares) == hours_of(credit, minutes=sum(minutes))
    for share, own in zip(shares, minutes, strict=True):
        assert share >= 0
        assert abs(share - Decimal(own) / hour) < Decimal("0.01")
        assert share == share.quantize(Decimal("0.01"))


@given(minutes_of_lessons, st.integers(0, 300), per_hour)
def test_a_lesson_added_at_the_end_changes_no_share_before_it(
    minutes: list[int], added: int, hour: int
) -> None:
    credit = {"kind": "nominal", "minutes_per_hour": hour}
    lessons = [(each, False) for each in minutes]
    assert shared_hours(credit, [*lessons, (added, False)])[:-1] == shared_hours(credit, lessons)


@given(st.lists(st.tuples(st.integers(0, 300), st.booleans()), max_size=20))
def test_by_the_other_tables_each_lesson_has_its_own_hours(lessons: list[tuple[int, bool]]) -> None:
    tiers = {"kind": "tiers"}
    assert shared_hours(tiers, lessons) == [
        hours_of(tiers, minutes=minutes, test=test) for minutes, test in lessons
    ]
    assert set(shared_hours({"kind": "fixed", "hours": 4}, lessons)) <= {Decimal(0)}
