"""What import-linter cannot see: foreign keys named as strings, addresses rooted by hand, rooms grown too large."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import ForeignObject, ManyToManyField

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("learning", "question_bank", "courses", "reports", "lti", "search")
# The floors of the house, lowest first; a model may point at its own floor and below.
FLOORS = ["organisation", "study", "questions", "exams", "courses", "reports", "lti", "search", "project"]
LONGEST = 500


def sources(*suffixes: str) -> list[Path]:
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.suffix in suffixes]
    return [path for path in found if "vendor" not in path.parts and "migrations" not in path.parts]


def test_no_foreign_key_points_upwards() -> None:
    upwards = []
    for model in apps.get_models():
        if model._meta.app_label not in FLOORS:
            continue
        for field in model._meta.get_fields():
            if isinstance(field, ForeignObject | ManyToManyField) and field.related_model:
                target = field.related_model._meta.app_label
                if target in FLOORS and FLOORS.index(target) > FLOORS.index(model._meta.app_label):
                    upwards.append(f"{model.__name__}.{field.name} → {target}")
    assert not upwards


def test_no_address_is_rooted_by_hand() -> None:
    """The site works under a sub-path: addresses come from {% url %}, reverse() or the page."""
    rooted = re.compile(
        r"""(?:href|src|action|hx-(?:get|post))=["']/(?!/)|fetch\(\s*["'`]/|redirect\(\s*["']/"""
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources(".html", ".js", ".py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if rooted.search(line)
    ]
    assert not found


def test_member_pages_have_no_inline_script_or_style() -> None:
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=\"|\son[a-z]+=\"", re.IGNORECASE
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources(".html")
        if "admin" not in path.parts
        for number, line in enumerate(without_comments(path.read_text()).splitlines(), 1)
        if inline.search(line)
    ]
    assert not found


def without_comments(template: str) -> str:
    """The template with its comment blocks as empty lines."""
    return re.sub(
        r"{% comment %}.*?{% endcomment %}",
        lambda found: "\n" * found[0].count("\n"),
        template,
        flags=re.DOTALL,
    )


def test_nothing_of_a_page_comes_from_another_host() -> None:
    elsewhere = re.compile(r"""(?:src|href)=["'](?:https?:)?//|@import|url\(["']?https?:""")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources(".html", ".css")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if elsewhere.search(line)
    ]
    assert not found


@pytest.mark.parametrize("path", sources(".py", ".js"), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_a_room_that_a_person_can_hold(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST
