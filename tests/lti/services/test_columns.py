"""The column of an exam in a platform's gradebook: named by a launch, found there, or made by us; and only one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.dispatch import Signal

from courses.reading.places import page_id
from learning.study.models import Activity
from lti.core import claims
from lti.core.claims import AgsClaim
from lti.http.fetching import Answer, Unreachable, Why
from lti.models import LineItem, ResourceLink
from lti.services import columns
from lti.services.columns import ASK_AGAIN, column_for, column_ready, column_wanted, remember, wanting
from question_bank.exams.models import Exam
from tests.courses.factories import make_course
from tests.factories import NOW, make_exam
from tests.lti.factories import make_context, make_link, make_platform

from .grading import Gradebook, Post, told

pytestmark = pytest.mark.django_db
ITEMS = "https://lms.example.edu/items?type_id=3"
ITEM = "https://lms.example.edu/items/1?type_id=3"
WRITE = frozenset({claims.SCOPE_LINE_ITEM, claims.SCOPE_SCORE})
READ = frozenset({claims.SCOPE_LINE_ITEM_READ, claims.SCOPE_SCORE})


@pytest.fixture
def exam(db: None) -> Exam:
    return make_exam()


@pytest.fixture
def link(exam: Exam) -> ResourceLink:
    return make_link(make_context(make_platform(exam.owner_unit)), exam=exam)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which signals were sent, in order."""
    names: list[str] = []
    for name in ("column_ready", "column_wanted"):
        signal = Signal()
        signal.connect(lambda name=name, **_: names.append(name), weak=False)
        monkeypatch.setattr(columns, name, signal)
    return names


class Items:
    """A platform's line items: answers GET with those it has, and makes one for a POST."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.items = list(items)

    def __call__(self, post: Post) -> Answer:
        if post.method == "GET":
            return told(self.items)
        self.items.append({"id": ITEM, **post.body})
        return told(self.items[-1])


def test_the_column_that_a_launch_names_is_kept(link: ResourceLink, exam: Exam, sent: list[str]) -> None:
    remember(link=link, ags=AgsClaim(READ, ITEMS, ITEM), now=NOW)
    column = LineItem.objects.get()
    assert (column.url, column.exam, column.maximum) == (ITEM, exam, Decimal(6))
    assert column.made_by == LineItem.MadeBy.PLATFORM
    assert link.line_item == column
    link.context.refresh_from_db()
    assert (link.context.line_items_url, set(link.context.scopes)) == (ITEMS, READ)
    assert sent == ["column_ready"]


def test_a_second_launch_changes_nothing(
    link: ResourceLink, sent: list[str], django_assert_num_queries: Any
) -> None:
    remember(link=link, ags=AgsClaim(READ, ITEMS, ITEM), now=NOW)
    with django_assert_num_queries(1):
        remember(link=link, ags=AgsClaim(READ, ITEMS, ITEM), now=NOW)
    assert sent == ["column_ready"]


def test_a_link_that_opens_another_exam_now_fills_its_column_with_that(
    link: ResourceLink, sent: list[str]
) -> None:
    remember(link=link, ags=AgsClaim(READ, ITEMS, ITEM), now=NOW)
    link.exam = make_exam()
    link.save()
    remember(link=link, ags=AgsClaim(READ, ITEMS, ITEM), now=NOW)
    assert LineItem.objects.get().exam == link.exam
    assert sent == ["column_ready", "column_ready"]


def test_a_column_that_is_named_again_is_there_again(link: ResourceLink, sent: list[str]) -> None:
    remember(link=link, ags=AgsClaim(READ, ITEMS, ITEM), now=NOW)
    LineItem.objects.update(gone_at=NOW)
    remember(link=link, ags=AgsClaim(READ, ITEMS, ITEM), now=NOW)
    assert LineItem.objects.get().gone_at is None
    assert sent == ["column_ready", "column_ready"]


def test_a_launch_without_a_column_asks_for_one_later(link: ResourceLink, sent: list[str]) -> None:
    remember(link=link, ags=AgsClaim(WRITE, ITEMS), now=NOW)
    assert (LineItem.objects.count(), sent, wanting(now=NOW)) == (0, ["column_wanted"], [link.pk])


@pytest.mark.parametrize(
    "ags",
    [AgsClaim(frozenset({claims.SCOPE_SCORE}), ITEMS), AgsClaim(WRITE, "")],
    ids=["no right", "no address"],
)
def test_a_column_is_not_asked_for_where_that_cannot_be(
    link: ResourceLink, sent: list[str], ags: AgsClaim
) -> None:
    remember(link=link, ags=ags, now=NOW)
    assert (sent, wanting(now=NOW)) == ([], [])


def test_a_link_to_no_exam_wants_no_column(link: ResourceLink, sent: list[str]) -> None:
    link.exam = None
    link.save()
    remember(link=link, ags=AgsClaim(WRITE, ITEMS, ITEM), now=NOW)
    assert (LineItem.objects.count(), sent) == (0, [])


@pytest.fixture
def course_link() -> ResourceLink:
    page = make_course(live=True, lessons=1)
    return make_link(make_context(make_platform(page.owner_unit)), page_id=page.pk)


def test_the_column_that_a_launch_names_for_a_course_is_kept(
    course_link: ResourceLink, sent: list[str]
) -> None:
    remember(link=course_link, ags=AgsClaim(READ, ITEMS, ITEM), now=NOW)
    column = LineItem.objects.get()
    assert (column.exam, column.page_id, column.maximum) == (None, course_link.page_id, Decimal(100))
    assert column.label == Activity.objects.get(key=f"page:{course_link.page_id}").title
    assert (course_link.line_item, sent) == (column, ["column_ready"])
    remember(link=course_link, ags=AgsClaim(READ, ITEMS, ITEM), now=NOW)
    assert sent == ["column_ready"]


def test_for_a_course_no_column_is_asked_for_or_made(course_link: ResourceLink, sent: list[str]) -> None:
    remember(link=course_link, ags=AgsClaim(WRITE, ITEMS), now=NOW)
    assert (sent, wanting(now=NOW)) == ([], [])
    book = Gradebook(script=Items())
    assert column_for(link_id=course_link.pk, now=NOW, call=book) is None
    assert (book.asked, LineItem.objects.count()) == ([], 0)


def test_a_lesson_fills_no_column(course_link: ResourceLink, sent: list[str]) -> None:
    lesson = Activity.objects.get(key=f"page:{course_link.page_id}").children.get()
    course_link.page_id = page_id(lesson)
    course_link.save()
    remember(link=course_link, ags=AgsClaim(WRITE, ITEMS, ITEM), now=NOW)
    assert (LineItem.objects.count(), sent) == (0, [])


def test_a_link_that_opens_a_course_now_fills_its_column_with_that(
    link: ResourceLink, course_link: ResourceLink, sent: list[str]
) -> None:
    remember(link=link, ags=AgsClaim(READ, ITEMS, ITEM), now=NOW)
    link.exam, link.page_id = None, course_link.page_id
    link.save()
    remember(link=link, ags=AgsClaim(READ, ITEMS, ITEM), now=NOW)
    column = LineItem.objects.get()
    assert (column.exam, column.page_id) == (None, course_link.page_id)
    assert sent == ["column_ready", "column_ready"]


def test_a_column_is_made_once_with_the_exams_title_and_points(
    link: ResourceLink, exam: Exam, sent: list[str]
) -> None:
    remember(link=link, ags=AgsClaim(WRITE, ITEMS), now=NOW)
    book = Gradebook(script=Items())
    column = column_for(link_id=link.pk, now=NOW, call=book)
    assert column
    assert (column.url, column.made_by, column.maximum) == (ITEM, LineItem.MadeBy.TOOL, 6)
    assert book.asked[-1].body == {
        "label": exam.title,
        "scoreMaximum": 6,
        "resourceId": f"exam-{exam.pk}",
        "resourceLinkId": link.link_id,
        "tag": "exam",
    }
    assert book.asked[0].url == f"{ITEMS}&resource_link_id={link.link_id}"
    assert column_for(link_id=link.pk, now=NOW + ASK_AGAIN, call=book) is None
    assert len(book.scores) == 1
    assert sent[-1] == "column_ready"


@pytest.mark.parametrize("by", ["resourceLinkId", "resourceId"])
def test_a_column_that_the_platform_has_is_found(link: ResourceLink, exam: Exam, by: str) -> None:
    remember(link=link, ags=AgsClaim(WRITE, ITEMS), now=NOW)
    named = {"resourceLinkId": link.link_id, "resourceId": f"exam-{exam.pk}"}
    other = {"id": f"{ITEM}9", "label": "别的", "resourceLinkId": "other", "resourceId": "other"}
    item = {"id": ITEM, "label": "考试", "scoreMaximum": 100, by: named[by]}
    book = Gradebook(script=Items(other, item))
    column = column_for(link_id=link.pk, now=NOW, call=book)
    assert column
    assert (column.url, column.maximum, book.scores) == (ITEM, 100, [])


def test_without_the_right_to_make_one_a_column_is_only_looked_for(link: ResourceLink) -> None:
    remember(link=link, ags=AgsClaim(READ, ITEMS), now=NOW)
    book = Gradebook(script=Items())
    assert column_for(link_id=link.pk, now=NOW, call=book) is None
    assert {post.method for post in book.asked} == {"GET"}


def test_further_pages_are_read(link: ResourceLink) -> None:
    remember(link=link, ags=AgsClaim(WRITE, ITEMS), now=NOW)
    book = Gradebook(answers=[Answer(200, {"Link": '</items?page=2>; rel="next"'}, "[]")], script=Items())
    column_for(link_id=link.pk, now=NOW, call=book)
    assert book.asked[1].url == "https://lms.example.edu/items?page=2"


@pytest.mark.parametrize(
    "answer",
    [Unreachable(Why.TIMED_OUT), Answer(403, {}, ""), Answer(200, {}, "<html>"), Answer(200, {}, '{"a": 1}')],
    ids=["silence", "403", "a page", "no list"],
)
def test_trouble_is_asked_again_later_not_at_each_launch(
    link: ResourceLink, answer: Answer | Unreachable
) -> None:
    remember(link=link, ags=AgsClaim(WRITE, ITEMS), now=NOW)
    book = Gradebook(answers=[answer], script=Items())
    assert column_for(link_id=link.pk, now=NOW, call=book) is None
    soon = NOW + timedelta(minutes=1)
    assert column_for(link_id=link.pk, now=soon, call=book) is None
    assert len(book.asked) == 1
    assert column_for(link_id=link.pk, now=NOW + ASK_AGAIN, call=book)


def test_of_two_who_ask_at_once_one_goes_on(link: ResourceLink) -> None:
    remember(link=link, ags=AgsClaim(WRITE, ITEMS), now=NOW)
    items = Items()

    def meanwhile(post: Post) -> Answer:
        if post.method == "GET":
            assert column_for(link_id=link.pk, now=NOW, call=Gradebook(script=items)) is None
        return items(post)

    assert column_for(link_id=link.pk, now=NOW, call=Gradebook(script=meanwhile))
    assert len(items.items) == 1


def test_the_house_listens_to_both_signals() -> None:
    assert column_ready.has_listeners(LineItem)
    assert column_wanted.has_listeners(ResourceLink)
