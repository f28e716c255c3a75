"""The demo school is loaded once for all that look at it."""

from __future__ import annotations

import pytest

from tests.learning.project.loading import Loaded, load_twice


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return load_twice(tmp_path_factory.mktemp("demo"))
