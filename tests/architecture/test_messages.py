"""Screen text is Chinese in the code; the English catalogue has every one of its sentences, with the same places."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "learning" / "project" / "locale" / "en" / "LC_MESSAGES" / "django.po"
CALLS = {
    "_",
    "gettext",
    "gettext_lazy",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
    "npgettext",
}
IN_TEMPLATE = re.compile(r"""\bn?p?gettext\((u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))""", re.DOTALL)
PLACES = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%%")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def sources(suffix: str) -> Iterator[Path]:
    for package in ("learning", "question_bank", "courses", "reports", "lti", "search"):
        yield from (ROOT / package).rglob(f"*{suffix}")


def said_in_python(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            at = 1 if name.startswith(("pget", "npget")) else 0
            if name in CALLS and len(node.args) > at:
                first = node.args[at]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value


def said_in_template(path: Path) -> Iterator[str]:
    for literal in IN_TEMPLATE.findall(templatize(path.read_text(), origin=str(path))):
        yield ast.literal_eval(literal)


def test_every_sentence_of_the_screens_has_its_english(catalogue: Catalog) -> None:
    known = {
        (message.id if isinstance(message.id, str) else message.id[0])
        for message in catalogue
        if message.id and all([message.string] if isinstance(message.string, str) else message.string)
    }
    said = {text for path in sources(".py") for text in said_in_python(path)}
    said |= {text for path in sources(".html") for text in said_in_template(path)}
    assert len(said) > 1000
    assert not sorted(text for text in said if CHINESE.search(text) and text not in known)


def test_no_translation_loses_a_place_or_stays_chinese(catalogue: Catalog) -> None:
    wrong = []
    for message in catalogue:
        if not message.id:
            continue
        source = message.id if isinstance(message.id, str) else message.id[0]
        for text in [message.string] if isinstance(message.string, str) else message.string:
            if set(PLACES.findall(source)) != set(PLACES.findall(text)) or message.fuzzy:
                wrong.append(source)
    assert not wrong


@pytest.mark.parametrize(
    "path", sorted((ROOT / "learning" / "project" / "locale").rglob("*.po")), ids=lambda path: path.parts[-3]
)
def test_no_catalogue_is_marked_fuzzy_and_left_out_by_the_compiler(path: Path) -> None:
    with path.open("rb") as file:
        assert not read_po(file).fuzzy
