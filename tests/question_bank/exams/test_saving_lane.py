"""The lane over ASGI: what is durable before the reply, and every refusal by its code. Junk is never a 500."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from django.db import connection, transaction

from learning.organisation.models import User
from question_bank.exams.lane import MAX_BODY
from question_bank.exams.models import AnswerEvent, Attempt, AttemptPresence
from question_bank.exams.saving import apply_ops, parse_ops
from question_bank.exams.taking.adjusting import Scope, pause, reopen_attempt
from question_bank.exams.taking.closing import locked_attempt, settle
from question_bank.exams.tokens import VIEWER, attempt_token
from tests.factories import NOW, make_attempt, make_exam, make_unit, make_user
from tests.lane_client import Answered, LaneClient, answer, in_lane

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")
Work = Callable[[LaneClient], Awaitable[T]]
KINDS = ("single", "essay", "fill")


@pytest.fixture
def member() -> User:
    return make_user(unit=make_unit())


@pytest.fixture
def attempt(member: User) -> Attempt:
    return make_attempt(make_exam(kinds=KINDS, candidates=[member]), member)


def run(work: Work[T]) -> T:
    return in_lane(work, connection.settings_dict)


def path(attempt: Attempt) -> str:
    return f"/api/attempts/{attempt.pk}/ops"


def asked(attempt: Attempt, body: bytes) -> Answered:
    token = attempt_token(attempt, now=NOW)
    return run(lambda lane: lane.post(path(attempt), body, token))


def test_answer_is_durable_when_it_is_acknowledged(attempt: Attempt) -> None:
    told = run(lambda lane: lane.ops(attempt, "c1", answer("a", 1, 0, "o1", active_ms=10)))
    assert told.status == 200
    assert told.json == {
        "acked": ["a"],
        "verdicts": {"a": "applied"},
        "slots": {"1": {"answer_rev": 1}},
        "lease": "held",
        "remaining_ms": 1_800_000,
        "clock_rev": 1,
    }
    item = attempt.items.get()
    assert (item.slot, item.answer, item.answer_rev, item.first_answer_at) == (1, "o1", 1, NOW)
    event = AnswerEvent.objects.get()
    assert (event.op_id, event.verdict, event.payload) == (
        "a", "applied", {"answer": "o1", "base": 0, "active_ms": 10},
    )  # fmt: skip
    attempt.refresh_from_db()
    assert attempt.lease_client == "c1"
    assert AttemptPresence.objects.get().last_seen_at == NOW


def test_poll_notes_presence_once_in_fifteen_seconds_and_takes_no_lease(attempt: Attempt) -> None:
    async def polls(lane: LaneClient) -> list[Answered]:
        found = []
        for seconds in (0, 14, 16):
            lane.now = NOW + timedelta(seconds=seconds)
            found.append(await lane.ops(attempt, "c1"))
        return found

    told = run(polls)
    assert [each.json["remaining_ms"] for each in told] == [1_800_000, 1_786_000, 1_784_000]
    assert AttemptPresence.objects.get().last_seen_at == NOW + timedelta(seconds=16)
    attempt.refresh_from_db()
    assert attempt.lease_client == ""
    assert not attempt.items.exists()


def test_newly_opened_page_takes_over_and_the_old_one_never_takes_it_back(attempt: Attempt) -> None:
    async def story(lane: LaneClient) -> list[Any]:
        return [
            (await lane.ops(attempt, "c1", answer("a", 1, 0, "o1"))).json["lease"],
            (await lane.ops(attempt, "c2")).json["lease"],
            (await lane.ops(attempt, "c1")).json["lease"],
            (await lane.ops(attempt, "c2", answer("b", 1, 1, "o2"))).json["lease"],
            (await lane.ops(attempt, "c1", answer("c", 2, 0, "unsent", seq=2))).json["lease"],
            (await lane.ops(attempt, "c2")).json["lease"],
        ]

    assert run(story) == ["held", "held", "held", "held", "lost", "held"]
    attempt.refresh_from_db()
    assert attempt.lease_client == "c2"
    assert [event.data for event in attempt.events.filter(type="takeover")] == [{"from": "c1", "to": "c2"}]
    assert dict(attempt.items.values_list("slot", "answer")) == {1: "o2", 2: "unsent"}


def test_whole_request_sent_again_changes_nothing(attempt: Attempt) -> None:
    ops = [
        {"id": "v", "seq": 1, "kind": "view", "slot": 1},
        answer("a", 1, 0, "o1", seq=2),
        {"id": "f", "seq": 3, "kind": "flag", "slot": 2, "flagged": True},
        {"id": "w", "seq": 4, "kind": "away", "away_ms": 4_000, "away_count": 1},
    ]

    def stored() -> list[Any]:
        attempt.refresh_from_db()
        rows = [list(found.order_by("pk").values_list()) for found in (attempt.items, attempt.answer_events)]
        return [*rows, attempt.away_ms, attempt.away_count, attempt.events.count(), attempt.clients.count()]

    async def send(lane: LaneClient) -> Answered:
        lane.now = NOW + timedelta(minutes=1)
        return await lane.ops(attempt, "c1", *ops)

    assert set(run(send).json["verdicts"].values()) == {"applied"}
    before = stored()
    again = run(send).json
    assert again["verdicts"] == {"v": "duplicate", "a": "duplicate", "f": "duplicate", "w": "applied"}
    assert again["acked"] == ["v", "a", "f", "w"]
    assert stored() == before
    assert attempt.away_count == 1


def test_answer_after_the_end_is_kept_as_late_and_refused(attempt: Attempt) -> None:
    settle(attempt, now=attempt.accept_until)
    told = run(lambda lane: lane.ops(attempt, "c1", answer("a", 1, 0, "o1")))
    assert (told.status, told.code) == (409, "attempt_closed")
    assert not attempt.items.exists()
    assert [(event.op_id, event.verdict) for event in attempt.answer_events.all()] == [("a", "late")]


def test_attempt_nobody_has_closed_yet_is_closed_to_answers_from_accept_until(attempt: Attempt) -> None:
    async def late(lane: LaneClient) -> Answered:
        lane.now = attempt.accept_until
        return await lane.ops(attempt, "c1", answer("a", 1, 0, "o1"))

    assert run(late).code == "attempt_closed"
    assert attempt.answer_events.get().verdict == "late"


def test_grace_is_applied_and_flagged(attempt: Attempt) -> None:
    async def late(lane: LaneClient) -> Answered:
        lane.now = attempt.deadline_at
        return await lane.ops(attempt, "c1", answer("a", 1, 0, "o1"))

    told = run(late).json
    assert (told["verdicts"], told["remaining_ms"]) == ({"a": "grace"}, 0)
    assert attempt.items.get().answer == "o1"


def test_paused_and_watched_attempts_leave_the_op_in_the_outbox(attempt: Attempt) -> None:
    viewer = attempt_token(attempt, now=NOW, extra=VIEWER)
    told = run(lambda lane: lane.ops(attempt, "staff", answer("a", 1, 0, "o1"), token=viewer)).json
    assert (told["acked"], told["verdicts"]) == ([], {"a": "readonly"})
    assert not AttemptPresence.objects.exists()
    pause(scope=Scope(attempt.exam_id, attempt.pk), reason="停电", by=None, now=NOW)
    told = run(lambda lane: lane.ops(attempt, "c1", answer("a", 1, 0, "o1"))).json
    assert (told["acked"], told["verdicts"]) == ([], {"a": "readonly"})
    assert not AnswerEvent.objects.exists()
    assert not attempt.items.exists()


def test_reopened_attempt_goes_on_in_the_same_lane(attempt: Attempt) -> None:
    settle(attempt, now=attempt.accept_until)
    later = attempt.accept_until + timedelta(minutes=5)
    reopen_attempt(attempt_id=attempt.pk, seconds=600, reason="停电", by=None, now=later)

    async def story(lane: LaneClient) -> Answered:
        lane.now = later
        return await lane.ops(attempt, "c1", answer("a", 1, 0, "o1"))

    told = run(story).json
    assert (told["verdicts"], told["remaining_ms"]) == ({"a": "applied"}, 600_000)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        (r'"half \ud83d"', "half "),
        (r'"whole \ud83d\ude00"', "whole 😀"),
        (r'"nul \u0000 here"', "nul  here"),
        (r'"\udc00\ud800 \u0000x"', " x"),
    ],
    ids=["half a pair", "a pair", "NUL", "nothing but"],
)
def test_essay_is_not_lost_for_a_character_that_no_database_takes(
    attempt: Attempt, text: str, stored: str
) -> None:
    body = b'{"client":"c1","ops":[{"id":"a","seq":1,"kind":"answer","slot":2,"base":0,"answer":%s}]}'
    told = asked(attempt, body % text.encode())
    assert told.json["verdicts"] == {"a": "applied"}
    assert attempt.items.get().answer == stored
    assert attempt.answer_events.get().payload["answer"] == stored


@pytest.mark.parametrize(
    "text",
    ["two\nlines\r\n\tand a tab", 'a "quote" and a \\ backslash \\n \\"', "{braces}, [brackets], commas", "null", "NULL",
     "%s %(name)s $1", "'; --", "\x1f\x7f", "“中文”，标点"],
)  # fmt: skip
def test_text_arrives_letter_for_letter(attempt: Attempt, text: str) -> None:
    body = json.dumps(
        {
            "client": "c1",
            "ops": [{"id": "a", "seq": 1, "kind": "answer", "slot": 2, "base": 0, "answer": text}],
        }
    )
    assert asked(attempt, body.encode()).json["verdicts"] == {"a": "applied"}
    assert attempt.items.get().answer == text
    assert attempt.answer_events.get().payload["answer"] == text


JUNK_ANSWERS = [
    "1e400", "-1", "9" * 400, "18446744073709551615", '{"\\u0000": 1}', '{"\\ud800": ["\\udc00"]}', "[[[[[1]]]]]",
    "[" * 20 + "]" * 20, "[" * 900 + "]" * 900, "[" * 300 + '"\\ud800"' + "]" * 300, "1.5", '{"a": null}', '"\\u0000"',
]  # fmt: skip


def test_answer_of_no_sense_is_kept_as_invalid(attempt: Attempt) -> None:
    token = attempt_token(attempt, now=NOW)
    bodies = [
        f'{{"client":"c","ops":[{{"id":"a{n}","seq":{n},"kind":"answer","slot":1,"base":0,"answer":{junk}}}]}}'
        for n, junk in enumerate(JUNK_ANSWERS)
    ]

    async def send(lane: LaneClient) -> list[Any]:
        told = [await lane.post(path(attempt), body.encode(), token) for body in bodies]
        return [list(each.json["verdicts"].values()) if each.status == 200 else each.body for each in told]

    assert run(send) == [["invalid"]] * len(JUNK_ANSWERS)
    assert attempt.answer_events.filter(verdict="invalid").count() == len(JUNK_ANSWERS)
    assert not attempt.items.exists()


OP = {"id": "a", "seq": 1, "kind": "answer", "slot": 1, "base": 0, "answer": "o1"}


def malformed() -> list[bytes]:
    ops: list[Any] = [
        None, "x", {}, [None], ["x"], [[]], [{}],
        [OP | {"kind": "submit"}], [OP | {"kind": 1}], [OP | {"kind": [OP]}], [OP | {"id": ""}], [OP | {"id": "x" * 65}],
        [OP | {"id": "字"}], [OP | {"id": 1}], [OP | {"id": "a b"}], [OP | {"id": "a\x00"}], [OP | {"seq": -1}],
        [OP | {"seq": "1"}], [OP | {"seq": 2**53 + 1}], [OP | {"seq": 1.5}], [OP | {"seq": True}], [OP | {"seq": None}],
        [OP | {"slot": None}], [OP | {"slot": "1"}], [OP | {"slot": -1}], [OP | {"base": None}], [OP | {"base": 1e300}],
        [OP | {"active_ms": -1}], [OP | {"active_ms": "9"}], [{k: v for k, v in OP.items() if k != "answer"}],
        [{"id": "f", "seq": 1, "kind": "flag", "slot": 1, "flagged": "yes"}],
        [{"id": "w", "seq": 1, "kind": "away", "away_ms": -1}], [{"id": "w", "seq": 1, "kind": "away", "away_count": 0.5}],
        [OP, {}],
    ]  # fmt: skip
    clients = [None, "", "x" * 65, 1, "a b", "页", ["c1"]]
    return [
        *(json.dumps({"client": "c1", "ops": each}).encode() for each in ops),
        *(json.dumps({"client": each, "ops": []}).encode() for each in clients),
        b"", b"x", b"null", b"[]", b'"ops"', b"1", b"{", b'{"client": "c1"}', b"\xff\xfe", b'{"client": "\xed\xa0\x80"}',
        b"[" * 100_000, b'{"a":' * 5_000, b'{"client": NaN}', b'{"client": "c1", "ops": [Infinity]}', "{}".encode("utf-16"),
        b'{"client": "c1", "ops": [], "x": ' + b"9" * 5_000 + b"}} ",
    ]  # fmt: skip


def test_malformed_requests_are_told_so_and_store_nothing(attempt: Attempt) -> None:
    token = attempt_token(attempt, now=NOW)

    async def send(lane: LaneClient) -> list[tuple[bytes, int, str]]:
        bodies = malformed()
        found = [(body, await lane.post(path(attempt), body, token)) for body in bodies]
        return [(body[:80], told.status, told.code) for body, told in found if told.status != 400]

    assert run(send) == []
    assert not AnswerEvent.objects.exists()
    assert not attempt.items.exists()


def test_whole_floats_count_as_numbers(attempt: Attempt) -> None:
    told = asked(
        attempt, json.dumps({"client": "c", "ops": [OP | {"seq": 1.0, "slot": 1.0, "base": 0.0}]}).encode()
    )
    assert told.json["verdicts"] == {"a": "applied"}


def test_too_many_ops_and_too_many_bytes_are_too_large(attempt: Attempt) -> None:
    many = [OP | {"id": f"a{n}", "seq": n} for n in range(257)]
    assert asked(attempt, json.dumps({"client": "c1", "ops": many}).encode()).code == "too_large"
    most = asked(attempt, json.dumps({"client": "c1", "ops": many[:256]}).encode())
    assert set(most.json["verdicts"].values()) == {"applied"}
    assert attempt.answer_events.count() == 256
    told = asked(attempt, b" " * (MAX_BODY + 1))
    assert (told.status, told.code) == (413, "too_large")


def test_only_this_attempts_token_opens_it(attempt: Attempt, member: User) -> None:
    other = make_attempt(make_exam(candidates=[member]), member)
    good = attempt_token(attempt, now=NOW)
    bad = [
        "",
        "x",
        good[:-1],
        good + "x",
        "é",
        good.replace("attempt.", "study.", 1),
        attempt_token(other, now=NOW),
    ]

    async def codes(lane: LaneClient) -> list[str]:
        said = [(await lane.post(path(attempt), b'{"client":"c","ops":[]}', token)).code for token in bad]
        lane.now = attempt.accept_until + timedelta(hours=24)
        expired = await lane.ops(attempt, "c", token=good)
        junk = [
            await lane.post(path(attempt), json.dumps({"token": each}).encode())
            for each in (1, None, "\ud800", [good])
        ]
        return [*said, expired.code, *(each.code for each in junk)]

    assert set(run(codes)) == {"bad_token"}


def test_token_may_travel_in_the_body(attempt: Attempt) -> None:
    body = json.dumps({"token": attempt_token(attempt, now=NOW), "client": "c1", "ops": [OP]}).encode()
    told = run(lambda lane: lane.post(path(attempt), body))
    assert told.json["verdicts"] == {"a": "applied"}


def test_attempt_that_is_gone_is_not_found(attempt: Attempt) -> None:
    token = attempt_token(attempt, now=NOW)
    gone = path(attempt)
    attempt.events.all().delete()
    Attempt.objects.filter(pk=attempt.pk).delete()
    told = run(lambda lane: lane.post(gone, json.dumps({"client": "c1", "ops": [OP]}).encode(), token))
    assert (told.status, told.code) == (404, "not_found")


ODD = [
    ("GET", "/api/attempts/1/ops", 405),
    ("PUT", "/api/attempts/1/ops", 405),
    ("POST", "/api/attempts/1/submit", 404),
    ("POST", "/api/attempts//ops", 404),
    ("POST", "/api/attempts/1/ops/", 404),
    ("POST", "/api/attempts/x/ops", 401),
    ("POST", "/api/attempts/-1/ops", 401),
    ("POST", "/api/attempts/١/ops", 401),
    ("POST", f"/api/attempts/{'9' * 5000}/ops", 401),
]


def test_odd_paths_and_methods_get_their_status(attempt: Attempt) -> None:
    token = attempt_token(attempt, now=NOW)

    async def send(lane: LaneClient) -> list[int]:
        return [
            (await lane.post(place, b"{}", token, method=method)).status for method, place, _status in ODD
        ]

    assert run(send) == [status for _method, _place, status in ODD]


def test_plain_form_does_what_the_lane_does_and_keeps_the_row_in_hand_true(attempt: Attempt) -> None:
    """`apply_ops` in Django's own transaction; the property test compares every row of both."""

    with transaction.atomic():
        held = locked_attempt(attempt.pk)
        away = {"id": "w", "seq": 2, "kind": "away", "away_ms": 5_000, "other_ms": 7, "away_count": 1}
        reply = apply_ops(
            attempt=held, client="form", ops=parse_ops([OP, away]), now=NOW + timedelta(minutes=1)
        )
    assert [verdict.value for verdict in reply.verdicts.values()] == ["applied", "applied"]
    assert (held.lease_client, held.away_ms, held.other_ms, held.away_count) == ("form", 5_000, 7, 1)
    attempt.refresh_from_db()
    assert (attempt.lease_client, attempt.away_ms, attempt.other_ms, attempt.away_count) == (
        "form",
        5_000,
        7,
        1,
    )
    assert [event.data for event in attempt.events.filter(type="away")] == [{"count": 1, "away_ms": 5_000}]
