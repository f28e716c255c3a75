"""The report of what was searched for in vain: by words, in a period, of the units one may write courses for."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from learning.organisation.models import Role, Unit, User
from search.admin.asked import NAME, Period
from search.models import Asked
from tests.factories import make_unit, make_user

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 30)


@pytest.fixture
def root() -> Unit:
    return make_unit(name="校党委")


@pytest.fixture
def branches(root: Unit) -> list[Unit]:
    return [make_unit(root, name="甲支部"), make_unit(root, name="乙支部")]


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def with_role(role: Role, unit: Unit) -> Client:
    return as_user(make_user(unit=unit, roles=[(role, unit)]))


def ask(
    words: str, unit: Unit | None, *, times: int = 1, zero: int = 0, similar: int = 0, days_ago: int = 0
) -> None:
    day = timezone.localdate() - timedelta(days=days_ago)
    Asked.objects.create(words=words, unit=unit, day=day, times=times, zero=zero, similar=similar)


def rows(client: Client, **query: str) -> list[tuple[Any, ...]]:
    response = client.get(reverse(NAME), query)
    assert response.status_code == 200
    found = response.context["page_obj"].object_list
    return [(row["words"], row["asked"], row["nothing"], row["near"]) for row in found]


def test_words_are_added_up_over_days_and_units_and_the_most_missed_come_first(branches: list[Unit]) -> None:
    ask("三会一课", branches[0], times=5, zero=2)
    ask("三会一课", branches[1], times=4, zero=1, days_ago=1)
    ask("廉洁自律", branches[0], times=9, zero=1, similar=1)
    ask("党费", branches[0], times=20, similar=1)
    office = with_role(Role.SCHOOL_OFFICE, branches[0].get_parent())
    assert rows(office) == [("三会一课", 9, 3, 0), ("廉洁自律", 9, 1, 1), ("党费", 20, 0, 1)]


def test_what_was_found_is_shown_only_when_asked_for(root: Unit) -> None:
    ask("党章", root, times=7)
    office = with_role(Role.SCHOOL_OFFICE, root)
    assert rows(office) == []
    assert rows(office, show="all") == [("党章", 7, 0, 0)]


def test_a_word_missed_on_one_day_is_counted_with_the_days_it_was_found(root: Unit) -> None:
    ask("党章", root, times=7)
    ask("党章", root, times=2, zero=2, days_ago=3)
    assert rows(with_role(Role.SCHOOL_OFFICE, root)) == [("党章", 9, 2, 0)]


def test_an_organiser_reads_of_their_own_units_only(branches: list[Unit]) -> None:
    ask("甲的词", branches[0], zero=1)
    ask("乙的词", branches[1], zero=1)
    ask("没有组织的词", None, zero=1)
    office = with_role(Role.SCHOOL_OFFICE, branches[0])
    assert rows(office) == [("甲的词", 1, 1, 0)]


def test_the_administrator_reads_all_also_of_people_without_a_unit(branches: list[Unit]) -> None:
    ask("甲的词", branches[0], zero=1)
    ask("没有组织的词", None, zero=1)
    admin = with_role(Role.ADMINISTRATOR, branches[0].get_parent())
    assert {row[0] for row in rows(admin)} == {"甲的词", "没有组织的词"}


@pytest.mark.parametrize("role", [Role.MEMBER, Role.SECRETARY, Role.AUTHOR, Role.AUDITOR])
def test_who_may_edit_no_course_finds_no_report(root: Unit, role: Role) -> None:
    client = with_role(role, root)
    assert client.get(reverse(NAME)).status_code in (302, 404)
    page = client.get(reverse("reports_admin:index"))
    assert reverse(NAME) not in page.content.decode()


def test_a_stranger_is_sent_to_sign_in() -> None:
    assert Client().get(reverse(NAME)).status_code == 302


def test_the_reports_first_page_leads_here(root: Unit) -> None:
    page = with_role(Role.SCHOOL_OFFICE, root).get(reverse("reports_admin:index"))
    assert reverse(NAME) in page.content.decode()


def test_a_period_leaves_out_what_was_asked_before_and_after(root: Unit) -> None:
    today = timezone.localdate()
    for days in (0, 5, 29, 30):
        ask(f"{days}天前", root, zero=1, days_ago=days)
    office = with_role(Role.SCHOOL_OFFICE, root)
    assert {row[0] for row in rows(office)} == {"0天前", "5天前", "29天前"}
    five = (today - timedelta(days=5)).isoformat()
    assert rows(office, **{"from": five, "to": five}) == [("5天前", 1, 1, 0)]


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({}, date(2026, 6, 1), TODAY),
        ({"from": "2026-06-20"}, date(2026, 6, 20), TODAY),
        ({"to": "2026-05-31"}, date(2026, 5, 2), date(2026, 5, 31)),
        ({"from": "2026-06-20", "to": "2026-06-10"}, date(2026, 6, 10), date(2026, 6, 20)),
        ({"from": "2026-02-30", "to": "gestern"}, date(2026, 6, 1), TODAY),
        ({"to": "0001-01-01"}, date(2026, 6, 1), TODAY),
        ({"from": "９９９９-99-99", "to": "\x00"}, date(2026, 6, 1), TODAY),
    ],
)
def test_periods(query: dict[str, str], first: date, last: date) -> None:
    assert Period.of(query.get, today=TODAY) == Period(first, last)  # type: ignore[arg-type]  # dict.get takes two


def test_the_sheet_holds_what_the_screen_shows_and_no_formulas(root: Unit) -> None:
    ask("三会一课", root, times=3, zero=2, similar=1)
    ask("=1+1", root, zero=1)
    office = with_role(Role.SCHOOL_OFFICE, root)
    response = office.get(reverse(NAME), {"export": "xlsx"})
    assert "no-store" in response["Cache-Control"]
    page = load_workbook(io.BytesIO(response.content)).active
    assert page is not None
    lines = [[cell.value for cell in line] for line in page.iter_rows()]
    today = timezone.localdate().isoformat()
    assert lines == [
        ["搜索词", "次数", "没有结果", "只有相近结果", "最近一天"],
        ["三会一课", "3", "2", "1", today],
        ["=1+1", "1", "1", "0", today],
    ]
    assert {cell.data_type for line in page.iter_rows() for cell in line} == {"s"}


def test_words_are_shown_escaped_and_lead_to_their_search(root: Unit) -> None:
    ask("<script>alert(1)</script>&", root, zero=1)
    page = with_role(Role.SCHOOL_OFFICE, root).get(reverse(NAME)).content.decode()
    assert "<script>alert(1)" not in page
    assert f"{reverse('search')}?q=%3Cscript%3E" in page


def test_the_report_asks_as_much_for_many_words_as_for_few(root: Unit) -> None:
    office = with_role(Role.SCHOOL_OFFICE, root)
    counts = []
    for more in (3, 60):
        for n in range(more):
            ask(f"词{more}之{n}", root, zero=1)
        office.get(reverse(NAME))
        with CaptureQueriesContext(connection) as queries:
            assert office.get(reverse(NAME)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
