"""What the search interface answers, for OpenAPI and for whoever reads it; the command prints the same."""

from __future__ import annotations

from typing import Any

from ninja import Schema
from pydantic import Field

from search.models import Kind
from search.services.results import MOST_PAGES, PAGE_SIZE, Results

REPEATABLE = "of which one must fit; repeatable"


class SearchIn(Schema):
    """Filters of one facet widen, those of several narrow; values as `facets` name them."""

    q: str = Field(
        "", description="what is looked for; empty: everything the person may find", examples=["党章"]
    )
    kind: list[str] = Field(
        [], description=f"{', '.join(Kind.values)}, {REPEATABLE}", examples=[["course", "lesson"]]
    )
    topic: list[str] = Field([], description=f"topics {REPEATABLE}")
    teacher: list[str] = Field([], description=f"teachers or authors {REPEATABLE}")
    year: list[str] = Field([], description=f"years {REPEATABLE}", examples=[["2026"]])
    unit: list[str] = Field([], description=f"units {REPEATABLE}")
    page: str = Field(
        "1",
        description=f"{PAGE_SIZE} hits each, at most {MOST_PAGES} pages; what is no number is the first",
        examples=["1"],
    )


class ValueOut(Schema):
    """`count`: of the hits that choosing this value would leave, whatever else of its facet is chosen."""

    value: str = Field(examples=["course"])
    count: int = Field(examples=[12])
    selected: bool


class HitOut(Schema):
    """`id` says which of its kind it is. `url`: a path of this site. `snippet`: HTML, escaped, its only element <mark>."""

    kind: str = Field(examples=["course"])
    id: str = Field(examples=["41"])
    title: str = Field(examples=["学习党章"])
    url: str = Field(examples=["/courses/dangzhang/"])
    snippet: str = Field(examples=["……<mark>党章</mark>是党的根本大法……"])


class SearchOut(Schema):
    """`total` counts all hits, `hits` are those of the page. `facets`: kind, topic, teacher, year, unit. `similar`: nothing
    fits exactly; these come near."""

    total: int = Field(examples=[12])
    facets: dict[str, list[ValueOut]]
    hits: list[HitOut]
    similar: bool


def answer(results: Results, *, page: int) -> dict[str, Any]:
    """The results as JSON; beyond the last page there are no hits, so that whoever turns pages comes to an end."""
    return {
        "total": results.total,
        "facets": {
            facet: [{"value": each.value, "count": each.count, "selected": each.selected} for each in values]
            for facet, values in results.facets.items()
        },
        "hits": [
            {
                "kind": hit.kind.value,
                "id": hit.id,
                "title": hit.title,
                "url": hit.url,
                "snippet": str(hit.snippet),
            }
            for hit in (results.hits if page <= results.page else ())
        ],
        "similar": results.similar,
    }


def page_number(text: str) -> int:
    """What is no number of a page is the first."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0 else 1
