"""What the search page shows beside the hits: kinds to choose from, groups of filters, the chosen ones, the place among
the pages. Made of Results alone."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from search.models import Kind
from search.services.results import MOST_PAGES, PAGE_SIZE, Results, Value

from .addresses import Filters, address, only, toggled

SHOWN_AT_ONCE = 6
LABELS: dict[str, str | Promise] = {
    "topic": _("专题"),
    "teacher": _("主讲、作者"),
    "year": _("年份"),
    "unit": _("党组织"),
}
ICONS = {
    Kind.COURSE: "course",
    Kind.LESSON: "play",
    Kind.TOPIC: "flag",
    Kind.BOOK: "notebook",
    Kind.EXAM: "exam",
    Kind.QUESTION: "question",
    Kind.MEMBER: "person",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that a link sets or, where it is chosen, takes away."""

    label: str
    count: int
    url: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """The values of one facet; `more` lie folded, open where one of them is chosen."""

    name: str
    label: str | Promise
    first: list[Choice]
    more: list[Choice]

    @property
    def open(self) -> bool:
        return any(choice.chosen for choice in self.more)


@dataclass(frozen=True, slots=True)
class Removable:
    """A filter that is set, and the address without it."""

    facet: str
    facet_label: str | Promise
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Pages:
    """For site/pagination.html."""

    num_pages: int
    count: int


@dataclass(frozen=True, slots=True)
class Place:
    """For site/pagination.html."""

    number: int
    paginator: Pages

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_next(self) -> bool:
        return self.number < self.paginator.num_pages

    @property
    def previous_page_number(self) -> int:
        return self.number - 1

    @property
    def next_page_number(self) -> int:
        return self.number + 1


def kinds(results: Results, text: str, filters: Filters) -> list[Choice]:
    """One kind at a time: choosing another takes its place. In the same order on every page, whatever the counts."""
    values = {value.value: value for value in results.facets.get("kind", ())}
    return [
        Choice(value.label, value.count, address(text, only(filters, "kind", kind)), value.selected)
        for kind in Kind.values
        if (value := values.get(kind))
    ]


def every_kind(results: Results, text: str, filters: Filters) -> Choice:
    """All kinds together; an entry has one kind, so its counts add up."""
    count = sum(value.count for value in results.facets.get("kind", ()))
    return Choice("", count, address(text, only(filters, "kind")), chosen=not filters.get("kind"))


def groups(results: Results, text: str, filters: Filters) -> list[Group]:
    """The filters beside the hits; a facet that says nothing is left out."""
    found = []
    for facet, label in LABELS.items():
        choices = [_choice(facet, value, text, filters) for value in results.facets.get(facet, ())]
        if choices:
            found.append(Group(facet, label, choices[:SHOWN_AT_ONCE], choices[SHOWN_AT_ONCE:]))
    return found


def _choice(facet: str, value: Value, text: str, filters: Filters) -> Choice:
    return Choice(
        value.label, value.count, address(text, toggled(filters, facet, value.value)), value.selected
    )


def chosen(text: str, filters: Filters) -> list[Removable]:
    """The filters that are set, also those that fit nothing."""
    found = []
    for facet, label in {"kind": _("类型"), **LABELS}.items():
        for value in filters.get(facet, ()):
            name = str(Kind(value).label) if facet == "kind" and value in Kind.values else value
            found.append(Removable(facet, label, name, address(text, toggled(filters, facet, value))))
    return found


def place(results: Results) -> Place:
    return Place(results.page, Pages(results.pages, results.total))


def cut_off(results: Results) -> bool:
    """There are more hits than pages that can be turned to, and this is the last of these."""
    return results.page == MOST_PAGES and results.total > MOST_PAGES * PAGE_SIZE
