"""What production's collectstatic does, on every static file of ours and of the packages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from learning.project.settings import base


@pytest.fixture
def collected(tmp_path: Path, settings: Any) -> Path:
    settings.STORAGES = settings.STORAGES | {"staticfiles": base.STORAGES["staticfiles"]}
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", verbosity=0, interactive=False)
    return tmp_path


def test_collectstatic_hashes_what_pages_name_and_the_imports_of_our_modules(collected: Path) -> None:
    names: dict[str, str] = json.loads((collected / "staticfiles.json").read_text())["paths"]
    for page_file in ("site/site.css", "django_htmx/htmx-2.min.js", "exams/player/player.js"):
        assert names[page_file] != page_file
    player = (collected / names["exams/player/player.js"]).read_text()
    imported = re.findall(r'^import .* from "\./([^"]+)"', player, re.MULTILINE)
    assert imported
    assert all((collected / "exams" / "player" / file).exists() for file in imported)
    assert all(re.search(r"\.[0-9a-f]{12}\.js$", file) for file in imported)
