"""`manage.py search_query`: the interface's answer in a terminal."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from learning.organisation.models import User
from search.engines.base import FACETS
from search.models import Kind
from tests.factories import make_unit, make_user
from tests.search.entries import answer_from, draft, open_doors, put
from tests.search.fakes import MemoryEngine

pytestmark = pytest.mark.django_db


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> MemoryEngine:
    engine = MemoryEngine()
    answer_from(monkeypatch, database=engine)
    open_doors(monkeypatch)
    unit = make_unit()
    make_user("20260001", unit=unit)
    open_to = {"audience": frozenset({f"u{unit.pk}"})}
    put(
        engine,
        Kind.COURSE,
        [
            draft(
                1,
                "学习党章",
                "党章 & <规则>",
                topics=("党章党规",),
                year="2026",
                units=("校党委",),
                **open_to,
            ),
            draft(2, "党章内部课", "党章", audience=frozenset({"u0"})),
        ],
    )
    put(engine, Kind.LESSON, [draft(n, f"党章第{n}讲", **open_to) for n in range(30)])
    return engine


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("search_query", *arguments, stdout=out)
    return out.getvalue()


def run_json(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*arguments, "--json"))
    return found


def test_without_a_person_everything_is_found(engine: MemoryEngine) -> None:
    found = run_json("党章")
    assert found["total"] == 32
    assert "党章内部课" in {hit["title"] for hit in found["hits"]}


def test_for_a_person_the_answer_is_that_of_the_interface(engine: MemoryEngine) -> None:
    make_user("20260002")
    person = Client()
    person.force_login(User.objects.get(number="20260001"))
    asked = {"q": "党章", "kind": ["course", "lesson"], "page": "2"}
    answer = person.get("/api/search", asked).json()
    assert (
        run_json("党章", "--kind", "course", "--kind", "lesson", "--page", "2", "--user", "20260001")
        == answer
    )
    assert answer["total"] == 31
    assert run_json("党章", "--user", "20260002")["total"] == 0


@pytest.mark.parametrize(
    ("facet", "value"), [("kind", "course"), ("topic", "党章党规"), ("year", "2026"), ("unit", "校党委")]
)
def test_every_facet_is_an_option(engine: MemoryEngine, facet: str, value: str) -> None:
    assert "学习党章" in {hit["title"] for hit in run_json("党章", f"--{facet}", value)["hits"]}
    assert run_json("党章", f"--{facet}", "没有")["total"] == 0
    assert facet in FACETS


def test_the_table_is_for_people(engine: MemoryEngine) -> None:
    said = run("学习党章", "--user", "20260001")
    assert said.splitlines() == [
        "共 1 条（第 1/1 页）",
        "",
        "课程  学习党章",
        "      /course/1/",
        "      党章 & <规则>",
        "",
        "类型    课程 1",
        "专题    党章党规 1",
        "年份    2026 1",
        "党组织  校党委 1",
    ]


def test_what_comes_near_is_called_so(engine: MemoryEngine) -> None:
    assert run("学习党张").startswith("没有完全匹配，相近的有")


@pytest.mark.parametrize(
    ("text", "said"), [("量子色动力学", "没有找到。\n"), ("！？", "没有可以查找的文字。\n")]
)
def test_nothing_found_is_said_in_words(engine: MemoryEngine, text: str, said: str) -> None:
    assert run(text) == said


def test_the_database_in_place_of_a_server_is_mentioned(
    engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = MemoryEngine()
    remote.down = True
    answer_from(monkeypatch, database=engine, remote=remote)
    assert "由数据库代为查找" in run("党章")
    assert "由数据库代为查找" not in run("党章", "--json")


def test_an_unknown_number_is_an_error_with_its_own_code(engine: MemoryEngine) -> None:
    with pytest.raises(CommandError, match="没有学号/工号为“20269999”的人员") as error:
        run("党章", "--user", "20269999")
    assert error.value.returncode == 2
    assert "find" not in engine.asked


@pytest.mark.parametrize("page", ["0", "-1", "abc", "1.5", str(10**30), "２"])
def test_what_is_no_page_is_misuse(engine: MemoryEngine, page: str) -> None:
    with pytest.raises(CommandError, match="no page"):
        run("党章", f"--page={page}")


@pytest.mark.parametrize(
    "text", ["", '"', "(", "*", "AND", "\x00", "\udce5\udc85", "🎉", "党" * 10_000, "a b\tc\n", "--", "-x"]
)
def test_text_may_be_anything(engine: MemoryEngine, text: str) -> None:
    for more in ([], ["--json"]):
        said = run(*more, f"--kind={text}", "--", text)
        assert said.encode()


def test_a_title_commands_no_terminal(engine: MemoryEngine) -> None:
    put(engine, Kind.COURSE, [draft(3, "换屏\x1b[2J\x9b2J课", "\x1b]0;新标题\x07")])
    said = run("换屏")
    assert "课" in said
    assert not any(each in said for each in "\x1b\x9b\x07")
