"""The migration that lets PostgreSQL refuse overlapping slices: there and back, and what it says where it may not."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from learning.organisation.models import User
from learning.study.models import Activity, StudySlice
from tests.factories import make_unit, make_user
from tests.learning.study.factories import after, make_course

migration = import_module("learning.study.migrations.0002_slices_never_overlap")
reserving = import_module("learning.study.migrations.0005_growing_slices_reserve")


class Refusing:
    """A cursor of a role that may not create extensions."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __enter__(self) -> Refusing:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def execute(self, sql: str) -> None:
        self.asked.append(sql)
        if sql.startswith("CREATE EXTENSION"):
            raise ProgrammingError("permission denied to create extension")

    def fetchone(self) -> None:
        return None


@pytest.mark.django_db
def test_without_the_right_it_says_what_the_administrator_must_run() -> None:
    cursor = Refusing()
    editor = SimpleNamespace(
        connection=SimpleNamespace(vendor="postgresql", alias="default", cursor=lambda: cursor)
    )
    with pytest.raises(migration.ExtensionMissing, match='"CREATE EXTENSION btree_gist;"'):
        migration.forbid_overlaps(None, editor)
    assert not any("ALTER TABLE" in sql for sql in cursor.asked)


@pytest.mark.django_db
def test_sqlite_is_left_alone() -> None:
    cursor = Refusing()
    editor = SimpleNamespace(connection=SimpleNamespace(vendor="sqlite", cursor=lambda: cursor))
    migration.forbid_overlaps(None, editor)
    migration.allow_overlaps(None, editor)
    assert cursor.asked == []


@pytest.mark.postgresql
@pytest.mark.django_db
def test_the_constraint_comes_and_goes() -> None:
    unit = make_unit()
    course, member = make_course(unit), make_user(unit=unit)
    fields: dict[str, Any] = {
        "user": member,
        "activity": course,
        "started_at": after(0),
        "ended_at": after(60),
    }
    StudySlice.objects.create(**fields)
    StudySlice.objects.create(**fields | {"started_at": after(60), "ended_at": after(70)})
    with pytest.raises(IntegrityError, match="slices_never_overlap"), transaction.atomic():
        StudySlice.objects.create(**fields | {"started_at": after(59)})
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still to be made is not altered
    editor = SimpleNamespace(connection=connection)
    migration.allow_overlaps(None, editor)
    row = StudySlice.objects.create(**fields | {"started_at": after(59)})
    StudySlice.objects.filter(pk=row.pk).delete()
    migration.forbid_overlaps(None, editor)
    with pytest.raises(IntegrityError, match="slices_never_overlap"), transaction.atomic():
        StudySlice.objects.create(**fields | {"started_at": after(59)})


def slice_of(member: User, activity: Activity, start: float, end: float, **more: Any) -> StudySlice:
    told = {"user": member, "activity": activity, "started_at": after(start), "ended_at": after(end)}
    return StudySlice.objects.create(**told | more)


@pytest.mark.postgresql
@pytest.mark.django_db
def test_the_reserve_is_guarded_and_holds_the_slice() -> None:
    unit = make_unit()
    course, member = make_course(unit), make_user(unit=unit)
    slice_of(member, course, 0, 60, reserved_until=after(90))
    with pytest.raises(IntegrityError, match="slices_never_overlap"), transaction.atomic():
        slice_of(member, course, 89, 100)
    slice_of(member, course, 90, 100)
    with pytest.raises(IntegrityError, match="slice_within_reserve"), transaction.atomic():
        StudySlice.objects.filter(started_at=after(0)).update(ended_at=after(91))
    assert StudySlice.objects.filter(user=member).release() == 1
    slice_of(member, course, 60, 90)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_slices_from_before_reserve_nothing_and_growing_is_written_beside_the_indexes() -> None:
    unit = make_unit()
    course, member = make_course(unit), make_user(unit=unit)
    there = ("study", "0004_credited_hours")
    slice_of(member, course, 0, 60, reserved_until=after(90))
    slice_of(member, course, 90, 100)
    MigrationExecutor(connection).migrate([there])
    # To the newest, not to the one under test: the tests after this one want what came later too.
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes("study"))
    assert all(each.reserved_until == each.ended_at for each in StudySlice.objects.all())
    with pytest.raises(IntegrityError, match="slices_never_overlap"):
        slice_of(member, course, 59, 61)
    row = slice_of(member, course, 200, 210, reserved_until=after(500))
    before = hot_updates()
    StudySlice.objects.filter(pk=row.pk).update(ended_at=after(225))
    assert hot_updates() == before + 1


def hot_updates() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
        cursor.execute("SELECT n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'study_studyslice'")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_sqlite_has_no_guard_to_change() -> None:
    cursor = Refusing()
    editor = SimpleNamespace(connection=SimpleNamespace(vendor="sqlite", cursor=lambda: cursor))
    for change in (reserving.drop_guard, reserving.guard_the_end, reserving.guard_the_reserve):
        change(None, editor)
    assert cursor.asked == []
