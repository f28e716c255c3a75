"""The demo school's content and, where they are, the real documents, in the index of the database in use."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from django.test import override_settings

from search.engines.base import Document
from search.engines.database import DatabaseEngine
from search.models import Entry, Kind
from search.services.building import document_of, pieces_of, shelves
from search.sources.base import Draft
from tests.conftest import ROOT, WrittenOnce
from tests.factories import NOW
from tests.search.entries import open_doors, put
from tests.search.relevance.course_documents import documents
from tests.search.relevance.demo_content import drafts_of_all, make_demo
from tests.search.relevance.measuring import COURSE, DEMO


@dataclass(frozen=True)
class World:
    """`corpora`: what is in it. `drafts`: of each kind."""

    corpora: tuple[str, ...]
    drafts: dict[Kind, list[Draft]]
    now: datetime

    def documents(self) -> list[Document]:
        """What an engine keeps of it."""
        found = []
        for kind, drafts in self.drafts.items():
            pieces = pieces_of(kind, drafts)
            places = shelves(pieces)
            found += [document_of(piece, shelf=places[piece.shelf_key]) for piece in pieces]
        return found


def make_world(*, folder: Path | None, now: datetime) -> World:
    """Makes the demo's rows and an entry of everything. `folder`: the test data, if there are any."""
    make_demo(now)
    found = list(drafts_of_all(now))
    course = folder / "course" if folder else None
    if course and course.is_dir():
        found += documents(course)
    drafts: dict[Kind, list[Draft]] = defaultdict(list)
    for kind, draft in found:
        drafts[kind].append(draft)
    Entry.objects.all().delete()
    engine = DatabaseEngine()
    for kind, some in drafts.items():
        put(engine, kind, some)
    corpora = (DEMO, COURSE) if course and course.is_dir() else (DEMO,)
    return World(corpora, dict(drafts), now)


@contextmanager
def made_world(*, written_once: WrittenOnce, media: Path) -> Iterator[World]:
    """For a fixture of a module. Lessons of the real documents have no page: every door is open."""
    with override_settings(MEDIA_ROOT=media), pytest.MonkeyPatch.context() as patch:
        open_doors(patch)
        yield written_once(lambda: make_world(folder=data_folder(), now=NOW))


def data_folder() -> Path | None:
    folder = Path(os.environ.get("TEST_DATA", ROOT.parent / "shared" / "data"))
    return folder if folder.is_dir() else None
