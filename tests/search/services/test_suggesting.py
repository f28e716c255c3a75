"""What the box offers: titles that fit, the best first, of what the person may open."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from search.models import Entry, Kind
from search.services.suggesting import LOOKED_AT, MOST, Suggestion, suggest
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
    put(engine, Kind.COURSE, [draft(1, "学习党章", "正文"), draft(2, "党的纪律", "说到党章")])
    put(engine, Kind.MEMBER, [draft(3, "王小明", names=("王小明",), audience=frozenset({"mv1"}))])
    return engine


def offered(text: str, viewer: Viewer = EVERYTHING) -> list[Suggestion]:
    return suggest(text=text, viewer=viewer, now=NOW)


def titles(text: str, viewer: Viewer = EVERYTHING) -> list[str]:
    return [each.title for each in offered(text, viewer)]


def test_titles_are_offered_not_what_texts_say(engine: MemoryEngine) -> None:
    assert offered("党章") == [Suggestion(Kind.COURSE, "学习党章", "学习<mark>党章</mark>", "/course/1/")]  # type: ignore[arg-type]  # equal to SafeString


def test_titles_are_escaped(engine: MemoryEngine) -> None:
    put(engine, Kind.LESSON, [draft(9, "<img src=x>党史&")])
    assert offered("党史")[0].title_html == "&lt;img src=x&gt;<mark>党史</mark>&amp;"


def test_the_beginning_of_a_word_and_initials_are_enough(engine: MemoryEngine) -> None:
    assert titles("章") == ["学习党章"]
    assert titles("wxm") == ["王小明"]


def test_nothing_is_offered_for_nothing(engine: MemoryEngine) -> None:
    for text in ("", "  ", "？！", "\ud83d", "\x00"):
        assert offered(text) == []
    assert "titles" not in engine.asked


def test_nothing_is_offered_that_the_person_may_not_find(engine: MemoryEngine) -> None:
    assert titles("王小明", Viewer(make_user(), EVERYBODY)) == []
    assert titles("王小明", Viewer(make_user(), frozenset({"mv1"}))) == ["王小明"]
    assert titles("党章", Viewer(make_user(), frozenset())) == []


def test_a_door_that_has_closed_is_left_out_and_the_next_one_shown(
    engine: MemoryEngine, doors: dict[Kind, Doors]
) -> None:
    put(engine, Kind.LESSON, [draft(n, f"党史第{n}讲") for n in range(20, 30)])
    before = [each.url for each in offered("党史")]
    closed = {int(url.split("/")[2]) for url in before[:2]}
    doors[Kind.LESSON].closed |= closed
    after = [each.url for each in offered("党史")]
    assert after[:6] == before[2:]
    assert len(after) == MOST


def test_no_more_are_offered_than_fit_below_the_box(engine: MemoryEngine) -> None:
    put(engine, Kind.LESSON, [draft(n, f"党史第{n}讲") for n in range(100)])
    assert len(offered("党史")) == MOST


def test_while_the_server_is_down_the_database_offers(
    engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = MemoryEngine()
    remote.down = True
    answer_from(monkeypatch, database=engine, remote=remote)
    assert titles("党章") == ["学习党章"]


def test_a_suggestion_asks_as_much_for_many_titles_as_for_few_and_reads_no_text(
    engine: MemoryEngine,
) -> None:
    asked = []
    for number in (2, LOOKED_AT * 2):
        put(engine, Kind.BOOK, [draft(number * 1000 + n, f"党史第{n}卷") for n in range(number)])
        with CaptureQueriesContext(connection) as queries:
            offered("党史")
        asked.append(len(queries))
        assert not any('"body"' in query["sql"] for query in queries)
    assert asked == [1, 1]
    assert Entry.objects.count() > LOOKED_AT
