"""The side bar's search: what is found, and by whom."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from learning.organisation.models import Role, Unit, User
from tests.factories import make_bank, make_exam, make_question, make_unit, make_user

pytestmark = pytest.mark.django_db


class School:
    """Two branches; in each a question, an exam and a member that carry the same word."""

    def __init__(self) -> None:
        self.root = make_unit(name="校党委")
        self.here, self.there = make_unit(self.root, name="甲支部"), make_unit(self.root, name="乙支部")
        for unit, mark in ((self.here, "甲"), (self.there, "乙")):
            bank = make_bank(unit)
            make_question(bank, stem=f"<p>长征题{mark}</p>")
            make_exam(unit=unit, bank=bank, title=f"长征考试{mark}")
            make_user(name=f"长征{mark}", unit=unit)

    def holder(self, role: Role, unit: Unit) -> User:
        return make_user(unit=unit, roles=[(role, unit)])


@pytest.fixture
def school() -> School:
    return School()


def page(user: User, words: str = "长征") -> str:
    client = Client()
    client.force_login(user, "learning.organisation.backends.NumberBackend")
    answer = client.get(reverse("admin_find"), {"q": words})
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_organiser_finds_what_is_theirs_and_nothing_else(school: School) -> None:
    found = page(school.holder(Role.SCHOOL_OFFICE, school.here))
    for name in ("长征题甲", "长征考试甲", "长征甲"):
        assert name in found
    for name in ("长征题乙", "长征考试乙", "长征乙"):
        assert name not in found


def test_everything_is_found_from_above(school: School) -> None:
    found = page(school.holder(Role.SCHOOL_OFFICE, school.root))
    for name in ("长征题甲", "长征题乙", "长征考试乙", "长征乙"):
        assert name in found


def test_kinds_without_a_right_are_not_searched(school: School) -> None:
    found = page(school.holder(Role.AUTHOR, school.here))
    assert "长征题甲" in found
    assert "长征考试甲" not in found
    assert "长征甲" not in found


def test_a_person_is_found_by_number_and_a_question_by_its_number(school: School) -> None:
    office = school.holder(Role.SCHOOL_OFFICE, school.here)
    person = make_user("2026ZZ77", name="林一", unit=school.here)
    assert "林一" in page(office, "ZZ77")
    assert reverse("wagtailusers_users:inspect", args=[person.pk]) in page(office, "2026ZZ77")


def test_a_member_finds_no_such_page(school: School) -> None:
    client = Client()
    client.force_login(make_user(unit=school.here), "learning.organisation.backends.NumberBackend")
    assert client.get(reverse("admin_find"), {"q": "长征"}).status_code in (302, 404)


def test_the_side_bar_searches_here(school: School) -> None:
    client = Client()
    client.force_login(
        school.holder(Role.AUTHOR, school.here), "learning.organisation.backends.NumberBackend"
    )
    assert f'"{reverse("admin_find")}"' in client.get(reverse("wagtailadmin_home")).content.decode()


def test_the_same_words_lead_on_to_the_search_of_the_whole_site(school: School) -> None:
    found = page(school.holder(Role.AUTHOR, school.here))
    assert f'href="{reverse("search")}?q=%E9%95%BF%E5%BE%81"' in found


def test_more_hits_need_no_more_queries(school: School) -> None:
    office = school.holder(Role.SCHOOL_OFFICE, school.here)
    page(office)
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(office)
        counts.append(len(queries))
        bank = make_bank(school.here)
        for n in range(4):
            make_question(bank, stem=f"<p>长征又一题{n}</p>")
            make_user(name=f"长征又{n}", unit=school.here)
            make_exam(unit=school.here, bank=bank, title=f"长征又考{n}")
    assert counts[0] == counts[1]
