"""A screen of another room among those of an exam."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.http import HttpRequest
from django.urls import reverse

from learning.organisation.permissions import Action
from question_bank.exams.models import Exam
from question_bank.exams.views.manage import doors
from question_bank.exams.views.manage.doors import AddedTab, add_exam_tab, owns

from .conftest import School, signed_in

pytestmark = pytest.mark.django_db


def address(request: HttpRequest, exam: Exam) -> str:
    return f"/elsewhere/{exam.pk}/"


def for_monitors(request: HttpRequest, exam: Exam) -> bool:
    return owns(request, exam, Action.EXAM_MONITOR)


@pytest.fixture
def tab() -> Iterator[AddedTab]:
    made = AddedTab("elsewhere", "校园平台", address, for_monitors)
    add_exam_tab(made)
    yield made
    del doors._added["elsewhere"]


def test_added_tab_stands_last_for_whoever_may_open_it(school: School, exam: Exam, tab: AddedTab) -> None:
    page = signed_in(school.people["office"]).get(reverse("manage_exam", args=[exam.pk]))
    last = page.context["tabs"][-1]
    assert (last.name, last.label, last.url, last.current) == (
        "elsewhere",
        "校园平台",
        f"/elsewhere/{exam.pk}/",
        False,
    )
    assert f'<a href="/elsewhere/{exam.pk}/">校园平台</a>' in page.content.decode()
    marker = signed_in(school.people["marker"]).get(reverse("manage_marking", args=[exam.pk]))
    assert "elsewhere" not in [each.name for each in marker.context["tabs"]]


def test_name_of_a_tab_is_taken_once(tab: AddedTab) -> None:
    add_exam_tab(AddedTab("elsewhere", "校园平台", address, for_monitors))
    with pytest.raises(ValueError, match="elsewhere"):
        add_exam_tab(AddedTab("elsewhere", "别的", address, for_monitors))
