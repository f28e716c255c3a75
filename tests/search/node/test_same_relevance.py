"""A real node answers the whole set of queries as the database does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from search.engines.address import address_of
from search.engines.database import DatabaseEngine
from search.engines.elastic import ElasticEngine, connect
from tests.conftest import WrittenOnce
from tests.search.node.opensearch import Node
from tests.search.relevance.answers import said
from tests.search.relevance.measuring import lost, parts
from tests.search.relevance.world import World, made_world

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def world(written_once: WrittenOnce, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made_world(written_once=written_once, media=tmp_path_factory.mktemp("media")) as made:
        yield made


@pytest.fixture
def remote(search_node: Node, world: World) -> ElasticEngine:
    engine = ElasticEngine(connect(address_of(search_node.url)), name="opensearch", prefix="relevance")
    documents = world.documents()
    assert engine.rebuild([documents]) == len(documents)
    return engine


def test_the_node_answers_as_the_database(
    world: World, remote: ElasticEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = said(world, DatabaseEngine(), monkeypatch)
    for one, other in zip(said(world, remote, monkeypatch), expected, strict=True):
        assert one == other


def test_no_part_of_a_text_is_lost(remote: ElasticEngine) -> None:
    assert lost(parts(500), remote) == []
