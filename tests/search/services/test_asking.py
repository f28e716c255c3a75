"""The count of what people search for: by day and unit, nobody's name in it, and never in the way of the page."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from learning.organisation.models import Unit
from search.models import Asked, Kind
from search.models.asked import WORDS_LENGTH
from search.services import asking
from search.services.asking import drop_old, possible_names, remember, worth_counting
from search.services.results import Results, Value
from tests.factories import NOW, make_unit, make_user

WORDS = "两个确立"


def kinds(*found: Kind) -> dict[str, list[Value]]:
    return {"kind": [Value(kind.value, str(kind.label), 1, selected=False) for kind in found]}


def results(words: str = WORDS, **changes: Any) -> Results:
    return Results(text=words, words=words, total=3, facets=kinds(Kind.COURSE), **changes)


def counted() -> list[tuple[Unit | None, str, int, int, int]]:
    rows = Asked.objects.order_by("day", "unit", "words").select_related("unit")
    return [(row.unit, row.words, row.times, row.similar, row.zero) for row in rows]


@pytest.mark.django_db
def test_a_search_is_counted_for_the_day_and_the_persons_unit() -> None:
    unit = make_unit()
    one, other = make_user(unit=unit), make_user(unit=unit)
    assert remember(results=results(), user=one, now=NOW)
    assert remember(results=results(), user=other, now=NOW)
    assert counted() == [(unit, WORDS, 2, 0, 0)]
    assert str(Asked.objects.get().day) == "2026-06-01"


@pytest.mark.django_db
def test_another_day_and_another_unit_are_counted_for_themselves() -> None:
    one, other = make_user(unit=make_unit()), make_user(unit=make_unit())
    for user, now in ((one, NOW), (other, NOW), (one, NOW + timedelta(days=1))):
        remember(results=results(), user=user, now=now)
    assert [times for _unit, _words, times, _similar, _zero in counted()] == [1, 1, 1]


@pytest.mark.django_db
def test_who_belongs_to_no_unit_is_counted_in_one_row() -> None:
    for _ in range(3):
        remember(results=results(), user=make_user(), now=NOW)
    assert counted() == [(None, WORDS, 3, 0, 0)]


@pytest.mark.django_db
def test_what_found_nothing_and_what_found_only_similar_things_are_told_apart() -> None:
    user = make_user()
    nothing = dataclasses.replace(results(), total=0, facets={})
    for each in (results(), nothing, nothing, results(similar=True)):
        remember(results=each, user=user, now=NOW)
    assert counted() == [(None, WORDS, 4, 1, 2)]


@pytest.mark.django_db
def test_no_row_says_who_searched() -> None:
    remember(results=results(), user=make_user(), now=NOW)
    assert {field.name for field in Asked._meta.get_fields()} == {
        "id", "day", "unit", "words", "times", "similar", "zero",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("a further page of the same search", {"page": 2}),
        ("a filter set on the same search", {"filters": {"kind": ["course"]}}),
        ("the search server was down", {"fallback": True}),
        ("nothing that could be looked up", {"searchable": False}),
        ("no words", {"words": ""}),
        ("blanks", {"words": "  "}),
        ("a student's number", {"words": "学号20261234"}),
        ("a telephone", {"words": "13800138000"}),
        ("leads to nothing but people", {"facets": kinds(Kind.MEMBER)}),
    ],
)
def test_it_does_not_count(why: str, changes: dict[str, Any]) -> None:
    assert worth_counting(results())
    assert not worth_counting(dataclasses.replace(results(), **changes)), why


@pytest.mark.parametrize("words", ["第三十一条", "2026年", "12345", "二十大", "covid19"])
def test_years_articles_and_marks_count(words: str) -> None:
    assert worth_counting(dataclasses.replace(results(), words=words))


def test_a_value_that_was_chosen_but_fits_nothing_says_nothing_of_what_was_found() -> None:
    facets = {"kind": [Value("member", "人员", 2, selected=False), Value("course", "课程", 0, selected=True)]}
    assert not worth_counting(dataclasses.replace(results(), facets=facets))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("王小明", "王小明"),
        ("王小明", "王小明的成绩"),
        ("王小明", "成绩 王小明"),
        ("Li Ming", "li ming 成绩"),
        ("LI MING", "li ming"),
        ("阿卜杜热合曼·买买提", "阿卜杜热合曼·买买提"),
    ],
)
def test_a_search_for_somebody_by_name_is_not_kept(name: str, typed: str) -> None:
    somebody = make_user(name=name)
    assert not remember(results=results(typed), user=somebody, now=NOW)
    assert counted() == []


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["2026XX0101", "2026xx0101", "学号2026XX0101的成绩", "成绩 2026XX0101"])
def test_a_search_for_somebody_by_a_number_with_letters_is_not_kept(typed: str) -> None:
    make_user("2026XX0101")
    assert not remember(results=results(typed), user=make_user(), now=NOW)
    assert counted() == []
    assert remember(results=results("2026XX"), user=make_user(), now=NOW)


@pytest.mark.django_db
def test_a_name_typed_in_traditional_characters_is_not_kept_either() -> None:
    make_user(name="張偉")
    typed = dataclasses.replace(results("张伟"), text="張偉")
    assert not remember(results=typed, user=make_user(), now=NOW)


@pytest.mark.django_db
def test_part_of_a_name_is_a_word_as_any_other() -> None:
    make_user(name="王小明")
    assert remember(results=results("小明"), user=make_user(), now=NOW)


@given(
    before=st.text("学习成绩 党ab", max_size=20),
    name=st.text("王李小明赵", min_size=2, max_size=8),
    after=st.text("学习成绩 党ab", max_size=20),
)
def test_a_name_is_noticed_wherever_it_stands(before: str, name: str, after: str) -> None:
    assert name in possible_names(f"{before}{name}{after}")


@given(st.text(max_size=WORDS_LENGTH))
def test_looking_for_names_stays_small(words: str) -> None:
    assert len(possible_names(words)) < 5000
    assert all(len(each) > 1 for each in possible_names(words))


@pytest.mark.django_db
def test_long_words_are_cut_to_what_a_row_holds() -> None:
    assert remember(results=results("学" * 70), user=make_user(), now=NOW)
    assert Asked.objects.get().words == "学" * WORDS_LENGTH


@pytest.mark.django_db
def test_three_queries_count_a_search() -> None:
    user = make_user(unit=make_unit())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        remember(results=results(), user=user, now=NOW)
    asked = [each["sql"] for each in queries if each["sql"].startswith(("SELECT", "INSERT", "UPDATE"))]
    statements = [each["sql"].split()[0] for each in queries if "search_asked" in each["sql"]]
    assert statements == ["INSERT"]
    assert len([sql for sql in asked if sql.startswith("SELECT")]) <= 2


@pytest.mark.django_db
def test_a_failure_is_logged_and_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    user = make_user()
    with patch.object(asking, "_count", side_effect=DatabaseError("database is locked")):
        assert not remember(results=results(), user=user, now=NOW)
    assert "not counted" in caplog.text
    assert remember(results=results(), user=user, now=NOW)  # the connection is as it was


@pytest.mark.django_db
def test_a_statement_that_fails_leaves_the_transaction_alive() -> None:
    user = make_user()
    with patch.object(asking, "IN_NO_UNIT", "INSERT INTO nowhere VALUES (%s, %s, %s, %s, %s)"):
        assert not remember(results=results(), user=user, now=NOW)
    assert Asked.objects.count() == 0


@pytest.mark.django_db
def test_patience_on_sqlite_is_back_to_what_it_was() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("of SQLite's one writer")
    with connection.cursor() as cursor:
        (before,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        remember(results=results(), user=make_user(), now=NOW)
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (before,)


@pytest.mark.django_db
def test_what_was_asked_half_a_year_ago_is_dropped() -> None:
    for days in (0, asking.KEPT_DAYS, asking.KEPT_DAYS + 1, 400):
        Asked.objects.create(day=NOW.date() - timedelta(days=days), unit=None, words=f"词{days}", times=1)
    assert drop_old(now=NOW) == 2
    assert {row.words for row in Asked.objects.all()} == {"词0", f"词{asking.KEPT_DAYS}"}


@pytest.mark.django_db
def test_nobody_is_kept_waiting_while_names_are_looked_up() -> None:
    user = make_user(unit=make_unit())
    with CaptureQueriesContext(connection) as queries:
        remember(results=results(), user=user, now=NOW)
    said = [each["sql"].split()[0] for each in queries]
    begun = next(place for place, word in enumerate(said) if word in ("SAVEPOINT", "BEGIN"))
    assert said[:begun].count("SELECT") == 2
    assert "SELECT" not in said[begun:]
