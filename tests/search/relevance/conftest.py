from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import WrittenOnce
from tests.search.relevance.world import World, made_world


@pytest.fixture(scope="module")
def world(written_once: WrittenOnce, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made_world(written_once=written_once, media=tmp_path_factory.mktemp("media")) as made:
        yield made
