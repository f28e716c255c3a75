"""What people look for is among the first hits, and no part of a text is ever lost."""

from __future__ import annotations

from collections import Counter

import pytest

from search.engines.database import DatabaseEngine
from search.models import Entry, Kind
from tests.search.relevance.measuring import Answered, answer, cases, lost, parts, share, table
from tests.search.relevance.world import World

pytestmark = pytest.mark.django_db

TOP_3 = 0.95
PARTS = 3000


@pytest.fixture(scope="module")
def answered(world: World, django_db_blocker: object) -> list[Answered]:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        return answer(cases(world.corpora), now=world.now)


def test_every_expected_document_is_in_the_world(world: World) -> None:
    titles = [(Kind(kind), title) for kind, title in Entry.objects.values_list("kind", "title")]
    missing = {
        (case.query, each.title)
        for case in cases(world.corpora)
        for each in case.expected
        if not any(each.is_it(kind, title) for kind, title in titles)
    }
    assert not missing


def test_the_set_is_large_and_of_every_class() -> None:
    groups = Counter(case.group for case in cases())
    assert sum(groups.values()) >= 170
    assert len(groups) == 11
    assert min(groups.values()) >= 10
    assert len({case.query for case in cases()}) == sum(groups.values())


def test_the_expected_document_is_among_the_first_three(answered: list[Answered]) -> None:
    print("\n".join(table(answered)))
    bad = [
        f"{each.case.group} {each.case.query}: {each.place}, "
        f"{each.results.total}{' similar' if each.results.similar else ''}, "
        f"{[(hit.kind.value, hit.title[:24]) for hit in each.results.hits[:4]]}"
        for each in answered
        if each.place is None or each.place > 3
    ]
    print("\n".join(bad))
    assert share(answered, 3) >= TOP_3, bad


def test_no_part_of_a_text_is_lost(world: World) -> None:
    assert world.corpora
    some = parts(PARTS)
    assert len(some) > 0.9 * PARTS
    assert lost(some, DatabaseEngine()) == []
