"""Counting facets of grouped hits: a facet is counted without its own filter, and nobody counts what is not theirs."""

from __future__ import annotations

from search.engines.facets import Spot, count, fitting, spot_id, spot_of, spot_text


def spot(kind: str, *keys: str, topics: tuple[str, ...] = (), year: str = "2026") -> Spot:
    return spot_of(spot_text({"kind": [kind], "topic": topics, "year": [year]}, keys))


SPOTS = {
    1: spot("course", "u1", topics=("党史", "党章")),
    2: spot("exam", "u1", "u2", topics=("党史",), year="2025"),
    3: spot("course", "u2", year="2025"),
}
GROUPS = [(1, 10), (2, 4), (3, 1)]


def test_everything_is_counted_for_who_finds_everything() -> None:
    counted = count(GROUPS, SPOTS, keys=None, filters={})
    assert counted.total == 15
    assert counted.spots == {1, 2, 3}
    assert counted.facets == {
        "kind": {"course": 11, "exam": 4},
        "topic": {"党史": 14, "党章": 10},
        "teacher": {},
        "year": {"2026": 10, "2025": 5},
        "unit": {},
    }


def test_what_the_viewer_holds_no_key_of_is_not_counted_anywhere() -> None:
    counted = count(GROUPS, SPOTS, keys=frozenset({"u2", "u9"}), filters={})
    assert (counted.total, counted.spots) == (5, {2, 3})
    assert counted.facets["topic"] == {"党史": 4}
    assert count(GROUPS, SPOTS, keys=frozenset(), filters={}).total == 0


def test_a_facet_is_counted_without_its_own_filter_and_with_all_others() -> None:
    counted = count(GROUPS, SPOTS, keys=None, filters={"kind": ["course"], "year": ["2026"]})
    assert (counted.total, counted.spots) == (10, {1})
    assert counted.facets["kind"] == {"course": 10}  # of 2026
    assert counted.facets["year"] == {"2026": 10, "2025": 1}  # of courses
    assert counted.facets["topic"] == {"党史": 10, "党章": 10}


def test_values_of_one_facet_are_alternatives() -> None:
    assert (
        count(GROUPS, SPOTS, keys=None, filters={"kind": ["course", "exam"], "topic": ["党史"]}).total == 14
    )


def test_no_values_are_no_filter_and_unknown_values_and_facets_fit_nothing() -> None:
    assert count(GROUPS, SPOTS, keys=None, filters={"kind": []}).total == 15
    assert count(GROUPS, SPOTS, keys=None, filters={"kind": ["nonsense"]}).total == 0
    assert count(GROUPS, SPOTS, keys=None, filters={"colour": ["red"]}).total == 0


def test_a_spot_that_nobody_knows_is_nobodys() -> None:
    assert count([(99, 7)], SPOTS, keys=None, filters={}).total == 0


def test_spots_that_fit_are_those_that_may_be_found_and_pass_all_filters() -> None:
    assert fitting(SPOTS, keys=None, filters={}) == {1, 2, 3}
    assert fitting(SPOTS, keys=frozenset({"u2"}), filters={"kind": ["exam"]}) == {2}


def test_a_spot_is_the_same_for_the_same_values_and_keys_in_any_order() -> None:
    one = spot_text({"topic": ["党史", "党章"], "kind": ["course"]}, ["u2", "u1"])
    other = spot_text({"kind": ("course",), "topic": ("党章", "党史", "党章")}, {"u1", "u2"})
    assert one == other
    assert spot_id(one) == spot_id(other) != spot_id(spot_text({"kind": ["course"]}, ["u1", "u2"]))
    assert spot_of(one) == Spot(("0course", "1党史", "1党章"), frozenset({"u1", "u2"}))
