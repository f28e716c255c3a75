"""Filters out of an address, and facets as they are shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from search.models import Kind, Shelf
from search.services.results import Value
from search.services.shaping import VALUE_LENGTH, VALUES_ASKED, clean, counted, known, label, shaped, without


def test_filters_of_facets_that_there_are_not_are_ignored() -> None:
    assert known({"kind": ["course"], "colour": ["red"], "q": ["党章"]}) == {"kind": ["course"]}


def test_empty_values_set_no_filter_and_repeated_ones_count_once() -> None:
    assert known({"kind": ["", "course", "course"], "year": [""]}) == {"kind": ["course"]}


def test_filters_are_no_more_and_no_longer_than_an_engine_takes() -> None:
    found = known({"topic": [f"{n}" * 1000 for n in range(50)]})
    assert len(found["topic"]) <= VALUES_ASKED
    assert {len(value) for value in found["topic"]} == {VALUE_LENGTH}


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=50))
def test_what_is_cleaned_can_be_stored_and_sent(text: str) -> None:
    cleaned = clean(text)
    assert "\x00" not in cleaned
    assert len(cleaned.encode()) >= len(text)  # nothing is left out, so it becomes no other value
    assert clean(cleaned) == cleaned


def values(facet: str, counts: dict[str, int], *selected: str) -> list[tuple[str, int, bool]]:
    found = shaped({facet: counts}, {facet: list(selected)})[facet]
    return [(each.value, each.count, each.selected) for each in found]


def test_the_most_frequent_comes_first_and_equals_by_name() -> None:
    assert values("topic", {"乙": 2, "甲": 2, "丙": 5}) == [
        ("丙", 5, False), ("乙", 2, False), ("甲", 2, False),
    ]  # fmt: skip


def test_years_come_the_latest_first() -> None:
    assert [value for value, _, _ in values("year", {"2024": 9, "2026": 1, "2025": 3})] == [
        "2026",
        "2025",
        "2024",
    ]


def test_of_many_values_the_twenty_most_frequent_are_shown() -> None:
    counts = {f"{n:02}": n + 1 for n in range(30)}
    shown = values("topic", counts)
    assert [value for value, _, _ in shown] == [f"{n:02}" for n in range(29, 9, -1)]


def test_of_many_years_too() -> None:
    counts = {str(1990 + n): 100 - n for n in range(30)}
    assert values("year", counts)[0][0] == "2009"


def test_what_is_chosen_is_always_shown_even_where_nothing_fits_it() -> None:
    counts = {f"{n:02}": n + 2 for n in range(30)} | {"rare": 1}
    shown = values("topic", counts, "rare", "unheard of")
    assert len(shown) == 22
    assert shown[-2:] == [("rare", 1, True), ("unheard of", 0, True)]


def test_values_that_nothing_has_are_not_shown() -> None:
    assert values("topic", {"甲": 0, "乙": -1}) == []


def test_kinds_are_called_by_their_names() -> None:
    found = shaped({"kind": {"course": 1}}, {"kind": ["nonsense"]})["kind"]
    assert found == [Value("course", "课程", 1, False), Value("nonsense", "nonsense", 0, True)]
    assert label("topic", "course") == "course"


def shelf(pk: int, kind: Kind, topic: str) -> Shelf:
    return Shelf(pk=pk, values={"kind": [kind.value], "topic": [topic]})


def test_counting_hits_by_their_shelves_leaves_each_facets_own_filter_out() -> None:
    course, lesson = shelf(1, Kind.COURSE, "甲"), shelf(2, Kind.LESSON, "乙")
    fitting, facets = counted([course, lesson, lesson], {"kind": ["lesson"]})
    assert fitting == {2}
    assert facets["kind"] == {"course": 1, "lesson": 2}
    assert facets["topic"] == {"乙": 2}


def test_hits_that_are_shown_to_nobody_are_taken_out_of_every_count() -> None:
    counts = {"kind": {"course": 2, "lesson": 1}, "topic": {"甲": 2}}
    assert without(counts, [shelf(1, Kind.COURSE, "甲"), shelf(2, Kind.LESSON, "丙")]) == {
        "kind": {"course": 1, "lesson": 0},
        "topic": {"甲": 1, "丙": -1},
    }
