"""A tool double that is served, for the platforms' own tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lti.platforms.tool_double import ToolDouble


@pytest.fixture(scope="package")
def served_tool() -> Iterator[ToolDouble]:
    tool = ToolDouble()
    tool.server.start()
    yield tool
    tool.server.stop()


@pytest.fixture
def tool(served_tool: ToolDouble) -> ToolDouble:
    served_tool.platform, served_tool.asks = None, {}
    return served_tool
