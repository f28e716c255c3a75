"""What every test may use: where the real question banks are, and the marks that need a server."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models.signals import post_migrate
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker
from wagtail.models import Collection

from courses import examining
from question_bank.exams import answer_keys, papers

ROOT = Path(__file__).resolve().parents[1]

WrittenOnce = Callable[[Callable[[], Any]], Any]

# A busy machine is no reason to fail.
hypothesis_settings.register_profile("house", deadline=None)
hypothesis_settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    postgresql = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
    for item in items:
        if item.get_closest_marker("postgresql") and not postgresql:
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: DATABASE_URL=postgres://…"))
        if item.get_closest_marker("redis") and not settings.REDIS_URL:
            item.add_marker(pytest.mark.skip(reason="needs Redis: REDIS_URL=redis://…"))


def pytest_collection_finish() -> None:
    """What is imported and collected by now stays to the end: no search for garbage need walk it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Tables made from the models (the run on PostgreSQL migrates) lack what Wagtail's migrations put into them; so do
    all tables once a test with transactions of its own has emptied them."""
    post_migrate.connect(add_root_collection)
    with django_db_blocker.unblock():
        add_root_collection()


def add_root_collection(**_: Any) -> None:
    table = Collection._meta.db_table
    if table in connection.introspection.table_names() and not Collection.objects.exists():
        Collection.add_root(name="Root")


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real question banks; tests that read it skip where it is absent."""
    folder = Path(os.environ.get("TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("real question banks are absent: TEST_DATA=<folder>")
    return folder


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Each test's database begins again with the same ids: what a worker keeps by id must not outlive it."""
    papers.forget()
    answer_keys.forget()
    examining.forget()


@pytest.fixture(scope="module")
def written_once(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[WrittenOnce]:
    """`written_once(build)`: what build returns, its rows written once for all tests of the module and taken back after
    the last. For a module whose every test wants them and has no transactions of its own; each test works on a deepcopy
    of the objects, and its own writing is taken back as ever."""
    outer = transaction.atomic()
    with django_db_blocker.unblock():
        outer.__enter__()

    def write(build: Callable[[], Any]) -> Any:
        with django_db_blocker.unblock():
            return build()

    yield write
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


@pytest.fixture
def on_postgresql() -> bool:
    return connection.vendor == "postgresql"
