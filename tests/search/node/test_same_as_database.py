"""A real node and the site's database give the same hits, in the same order, with the same counts; so does the engine
that works it out entry by entry (fakes.MemoryEngine)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from search.analysis.queries import parse
from search.engines.address import address_of
from search.engines.base import Document, EngineDown
from search.engines.breaker import Refused
from search.engines.database import DatabaseEngine
from search.engines.elastic import ElasticEngine, connect
from tests.search.engines.cases import CASES, Case, ask, corpus
from tests.search.fakes import MemoryEngine
from tests.search.node.opensearch import Node

pytestmark = pytest.mark.django_db


def engine_at(node: Node, prefix: str) -> ElasticEngine:
    return ElasticEngine(connect(address_of(node.url)), name="opensearch", prefix=prefix)


@pytest.fixture(scope="module")
def remote(search_node: Node) -> ElasticEngine:
    engine = engine_at(search_node, "same")
    documents = corpus()
    assert engine.rebuild([documents[:150], documents[150:]]) == len(documents)
    return engine


@pytest.fixture(scope="module")
def database(written_once: Callable[[Callable[[], Any]], Any]) -> DatabaseEngine:
    engine = DatabaseEngine()
    written_once(lambda: engine.put(corpus()))
    return engine


@pytest.fixture(scope="module")
def by_hand() -> MemoryEngine:
    return MemoryEngine(corpus())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_same_hits_order_totals_and_facets(
    case: Case, remote: ElasticEngine, database: DatabaseEngine, by_hand: MemoryEngine
) -> None:
    expected = ask(by_hand, case)
    found = ask(remote, case)
    assert found == expected
    assert ask(database, case) == expected
    for first, count in ((3, 5), (expected.total - 1, 20), (expected.total, 20), (0, 0), (20_000, 20)):
        piece = ask(remote, case, first=max(first, 0), count=count)
        assert piece == ask(by_hand, case, first=max(first, 0), count=count)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_same_titles_and_same_similar_entries(
    case: Case, remote: ElasticEngine, database: DatabaseEngine, by_hand: MemoryEngine
) -> None:
    query = parse(case.text)
    titles = by_hand.titles(query, keys=case.keys, count=8)
    assert remote.titles(query, keys=case.keys, count=8) == titles
    assert database.titles(query, keys=case.keys, count=8) == titles
    similar = by_hand.similar(query, keys=case.keys, filters=case.filters, count=200)
    assert remote.similar(query, keys=case.keys, filters=case.filters, count=200) == similar
    assert database.similar(query, keys=case.keys, filters=case.filters, count=200) == similar


def test_the_cases_tell_engines_apart(by_hand: MemoryEngine) -> None:
    """Enough of them find something, nothing, and something by each level."""
    answers = [ask(by_hand, case, count=500) for case in CASES]
    assert sum(answer.total > 0 for answer in answers) >= 60
    assert sum(answer.total == 0 for answer in answers) >= 15
    assert {level for answer in answers for _, level in answer.hits} == {0, 1, 2, 3, 4}


@pytest.fixture
def fresh(search_node: Node, request: pytest.FixtureRequest) -> Iterator[ElasticEngine]:
    """An engine without an index."""
    engine = engine_at(search_node, f"fresh{abs(hash(request.node.name)) % 10**8}")
    yield engine
    engine._client.indices.delete(index=f"{engine.alias}-*", ignore_unavailable=True)


def indices(engine: ElasticEngine) -> dict[str, list[str]]:
    """Their aliases by name."""
    found = engine._client.indices.get(index=f"{engine.alias}*").body
    return {name: list(facts["aliases"]) for name, facts in found.items()}


def everything(engine: ElasticEngine) -> list[int]:
    return [pk for pk, _ in ask(engine, Case(""), count=500).hits]


def test_put_makes_the_index_and_the_same_again_changes_nothing(fresh: ElasticEngine) -> None:
    documents = corpus()[:20]
    assert fresh.count() == 0
    with pytest.raises(Refused, match="search_rebuild"):
        ask(fresh, Case("党章"))
    fresh.drop([documents[0].id])
    assert not indices(fresh)
    for _ in range(2):
        fresh.put(documents)
        fresh.refresh()
        assert fresh.count() == 20
        assert ask(fresh, Case("")) == ask(MemoryEngine(documents), Case(""))
    assert list(indices(fresh).values()) == [[fresh.alias]]


def test_put_replaces_and_drop_takes_away(fresh: ElasticEngine) -> None:
    first, second, third = corpus()[:3]
    fresh.put([first, second, third])
    changed = Document(first.id, second.title, second.text, frozenset({"new"}), second.facets, 0)
    fresh.put([changed])
    fresh.drop([second.id, 999])
    fresh.refresh()
    for case in (Case(""), Case("", frozenset({"new"})), Case("党")):
        assert ask(fresh, case) == ask(MemoryEngine([changed, third]), case)


def test_rebuild_serves_the_old_index_until_the_new_one_is_whole(fresh: ElasticEngine) -> None:
    old, new = corpus()[:10], corpus()[10:30]
    fresh.rebuild([old])
    seen: list[int] = []

    def parts() -> Iterator[tuple[Document, ...]]:
        yield new[:10]
        seen.extend(everything(fresh))
        yield new[10:]

    assert fresh.rebuild(parts()) == 20
    assert sorted(seen) == sorted(document.id for document in old)
    assert sorted(everything(fresh)) == sorted(document.id for document in new)
    assert len(indices(fresh)) == 1


def test_broken_rebuild_leaves_the_old_index_and_no_other(fresh: ElasticEngine) -> None:
    fresh.rebuild([corpus()[:10]])

    def parts() -> Iterator[tuple[Document, ...]]:
        yield corpus()[10:20]
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError, match="went away"):
        fresh.rebuild(parts())
    assert len(indices(fresh)) == 1
    assert fresh.count() == 10


def test_what_a_killed_rebuild_left_goes_with_the_next(fresh: ElasticEngine) -> None:
    fresh.rebuild([corpus()[:10]])
    fresh._client.indices.create(index=f"{fresh.alias}-20200101000000000000")
    fresh._client.indices.create(index=f"{fresh.alias}-of-somebody-else")
    fresh.rebuild([corpus()[:12]])
    names = indices(fresh)
    assert fresh.count() == 12
    assert f"{fresh.alias}-20200101000000000000" not in names
    assert f"{fresh.alias}-of-somebody-else" in names


def test_index_that_stands_where_the_alias_belongs_is_replaced(fresh: ElasticEngine) -> None:
    fresh._client.index(index=fresh.alias, id="1", document={"title": "made by hand"}, refresh=True)
    with pytest.raises(EngineDown):
        fresh.put(corpus()[:5])
    assert fresh.rebuild([corpus()[:5]]) == 5
    assert list(indices(fresh).values()) == [[fresh.alias]]


def test_empty_index_can_be_built_and_asked(fresh: ElasticEngine) -> None:
    assert fresh.rebuild([]) == 0
    assert ask(fresh, Case("党章")) == ask(MemoryEngine([]), Case("党章"))


def test_what_was_put_is_found_within_two_seconds_by_itself(fresh: ElasticEngine) -> None:
    fresh.rebuild([corpus()[:5]])
    settings = fresh._client.indices.get_settings(index=fresh.alias).body
    [facts] = settings.values()
    assert facts["settings"]["index"]["refresh_interval"] == "1s"
    assert facts["settings"]["index"]["number_of_replicas"] == "0"
