"""Whatever pages send, in whatever order, sent twice or not: one source of the rules. The lane on either database and
Django's own transaction leave identical rows; replays change nothing; totals stay within the time that passed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.db import connection, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from question_bank.engine.kinds import is_empty
from question_bank.exams.models import (
    AnswerEvent,
    Attempt,
    AttemptClient,
    AttemptEvent,
    AttemptItem,
    AttemptPresence,
    Exam,
)
from question_bank.exams.saving import apply_ops, parse_ops
from question_bank.exams.taking.closing import locked_attempt
from tests.factories import NOW, make_attempt, make_candidate, make_exam, make_unit, make_user
from tests.lane_client import LaneClient, in_lane

KINDS = ("single", "multiple", "true_false", "fill", "essay", "order", "match")
TABLES = (Attempt, AttemptItem, AnswerEvent, AttemptClient, AttemptEvent)
SECONDS = timedelta(seconds=1)

answers = st.one_of(
    st.sampled_from(
        [None, "", "o0", "o1", "论述", [], ["o0"], ["o2", "o1"], ["o0", "o1", "o2"], ["甲", ""], ["甲", "乙"], True, False,
         {}, {"l0": "o1"}, {"l0": "o1", "l1": "o0"}, 1, "a\0b", "😀"],
    ),
    st.recursive(st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=5),
                 lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)),
)  # fmt: skip
totals = st.sampled_from([0, 500, 3_000, 60_000, 10**9, 2**53])
slots = st.sampled_from([*range(0, len(KINDS) + 2), 2**40])
# `base` is a guess around the stored rev: 0 is right, the rest is stale or of the future.
changes = st.one_of(
    st.fixed_dictionaries(
        {
            "kind": st.just("answer"),
            "slot": slots,
            "off": st.sampled_from([0, 0, 0, -1, 1]),
            "answer": answers,
            "active_ms": totals,
        }
    ),
    st.fixed_dictionaries({"kind": st.sampled_from(["view", "leave"]), "slot": slots, "active_ms": totals}),
    st.fixed_dictionaries({"kind": st.just("flag"), "slot": slots, "flagged": st.booleans()}),
    st.fixed_dictionaries(
        {"kind": st.just("away"), "away_ms": totals, "other_ms": totals, "away_count": totals}
    ),
)
# (client, seconds since the last request, ops, or the number of an earlier request that is sent again)
requests = st.tuples(
    st.sampled_from(["c1", "c2", "c3"]),
    st.sampled_from([0, 1, 16, 200]),
    st.lists(changes, max_size=5) | st.integers(0, 5),
)
stories = st.lists(requests, min_size=1, max_size=8)
Sent = tuple[str, int, list[dict[str, Any]]]


def written(story: Sequence[Any]) -> list[Sent]:
    """The requests of a story as a page would write them: ids, growing seq, bases from the revs it should have seen."""
    made: list[Sent] = []
    numbers = count(1)
    revs: dict[int, int] = {}
    for client, seconds, ops in story:
        if isinstance(ops, int):
            if made:
                made.append((made[ops % len(made)][0], seconds, made[ops % len(made)][2]))
            continue
        written_ops = []
        for change in ops:
            number = next(numbers)
            op = {"id": f"op{number}", "seq": number, **{k: v for k, v in change.items() if k != "off"}}
            if op["kind"] == "answer":
                op["base"] = max(0, revs.get(op["slot"], 0) + change["off"])
            written_ops.append(op)
        for slot in {op["slot"] for op in written_ops if op["kind"] == "answer"}:
            revs[slot] = revs.get(slot, 0) + 1
        made.append((client, seconds, written_ops))
    return made


def rows(cursor: Any, model: Any, attempt_id: int, mark: str) -> list[tuple[Any, ...]]:
    """A table's rows of the attempt in a form that every database shares, without keys of their own."""
    names = [f.column for f in model._meta.concrete_fields if f.column not in {"id", "paper", "rules"}]
    key = "id" if model is Attempt else "attempt_id"
    cursor.execute(
        f"SELECT {', '.join(names)} FROM {model._meta.db_table} WHERE {key} = {mark}", (attempt_id,)
    )
    json_columns = {"answer", "payload", "data"}
    return sorted(
        (
            tuple(_plain(value, name in json_columns) for name, value in zip(names, row, strict=True))
            for row in cursor.fetchall()
        ),
        key=repr,
    )


def _plain(value: Any, is_json: bool) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if is_json and value is not None:
        # A jsonb keeps 5.8e16 as the whole number that it is: numbers are the same if their decimals are.
        return json.loads(value, parse_float=Decimal) if isinstance(value, str) else value
    if isinstance(value, str) and value[:5] == "2026-":
        return datetime.fromisoformat(value).replace(tzinfo=UTC).isoformat()
    if isinstance(value, bool):
        return int(value)
    return value if value is None or isinstance(value, int | str) else str(value)


class SqliteFile:
    """The saving tables in a file of their own, each attempt copied in from Django's database."""

    def __init__(self, path: Path) -> None:
        self.database = {
            **connection.settings_dict,
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(path),
        }
        wrapper = DatabaseWrapper({**self.database, "OPTIONS": {}}, alias="saving")
        with wrapper.schema_editor(collect_sql=True, atomic=False) as editor:
            for model in (*TABLES, AttemptPresence):
                editor.create_model(model)
        wrapper.close()
        self.connection = sqlite3.connect(path, isolation_level=None)
        # AttemptEvent names a user; the lane writes none, but SQLite wants the table.
        self.connection.execute("CREATE TABLE organisation_user (id integer PRIMARY KEY)")
        self.connection.executescript("\n".join(editor.collected_sql))

    def copy(self, attempt: Attempt) -> None:
        fields = Attempt._meta.concrete_fields
        values = [self._value(getattr(attempt, f.attname)) for f in fields]
        marks = ", ".join("?" * len(fields))
        self.connection.execute("DELETE FROM exams_attempt WHERE id = ?", (attempt.pk,))
        self.connection.execute(
            f"INSERT INTO exams_attempt ({', '.join(f.column for f in fields)}) VALUES ({marks})", values
        )

    def _value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return str(value.astimezone(UTC).replace(tzinfo=None))
        if isinstance(value, list | dict):
            return orjson.dumps(value).decode()
        return value if value is None or isinstance(value, int | str) else str(value)


@pytest.fixture
def exam() -> Exam:
    return make_exam(kinds=KINDS, unit=make_unit())


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Iterator[SqliteFile]:
    found = SqliteFile(tmp_path / "saving.sqlite3")
    yield found
    found.connection.close()


def started(exam: Exam) -> Attempt:
    user = make_user(unit=exam.owner_unit)
    make_candidate(exam, user)
    attempt = make_attempt(exam, user)
    AttemptEvent.objects.filter(attempt=attempt).delete()
    return attempt


def by_lane(database: dict[str, Any], attempt: Attempt, sent: list[Sent]) -> list[Any]:
    async def send(lane: LaneClient) -> list[Any]:
        told = []
        for client, seconds, ops in sent:
            lane.now += seconds * SECONDS
            told.append((await lane.ops(attempt, client, *ops)).json)
        return told

    return in_lane(send, database)


def by_form(attempt: Attempt, sent: list[Sent]) -> list[Any]:
    now, told = NOW, []
    for client, seconds, ops in sent:
        now += seconds * SECONDS
        with transaction.atomic():
            held = locked_attempt(attempt.pk)
            reply = apply_ops(attempt=held, client=client, ops=parse_ops(ops), now=now, fingerprint="f")
        told.append(
            {"code": "attempt_closed"} if reply.closed else orjson.loads(orjson.dumps(reply.as_json()))
        )
    return told


def of(told: list[Any]) -> list[Any]:
    return [{"code": each["code"]} if "code" in each else each for each in told]


def without(stored: list[tuple[Any, ...]], model: Any, *columns: str) -> list[tuple[Any, ...]]:
    names = [f.column for f in model._meta.concrete_fields if f.column not in {"id", "paper", "rules"}]
    places = [place for place, name in enumerate(names) if name not in columns]
    return sorted((tuple(row[place] for place in places) for row in stored), key=repr)


@pytest.mark.django_db(transaction=True)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(story=stories)
@example(
    story=[
        ("c1", 0, [{"kind": "answer", "slot": 0, "off": 0, "answer": 5.767885765339117e16, "active_ms": 0}])
    ]
)
def test_lane_on_either_database_and_plain_form_leave_identical_rows(
    exam: Exam, sqlite_file: SqliteFile, story: list[Any]
) -> None:
    sent = written(story)
    mine, theirs = started(exam), started(exam)
    sqlite_file.copy(mine)
    replies = {
        "form": by_form(theirs, sent),
        "lane": of(by_lane(connection.settings_dict, mine, sent)),
        "file": of(by_lane(sqlite_file.database, mine, sent)),
    }
    assert replies["lane"] == replies["form"]
    assert replies["file"] == replies["form"]
    # Two attempts differ in whose they are; their fingerprints in how they came.
    apart = ("attempt_id", "user_id", "candidate_id", "seed", "fingerprint", "max_score")
    with connection.cursor() as cursor:
        for model in TABLES:
            lane = without(rows(cursor, model, mine.pk, "%s"), model, *apart)
            form = without(rows(cursor, model, theirs.pk, "%s"), model, *apart)
            assert lane == form
            assert lane == without(rows(sqlite_file.connection.cursor(), model, mine.pk, "?"), model, *apart)


@pytest.mark.django_db(transaction=True)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(story=stories, again=st.lists(st.integers(0, 7), min_size=1, max_size=4))
def test_requests_sent_again_change_nothing_but_the_clock(
    exam: Exam, story: list[Any], again: list[int]
) -> None:
    sent = [(client, 0, ops) for client, _seconds, ops in written(story)]
    assume(sent)
    attempt = started(exam)
    by_form(attempt, sent)
    with connection.cursor() as cursor:
        before = [rows(cursor, model, attempt.pk, "%s") for model in TABLES]
        by_form(attempt, [sent[number % len(sent)] for number in again])
        assert [rows(cursor, model, attempt.pk, "%s") for model in TABLES] == before


@pytest.mark.django_db(transaction=True)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(story=stories)
def test_nothing_received_is_lost_and_nothing_exceeds_the_time_that_passed(
    exam: Exam, story: list[Any]
) -> None:
    sent = written(story)
    attempt = started(exam)
    told = by_form(attempt, sent)
    attempt.refresh_from_db()
    passed_ms = sum(seconds for _client, seconds, _ops in sent) * 1000
    asked = {op["id"]: op for _client, _seconds, ops in sent for op in ops if op["kind"] == "answer"}
    assert {event.op_id for event in attempt.answer_events.all()} == set(asked)
    assert attempt.answer_events.count() == len(asked)
    assert max(attempt.away_ms, attempt.other_ms, attempt.away_count * 3_000) <= passed_ms
    for item in attempt.items.all():
        applied = list(attempt.answer_events.filter(slot=item.slot, verdict__in=["applied", "grace"]))
        assert item.active_ms <= passed_ms
        assert item.changes <= len(applied)
        assert (item.answer_rev > 0) == bool(applied)
        assert not is_empty(item.answer)
        if item.answer is None and applied:
            assert max(applied, key=lambda event: event.pk).payload["answer"] is None
    if all("code" not in each for each in told):
        writers = [client for client, _seconds, ops in sent if ops]
        first_seen = list(dict.fromkeys(writers))
        assert attempt.lease_client == (first_seen[-1] if first_seen else "")
