"""A demo school loaded in a process and a database of its own; twice, so that tests can compare."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
LOAD_S = 300  # a busy machine; alone it takes a tenth
OURS = (
    "organisation_",
    "questions_",
    "exams_",
    "study_",
    "courses_",
    "reports_",
    "wagtailcore_page",
    "wagtailcore_revision",
)


def environment(var: Path) -> dict[str, str]:
    """The embedded default under `var`: nothing of the tests' own database or settings."""
    own = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "MEDIA_ROOT", "SITE_PREFIX", "SECRET_KEY"}
    return {name: value for name, value in os.environ.items() if name not in own} | {"DANGXIAO_VAR": str(var)}


def load(var: Path) -> dict[str, Any]:
    command = [sys.executable, str(ROOT / "manage.py"), "demo", "--no-serve", "--json"]
    done = subprocess.run(
        command, env=environment(var), capture_output=True, text=True, timeout=LOAD_S, check=True
    )
    (line,) = done.stdout.splitlines()
    said: dict[str, Any] = json.loads(line)
    return said


@dataclass(frozen=True)
class Loaded:
    """What the first and the second run said, and the database as it stood after each."""

    var: Path
    said: tuple[dict[str, Any], dict[str, Any]]
    counts: tuple[dict[str, int], dict[str, int]]
    windows: tuple[list[Any], list[Any]]  # (exam, opens_at)
    ends: tuple[list[Any], list[Any]]  # (exam, closes_at)
    logins: tuple[bytes, bytes]

    def ask(self, sql: str) -> list[Any]:
        return ask(self.var, sql)

    def count(self, sql: str) -> int:
        ((number,),) = self.ask(sql)
        return int(number)


def ask(var: Path, sql: str) -> list[Any]:
    with contextlib.closing(sqlite3.connect(var / "dangxiao.sqlite3")) as database:
        return database.execute(sql).fetchall()


def load_twice(var: Path) -> Loaded:
    said, counted, windows, ends, logins = [], [], [], [], []
    for _run in range(2):
        said.append(load(var))
        counted.append(counts(var))
        windows.append(ask(var, "SELECT id, opens_at FROM exams_exam ORDER BY id"))
        ends.append(ask(var, "SELECT id, closes_at FROM exams_exam ORDER BY id"))
        logins.append((var / "demo-logins.json").read_bytes())
    return Loaded(
        var,
        (said[0], said[1]),
        (counted[0], counted[1]),
        (windows[0], windows[1]),
        (ends[0], ends[1]),
        (logins[0], logins[1]),
    )


def counts(var: Path) -> dict[str, int]:
    """Rows of every table of ours; the audit log grows by the change of dates."""
    names = [
        name
        for (name,) in ask(var, "SELECT name FROM sqlite_master WHERE type = 'table'")
        if name.startswith(OURS) and name != "organisation_auditentry"
    ]
    return {name: ask(var, f'SELECT count(*) FROM "{name}"')[0][0] for name in names}
