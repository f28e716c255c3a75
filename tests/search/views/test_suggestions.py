"""What the box offers while somebody types."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.safestring import mark_safe

from search.models import Kind
from search.services.results import Suggestion
from tests.factories import make_unit, make_user

from .conftest import Answering, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> Client:
    return client_of(make_user(unit=make_unit()))


def test_suggestions_carry_all_that_is_shown_and_announced(member: Client, answering: Answering) -> None:
    answering.suggested = [Suggestion(Kind.EXAM, "党章考试", mark_safe("<mark>党章</mark>考试"), "/exams/3/")]
    answer = member.get(reverse("search_suggest"), {"q": " 党章"})
    assert answer.json() == {
        "suggestions": [
            {
                "kind": "exam",
                "label": "考试",
                "icon": "exam",
                "title_html": "<mark>党章</mark>考试",
                "title": "党章考试",
                "url": "/exams/3/",
            }
        ],
        "said": "1 条建议",
    }
    assert answering.questions[0]["text"] == "党章"
    assert {"no-store", "private"} <= set(answer["Cache-Control"].split(", "))


def test_nothing_is_asked_for_an_empty_box(member: Client, answering: Answering) -> None:
    answer = member.get(reverse("search_suggest"), {"q": "  "})
    assert answer.json() == {"suggestions": [], "said": ""}
    assert not answering.questions


def test_stranger_is_told_nothing(client: Client, answering: Answering) -> None:
    answer = client.get(reverse("search_suggest"), {"q": "党章"})
    assert answer.status_code == 401
    assert answer.json() == {"suggestions": [], "said": ""}
    assert not answering.questions


def test_suggestions_are_not_counted_as_searches(member: Client, answering: Answering) -> None:
    member.get(reverse("search_suggest"), {"q": "党章"})
    assert not answering.remembered
