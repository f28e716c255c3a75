"""A fresh database with a school in it, made by a process with the settings of the servers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SLOTS = 50


@dataclass(frozen=True)
class Sizes:
    """Attempts to save into, members who may start, attempts to submit, attempts to close, lessons being watched."""

    save: int = 0
    start: int = 0
    submit: int = 0
    close: int = 0
    beats: int = 0


def make_world(sizes: Sizes, folder: Path, variables: Mapping[str, str]) -> None:
    """Migrates the database of `variables` and fills it; the plans of requests are FOLDER/<bench>.tsv."""
    folder.mkdir(parents=True, exist_ok=True)
    for command in (
        ["manage.py", "migrate", "--verbosity", "0"],
        ["manage.py", "collectstatic", "--no-input", "--verbosity", "0"],
        ["-m", "benchmarks.filling", str(folder), json.dumps(asdict(sizes))],
    ):
        subprocess.run([sys.executable, *command], cwd=ROOT, env=dict(variables), check=True)
