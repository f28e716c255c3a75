"""The address says all of a search, and each link is one step away from it."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from search.services.shaping import VALUES_ASKED
from search.views.addresses import TEXT_LENGTH, address, asked, only, toggled


def test_address_says_text_filters_and_page_and_reads_back_the_same() -> None:
    filters = {"kind": ["exam"], "unit": ["校党委", "学院 / 支部&1"]}
    said = address("党章 & 总纲", filters, page=3)
    assert asked(QueryDict(said.partition("?")[2])) == ("党章 & 总纲", filters, 3)


def test_search_for_nothing_has_the_bare_address() -> None:
    assert address("", {}) == "/search/"


def test_one_search_has_one_address_in_whatever_order_its_filters_were_chosen() -> None:
    assert address("x", {"unit": ["a"], "kind": ["b"]}) == address("x", {"kind": ["b"], "unit": ["a"]})


@pytest.mark.parametrize(
    ("number", "page"),
    [("2", 2), ("0", 1), ("-1", 1), ("x", 1), ("", 1), ("9" * 40, 1), ("²", 1), ("1.5", 1), ("٣", 3)],
)
def test_page_that_is_no_number_is_the_first(number: str, page: int) -> None:
    query = QueryDict(mutable=True)
    query["page"] = number
    assert asked(query)[2] == page


def test_blanks_repetitions_and_unknown_names_are_left_out() -> None:
    query = QueryDict("q=++%20a+&kind=exam&kind=exam&kind=&colour=red&year=")
    assert asked(query) == ("a", {"kind": ["exam"]}, 1)


def test_endless_text_and_endless_values_are_cut() -> None:
    query = QueryDict(mutable=True)
    query["q"] = "党" * 10_000
    query.setlist("unit", [str(number) for number in range(1000)])
    text, filters, _page = asked(query)
    assert len(text) == TEXT_LENGTH
    assert len(filters["unit"]) == VALUES_ASKED


def test_choosing_a_value_twice_takes_it_away_and_leaves_the_others() -> None:
    once = toggled({"year": ["2025"]}, "year", "2026")
    assert once == {"year": ["2025", "2026"]}
    assert toggled(once, "year", "2025") == {"year": ["2026"]}
    assert toggled({"year": ["2025"]}, "unit", "a") == {"year": ["2025"], "unit": ["a"]}


def test_one_kind_takes_the_place_of_another() -> None:
    assert only({"kind": ["exam"], "year": ["2025"]}, "kind", "book") == {"kind": ["book"], "year": ["2025"]}
    assert address("", only({"kind": ["exam"]}, "kind")) == "/search/"
