"""Searching in 20,000 and 200,000 entries, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from .bench import Bench
from .figures import Figures
from .servers import ROOT, environment

SIZES = [int(size) for size in os.environ.get("BENCH_SEARCH_ENTRIES", "20000 200000").split()]
DATABASE = "search"

_found: dict[str, list[dict[str, Any]]] = {}  # by database; made by the first bench that wants it


def words_sqlite(bench: Bench) -> Figures:
    """A word of two characters, total and facets counted: the smaller index."""
    return _words("search_sqlite_20000", _asked(bench, "sqlite")[0])


def words_postgresql(bench: Bench) -> Figures:
    return _words("search_postgresql_20000", _asked(bench, "postgresql")[0])


def many_words_sqlite(bench: Bench) -> Figures:
    """The same: the larger index."""
    return _words("search_sqlite_200000", _asked(bench, "sqlite")[-1])


def many_words_postgresql(bench: Bench) -> Figures:
    return _words("search_postgresql_200000", _asked(bench, "postgresql")[-1])


def frequent_sqlite(bench: Bench) -> Figures:
    """One word in a tenth of all entries of the larger index: first page, total and facets at once."""
    return _frequent("search_sqlite_frequent", _asked(bench, "sqlite")[-1])


def frequent_postgresql(bench: Bench) -> Figures:
    return _frequent("search_postgresql_frequent", _asked(bench, "postgresql")[-1])


def page_sqlite(bench: Bench) -> Figures:
    """All that stands between the text and the page, the doors' queries left out; words as above, or of many hits."""
    return _page("search_sqlite_page", _asked(bench, "sqlite")[-1])


def page_postgresql(bench: Bench) -> Figures:
    return _page("search_postgresql_page", _asked(bench, "postgresql")[-1])


BENCHES = {
    "search_sqlite_20000": words_sqlite,
    "search_sqlite_200000": many_words_sqlite,
    "search_sqlite_frequent": frequent_sqlite,
    "search_sqlite_page": page_sqlite,
    "search_postgresql_20000": words_postgresql,
    "search_postgresql_200000": many_words_postgresql,
    "search_postgresql_frequent": frequent_postgresql,
    "search_postgresql_page": page_postgresql,
}


def _asked(bench: Bench, database: str) -> list[dict[str, Any]]:
    if database not in _found:
        folder = bench.folder / f"search-{database}"
        folder.mkdir(parents=True)
        if database == "sqlite":
            url = f"sqlite:///{folder / 'search.sqlite3'}"
        else:
            bench.cluster.run("createdb", DATABASE)
            url = bench.cluster.url(DATABASE)
        variables = environment(url, folder / "var")
        lines: list[str] = []
        for command in (
            ["manage.py", "migrate", "--verbosity", "0"],
            ["-m", "benchmarks.entries", *map(str, SIZES)],
        ):
            done = subprocess.run(
                [sys.executable, *command], cwd=ROOT, env=variables, check=True, stdout=subprocess.PIPE, text=True
            )  # fmt: skip
            lines = done.stdout.splitlines()
        _found[database] = [json.loads(line) for line in lines]
    return _found[database]


def _words(name: str, found: dict[str, Any]) -> Figures:
    hits, many = found["word_hits"]
    notes = [
        f"{found['size']:,} entries, {hits:.0f} hits (95 %: {many:.0f})",
        *(f"{what} {_pair(found[key])} ms" for what, key in _OTHERS.items()),
        f"{found['added'] / (found['cut_s'] + found['put_s']):.0f} entries indexed a second "
        f"({found['added'] / found['put_s']:.0f} without cutting), tidied in {found['tidy_s']:.1f} s",
        *([f"{found['megabytes']:.0f} MB of index"] if "megabytes" in found else []),
    ]
    return Figures(name, errors=0, p50_ms=found["word_ms"][0], p95_ms=found["word_ms"][1], notes=notes)


_OTHERS = {
    "two words glued": "glued_ms",
    "one character": "letter_ms",
    "suggestions": "suggest_ms",
    "similar": "similar_ms",
    "no text at all": "everything_ms",
}


def _frequent(name: str, found: dict[str, Any]) -> Figures:
    notes = [
        f"{found['frequent_hits']:,} hits of {found['size']:,} in {found['spots']:,} spots",
        f"page alone {_pair(found['frequent_page_ms'])} ms",
        f"for who finds half of it {_pair(found['frequent_keys_ms'])} ms",
        f"of one kind {_pair(found['frequent_filter_ms'])} ms",
        f"page 50 {_pair(found['frequent_last_ms'])} ms",
    ]
    return Figures(
        name, errors=0, p50_ms=found["frequent_ms"][0], p95_ms=found["frequent_ms"][1], notes=notes
    )


def _page(name: str, found: dict[str, Any]) -> Figures:
    notes = [
        f"the frequent word {_pair(found['page_frequent_ms'])} ms",
        f"nothing fits, similar {_pair(found['page_similar_ms'])} ms",
    ]
    return Figures(
        name,
        errors=0,
        p50_ms=found["page_ms"][0],
        p95_ms=max(found["page_ms"][1], found["page_frequent_ms"][0]),
        notes=notes,
    )


def _pair(figures: list[float]) -> str:
    return " / ".join(f"{each:.1f}" for each in figures)
