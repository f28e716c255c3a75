"""The migration that lets PostgreSQL refuse overlapping slices: there and back, and what it says where it may not."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from learning.study.models import StudySlice
from tests.factories import make_unit, make_user
from tests.learning.study.factories import after, make_course

migration = import_module("learning.study.migrations.0002_slices_never_overlap")


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
