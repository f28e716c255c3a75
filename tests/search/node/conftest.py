"""`search_node`: a real OpenSearch node for all tests of this folder, which run in one worker (tests/run.py)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.search.node.opensearch import Node, NodeAbsent, jars


@pytest.fixture(scope="session")
def search_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    try:
        jars()
    except NodeAbsent as absent:
        pytest.skip(f"no OpenSearch node: {absent}")
    node = Node(tmp_path_factory.mktemp("opensearch"))
    node.start()
    yield node
    node.stop()
