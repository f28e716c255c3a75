"""What ops do, by table: every verdict, chains, leases, totals; no database."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from question_bank.engine.kinds import Kind, PaperItem
from question_bank.exams.saving.judging import AttemptState, ItemState, Judgement, judge
from question_bank.exams.saving.ops import Op, OpKind
from question_bank.exams.saving.replies import Verdict
from tests.factories import NOW

PAPER = {
    1: PaperItem(1, Kind.SINGLE, Decimal(2), options=("a", "b", "c", "d")),
    2: PaperItem(2, Kind.MULTIPLE, Decimal(2), options=("a", "b", "c", "d")),
    3: PaperItem(3, Kind.TRUE_FALSE, Decimal(2)),
    4: PaperItem(4, Kind.FILL, Decimal(2), blanks=2),
    5: PaperItem(5, Kind.ESSAY, Decimal(2)),
    6: PaperItem(6, Kind.ORDER, Decimal(2), options=("a", "b", "c")),
    7: PaperItem(7, Kind.MATCH, Decimal(2), options=("x", "y"), left=("l", "m")),
    8: PaperItem(8, Kind.SHORT, Decimal(2)),
}
SECOND = timedelta(seconds=1)
STARTED = NOW - timedelta(minutes=10)
LIMIT = timedelta(minutes=30)


def attempt(**fields: Any) -> AttemptState:
    """In progress for ten minutes, twenty to go, a minute of grace; "me" holds the lease."""
    return AttemptState(
        **{
            "id": 1,
            "state": "in_progress",
            "started_at": STARTED,
            "deadline_at": STARTED + LIMIT,
            "accept_until": STARTED + LIMIT + 60 * SECOND,
            "clock_rev": 3,
            "paused_at": None,
            "lease_client": "me",
            "away_ms": 0,
            "other_ms": 0,
            "away_count": 0,
            "slots": len(PAPER),
            **fields,
        }
    )


def given(
    value: Any, *, slot: int = 1, base: int = 0, seq: int = 1, op_id: str = "", active_ms: int = 0
) -> Op:
    return Op(op_id or f"op{seq}", seq, OpKind.ANSWER, slot, base=base, answer=value, active_ms=active_ms)


def said(
    *ops: Op,
    on: AttemptState | None = None,
    client: str = "me",
    items: dict[int, ItemState] | None = None,
    known: set[str] | None = None,
    client_known: bool = True,
    viewer: bool = False,
    at: timedelta = timedelta(0),
) -> Judgement:
    return judge(
        on or attempt(),
        client,
        ops,
        paper=PAPER,
        items=items or {},
        known_ops=known or set(),
        client_known=client_known,
        viewer=viewer,
        now=NOW + at,
    )


def verdicts(judged: Judgement) -> list[str]:
    return [verdict.value for verdict in judged.reply.verdicts.values()]


STORED = ItemState(
    1,
    "a",
    4,
    first_view_at=STARTED,
    first_answer_at=STARTED,
    last_answer_at=STARTED,
    last_client="me",
    last_seq=9,
)
ON_DEADLINE, ON_END = 20 * 60 * SECOND, 21 * 60 * SECOND


@pytest.mark.parametrize(
    ("at", "state", "viewer", "verdict", "events", "stored"),
    [
        (timedelta(0), "in_progress", False, "applied", ["applied"], "b"),
        (ON_DEADLINE - SECOND / 1000, "in_progress", False, "applied", ["applied"], "b"),
        (ON_DEADLINE, "in_progress", False, "grace", ["grace"], "b"),
        (ON_END - SECOND / 1000, "in_progress", False, "grace", ["grace"], "b"),
        (ON_END, "in_progress", False, "late", ["late"], None),
        (timedelta(0), "marked", False, "late", ["late"], None),
        (timedelta(0), "marking", False, "late", ["late"], None),
        (timedelta(0), "void", False, "late", ["late"], None),
        (timedelta(0), "paused", False, "readonly", [], None),
        (ON_END, "paused", False, "readonly", [], None),
        (timedelta(0), "in_progress", True, "readonly", [], None),
        (timedelta(0), "marked", True, "late", ["late"], None),
    ],
)
def test_clock_and_state_decide_what_becomes_of_an_answer(
    at: timedelta, state: str, viewer: bool, verdict: str, events: list[str], stored: str | None
) -> None:
    judged = said(given("b"), on=attempt(state=state), at=at, viewer=viewer)
    assert verdicts(judged) == [verdict]
    assert [event.verdict.value for event in judged.events] == events
    assert [item.answer for item in judged.items] == ([stored] if stored else [])
    assert judged.reply.closed == (verdict == "late")
    assert judged.reply.as_json()["acked"] == ([] if verdict == "readonly" else ["op1"])


@pytest.mark.parametrize(
    ("slot", "value", "stored"),
    [
        (1, "b", "b"),
        (2, ["d", "a"], ["a", "d"]),
        (3, False, False),
        (4, ["甲", ""], ["甲", ""]),
        (5, "论述", "论述"),
        (5, "cut \ud83d in\0 two", "cut  in two"),
        (6, ["c", "a"], ["c", "a"]),
        (7, {"m": "x", "l": "y"}, {"l": "y", "m": "x"}),
        (7, {"m": "x", "l": ""}, {"m": "x"}),
        (8, "x" * 10_000, "x" * 10_000),
    ],
)
def test_answer_of_each_kind_is_stored_in_its_normal_form(slot: int, value: Any, stored: Any) -> None:
    judged = said(given(value, slot=slot))
    assert verdicts(judged) == ["applied"]
    assert judged.items[0].answer == stored
    assert judged.reply.slots == {slot: {"answer_rev": 1}}


@pytest.mark.parametrize(
    ("slot", "value"),
    [
        (1, "z"), (1, ["a"]), (1, True), (1, 1), (1, {"a": "b"}), (2, "a"), (2, ["a", "a"]), (2, ["z"]), (2, [["a"]]),
        (3, "true"), (3, 1), (4, ["甲"]), (4, "甲"), (4, [1, 2]), (5, 5), (5, "x" * 50_001), (6, ["a", "a"]),
        (7, {"z": "x"}), (7, {"l": "z"}), (7, [["l", "x"]]), (8, "x" * 10_001),
        (1, ""), (2, []), (4, []), (4, ["", "  "]), (5, " \n"), (5, "\0"), (6, []), (7, {}), (7, {"l": ""}),
    ],
)  # fmt: skip
def test_malformed_or_empty_answer_never_replaces_one(slot: int, value: Any) -> None:
    stored = ItemState(slot, "kept", 2, first_answer_at=STARTED)
    judged = said(given(value, slot=slot, base=2), items={slot: stored})
    assert verdicts(judged) == ["invalid"]
    assert judged.items == []
    assert [event.verdict for event in judged.events] == [Verdict.INVALID]
    assert judged.reply.slots == {slot: {"answer_rev": 2}}


def test_null_clears_and_a_later_answer_counts_as_a_change() -> None:
    cleared = said(given(None, base=4, seq=10), items={1: STORED}).items[0]
    assert (cleared.answer, cleared.answer_rev, cleared.changes) == (None, 5, 1)
    again = said(given("a", base=5, seq=11), items={1: cleared}).items[0]
    assert (again.answer, again.answer_rev, again.changes) == ("a", 6, 2)


def test_answer_on_an_old_base_is_stale_and_brings_the_stored_one_back() -> None:
    judged = said(given("b", base=3, seq=10), items={1: STORED})
    assert verdicts(judged) == ["stale"]
    assert judged.items == []
    assert judged.reply.slots == {1: {"answer_rev": 4, "answer": "a"}}
    assert [event.verdict for event in judged.events] == [Verdict.STALE]


def test_base_of_the_future_is_stale_too() -> None:
    assert verdicts(said(given("b", base=1))) == ["stale"]


def test_chain_on_one_slot_is_applied_whole_and_raises_the_rev_by_one() -> None:
    judged = said(
        given("c", base=4, seq=12), given("a", base=4, seq=10), given("b", base=99, seq=11), items={1: STORED}
    )
    assert verdicts(judged) == ["applied"] * 3
    item = judged.items[0]
    assert (item.answer, item.answer_rev, item.changes, item.last_seq) == ("c", 5, 2, 12)
    assert [event.op.seq for event in judged.events] == [10, 11, 12]


def test_chain_that_begins_on_an_old_base_is_stale_whole() -> None:
    judged = said(given("b", base=3, seq=10), given("c", base=4, seq=11), items={1: STORED})
    assert verdicts(judged) == ["stale", "stale"]
    assert judged.items == []


def test_invalid_op_drops_out_of_its_chain() -> None:
    judged = said(
        given("z", base=99, seq=10), given("b", base=4, seq=11), given("", seq=12), items={1: STORED}
    )
    assert judged.reply.verdicts == {"op10": "invalid", "op11": "applied", "op12": "invalid"}
    assert judged.items[0].answer == "b"


def test_known_op_is_a_duplicate_and_its_successor_continues() -> None:
    judged = said(given("b", base=3, seq=8), given("c", base=4, seq=10), items={1: STORED}, known={"op8"})
    assert judged.reply.verdicts == {"op8": "duplicate", "op10": "applied"}
    assert [event.op.id for event in judged.events] == ["op10"]


def test_op_named_twice_in_a_request_is_one() -> None:
    judged = said(given("b", op_id="x"), given("c", op_id="x", seq=2))
    assert verdicts(judged) == ["applied"]
    assert judged.items[0].answer == "b"


def test_slots_of_one_request_are_judged_apart() -> None:
    judged = said(
        given("b", base=3, seq=10),
        given(True, slot=3, seq=11),
        given(["z"], slot=2, seq=12),
        items={1: STORED},
    )
    assert judged.reply.verdicts == {"op10": "stale", "op11": "applied", "op12": "invalid"}
    assert [item.slot for item in judged.items] == [3]
    assert judged.reply.slots == {
        1: {"answer_rev": 4, "answer": "a"},
        3: {"answer_rev": 1},
        2: {"answer_rev": 0},
    }


@pytest.mark.parametrize("slot", [0, 9, 2**31, 2**53])
def test_slot_outside_the_paper_is_invalid_and_kept(slot: int) -> None:
    judged = said(given("a", slot=slot))
    assert verdicts(judged) == ["invalid"]
    assert len(judged.events) == 1
    assert verdicts(said(given("a", slot=slot), known={"op1"})) == ["duplicate"]
    assert verdicts(said(Op("v", 1, OpKind.VIEW, slot))) == ["invalid"]


def test_first_op_of_a_new_client_takes_the_lease() -> None:
    judged = said(given("b"), client="new", client_known=False)
    assert judged.new_client
    assert judged.takeover_from == "me"
    assert judged.reply.lease_held


def test_poll_of_a_new_client_does_not_take_the_lease() -> None:
    judged = said(client="new", client_known=False)
    assert not judged.new_client
    assert judged.reply.as_json() == {
        "acked": [], "verdicts": {}, "slots": {}, "lease": "held", "remaining_ms": 1_200_000, "clock_rev": 3,
    }  # fmt: skip


@pytest.mark.parametrize("fields", [{"state": "paused", "paused_at": NOW}, {"state": "marked"}])
def test_lease_stays_where_it_is_while_nothing_is_applied(fields: dict[str, Any]) -> None:
    assert not said(given("b"), client="new", client_known=False, on=attempt(**fields)).new_client


def test_loser_of_the_lease_never_takes_it_back_but_is_judged_by_base() -> None:
    judged = said(given("b", base=4), client="old", items={1: STORED})
    assert verdicts(judged) == ["applied"]
    assert not judged.new_client
    assert not judged.reply.lease_held


def test_loser_neither_counts_views_nor_moves_flags_where_the_later_page_has_been() -> None:
    ops = [Op("v", 30, OpKind.VIEW, 1), Op("f", 31, OpKind.FLAG, 1, flagged=True)]
    judged = said(*ops, client="old", items={1: STORED})
    assert verdicts(judged) == ["duplicate", "duplicate"]
    assert judged.items == []
    fresh = said(*ops, client="old").items[0]
    assert (fresh.visits, fresh.flagged) == (1, True)


def test_views_flags_and_leaves_are_counted_once_by_seq() -> None:
    ops = [
        Op("v", 10, OpKind.VIEW, 1, active_ms=5),
        Op("f", 11, OpKind.FLAG, 1, flagged=True),
        Op("l", 12, OpKind.LEAVE, 1, active_ms=900),
    ]
    first = said(*ops, items={1: STORED})
    item = first.items[0]
    assert verdicts(first) == ["applied"] * 3
    assert (item.visits, item.flagged, item.active_ms, item.answer_rev) == (1, True, 900, 4)
    assert first.events == []
    again = said(*ops, items={1: item})
    assert verdicts(again) == ["duplicate"] * 3
    assert again.items == []


@pytest.mark.parametrize(
    ("stored", "claimed", "credited"),
    [(0, 700, 700), (900, 700, 900), (0, 2**53, 600_000), (600_000, 2**53, 600_000)],
)
def test_active_time_is_the_greater_total_and_never_more_than_has_passed(
    stored: int, claimed: int, credited: int
) -> None:
    judged = said(Op("l", 10, OpKind.LEAVE, 1, active_ms=claimed), items={1: ItemState(1, active_ms=stored)})
    assert judged.items[0].active_ms == credited


def test_think_time_is_the_active_time_at_the_first_answer() -> None:
    first = said(given("a", active_ms=4_000), given("b", seq=2, active_ms=9_000)).items[0]
    assert first.first_answer_active_ms == 4_000
    later = said(given("c", base=1, seq=3, active_ms=20_000), items={1: first}).items[0]
    assert (later.first_answer_active_ms, later.active_ms, later.first_answer_at) == (4_000, 20_000, NOW)


def test_totals_of_being_away_are_bounded_and_never_fall() -> None:
    away = Op("w", 1, OpKind.AWAY, away_ms=2**53, other_ms=50, away_count=2**53)
    judged = said(away, on=attempt(away_ms=10, other_ms=80, away_count=1))
    assert judged.tally == (600_000, 80, 200)
    assert said(away, on=attempt(away_ms=600_000, other_ms=80, away_count=200)).tally is None


def test_remaining_time_stands_still_while_paused_and_never_goes_below_nothing() -> None:
    paused = attempt(state="paused", paused_at=NOW - 60 * SECOND)
    assert said(on=paused).reply.remaining_ms == 21 * 60_000
    assert said(at=ON_DEADLINE + SECOND).reply.remaining_ms == 0
    assert said(at=ON_END).reply.remaining_ms == 0


def test_closed_attempt_keeps_each_answer_once() -> None:
    judged = said(
        given("b"), given("c", seq=2), Op("v", 3, OpKind.VIEW, 1), on=attempt(state="marked"), known={"op1"}
    )
    assert judged.reply.verdicts == {"op1": "duplicate", "op2": "late", "v": "late"}
    assert [event.op.id for event in judged.events] == ["op2"]
