"""What a search answers, ready to be shown: hits, values of facets, suggestions. HTML in it is escaped; its only element
is <mark>."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.safestring import SafeString, mark_safe

from search.models import Kind

PAGE_SIZE = 20
MOST_PAGES = 50
NOTHING = mark_safe("")


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a facet. `value` is what the URL says, `label` what the screen says; `count` of the hits that choosing
    it would leave, whatever else of the same facet is chosen."""

    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """`teacher`, `unit`, `topic`, `year`: what stands below the title, "" where the thing has none."""

    kind: Kind
    id: str
    title: str
    url: str
    title_html: SafeString = NOTHING
    snippet: SafeString = NOTHING
    teacher: str = ""
    unit: str = ""
    topic: str = ""
    year: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    """`total` counts all hits, also those beyond the last page that can be turned to. `facets`: for each name of
    engines.base.FACETS its values in the order to be shown. `filters`: the values asked for, of known facets.

    `similar`: nothing fits exactly; the hits (and total, and facets) are of what comes near. `without_filters`: how many
    fit when no filter is set; asked only when filters left nothing, else None. `searchable` False: the text holds nothing
    that could be looked up (only punctuation or emoji).
    `words`: the text as the analyser folds it. `fallback`: the search server did not answer, the database did.
    `shortened`: the text was cut."""

    text: str
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    total: int = 0
    facets: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    hits: Sequence[Hit] = ()
    similar: bool = False
    page: int = 1
    pages: int = 1
    without_filters: int | None = None
    searchable: bool = True
    fallback: bool = False
    shortened: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    kind: Kind
    title: str
    title_html: SafeString
    url: str
