"""The operator's guides name every code with which a launch is refused."""

from __future__ import annotations

import re

import pytest

from lti.core.refusals import Refusal
from tests.live_site import ROOT


@pytest.mark.parametrize("guide", ["operators-guide.md", "operators-guide.zh-CN.md"])
def test_table_of_troubles_has_each_code_once(guide: str) -> None:
    rows = re.findall(r"^\| (`[^|]*`) \|", (ROOT / "docs" / guide).read_text(), re.MULTILINE)
    named = [code for row in rows for code in re.findall(r"`(\w+)`", row) if code in set(Refusal)]
    assert sorted(named) == sorted(Refusal)
