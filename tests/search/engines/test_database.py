"""The index in the database, on whichever database the tests run."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as DatabaseCase

from search.analysis.queries import parse
from search.engines import database
from search.engines.base import FACETS, Document, Level
from search.engines.database import DatabaseEngine, make_index_after_migrating
from search.models import Entry, IndexState, Kind, Shelf, entry_id, origin_of
from search.models.entries import BODY_LENGTH

from .school import document

pytestmark = pytest.mark.django_db

BOOKS = [
    document(1, "党章", "总纲"),
    document(2, "党章学习", "第一章 党员"),
    document(3, "学习新党章", "必须学习"),
    document(4, "入党须知", "先学习党章，再写申请书"),
    document(5, "章程讲解", "党的章程，学习要点"),
    document(6, "Python 与 C++", "机器学习 2026 年"),
]


def engine_with(*documents: Document) -> DatabaseEngine:
    engine = DatabaseEngine()
    engine.put(documents)
    return engine


def find(
    engine: DatabaseEngine,
    text: str,
    *,
    keys: frozenset[str] | None = None,
    first: int = 0,
    count: int = 60,
    **filters: list[str],
) -> tuple[int, list[tuple[int, Level]]]:
    """The total, and hits by their objects' ids."""
    found = engine.find(parse(text), keys=keys, filters=filters, first=first, count=count)
    return found.total, [(origin_of(number)[1], level) for number, level in found.hits]


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("党章", [(1, Level.EXACT), (3, Level.TITLE), (2, Level.TITLE), (4, Level.TEXT)]),
        ("党章学习", [(2, Level.EXACT), (3, Level.TITLE_WORDS), (4, Level.TEXT_WORDS)]),
        ("学习党章", [(3, Level.TITLE_WORDS), (2, Level.TITLE_WORDS), (4, Level.TEXT), ]),
        ("章", [(5, Level.TITLE), (3, Level.TITLE), (2, Level.TITLE), (1, Level.TITLE), (4, Level.TEXT)]),
        ("pyth", [(6, Level.TITLE)]),
        ("2026", [(6, Level.TEXT)]),
        ("没有这样的东西", []),
    ],
)  # fmt: skip
def test_hits_come_by_level_and_then_the_newest_first(text: str, hits: list[tuple[int, Level]]) -> None:
    assert find(engine_with(*BOOKS), text) == (len(hits), hits)


def test_kinds_come_in_their_order_among_equals() -> None:
    kinds = [Kind.MEMBER, Kind.LESSON, Kind.COURSE, Kind.EXAM, Kind.TOPIC, Kind.QUESTION, Kind.BOOK]
    engine = engine_with(*(document(number, "党史概论", kind=kind) for number, kind in enumerate(kinds, 1)))
    found = engine.find(parse("党史"), keys=None, filters={}, first=0, count=60)
    assert [origin_of(number)[0].value for number, _ in found.hits] == [
        "course", "topic", "lesson", "exam", "book", "question", "member",
    ]  # fmt: skip


def test_pages_are_slices_of_one_order() -> None:
    engine = engine_with(
        *(
            document(n, "党史" if n % 7 == 0 else f"党史{n}" if n % 3 == 0 else "别的", "党史")
            for n in range(1, 90)
        )
    )
    total, hits = find(engine, "党史", count=1000)
    assert total == len(hits) == 89
    assert [level for _, level in hits] == sorted(level for _, level in hits)
    for level in Level:
        ids = [number for number, of in hits if of == level]
        assert ids == sorted(ids, reverse=True)
    pages = [find(engine, "党史", first=first, count=20)[1] for first in range(0, 100, 20)]
    assert [hit for page in pages for hit in page] == hits
    assert find(engine, "党史", first=500) == (89, [])


def test_no_words_find_everything_by_descending_id() -> None:
    engine = engine_with(*BOOKS)
    assert find(engine, "", first=1, count=2) == (6, [(5, Level.TEXT_WORDS), (4, Level.TEXT_WORDS)])


def test_facets_are_counted_without_their_own_filter() -> None:
    engine = engine_with(
        document(1, "党史一", topic=["党史"], year=["2026"]),
        document(2, "党史二", topic=["党史", "党章"], year=["2025"]),
        document(3, "党史三", kind=Kind.EXAM, topic=["党章"], year=["2026"]),
        document(4, "别的", topic=["别的"], year=["2026"]),
    )
    found = engine.find(parse("党史"), keys=None, filters={"topic": ["党史", "别的"]}, first=0, count=60)
    assert [origin_of(number)[1] for number, _ in found.hits] == [2, 1]
    assert found.total == 2
    assert tuple(found.facets) == FACETS
    assert found.facets["topic"] == {"党史": 2, "党章": 2}
    assert found.facets["kind"] == {"course": 2}
    assert found.facets["year"] == {"2026": 1, "2025": 1}
    assert find(engine, "党史", kind=["exam"], topic=["党章"]) == (1, [(3, Level.TITLE)])
    assert find(engine, "", kind=["exam"]) == (1, [(3, Level.TEXT_WORDS)])
    assert find(engine, "党史", year=["1921"]) == (0, [])


def test_nothing_of_others_is_found_counted_or_suggested() -> None:
    engine = engine_with(
        document(1, "党史一", keys=["u1", "u2"], topic=["甲"]),
        document(2, "党史二", keys=["u3"], topic=["乙"]),
        document(3, "党史三", keys=[], topic=["丙"]),
    )
    own = frozenset({"u2", *(f"e{n}" for n in range(600))})
    found = engine.find(parse("党史"), keys=own, filters={}, first=0, count=60)
    assert found.total == 1
    assert found.facets["topic"] == {"甲": 1}
    assert [origin_of(number)[1] for number, _ in found.hits] == [1]
    assert [origin_of(number)[1] for number, _ in engine.titles(parse("党"), keys=own, count=8)] == [1]
    assert [
        origin_of(number)[1] for number in engine.similar(parse("党使"), keys=own, filters={}, count=9)
    ] == [1]
    assert find(engine, "党史", keys=frozenset()) == (0, [])
    assert find(engine, "", keys=frozenset()) == (0, [])
    assert engine.titles(parse("党"), keys=frozenset(), count=8) == []
    assert engine.similar(parse("党使"), keys=frozenset(), filters={}, count=9) == []
    assert find(engine, "党史", keys=None)[0] == 3


def test_suggestions_are_titles_that_begin_so_the_best_first() -> None:
    engine = engine_with(*BOOKS)
    query = parse("党章")
    assert [(origin_of(n)[1], level) for n, level in engine.titles(query, keys=None, count=2)] == [
        (1, Level.EXACT), (3, Level.TITLE),
    ]  # fmt: skip
    assert [origin_of(n)[1] for n, _ in engine.titles(query, keys=None, count=8)] == [1, 3, 2]
    assert engine.titles(parse(""), keys=None, count=8) == []


def test_suggestions_go_on_past_many_that_the_viewer_may_not_see() -> None:
    many = (document(n, f"党史{n}", keys=["u9"]) for n in range(10, 700))
    engine = engine_with(document(1, "党史"), document(2, "党史概论"), *many)
    titles = engine.titles(parse("党史"), keys=frozenset({"u1"}), count=8)
    assert [origin_of(number)[1] for number, _ in titles] == [1, 2]


def test_suggestions_do_not_read_all_that_the_viewer_may_not_see(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_with(
        document(1, "学习党章", keys=["mine"]),
        *(document(n, "学习", keys=["theirs"]) for n in range(2, 3000)),
    )
    read = 0
    rows = engine.tables.rows

    def counted(*args: Any, **kwargs: Any) -> list[tuple[int, int]]:
        nonlocal read
        found = rows(*args, **kwargs)
        read += len(found)
        return found

    monkeypatch.setattr(engine.tables, "rows", counted)
    for keys, hits in ((["mine"], [(entry_id(Kind.COURSE, 1), Level.TITLE)]), (["nobody's"], [])):
        assert engine.titles(parse("学习"), keys=frozenset(keys), count=8) == hits
    assert read < 2 * 2 * 600


def test_similar_ones_share_most_and_a_title_counts_twice() -> None:
    engine = engine_with(
        document(1, "党员权利", "别的"),
        document(2, "别的", "党员权利"),
        document(3, "党员义务", "权利"),
        document(4, "无关", "无关"),
    )
    query = parse("党员权力")
    points = {
        number: sum(2 if t.text in d.title else 1 for t in query.loose if t.text in d.text)
        for number, d in (
            (1, document(1, "党员权利", "别的")), (2, document(2, "别的", "党员权利")),
            (3, document(3, "党员义务", "权利")), (4, document(4, "无关", "无关")),
        )
    }  # fmt: skip
    expected = sorted((number for number in points if points[number]), key=lambda n: (-points[n], -n))
    assert expected[0] == 1
    assert 4 not in expected
    ids = engine.similar(query, keys=None, filters={}, count=200)
    assert [origin_of(number)[1] for number in ids] == expected
    assert engine.similar(query, keys=None, filters={}, count=1) == ids[:1]
    assert engine.similar(query, keys=None, filters={"year": ["2026"]}, count=200) == []
    assert engine.similar(parse(""), keys=None, filters={}, count=200) == []


def test_putting_again_replaces_and_the_same_changes_nothing() -> None:
    engine = engine_with(*BOOKS)
    engine.put(BOOKS[:2])
    engine.put([document(1, "新的标题", keys=["u5"], topic=["新"])])
    assert engine.count() == 6
    assert find(engine, "党章") == (3, [(3, Level.TITLE), (2, Level.TITLE), (4, Level.TEXT)])
    found = engine.find(parse("新的标题"), keys=frozenset({"u5"}), filters={}, first=0, count=9)
    assert (found.total, found.facets["topic"]) == (1, {"新": 1})


def test_dropping_leaves_the_others_and_may_be_done_twice() -> None:
    engine = engine_with(*BOOKS)
    for _ in range(2):
        engine.drop([BOOKS[0].id, BOOKS[1].id, entry_id(Kind.EXAM, 77)])
    assert engine.count() == 4
    assert find(engine, "党章") == (2, [(3, Level.TITLE), (4, Level.TEXT)])
    engine.put([])
    engine.drop([])
    assert engine.count() == 4


def test_an_act_taken_back_takes_back_what_was_put() -> None:
    engine = engine_with(BOOKS[0])
    with transaction.atomic():
        engine.put(BOOKS[1:])
        engine.drop([BOOKS[0].id])
        transaction.set_rollback(True)
    assert find(engine, "党章") == (1, [(1, Level.EXACT)])


def test_a_text_of_long_codes_takes_nothing_from_its_title() -> None:
    chance = Random(1)
    codes = " ".join(f"{chance.getrandbits(256):064x}" for _ in range(BODY_LENGTH // 65))
    engine = engine_with(document(1, "学习党章", codes))
    assert find(engine, "党章") == (1, [(1, Level.TITLE)])
    assert find(engine, codes[65:129]) == (1, [(1, Level.TEXT)])
    assert [number for number, _ in engine.titles(parse("党章"), keys=None, count=8)] == [
        entry_id(Kind.COURSE, 1)
    ]


def test_every_part_of_two_characters_and_more_is_found() -> None:
    texts = [
        "中国共产党章程总纲，2022年修订。第三十一条 Python3 与 ＡＢＣ；吃葡萄不吐葡萄皮",
        "龘靐齉爩𠮷野家",
    ]
    engine = engine_with(*(document(n, f"标题{n}", text) for n, text in enumerate(texts, 1)))
    for number, text in enumerate(texts, 1):
        for start in range(len(text)):
            for stop in range(start + 2, min(len(text), start + 12) + 1):
                part = text[start:stop]
                if part.isascii() or not all("\u3400" <= c <= "\u9fff" or c == "𠮷" for c in part):
                    continue
                assert number in [hit for hit, _ in find(engine, part)[1]], part


ODD = [
    '"', "'", "''", '"党章', "党章\"*", "AND", "OR NOT", "NEAR(党 章)", "title:党", "{text}:党章", "(((((", "))", "*",
    "党*", "^党", "-党章", "党章\\", "\\", "\\'", "党 & !章", "<->", ":*", "党:*", "%s %(x)s %", "\x00党章", "党\ud800章",
    "\udfff", "😀🏽", "党章" * 5000, "'; DROP TABLE search_entry; --", "\u202e党章", "\uf8ff党章", "\ue000", "a" * 10_000,
    "_", "__党__", "C++", "1.5", "e\u0301\u0301",
]  # fmt: skip


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_questions_are_answered(text: str) -> None:
    ask_everything(engine_with(*BOOKS), text)


class OddQuestions(DatabaseCase):
    @hypothesis_settings(max_examples=60)
    @given(st.text(st.characters(), max_size=80) | st.text("\"'*:^(){}-+&|!<>\\ 党章ANDORT%_", max_size=40))
    def test_whatever_is_typed_is_no_error(self, text: str) -> None:
        ask_everything(DatabaseEngine(), text)

    @hypothesis_settings(max_examples=30)
    @given(st.text(max_size=60), st.text(max_size=200))
    def test_whatever_is_indexed_is_no_error_and_is_found_by_its_title(self, title: str, body: str) -> None:
        engine = engine_with(document(1, title, body))
        query = parse(title)
        if not query.empty and not query.shortened:
            hits = engine.find(query, keys=None, filters={}, first=0, count=9).hits
            assert [number for number, _ in hits] == [entry_id(Kind.COURSE, 1)]


def ask_everything(engine: DatabaseEngine, text: str) -> None:
    query = parse(text)
    odd = {"topic": [text.encode("utf-8", "ignore").decode(), "'", '"']}
    assert engine.find(query, keys=None, filters={}, first=0, count=60).total <= len(BOOKS)
    assert engine.find(query, keys=frozenset({"u1"}), filters=odd, first=0, count=60).total == 0
    assert len(engine.titles(query, keys=None, count=8)) <= len(BOOKS)
    assert len(engine.similar(query, keys=None, filters={}, count=200)) <= len(BOOKS)


def test_questions_to_the_database_do_not_grow_with_hits(
    django_assert_max_num_queries: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_FEW", 100)
    engine = engine_with(*BOOKS)
    find(engine, "党章学习")
    with django_assert_max_num_queries(5):  # all hits, and four levels
        find(engine, "党章学习")
    engine.put([document(n, "党章学习", "党章学习", year=["2026"]) for n in range(100, 400)])
    with django_assert_max_num_queries(
        4
    ):  # the first hits, the groups, the spot that is new, a level that fills the page
        assert len(find(engine, "党章学习", count=20)[1]) == 20
    with django_assert_max_num_queries(3):
        find(engine, "党章学习", count=20)


def test_hits_in_hundreds_of_spots_are_filtered_and_counted() -> None:
    engine = engine_with(*(document(n, "党史", keys=[f"e{n}"], year=[str(n % 10)]) for n in range(1, 1500)))
    keys = frozenset(f"e{n}" for n in range(1, 1500, 2))
    total, hits = find(engine, "党史", keys=keys, count=2000)
    assert total == len(hits) == 750
    assert find(engine, "党史", keys=keys, year=["3"])[0] == 150


def test_the_ids_that_it_holds_come_in_order_and_in_parts() -> None:
    engine = engine_with(*BOOKS)
    ids = sorted(each.id for each in BOOKS)
    assert engine.ids(count=4) == ids[:4]
    assert engine.ids(after=ids[3], count=4) == ids[4:]


def test_tidying_drops_spots_that_nothing_stands_on() -> None:
    engine = engine_with(document(1, "党史", topic=["甲"]), document(2, "党史", topic=["乙"]))
    engine.drop([entry_id(Kind.COURSE, 2)])
    engine.tidy()
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM search_spot")
        assert cursor.fetchone() == (1,)
    assert find(engine, "党史")[0] == 1


def test_tidying_leaves_one_piece_of_index_and_the_same_hits() -> None:
    engine = engine_with()
    for number in range(1, 60):
        engine.put([document(number, f"党史{number}", "党章" * 20)])
    before = find(engine, "党章")
    for _ in range(2):
        engine.tidy()
        assert find(engine, "党章") == before
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("SELECT COUNT(DISTINCT segid) FROM search_tokens_idx")
                assert cursor.fetchone() == (1,)


def test_migrating_again_leaves_the_index_as_it_is() -> None:
    engine = engine_with(*BOOKS)
    an_entry(BOOKS[0])
    make_index_after_migrating(None)
    assert engine.count() == len(BOOKS)
    assert Entry.objects.get().digest == "digest"


def test_an_index_without_entries_is_emptied() -> None:
    engine = engine_with(*BOOKS)
    make_index_after_migrating(None)
    assert engine.count() == 0
    assert find(engine, "") == (0, [])


def test_a_lost_index_is_made_anew_and_entries_told_so() -> None:
    engine = engine_with(*BOOKS)
    an_entry(BOOKS[0])
    IndexState.objects.create(pk=1, swept_at=timezone.now())
    table = "search_place" if connection.vendor == "postgresql" else "search_tokens"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {table}")
    make_index_after_migrating(None)
    assert engine.count() == 0
    assert Entry.objects.get().digest == ""
    assert IndexState.objects.get().swept_at is None
    engine.put(BOOKS)
    assert find(engine, "党章")[0] == 4


@pytest.mark.django_db(transaction=True)
def test_emptying_all_tables_empties_the_index() -> None:
    engine = engine_with(*BOOKS)
    an_entry(BOOKS[0])
    call_command("flush", interactive=False, verbosity=0)
    assert engine.count() == 0


def test_what_a_process_remembers_of_spots_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_spots", {})
    monkeypatch.setattr(database, "_SPOTS_REMEMBERED", 3)
    engine = engine_with(*(document(n, "党史", topic=[f"{n}"]) for n in range(1, 9)))
    assert find(engine, "党史")[0] == 8
    assert find(engine, "党史", topic=["3"])[0] == 1
    engine.put([document(20, "党章", topic=["20"])])
    assert find(engine, "党章")[0] == 1
    assert len(database._spots) == 1


def an_entry(of: Document) -> None:
    shelf = Shelf.objects.create(key="shelf", values={})
    kind, object_id = origin_of(of.id)
    Entry.objects.create(
        id=of.id, kind=kind, object_id=object_id, shelf=shelf, title="党章", digest="digest", indexed_at=timezone.now()
    )  # fmt: skip
