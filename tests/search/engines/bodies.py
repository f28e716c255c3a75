"""Prints the bodies of requests as the installed client makes them; run by any Python that has the client, without the
site's other packages."""

from __future__ import annotations

import json

import elasticsearch

from search.analysis.queries import Query, Term
from search.engines.elastic_queries import INDEX, EntrySearch, similar_search, title_search

QUERIES = (
    Query("", "", (), (), ()),
    Query("党章", "=1", (Term("党章"),), (Term("党章"),), (Term("党章"), Term("党"))),
    Query(
        "党章 学习 ma",
        "=2",
        (Term("党章"), Term("学习"), Term("ma", prefix=True)),
        (Term("党章"), Term("学习"), Term("ma", prefix=True)),
        (Term("党章"), Term("学习"), Term("dang zhang")),
    ),
)
KEYS = (None, frozenset[str](), frozenset({"u2", "c1"}))
FILTERS: tuple[dict[str, list[str]], ...] = (
    {},
    {"kind": ["course"]},
    {"kind": ["course", "lesson"], "year": ["2023"], "topic": []},
    {"colour": ["red"]},
)


def bodies() -> list[object]:
    made: list[object] = [INDEX]
    for query in QUERIES:
        for keys in KEYS:
            made.append(title_search(query, keys=keys, count=8).to_dict())
            for filters in FILTERS:
                search = EntrySearch(query, keys=keys, filters=filters, first=20, count=20, index="x")
                made.append(search._s.to_dict())
                made.append(similar_search(query, keys=keys, filters=filters, count=200).to_dict())
    return made


if __name__ == "__main__":
    print(json.dumps({"client": elasticsearch.__version__, "bodies": bodies()}, ensure_ascii=True))
