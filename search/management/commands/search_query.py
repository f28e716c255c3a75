"""`manage.py search_query TEXT`: what somebody finds, as /api/search would answer them."""

from __future__ import annotations

import argparse
import html
import json
from typing import Any
from unicodedata import category, east_asian_width

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import User
from search.engines.base import FACETS
from search.schemas import answer
from search.services.results import Results
from search.services.searching import find
from search.services.shaping import clean
from search.services.viewers import EVERYTHING, viewer_of

MISUSED = 2  # exit code
KIND_WIDTH, LABEL_WIDTH = 6, 8  # columns; a Chinese character takes two
LABELS = {
    "kind": _("类型"),
    "topic": _("专题"),
    "teacher": _("主讲、作者"),
    "year": _("年份"),
    "unit": _("党组织"),
}


class Command(BaseCommand):
    help = (
        "Searches as the person with this number would, or without --user everything there is. Put -- before a text that "
        "begins with a hyphen."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("text", metavar="TEXT", help='what is looked for; "" lists everything')
        parser.add_argument("--user", metavar="NUMBER", help="whose rights count (学号/工号)")
        for facet in FACETS:
            parser.add_argument(
                f"--{facet}", action="append", default=[], help=f"a value of the facet {facet}; repeatable"
            )
        parser.add_argument("--page", type=page, default=1, metavar="N")
        parser.add_argument("--json", action="store_true", dest="as_json", help="as /api/search answers")

    def handle(self, *, text: str, user: str | None, page: int, as_json: bool, **options: Any) -> None:
        now = timezone.now()
        viewer = EVERYTHING if user is None else viewer_of(person(user), now=now)
        filters = {facet: options[facet] for facet in FACETS}
        results = find(text=text, filters=filters, viewer=viewer, page=page, now=now)
        if as_json:
            self.stdout.write(json.dumps(answer(results, page=page), ensure_ascii=False, indent=2))
        else:
            self.stdout.write("\n".join(map(harmless, lines(results))))


def page(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 10 and int(text)):
        raise argparse.ArgumentTypeError(f"{clean(text)!r} is no page: 1, 2, 3 …")
    return int(text)


def person(number: str) -> User:
    found = User.objects.filter(number=clean(number).strip()).first()
    if found is None:
        raise CommandError(
            gettext("没有学号/工号为“%(number)s”的人员。") % {"number": clean(number)}, returncode=MISUSED
        )
    return found


def lines(results: Results) -> list[str]:
    """What the search page says, for a terminal."""
    found = [head(results)]
    if results.fallback:
        found.append(gettext("搜索服务器没有回应，由数据库代为查找。"))
    for hit in results.hits:
        found += ["", f"{padded(str(hit.kind.label), KIND_WIDTH)}{hit.title}", f"{' ' * KIND_WIDTH}{hit.url}"]
        if hit.snippet:
            found.append(f"{' ' * KIND_WIDTH}{html.unescape(strip_tags(hit.snippet))}")
    facets = [
        f"{padded(str(LABELS[facet]), LABEL_WIDTH)}"
        + "  ".join(f"{each.label} {each.count}" for each in values)
        for facet, values in results.facets.items()
        if values
    ]
    return [*found, "", *facets] if facets else found


def head(results: Results) -> str:
    if not results.searchable:
        return gettext("没有可以查找的文字。")
    if not results.total:
        return gettext("没有找到。")
    numbers = {"total": results.total, "page": results.page, "pages": results.pages}
    if results.similar:
        return gettext("没有完全匹配，相近的有 %(total)d 条（第 %(page)d/%(pages)d 页）") % numbers
    return gettext("共 %(total)d 条（第 %(page)d/%(pages)d 页）") % numbers


def harmless(text: str) -> str:
    """Without what would command the terminal."""
    return "".join(each for each in text if category(each)[0] != "C")


def padded(text: str, width: int) -> str:
    taken = sum(2 if east_asian_width(each) in "WF" else 1 for each in text)
    return text + " " * max(1, width - taken)
