"""Bodies of requests, without a server."""

from __future__ import annotations

from typing import Any

from search.analysis.queries import Query, Term
from search.engines.base import FACETS, Document, Level
from search.engines.elastic_queries import (
    INDEX,
    EntrySearch,
    hits,
    level_of,
    similar_search,
    source_of,
    title_search,
)

QUERY = Query(
    text="党章学习a",
    exact="=x",
    whole=(Term("党章"), Term("章学"), Term("学习")),
    words=(Term("党章"), Term("学习"), Term("ab", prefix=True)),
    loose=(Term("党章"), Term("dang")),
)
EMPTY = Query("", "", (), (), ())
IN_TEXT = [{"term": {"text": "党章"}}, {"term": {"text": "学习"}}, {"prefix": {"text": "ab"}}]


def body(
    query: Query = QUERY,
    keys: frozenset[str] | None = None,
    filters: Any = None,
    first: int = 0,
    count: int = 20,
) -> dict[str, Any]:
    search = EntrySearch(query, keys=keys, filters=filters or {}, first=first, count=count, index="x-entries")
    return search._s.to_dict()


def test_a_hit_holds_every_word_and_its_score_says_the_level() -> None:
    clause = body()["query"]["bool"]
    assert clause["filter"] == IN_TEXT
    assert clause["minimum_should_match"] == 0
    [better] = clause["should"]
    levels = {level["constant_score"]["boost"]: level for level in better["dis_max"]["queries"]}
    assert sorted(levels) == [1, 2, 3, 4]
    assert levels[4]["constant_score"]["filter"]["bool"]["filter"] == [
        {"term": {"title": "=x"}},
        {"term": {"title": "党章"}},
        {"term": {"title": "学习"}},
        {"prefix": {"title": "ab"}},
    ]
    assert levels[1]["constant_score"]["filter"]["bool"]["filter"] == [
        {"term": {"text": token}} for token in ("党章", "章学", "学习")
    ]
    assert [level_of(score) for score in (4.0, 3.0, 2.0, 1.0, 0.0)] == list(Level)


def test_order_is_level_then_newest_and_all_is_counted() -> None:
    asked = body(first=40)
    assert asked["sort"] == ["_score", {"id": {"order": "desc"}}]
    assert asked["track_total_hits"] is True
    assert asked["_source"] is False
    assert (asked["from"], asked["size"]) == (40, 20)


def test_each_facet_is_counted_without_its_own_filter() -> None:
    asked = body(filters={"kind": ["course"], "year": ("2023", "2024")})
    kind, year = {"terms": {"kind": ["course"]}}, {"terms": {"year": ["2023", "2024"]}}

    def limits(facet: str) -> Any:
        return asked["aggs"][f"_filter_{facet}"]["filter"]

    assert asked["post_filter"] == {"bool": {"must": [kind, year]}}
    assert limits("kind") == year
    assert limits("year") == kind
    assert limits("unit") == {"bool": {"must": [kind, year]}}
    assert asked["aggs"]["_filter_unit"]["aggs"]["unit"]["terms"] == {"field": "unit", "size": 5000}
    assert len(asked["aggs"]) == len(FACETS)


def test_rights_are_part_of_the_query_so_that_no_count_leaks() -> None:
    clause = body(keys=frozenset({"u2", "c1"}))["query"]["bool"]
    assert clause["filter"] == [*IN_TEXT, {"terms": {"keys": ["c1", "u2"]}}]
    assert body(keys=frozenset())["query"]["bool"]["filter"][-1] == {"terms": {"keys": []}}
    for search in (
        title_search(QUERY, keys=frozenset({"u2"}), count=8),
        similar_search(QUERY, keys=frozenset({"u2"}), filters={}, count=200),
    ):
        assert {"terms": {"keys": ["u2"]}} in search.to_dict()["query"]["bool"]["filter"]


def test_empty_query_finds_all_that_the_viewer_may() -> None:
    assert hits(EMPTY, None).to_dict() == {"bool": {"filter": [{"match_all": {}}]}}
    assert hits(EMPTY, frozenset({"u2"})).to_dict() == {"bool": {"filter": [{"terms": {"keys": ["u2"]}}]}}


def test_nothing_is_asked_beyond_what_servers_show() -> None:
    assert (body(first=9_990)["from"], body(first=9_990)["size"]) == (9_990, 10)
    assert (body(first=10_000)["from"], body(first=10_000)["size"]) == (0, 0)
    assert (body(first=10**9)["from"], body(first=10**9)["size"]) == (0, 0)


def test_filter_of_an_unknown_facet_fits_nothing_and_one_without_values_all() -> None:
    assert body(filters={"colour": ["red"]})["query"] == {"match_none": {}}
    assert body(filters={"kind": [], "colour": []}) == body()


def test_half_a_surrogate_can_be_sent() -> None:
    sent = body(filters={"topic": ["党\ud800"]})["post_filter"]
    assert sent == {"terms": {"topic": ["党?"]}}


def test_titles_fit_by_title_and_are_not_counted() -> None:
    asked = title_search(QUERY, keys=None, count=8).to_dict()
    assert asked["query"]["bool"]["filter"] == IN_TEXT
    [fits] = asked["query"]["bool"]["must"]
    assert [level["constant_score"]["boost"] for level in fits["dis_max"]["queries"]] == [4, 3, 2]
    assert asked["track_total_hits"] is False
    assert asked["size"] == 8


def test_similar_counts_two_points_in_the_title_and_one_in_the_text() -> None:
    asked = similar_search(QUERY, keys=None, filters={"kind": ["course"]}, count=200).to_dict()
    clause = asked["query"]["bool"]
    assert clause["filter"] == [{"terms": {"kind": ["course"]}}]
    assert clause["minimum_should_match"] == 1
    points = [term["dis_max"]["queries"] for term in clause["should"]]
    assert [[each["constant_score"]["boost"] for each in term] for term in points] == [[2, 1], [2, 1]]


def test_a_document_is_put_the_same_way_each_time_and_into_known_fields_only() -> None:
    document = Document(
        id=7,
        title=frozenset({"党章", "章"}),
        text=frozenset({"学习", "章"}),
        keys=frozenset({"u2", "b1"}),
        facets={"kind": ["course"], "colour": ["red"]},
        shelf=3,
    )
    source = source_of(document)
    assert source == {
        "id": 7,
        "title": "党章 章",
        "text": "党章 学习 章",
        "keys": ["b1", "u2"],
        "kind": ["course"],
        "topic": [],
        "teacher": [],
        "year": [],
        "unit": [],
    }
    assert source.keys() == INDEX["mappings"]["properties"].keys()
