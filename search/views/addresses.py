"""Addresses of searches: what stands in them, and those one step away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from search.engines.base import FACETS
from search.services.shaping import known

TEXT_LENGTH = 200  # of what the box takes; the search itself looks at less of it

Filters = Mapping[str, Sequence[str]]


def asked(query: QueryDict) -> tuple[str, dict[str, list[str]], int]:
    """The text, the filters that are set, and the page's number (1 where it is none) of an address."""
    text = query.get("q", "").strip()[:TEXT_LENGTH]
    number = query.get("page", "")
    page = int(number) if number.isdecimal() and len(number) <= 9 else 1
    return text, known({facet: query.getlist(facet) for facet in FACETS}), max(page, 1)


def address(text: str, filters: Filters, *, page: int = 1) -> str:
    """Of the search page; facets in their own order, so that one search has one address."""
    pairs = [("q", text)] if text else []
    pairs += [(facet, value) for facet in FACETS for value in filters.get(facet, ())]
    if page > 1:
        pairs.append(("page", str(page)))
    path = reverse("search")
    return f"{path}?{urlencode(pairs)}" if pairs else path


def toggled(filters: Filters, facet: str, value: str) -> dict[str, list[str]]:
    """The filters with the value chosen, or no longer where it was."""
    values = list(filters.get(facet, ()))
    if value in values:
        values.remove(value)
    else:
        values.append(value)
    return {**{name: list(each) for name, each in filters.items()}, facet: values}


def only(filters: Filters, facet: str, *values: str) -> dict[str, list[str]]:
    """The filters with no other value of the facet than these."""
    return {**{name: list(each) for name, each in filters.items()}, facet: list(values)}
