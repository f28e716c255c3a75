"""Rows read and written by SQL of our own are those that the ORM knows."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError

from learning.organisation.models import Unit, User
from learning.organisation.rows import Columns, among, lock, read, write
from question_bank.exams.models import Attempt, AttemptEvent
from tests.factories import NOW, make_attempt, make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt() -> Attempt:
    member = make_user(unit=make_unit())
    return make_attempt(make_exam(candidates=[member]), member)


def same(found: Attempt, attempt: Attempt) -> bool:
    names = [field.attname for field in Attempt._meta.concrete_fields]
    return all(getattr(found, name) == getattr(attempt, name) for name in names)


def test_a_row_read_is_the_instance_that_the_orm_gives(attempt: Attempt) -> None:
    columns = Columns(Attempt)
    ((row,),) = read((f"SELECT {columns.of('a')} FROM exams_attempt a WHERE a.id = %s", (attempt.pk,)))
    found = columns.read(row)
    assert found == attempt
    assert same(found, Attempt.objects.get())
    assert isinstance(found.started_at, datetime)
    assert found.started_at.tzinfo is not None
    assert isinstance(found.max_score, Decimal)


def test_columns_left_out_are_read_when_they_are_asked_for(attempt: Attempt) -> None:
    columns = Columns(Attempt, but=("paper",))
    ((row,),) = read((f"SELECT {columns.of('a')} FROM exams_attempt a", ()))
    found = columns.read(row)
    assert found.get_deferred_fields() == {"paper"}
    assert found.paper == attempt.paper


def test_a_row_written_is_read_back_by_the_orm(attempt: Attempt) -> None:
    columns = Columns(AttemptEvent)
    at = datetime(2026, 5, 4, 1, 2, 3, 456, UTC)
    events = [AttemptEvent(attempt=attempt, type=kind, at=at, data={"甲": [1, None]}) for kind in ("a", "b")]
    write(columns.inserting, [columns.values(event) for event in events])
    write(columns.inserting, [columns.values(AttemptEvent(attempt=attempt, type="c", at=NOW))])
    write(columns.inserting, [])
    assert [event.type for event in attempt.events.order_by("pk")] == ["start", "a", "b", "c"]
    assert attempt.events.get(type="b").data == {"甲": [1, None]}
    assert attempt.events.get(type="a").at == at


def test_many_ids_are_one_parameter() -> None:
    units = [make_unit() for _ in range(3)]
    condition, ids = among("u.id", [unit.pk for unit in units[1:]])
    (rows,) = read((f"SELECT u.id FROM organisation_unit u WHERE {condition} ORDER BY u.id", (ids,)))
    assert rows == [(unit.pk,) for unit in units[1:]]
    condition, ids = among("u.id", [])
    assert read((f"SELECT u.id FROM organisation_unit u WHERE {condition}", (ids,))) == [[]]


def test_locks_are_asked_for_only_where_there_are_any(on_postgresql: bool) -> None:
    make_unit()
    columns = Columns(Unit)
    words = lock("FOR UPDATE OF u")
    assert bool(words) == on_postgresql
    assert len(read((f"SELECT {columns.of('u')} FROM organisation_unit u {words}", ()))[0]) == 1


def test_errors_are_those_of_django() -> None:
    with pytest.raises(DatabaseError):
        read((f"SELECT {Columns(User).of('u')} FROM nowhere u", ()))
