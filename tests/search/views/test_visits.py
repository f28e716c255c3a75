"""The page and the suggestions with the real search behind them: what is theirs is there, what is another unit's is not."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from learning.organisation.models import Role, User
from learning.study.services.enrolling import enrol
from search.services.sweeping import sweep
from tests.courses.factories import activity_of, make_course
from tests.factories import make_bank, make_question, make_unit, make_user

from .conftest import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> tuple[User, User, User]:
    """A member of each of two branches with a course and a question of its own, and the office above them."""
    root = make_unit(name="校党委")
    members = []
    for mark in ("甲", "乙"):
        unit = make_unit(root, name=f"{mark}支部")
        member = make_user(name=f"长征{mark}", unit=unit)
        course = make_course(unit, title=f"长征精神{mark}", teacher=f"教师{mark}", live=True)
        enrol(activity=activity_of(course), users=[member], source="audience", now=timezone.now())
        make_question(make_bank(unit), stem=f"<p>长征题{mark}</p>")
        members.append(member)
    office = make_user(unit=root, roles=[(Role.SCHOOL_OFFICE, root)])
    sweep(clock=timezone.now)
    return members[0], members[1], office


def test_member_sees_what_is_theirs_and_no_trace_of_another_branch(people: tuple[User, User, User]) -> None:
    html = client_of(people[0]).get(reverse("search"), {"q": "长征"}).content.decode()
    assert "<mark>长征</mark>精神甲" in html
    assert "教师甲" in html
    assert "找到 1 条" in html
    for foreign in ("精神乙", "教师乙", "乙支部", "长征题", "长征乙", "试题", "人员"):
        assert foreign not in html


def test_filter_of_another_branch_finds_nothing_and_does_not_say_that_there_is_something(
    people: tuple[User, User, User],
) -> None:
    html = client_of(people[0]).get(reverse("search"), {"teacher": "教师乙"}).content.decode()
    assert "精神乙" not in html
    assert "没有符合条件的内容" in html
    assert "不加条件有 1 条结果" in html


def test_suggestions_are_as_narrow_as_the_page(people: tuple[User, User, User]) -> None:
    def titles(user: User) -> set[str]:
        said = client_of(user).get(reverse("search_suggest"), {"q": "长征"}).json()
        return {each["title"] for each in said["suggestions"]}

    assert titles(people[0]) == {"长征精神甲"}
    assert titles(people[1]) == {"长征精神乙"}


def test_office_sees_questions_and_people_of_all_branches(people: tuple[User, User, User]) -> None:
    html = client_of(people[2]).get(reverse("search"), {"q": "长征"}).content.decode()
    for title in ("精神甲", "精神乙", "题甲", "题乙"):
        assert f"<mark>长征</mark>{title}" in html
    assert "试题" in html
    assert "人员" in html


@pytest.mark.parametrize(
    "typed", ['"', "'", "(", "*", "a OR b", "\\", "%", "党\x00章", "😀", "�", "' OR 1=1 --", "党" * 10_000]
)
def test_whatever_is_typed_is_answered(people: tuple[User, User, User], typed: str) -> None:
    client = client_of(people[0])
    for door in ("search", "search_suggest"):
        assert (
            client.get(reverse(door), {"q": typed, "kind": typed[:50], "year": typed[:50]}).status_code == 200
        )
