"""Entries of an invented campus, and how quickly its index answers; with the settings of the servers:

python -m benchmarks.entries SIZE…: fills the database of DATABASE_URL to each size in turn, asks, and prints one line of
JSON a size."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.project.settings.production")
django.setup()

from django.db import connection, transaction  # noqa: E402 — what follows needs Django set up
from django.utils import timezone  # noqa: E402

from learning.organisation.models import User  # noqa: E402
from search.analysis.queries import parse  # noqa: E402
from search.analysis.tokens import text_tokens, title_tokens  # noqa: E402
from search.engines.base import Document  # noqa: E402
from search.engines.database import DatabaseEngine  # noqa: E402
from search.engines.facets import spot_id, spot_text  # noqa: E402
from search.models import Entry, Kind, Shelf, entry_id  # noqa: E402
from search.services import searching  # noqa: E402
from search.services.viewers import Viewer  # noqa: E402

SEED = 20_721
FREQUENT = "韶冈"  # in the text of FREQUENT_IN of 1,000,000 entries: 20,721 of 200,000
FREQUENT_IN = 103_605
BATCH = 500
WORDS, UNITS, COURSES, BANKS, EXAMS, TEACHERS = 20_000, 300, 2_000, 60, 1_000, 200
KEYS_HELD = 300
ASKED, PAGES, LETTERS, WRONG, ASKED_SLOWLY = 300, 100, 50, 50, 15  # how often each is asked
PAGE, FIRST, LAST, SUGGESTED, CANDIDATES = 20, 60, 980, 8, 200  # as services/searching asks


class Campus:
    """Words as frequent as words are (the n-th 1/(n + 20) as often), and who may see what of the things there are."""

    def __init__(self) -> None:
        self.random = random.Random(SEED)
        letters = [chr(code) for code in self.random.sample(range(0x4E00, 0x9FA0), 3_000)]
        letters = [letter for letter in letters if letter not in FREQUENT]
        lengths = self.random.choices((2, 3, 4), (7, 1, 2), k=WORDS)
        self.words = ["".join(self.random.choices(letters, k=length)) for length in lengths]
        self.weights = list(accumulate(1 / (rank + 20) for rank in range(WORDS)))
        # A course's lessons have the course's facets; questions those of their bank's chapter, people those of their unit.
        self.places = [
            *[self._place("course", f"c{n}", n) for n in range(COURSES)],
            *[self._place("lesson", f"c{n}", n) for n in range(COURSES)],
            *[self._place("exam", f"e{n}", n) for n in range(EXAMS)],
            *[self._place("question", f"b{n % BANKS}", n, chapter=n // BANKS) for n in range(BANKS * 12)],
            *[self._place("member", f"mv{n}", n) for n in range(UNITS)],
        ]

    def _place(
        self, kind: str, key: str, number: int, chapter: int | None = None
    ) -> tuple[dict[str, list[str]], list[str]]:
        unit = number % UNITS
        facets = {"kind": [kind], "unit": ["学校党委", f"第{unit // 10}总支", f"第{unit}支部"]}
        if kind != "member":
            facets["year"] = [str(2018 + number % 9)]
            facets["topic"] = [f"专题{number % 40 if chapter is None else chapter}"]
        if kind in ("course", "lesson"):
            facets["teacher"] = [f"教师{number % TEACHERS}"]
        return facets, [key, f"u{unit}", f"u{unit // 10}g", f"{kind[0]}v{unit}"]

    def said(self, count: int) -> str:
        return "".join(self.random.choices(self.words, cum_weights=self.weights, k=count))

    def entry(self, number: int) -> tuple[str, str, tuple[dict[str, list[str]], list[str]]]:
        """Title, body of 150 to 500 characters, and the place."""
        title, body = self.said(self.random.randint(2, 5)), self.said(self.random.randint(60, 190))
        if number * FREQUENT_IN // 10**6 != (number + 1) * FREQUENT_IN // 10**6:
            body += FREQUENT
            title += FREQUENT if self.random.random() < 0.1 else ""
        return title, body, self.random.choice(self.places)


def fill(campus: Campus, engine: DatabaseEngine, numbers: range) -> dict[str, float]:
    """Seconds of cutting texts into tokens, of the engine's putting, and of the entries' rows."""
    shelves: dict[str, int] = {}
    cut = put = rows = 0.0
    now = timezone.now()
    for start in range(numbers.start, numbers.stop, BATCH):
        documents, entries = [], []
        for number in range(start, min(numbers.stop, start + BATCH)):
            title, body, (facets, keys) = campus.entry(number)
            kind = Kind(facets["kind"][0])
            shelf = shelves.get(key := spot_text(facets, ()))
            if shelf is None:
                made, _ = Shelf.objects.get_or_create(key=str(spot_id(key)), defaults={"values": facets})
                shelf = shelves[key] = made.pk
            pk = entry_id(kind, number + 1)
            began = time.perf_counter()
            of_title = title_tokens(title)
            of_text = text_tokens(body) | of_title
            cut += time.perf_counter() - began
            documents.append(Document(pk, of_title, of_text, frozenset(keys), facets, shelf))
            entries.append(
                Entry(
                    id=pk, kind=kind, object_id=number + 1, shelf_id=shelf, title=title, audience=keys,
                    digest="", indexed_at=now, body=body,
                )
            )  # fmt: skip
        with transaction.atomic():
            began = time.perf_counter()
            Entry.objects.bulk_create(entries)
            rows += time.perf_counter() - began
            began = time.perf_counter()
            engine.put(documents)
        put += time.perf_counter() - began
    return {"cut_s": cut, "put_s": put, "rows_s": rows}


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds, and what it said."""
    began = time.perf_counter()
    said = act()
    return (time.perf_counter() - began) * 1000, said


def middle(values: Iterable[float]) -> list[float]:
    """Median and 95th percentile."""
    ordered = sorted(values)
    return [ordered[len(ordered) // 2], ordered[len(ordered) * 95 // 100]]


def ask(campus: Campus, engine: DatabaseEngine) -> dict[str, Any]:
    """What the engine takes, parsing the query included."""
    keys, words, wrong = questions(campus)

    def find(text: str, *, held: frozenset[str] | None = keys, first: int = 0, **filters: list[str]) -> Any:
        return engine.find(
            parse(text), keys=held, filters=filters, first=first, count=PAGE if first else FIRST
        )

    def each(asked: Iterable[str], act: Callable[[str], Any]) -> list[float]:
        return middle([timed(lambda text=text: act(text))[0] for text in asked])

    for word in words[:20]:  # the spots are known to a process that has answered for a while
        find(word)
    often = [FREQUENT] * ASKED_SLOWLY
    parts = [word[:length] for word in words for length in (1, 2)]
    glued = [one + other for one, other in pairwise(words)]
    return {
        "word_hits": middle([find(word).total for word in words]),
        "word_ms": each(words, find),
        "glued_ms": each(glued, find),
        "letter_ms": each([word[0] for word in words[:LETTERS]], find),
        "suggest_ms": each(parts, lambda text: engine.titles(parse(text), keys=keys, count=SUGGESTED)),
        "similar_ms": each(
            wrong, lambda text: engine.similar(parse(text), keys=keys, filters={}, count=CANDIDATES)
        ),
        "everything_ms": each([""] * ASKED_SLOWLY, find),
        "frequent_hits": find(FREQUENT, held=None).total,
        "frequent_ms": each(often, lambda text: find(text, held=None)),
        "frequent_page_ms": each(often, lambda text: engine.titles(parse(text), keys=None, count=PAGE)),
        "frequent_keys_ms": each(often, find),
        "frequent_filter_ms": each(often, lambda text: find(text, held=None, kind=["member"])),
        "frequent_last_ms": each(often, lambda text: find(text, held=None, first=LAST)),
    }


def ask_for_pages(campus: Campus) -> dict[str, Any]:
    """What the service takes. The doors' queries are left out: there are no courses and exams behind these entries."""
    keys, words, wrong = questions(campus)
    viewer = Viewer(User.objects.create_user("bench-member", "学员", "bench-member-password"), keys)

    def open_doors(entries: Iterable[Entry], viewer: Viewer, *, now: datetime) -> dict[int, str]:
        return {entry.pk: f"/{entry.kind}/{entry.object_id}/" for entry in entries}

    searching.doors_of = open_doors

    def page(text: str) -> Any:
        return searching.find(text=text, filters={}, viewer=viewer, page=1, now=timezone.now())

    def each(asked: Iterable[str]) -> list[float]:
        return middle([timed(lambda text=text: page(text))[0] for text in asked])

    if not page(FREQUENT).hits:
        raise RuntimeError("nothing is shown")
    return {
        "page_ms": each(words[:PAGES]),
        "page_frequent_ms": each([FREQUENT] * ASKED_SLOWLY),
        "page_similar_ms": each(wrong),
    }


def questions(campus: Campus) -> tuple[frozenset[str], list[str], list[str]]:
    """Keys of somebody who finds a part of everything; words of two characters; words with one character wrong."""
    drawn = random.Random(1)
    every = sorted({key for _, keys in campus.places for key in keys})
    words = drawn.sample([word for word in campus.words if len(word) == 2], ASKED)
    wrong = [f"{word[:2]}錯{word[3]}" for word in campus.words if len(word) == 4]
    return frozenset(drawn.sample(every, KEYS_HELD)), words, drawn.sample(wrong, WRONG)


def size_of_index() -> float:
    """Megabytes."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT pg_total_relation_size('search_place') + pg_total_relation_size('search_spot')"
            )
        else:
            cursor.execute(
                "SELECT (SELECT SUM(length(block)) FROM search_tokens_data)"
                " + (SELECT SUM(length(CAST(c0 AS BLOB))) FROM search_tokens_content)"
            )
        return float(cursor.fetchone()[0]) / 10**6


def main() -> None:
    campus, engine = Campus(), DatabaseEngine()
    sizes = [int(size) for size in sys.argv[1:]]
    done = 0
    for size in sizes:
        filled = fill(campus, engine, range(done, size))
        tidied, _ = timed(engine.tidy)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM (ANALYZE)")
        said = {"size": size, "added": size - done, "tidy_s": tidied / 1000, "spots": len(campus.places)}
        said |= filled | ask(campus, engine)
        if size == sizes[-1]:
            said |= ask_for_pages(campus) | {"megabytes": size_of_index()}
        done = size
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
