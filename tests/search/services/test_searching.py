"""A search as the page and the interface get it: hits in order, pages, facets, filters, what comes near, closed doors."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from search.models import Entry, Kind
from search.services import searching
from search.services.results import MOST_PAGES, PAGE_SIZE, Results
from search.services.searching import find
from search.services.viewers import EVERYTHING, Viewer
from tests.factories import NOW, make_user
from tests.search.entries import EVERYBODY, Doors, answer_from, draft, open_doors, put
from tests.search.fakes import MemoryEngine

pytestmark = pytest.mark.django_db


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch) -> dict[Kind, Doors]:
    return open_doors(monkeypatch)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, doors: dict[Kind, Doors]) -> MemoryEngine:
    engine = MemoryEngine()
    answer_from(monkeypatch, database=engine)
    return engine


@pytest.fixture
def school(engine: MemoryEngine) -> MemoryEngine:
    put(
        engine,
        Kind.COURSE,
        [
            draft(
                1, "学习党章", "党章是党的根本大法。", topics=("党章党规",), teachers=("张老师",), year="2026"
            ),
            draft(2, "党的纪律", "纪律处分条例与党章。", topics=("党章党规", "纪律"), year="2025"),
        ],
    )
    put(engine, Kind.LESSON, [draft(3, "第一讲", "什么是党章？", topics=("党章党规",), year="2026")])
    put(engine, Kind.EXAM, [draft(4, "党章测验", "", units=("机关支部", "校党委"), year="2026")])
    return engine


def look(text: str = "", *, viewer: Viewer = EVERYTHING, page: int = 1, **filters: list[str]) -> Results:
    return find(text=text, filters=filters, viewer=viewer, page=page, now=NOW)


def titles(results: Results) -> list[str]:
    return [hit.title for hit in results.hits]


def counts(results: Results, facet: str) -> dict[str, int]:
    return {each.value: each.count for each in results.facets[facet]}


def many(engine: MemoryEngine, number: int) -> None:
    put(engine, Kind.COURSE, [draft(n, f"党章第{n}课", "正文" * 50) for n in range(100, 100 + number)])


def test_what_holds_the_words_is_found_titles_first(school: MemoryEngine) -> None:
    results = look("党章")
    assert results.total == 4
    assert set(titles(results)[:2]) == {"学习党章", "党章测验"}
    assert not results.similar
    assert results.searchable
    assert (results.page, results.pages) == (1, 1)


def test_a_hit_says_what_it_is_where_it_is_and_why_it_was_found(school: MemoryEngine) -> None:
    hit = next(hit for hit in look("党章").hits if hit.title == "学习党章")
    assert (hit.kind, hit.id, hit.url) == (Kind.COURSE, "1", "/course/1/")
    assert hit.title_html == "学习<mark>党章</mark>"
    assert hit.snippet == "<mark>党章</mark>是党的根本大法。"
    assert (hit.teacher, hit.topic, hit.year, hit.unit) == ("张老师", "党章党规", "2026", "")


def test_of_units_the_owner_is_named(school: MemoryEngine) -> None:
    assert look("党章测验").hits[0].unit == "机关支部"


def test_titles_and_texts_are_escaped(engine: MemoryEngine) -> None:
    put(engine, Kind.COURSE, [draft(1, "<b>党章</b>", "<script>党章</script>&")])
    hit = look("党章").hits[0]
    assert hit.title_html == "&lt;b&gt;<mark>党章</mark>&lt;/b&gt;"
    assert hit.snippet == "&lt;script&gt;<mark>党章</mark>&lt;/script&gt;&amp;"
    assert hit.title == "<b>党章</b>"


def test_snippet_does_not_say_the_title_again(engine: MemoryEngine) -> None:
    put(engine, Kind.QUESTION, [draft(9, "党章由谁修改？", "党章由谁修改？\n全国代表大会\n中央委员会")])
    (hit,) = look("党章").hits
    assert hit.snippet == "全国代表大会 中央委员会"


def test_an_empty_box_lists_everything_the_viewer_may_find(school: MemoryEngine) -> None:
    results = look("")
    assert results.total == 4
    assert counts(results, "kind") == {"course": 2, "exam": 1, "lesson": 1}
    assert titles(results) == ["党的纪律", "学习党章", "第一讲", "党章测验"]  # by kind, the newest first
    assert look("  ").total == 4


def test_an_empty_box_with_a_filter_lists_what_fits_it(school: MemoryEngine) -> None:
    assert titles(look("", kind=["exam"])) == ["党章测验"]


@pytest.mark.parametrize("text", ["！？。", "🎉🎉", "\u200b,", '"*()', "\ud83d", "\x00"])
def test_text_that_holds_nothing_to_look_up_finds_nothing(school: MemoryEngine, text: str) -> None:
    results = look(text)
    assert (results.total, results.searchable, list(results.hits)) == (0, False, [])


def test_several_values_of_one_facet_are_one_or_the_other_those_of_two_facets_both(
    school: MemoryEngine,
) -> None:
    assert look("党章", kind=["course", "exam"]).total == 3
    assert titles(look("党章", kind=["course", "exam"], year=["2025"])) == ["党的纪律"]


def test_a_facet_counts_what_choosing_another_value_would_find(school: MemoryEngine) -> None:
    results = look("党章", kind=["exam"])
    assert counts(results, "kind") == {"course": 2, "exam": 1, "lesson": 1}
    assert counts(results, "year") == {"2026": 1}
    assert [each.selected for each in results.facets["kind"] if each.value == "exam"] == [True]


def test_a_value_that_nothing_has_finds_nothing_and_says_how_many_there_are_without(
    school: MemoryEngine,
) -> None:
    results = look("党章", topic=["没有这个专题"])
    assert (results.total, results.similar, results.without_filters) == (0, False, 4)
    assert counts(results, "topic") == {"党章党规": 3, "纪律": 1, "没有这个专题": 0}


def test_unknown_facets_are_ignored(school: MemoryEngine) -> None:
    results = find(text="党章", filters={"colour": ["red"]}, viewer=EVERYTHING, page=1, now=NOW)
    assert results.total == 4
    assert results.filters == {}


def test_who_may_find_is_part_of_the_question(school: MemoryEngine) -> None:
    put(school, Kind.BOOK, [draft(9, "党章读本", audience=frozenset({"u7"}))])
    viewer = Viewer(make_user(), EVERYBODY)
    results = look("党章", viewer=viewer)
    assert results.total == 4
    assert "book" not in counts(results, "kind")
    assert look("党章", viewer=Viewer(make_user(), EVERYBODY | {"u7"})).total == 5
    assert look("党章", viewer=Viewer(make_user(), frozenset())).total == 0


def test_doors_are_asked_of_the_person_who_looks(school: MemoryEngine, doors: dict[Kind, Doors]) -> None:
    user = make_user()
    look("党章", viewer=Viewer(user, EVERYBODY))
    assert doors[Kind.COURSE].asked == [user]
    assert doors[Kind.MEMBER].asked == []


def test_what_is_no_longer_open_is_neither_shown_nor_counted(
    school: MemoryEngine, doors: dict[Kind, Doors]
) -> None:
    doors[Kind.EXAM].closed.add(4)
    results = look("党章")
    assert results.total == 3
    assert "党章测验" not in titles(results)
    assert "exam" not in counts(results, "kind")
    assert "机关支部" not in counts(results, "unit")


def test_where_the_only_hit_is_no_longer_open_there_is_none(
    school: MemoryEngine, doors: dict[Kind, Doors]
) -> None:
    doors[Kind.EXAM].closed.add(4)
    results = look("党章测验")
    assert "党章测验" not in titles(results)
    assert "exam" not in counts(results, "kind")


def test_what_an_engine_finds_but_the_table_has_no_more_is_left_out(school: MemoryEngine) -> None:
    Entry.objects.filter(kind=Kind.EXAM).delete()
    assert "党章测验" not in titles(look("党章"))


def test_pages_are_twenty_hits_each_in_one_order(engine: MemoryEngine) -> None:
    many(engine, 90)
    pages = [look("党章", page=number) for number in range(1, 6)]
    assert [len(page.hits) for page in pages] == [20, 20, 20, 20, 10]
    ids = [hit.id for page in pages for hit in page.hits]
    assert len(set(ids)) == 90
    assert {(page.total, page.pages) for page in pages} == {(90, 5)}
    assert [page.page for page in pages] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("page", [0, -1, -(10**30)])
def test_a_page_before_the_first_is_the_first(school: MemoryEngine, page: int) -> None:
    assert look("党章", page=page).page == 1


@pytest.mark.parametrize(("number", "last"), [(4, 1), (45, 3), (90, 5)])
def test_a_page_behind_the_last_is_the_last(engine: MemoryEngine, number: int, last: int) -> None:
    many(engine, number)
    for page in (last + 1, 49, 10**30):
        results = look("党章", page=page)
        assert results.page == last
        assert results.hits == look("党章", page=last).hits


def test_nobody_turns_further_than_fifty_pages(engine: MemoryEngine) -> None:
    many(engine, MOST_PAGES * PAGE_SIZE + 5)
    results = look("党章", page=51)
    assert (results.total, results.page, results.pages) == (1005, 50, 50)
    assert len(results.hits) == PAGE_SIZE


def test_the_same_search_has_the_same_answer(school: MemoryEngine) -> None:
    assert look("党章", year=["2026"]) == look("党章", year=["2026"])


def test_what_nearly_fits_is_shown_where_nothing_fits(school: MemoryEngine) -> None:
    results = look("学习党张")
    assert results.similar
    assert titles(results)[0] == "学习党章"
    assert results.total == len(results.hits)
    assert sum(counts(results, "kind").values()) == results.total


def test_filters_hold_for_what_nearly_fits_too(school: MemoryEngine) -> None:
    results = look("学习党张", kind=["course"])
    assert results.similar
    assert {hit.kind for hit in results.hits} == {Kind.COURSE}
    assert results.without_filters == 0
    assert counts(results, "kind")["course"] == results.total


def test_the_viewers_keys_hold_for_what_nearly_fits_too(school: MemoryEngine) -> None:
    assert look("学习党张", viewer=Viewer(make_user(), frozenset({"u7"}))).total == 0


def test_closed_doors_hold_for_what_nearly_fits_too(school: MemoryEngine, doors: dict[Kind, Doors]) -> None:
    doors[Kind.COURSE].closed.update({1, 2})
    assert "学习党章" not in titles(look("学习党张"))


def test_what_is_nothing_like_anything_finds_nothing(school: MemoryEngine) -> None:
    results = look("量子色动力学")
    assert (results.total, results.similar, results.without_filters) == (0, False, None)


def test_similar_things_are_not_looked_for_where_filters_hide_hits(school: MemoryEngine) -> None:
    look("党章", kind=["book"])
    assert "similar" not in school.asked


def test_a_long_text_is_cut_and_says_so(school: MemoryEngine) -> None:
    results = look("党章" * 5000)
    assert results.shortened
    assert len(results.text) <= 200
    assert not look("党章").shortened


def test_the_text_comes_back_as_it_was_typed(school: MemoryEngine) -> None:
    results = look("  學習 ＡＢＣ  ")
    assert results.text == "學習 ＡＢＣ"
    assert results.words == "学习 abc"


class TestWithAServer:
    """A search server is set up; the database knows the same."""

    @pytest.fixture
    def remote(self, school: MemoryEngine, monkeypatch: pytest.MonkeyPatch) -> MemoryEngine:
        remote = MemoryEngine(school.documents.values())
        answer_from(monkeypatch, database=school, remote=remote)
        return remote

    def test_the_server_answers(self, school: MemoryEngine, remote: MemoryEngine) -> None:
        results = look("党章")
        assert results.total == 4
        assert not results.fallback
        assert (school.asked.count("find"), remote.asked.count("find")) == (0, 1)

    def test_while_it_is_down_the_database_answers_the_same(
        self, school: MemoryEngine, remote: MemoryEngine
    ) -> None:
        before = look("党章")
        remote.down = True
        results = look("党章")
        assert results.fallback
        assert (results.total, results.hits, results.facets) == (before.total, before.hits, before.facets)

    def test_one_page_waits_for_one_failure_at_most(self, remote: MemoryEngine) -> None:
        remote.down = True
        results = look("学习党张", kind=["course"])  # three questions: hits, without filters, similar
        assert results.similar
        assert len(remote.asked) == 1

    def test_it_is_asked_again_by_the_next_search(self, remote: MemoryEngine) -> None:
        remote.down = True
        look("党章")
        remote.down = False
        assert not look("党章").fallback


def test_a_search_asks_as_much_of_the_database_for_many_hits_as_for_few(engine: MemoryEngine) -> None:
    asked = []
    for number in (3, 300):
        Entry.objects.all().delete()
        many(engine, number)
        with CaptureQueriesContext(connection) as queries:
            assert look("党章").total >= number
        asked.append([query["sql"].split(" WHERE ")[0] for query in queries])
    assert len(asked[0]) == len(asked[1]) <= 3, asked


ODD = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)
HARD = st.sampled_from(
    [
        '"',
        "'",
        "* AND (",
        "党章 OR",
        "NEAR(党章)",
        "title:党章",
        "{}[]~^",
        "\\",
        "%_",
        "党" * 10_000,
        "-党章",
        "\x00党章",
    ]
)


@hypothesis_settings(max_examples=60)
@given(data=st.data())
def test_whatever_is_typed_there_is_an_answer(data: Any) -> None:
    engine = MemoryEngine()
    with pytest.MonkeyPatch.context() as patch:
        open_doors(patch)
        answer_from(patch, database=engine)
        if not Entry.objects.exists():
            put(engine, Kind.COURSE, [draft(1, "学习党章", "党章是党的根本大法。")])
        filters = data.draw(
            st.dictionaries(ODD | st.sampled_from(["kind", "topic"]), st.lists(ODD, max_size=3))
        )
        text, page = data.draw(ODD | HARD), data.draw(st.integers())
        results = find(text=text, filters=filters, viewer=EVERYTHING, page=page, now=NOW)
    assert 1 <= results.page <= results.pages <= MOST_PAGES
    assert len(results.hits) <= min(results.total, PAGE_SIZE)
    results.text.encode()


def test_what_is_exported_is_what_the_screens_import() -> None:
    assert all(hasattr(searching, name) for name in searching.__all__)
