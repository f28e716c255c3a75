"""The font of printed reports has every character that reports say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import gettext

import reports
from learning.printing import text

PACKAGE = Path(reports.__file__).parent


def strings() -> Iterator[tuple[str, str]]:
    """Every string of the package but the docstrings, with where it stands."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node.value


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_formula_and_word_of_a_report_is_in_the_font(language: str) -> None:
    found = list(strings())
    assert any("Cronbach" in words for _, words in found)
    with translation.override(language):
        said = [(where, gettext(words) if words else "") for where, words in found]
    assert [(where, words) for where, words in said if text.clean(words) != words] == []
