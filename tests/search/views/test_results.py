"""The search page: what stands on it for each answer, and who sees it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import mark_safe
from pytest_django import DjangoAssertNumQueries

from search.models import Kind
from search.services.results import MOST_PAGES, Hit, Results, Value
from tests.factories import make_unit, make_user

from .conftest import Answering, client_of

pytestmark = pytest.mark.django_db

COURSE = Hit(
    Kind.COURSE,
    "7",
    "党章 <一>",
    "/courses/dangzhang/",
    title_html=mark_safe("<mark>党章</mark> &lt;一&gt;"),
    snippet=mark_safe("学习<mark>党章</mark>要逐字逐句"),
    teacher="周明远",
    unit="校党委",
    year="2026",
)


@pytest.fixture
def member() -> Client:
    return client_of(make_user(unit=make_unit()))


def page(client: Client, **query: Any) -> str:
    answer = client.get(reverse("search"), query)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]
    return answer.content.decode()


def links(html: str) -> list[str]:
    return re.findall(r'href="([^"]*)"', html)


def test_stranger_is_led_to_the_log_in_and_back(client: Client) -> None:
    answer = client.get(reverse("search"), {"q": "党章"})
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("login"))


def test_post_is_refused(member: Client) -> None:
    assert member.post(reverse("search")).status_code == 405


def test_what_the_address_says_is_what_is_asked(member: Client, answering: Answering) -> None:
    page(member, q=" 党章 ", kind=["exam", "exam"], unit="校党委", colour="red", page="3")
    (question,) = answering.questions
    assert question["text"] == "党章"
    assert question["filters"] == {"kind": ["exam"], "unit": ["校党委"]}
    assert question["page"] == 3
    assert question["viewer"].user is not None


def test_hit_shows_its_title_kind_words_around_and_where_it_is_from(
    member: Client, answering: Answering
) -> None:
    answering.results = lambda question: Results("党章", total=1, hits=[COURSE])
    html = page(member, q="党章")
    assert '<a href="/courses/dangzhang/"><mark>党章</mark> &lt;一&gt;</a>' in html
    assert "学习<mark>党章</mark>要逐字逐句" in html
    for words in ("课程", "周明远", "校党委", "2026年", "找到 1 条"):
        assert words in html


def test_what_was_typed_comes_back_escaped(member: Client, answering: Answering) -> None:
    answering.results = lambda question: Results(question["text"], shortened=True)
    typed = """"><script>alert('党')</script>"""
    html = page(member, q=typed)
    assert typed not in html
    assert f'value="{escape(typed)}"' in html


def test_value_is_a_link_that_sets_it_and_a_chosen_one_takes_itself_away(
    member: Client, answering: Answering
) -> None:
    years = [Value("2026", "2026", 5, False), Value("2025", "2025", 3, True)]
    answering.results = lambda question: Results(
        "党章", question["filters"], total=3, hits=[COURSE], facets={"year": years}
    )
    found = links(page(member, q="党章", year="2025", page="2"))
    here = reverse("search") + "?q=%E5%85%9A%E7%AB%A0"
    assert f"{here}&amp;year=2025&amp;year=2026#filters" in found
    assert f"{here}#filters" in found  # without 2025
    assert here in found  # the chip that takes it away


def test_more_than_six_values_lie_folded_unless_one_of_them_is_chosen(
    member: Client, answering: Answering
) -> None:
    def teachers(chosen: str) -> list[Value]:
        return [Value(name, f"教师{name}", 1, name == chosen) for name in "一二三四五六七八"]

    answering.results = lambda question: Results(
        "", hits=[COURSE], total=1, facets={"teacher": teachers(question["text"])}
    )
    assert "<details>" in (folded := page(member, q="一"))
    assert "显示更多（2 项）" in folded
    assert "<details open>" in page(member, q="八")


def test_kinds_are_chosen_one_at_a_time_and_counted_together(member: Client, answering: Answering) -> None:
    kinds = [Value("course", "课程", 4, False), Value("exam", "考试", 2, True)]
    answering.results = lambda question: Results(
        "党章", question["filters"], total=2, hits=[COURSE], facets={"kind": kinds}
    )
    html = page(member, q="党章", kind="exam", year="2026")
    here = reverse("search") + "?q=%E5%85%9A%E7%AB%A0"
    assert f"{here}&amp;kind=course&amp;year=2026" in links(html)
    assert re.search(rf'<a href="{re.escape(here)}&amp;year=2026">全部<span class="chip__count">6<', html)
    assert 'aria-current="true">考试' in html


def test_kinds_stand_in_the_same_order_whatever_their_counts(member: Client, answering: Answering) -> None:
    kinds = [
        Value("exam", "考试", 9, False),
        Value("course", "课程", 1, False),
        Value("robot", "robot", 0, True),
    ]
    answering.results = lambda question: Results("党章", total=10, hits=[COURSE], facets={"kind": kinds})
    (tabs,) = re.findall(r'<nav class="tabs.*?</nav>', page(member, q="党章", kind="robot"), re.DOTALL)
    assert re.findall(r">(\w+)<span", tabs) == ["全部", "课程", "考试"]


def test_another_text_keeps_the_kind_and_drops_the_other_filters(
    member: Client, answering: Answering
) -> None:
    html = page(member, q="党章", kind="exam", year="2026")
    (form,) = re.findall(r'<form class="search-box search-box--large".*?</form>', html, re.DOTALL)
    assert re.findall(r'name="(\w+)" value="([^"]*)"', form) == [("kind", "exam"), ("q", "党章")]


def test_similar_hits_say_that_they_only_come_near(member: Client, answering: Answering) -> None:
    answering.results = lambda question: Results("党张", total=1, hits=[COURSE], similar=True)
    assert "没有完全匹配，相近的有 1 条" in page(member, q="党张")


def test_nothing_found_gives_advice_and_with_filters_says_what_is_there_without(
    member: Client, answering: Answering
) -> None:
    assert "看看有没有错别字" in page(member, q="无")
    answering.results = lambda question: Results("无", question["filters"], without_filters=12)
    html = page(member, q="无", kind="exam", year="2020")
    assert "不加条件有 12 条结果" in html
    assert reverse("search") + "?q=%E6%97%A0" in links(html)


def test_endless_text_that_finds_nothing_is_repeated_in_part(member: Client, answering: Answering) -> None:
    answering.results = lambda question: Results(question["text"], words="党" * 64, shortened=True)
    html = page(member, q="党" * 180)
    assert f"没有找到“{'党' * 64}”" in html
    assert f"<title>搜索“{'党' * 64}”" in " ".join(html.split())


def test_punctuation_alone_is_answered_by_what_to_type(member: Client, answering: Answering) -> None:
    answering.results = lambda question: Results("！", searchable=False)
    assert "请输入文字或数字" in page(member, q="！")


def test_empty_box_lists_everything_and_has_the_focus(member: Client, answering: Answering) -> None:
    answering.results = lambda question: Results(question["text"], total=1, hits=[COURSE])
    html = page(member)
    assert "全部内容，共 1 条" in html
    assert html.count(" autofocus") == 1
    assert " autofocus" not in page(member, q="党章")


def test_database_that_answers_for_the_server_and_a_cut_text_are_said_quietly(
    member: Client, answering: Answering
) -> None:
    answering.results = lambda question: Results(
        "党" * 100, words="党" * 64, total=1, hits=[COURSE], fallback=True, shortened=True
    )
    html = page(member, q="党" * 100)
    assert "搜索服务暂时不可用，以下为数据库检索结果。" in html
    assert f"搜索词太长，只用了“{'党' * 64}”" in html
    assert 'role="alert"' not in html


def test_pages_are_turned_with_the_filters_kept_and_the_last_says_that_there_is_more(
    member: Client, answering: Answering
) -> None:
    answering.results = lambda question: Results(
        "党章", total=5000, hits=[COURSE], page=question["page"], pages=MOST_PAGES
    )
    html = page(member, q="党章", kind="exam", page="2")
    assert f"第 2/{MOST_PAGES} 页，共 5000 条" in html
    assert "?q=%E5%85%9A%E7%AB%A0&amp;kind=exam&amp;page=3" in links(html)
    assert "后面的结果不再列出" not in html
    assert "后面的结果不再列出" in page(member, q="党章", page=str(MOST_PAGES))


def test_search_page_has_one_box(member: Client, answering: Answering) -> None:
    html = page(member)
    assert html.count('role="search"') == 1
    assert 'id="site-search"' not in html


def test_every_search_of_the_page_is_offered_for_counting(member: Client, answering: Answering) -> None:
    page(member, q="党章")
    assert [results.text for results in answering.remembered] == ["党章"]


def test_the_page_around_the_answer_asks_the_database_little(
    answering: Answering, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """Session, person, look of the site, and who the viewer is."""
    client = client_of(make_user(unit=make_unit()))
    page(client)
    with django_assert_max_num_queries(12):
        page(client, q="党章")
