"""/api/search as an outside program meets it: its document, who is let in, and that nothing which can be sent breaks it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from learning.project.api import api
from search.models import Asked, Kind
from tests.factories import make_unit, make_user
from tests.search.entries import answer_from, draft, open_doors, put
from tests.search.fakes import MemoryEngine

pytestmark = pytest.mark.django_db
URL = "/api/search"
FACETS = ["kind", "topic", "teacher", "year", "unit"]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> MemoryEngine:
    engine = MemoryEngine()
    answer_from(monkeypatch, database=engine)
    open_doors(monkeypatch)
    return engine


@pytest.fixture
def member(engine: MemoryEngine) -> Client:
    """Of a unit whose members may find some of the things; the others are for another unit's."""
    unit, other = make_unit(), make_unit()
    keys = {"audience": frozenset({f"u{unit.pk}"})}
    put(
        engine,
        Kind.COURSE,
        [
            draft(1, "学习党章", "党章是党的根本大法。", topics=("党章党规",), year="2026", **keys),
            draft(2, "党的纪律", "条例与党章", topics=("纪律",), year="2025", **keys),
            draft(3, "党章内部课", "党章", topics=("内部专题",), audience=frozenset({f"u{other.pk}"})),
        ],
    )
    put(engine, Kind.LESSON, [draft(4, "第一讲", "什么是党章", topics=("党章党规",), **keys)])
    client = Client()
    client.force_login(make_user("20260001", unit=unit))
    return client


def get(client: Client, **query: Any) -> dict[str, Any]:
    response = client.get(URL, query)
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def test_the_answer_has_these_keys_and_no_others(member: Client) -> None:
    found = get(member, q="党章", kind="course")
    assert found == {
        "total": 2,
        "facets": {
            "kind": [
                {"value": "course", "count": 2, "selected": True},
                {"value": "lesson", "count": 1, "selected": False},
            ],
            "topic": [
                {"value": "党章党规", "count": 1, "selected": False},
                {"value": "纪律", "count": 1, "selected": False},
            ],
            "teacher": [],
            "year": [
                {"value": "2026", "count": 1, "selected": False},
                {"value": "2025", "count": 1, "selected": False},
            ],
            "unit": [],
        },
        "hits": [
            {
                "kind": "course",
                "id": "1",
                "title": "学习党章",
                "url": "/course/1/",
                "snippet": "<mark>党章</mark>是党的根本大法。",
            },
            {
                "kind": "course",
                "id": "2",
                "title": "党的纪律",
                "url": "/course/2/",
                "snippet": "条例与<mark>党章</mark>",
            },
        ],
        "similar": False,
    }


def test_parameters_may_be_repeated(member: Client) -> None:
    assert get(member, q="党章", kind=["course", "lesson"])["total"] == 3
    assert get(member, q="党章", kind=["course", "lesson"], topic=["党章党规"])["total"] == 2


def test_nothing_of_another_unit_shows_in_hits_counts_or_facets(member: Client) -> None:
    for query in ({}, {"q": "党章"}, {"q": "内部"}, {"q": "党章内部课"}, {"topic": "内部专题"}):
        said = json.dumps(get(member, **query), ensure_ascii=False)
        assert "党章内部课" not in said
        assert '"count": 1, "selected": true' not in said
    assert get(member, topic="内部专题")["facets"]["topic"][-1] == {
        "value": "内部专题", "count": 0, "selected": True,
    }  # fmt: skip


def test_no_text_lists_everything(member: Client) -> None:
    assert get(member)["total"] == 3


def test_pages_end(member: Client, engine: MemoryEngine) -> None:
    keys = {"audience": engine.documents[min(engine.documents)].keys}
    put(engine, Kind.EXAM, [draft(n, f"党章测验{n}", **keys) for n in range(100, 125)])
    pages = [get(member, q="党章测验", page=number)["hits"] for number in (1, 2, 3, 50, 51)]
    assert [len(hits) for hits in pages] == [20, 5, 0, 0, 0]


@pytest.mark.parametrize("page", ["", "0", "-1", "abc", "1.5", "１", "²", str(10**30), "1e3", "\x00"])
def test_what_is_no_page_is_the_first(member: Client, page: str) -> None:
    assert get(member, q="党章", page=page) == get(member, q="党章", page="1")


def test_what_an_outside_program_searches_is_not_counted(member: Client) -> None:
    get(member, q="党章")
    assert not Asked.objects.exists()


def test_no_cache_keeps_what_somebody_found(member: Client) -> None:
    assert member.get(URL, {"q": "党章"})["Cache-Control"] == "no-store"


def test_a_stranger_gets_a_problem(client: Client, engine: MemoryEngine) -> None:
    response = client.get(URL, {"q": "党章"})
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "not_signed_in"
    assert engine.asked == []


def test_a_token_opens_it_and_finds_what_the_person_may(member: Client) -> None:
    body = {"number": "20260001", "password": "secret-pass"}
    token = Client().post("/api/login", json.dumps(body), content_type="application/json").json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    response = Client().get(URL, {"q": "党章"}, headers=bearer)
    assert response.json() == get(member, q="党章")
    assert Client().get(URL, headers={"Authorization": "Bearer x"}).status_code == 401


def test_who_must_change_the_password_first_finds_nothing_before(
    client: Client, engine: MemoryEngine
) -> None:
    client.force_login(make_user(must_change_password=True))
    response = client.get(URL)
    assert (response.status_code, response["Location"]) == (302, "/password/")
    assert engine.asked == []


def test_only_reading_is_offered(member: Client) -> None:
    assert member.post(URL).status_code == 405


def test_the_document_names_every_parameter_with_examples_that_are_accepted(member: Client) -> None:
    operation = api.get_openapi_schema()["paths"][URL]["get"]
    parameters = {each["name"]: each for each in operation["parameters"]}
    assert list(parameters) == ["q", *FACETS, "page"]
    assert not any(each["required"] for each in parameters.values())
    assert all(each["schema"]["description"] for each in parameters.values())
    assert {parameters[facet]["schema"]["type"] for facet in FACETS} == {"array"}
    examples = {
        name: each["schema"]["examples"][0]
        for name, each in parameters.items()
        if "examples" in each["schema"]
    }
    assert {"q", "kind", "page"} <= examples.keys()
    get(member, **examples)
    schemas = api.get_openapi_schema()["components"]["schemas"]
    assert list(schemas["SearchOut"]["properties"]) == ["total", "facets", "hits", "similar"]
    assert list(schemas["HitOut"]["properties"]) == ["kind", "id", "title", "url", "snippet"]
    assert list(schemas["ValueOut"]["properties"]) == ["value", "count", "selected"]


HARD = [
    '"', "'", "''", '"""', "()", "(((", "*", "党*", "?", "AND", "OR NOT", "党章 AND", "NEAR/2", "title:党", "^党", "-党",
    "{党}", "[党]", "党~2", "\\", "\\\\", "%", "_", "%%%", "党章;DROP TABLE search_entry", "' OR 1=1 --", "{{7*7}}",
    "<script>", "党" * 10_000, "a" * 10_000, "党 " * 5_000, "🎉", "👨‍👩‍👧‍👦", "\u202e党章", "\ufeff", "\x00", "党\x00章",
    "\x01\x02\x7f", "\r\n", "\t党", "é́́́", "‌‍", "𠮷", "﷽",
]  # fmt: skip


@pytest.mark.parametrize("text", HARD)
def test_hard_text_has_an_answer_everywhere(member: Client, text: str) -> None:
    for query in ({"q": text}, {"q": "党章", "topic": text}, {"kind": text}, {"q": "党章", text: "1"}):
        get(member, **query)


@pytest.mark.parametrize(
    "raw",
    [
        "q=%ED%A0%80", "q=%ED%B0%80%E5%85%9A", "q=%FF%FE", "q=%E5%85", "q=%", "q=%zz", "q=%00", "topic=%ED%A0%80",
        "kind=%FF", "page=%ED%A0%80", "q", "=", "&&&", "q=a&q=b", "page=1&page=abc", "q[]=a", "kind[]=course",
        "q=%25%32%35", "q=党章", ";", "unit=%00%00",
    ],
)  # fmt: skip
def test_badly_written_addresses_have_an_answer(member: Client, raw: str) -> None:
    assert member.get(f"{URL}?{raw}").status_code == 200


def test_a_thousand_filters_are_an_answer_or_a_refusal(member: Client) -> None:
    for many in (900, 5000):
        query = urlencode([("topic", f"专题{n}") for n in range(many)])
        assert member.get(f"{URL}?{query}").status_code in (200, 400, 414)


ANY = st.text(st.characters(codec="utf-8"), max_size=80)


@hypothesis_settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.lists(
        st.tuples(
            st.sampled_from(["q", "page", *FACETS]) | ANY,
            ANY | st.sampled_from(HARD[:20]) | st.integers().map(str),
        ),
        max_size=6,
    ),
    raw=st.binary(max_size=30),
)
def test_whatever_is_sent_there_is_an_answer(
    member: Client, query: list[tuple[str, str]], raw: bytes
) -> None:
    tail = "".join(f"%{byte:02X}" for byte in raw)
    response = member.get(f"{URL}?{urlencode(query)}&q={tail}")
    assert response.status_code == 200
    assert response.json().keys() == {"total", "facets", "hits", "similar"}
