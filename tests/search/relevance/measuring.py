"""How well people find what they look for: queries.tsv with the documents that are expected, and parts of texts by chance.

What is expected was written down before any result was seen. A query counts as answered when one of its documents is
among the first hits of what a person who may see everything finds."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from search.analysis.folding import CHINESE, fold
from search.analysis.queries import parse
from search.analysis.tokens import RUN
from search.engines.base import Engine
from search.models import Entry, Kind
from search.services.results import Hit, Results
from search.services.searching import find
from search.services.viewers import EVERYTHING

QUERIES = Path(__file__).with_name("queries.tsv")
DEMO, COURSE = "demo", "course"
_RUN = re.compile(f"[{CHINESE}]{{2,}}")
_ANYTHING = re.compile(r"[^\n]{2,}")
_SEED = 1921


@dataclass(frozen=True)
class Expected:
    """`title` with * behind it is the beginning of one."""

    kind: Kind
    title: str

    def is_it(self, kind: Kind, title: str) -> bool:
        if kind != self.kind:
            return False
        return title.startswith(self.title[:-1]) if self.title.endswith("*") else title == self.title


@dataclass(frozen=True)
class Case:
    query: str
    group: str
    corpus: str
    expected: tuple[Expected, ...]

    def fits(self, hit: Hit) -> bool:
        return any(each.is_it(hit.kind, hit.title) for each in self.expected)


@dataclass(frozen=True)
class Answered:
    """`place` of the first expected document on the first page, from 1; None: it is not there."""

    case: Case
    place: int | None
    results: Results


@dataclass(frozen=True)
class Part:
    """Some characters that stand beside each other in the title or body of an entry."""

    text: str
    entry: int


def cases(corpora: Iterable[str] = (DEMO, COURSE)) -> list[Case]:
    with QUERIES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Case(row["query"], row["class"], row["corpus"], _expected(row["expected"]))
        for row in rows
        if row["corpus"] in set(corpora)
    ]


def _expected(written: str) -> tuple[Expected, ...]:
    pairs = (each.partition(":") for each in written.split("|"))
    return tuple(Expected(Kind(kind), title) for kind, _colon, title in pairs)


def answer(asked: Sequence[Case], *, now: datetime) -> list[Answered]:
    found = []
    for case in asked:
        results = find(text=case.query, filters={}, viewer=EVERYTHING, page=1, now=now)
        place = next((n for n, hit in enumerate(results.hits, 1) if case.fits(hit)), None)
        found.append(Answered(case, place, results))
    return found


def share(answered: Sequence[Answered], first: int) -> float:
    """0 … 1: how many have an expected document among so many first hits."""
    return sum(each.place is not None and each.place <= first for each in answered) / len(answered)


def table(answered: Sequence[Answered]) -> list[str]:
    """Lines of Markdown: by class of query how many have an expected document first, among three, on the first page."""
    groups = dict.fromkeys(each.case.group for each in answered)
    rows = [(name, [each for each in answered if each.case.group == name]) for name in groups]
    lines = ["| class | queries | top 1 | top 3 | first page |", "|---|---|---|---|---|"]
    for name, some in [*rows, ("all", list(answered))]:
        shares = " | ".join(f"{100 * share(some, first):.1f} %" for first in (1, 3, 20))
        lines.append(f"| {name} | {len(some)} | {shares} |")
    return lines


def parts(number: int) -> list[Part]:
    """So many parts of two to six characters of titles and bodies, the same for the same entries: half from runs of
    Chinese, half from anywhere, across words, numbers and punctuation, with two characters at least that are searched."""
    chance = random.Random(_SEED)
    rows = Entry.objects.order_by("pk").values_list("pk", "title", "body")
    found: list[Part] = []
    for pattern in (_RUN, _ANYTHING):
        for column in (1, 2):
            runs = [(row[0], run) for row in rows for run in pattern.findall(row[column])]
            found += [_part(chance.choice(runs), chance) for _ in range(number // 4)]
    return [part for part in found if sum(len(run[0]) for run in RUN.finditer(fold(part.text))) > 1]


def _part(run: tuple[int, str], chance: random.Random) -> Part:
    pk, text = run
    length = chance.randint(2, min(6, len(text)))
    start = chance.randint(0, len(text) - length)
    return Part(text[start : start + length], pk)


def lost(some: Iterable[Part], engine: Engine) -> list[Part]:
    """Those of the parts whose entry is not among the hits."""
    every = Entry.objects.count()
    return [
        part
        for part in some
        if part.entry
        not in {
            pk
            for pk, _level in engine.find(parse(part.text), keys=None, filters={}, first=0, count=every).hits
        }
    ]
