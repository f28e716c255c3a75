"""Whatever is typed into the search boxes of the organisers' own lists is answered."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from learning.organisation.models import Role
from tests.factories import make_bank, make_exam, make_question, make_unit, make_user

pytestmark = pytest.mark.django_db

LISTS = (
    "question_list",
    "exams_admin:manage_exams",
    "course_list",
    "material_list",
    "admin_find",
    "reports_admin:index",
    "wagtailusers_users:index",
    "classes_admin:class_list",
    "classes_admin:task_list",
    "offline_list",
    "erase_list",
    "units:index",
    "roles:index",
    "audit:index",
    "video_chooser:choose_results",
    "exam_chooser:choose_results",
    "person_chooser:choose_results",
)


@pytest.mark.parametrize("view", LISTS)
@pytest.mark.parametrize(
    "words",
    ['"(*', "党\x00章", "\\%_\ufffd😀", "党" * 20_000, "a " * 5_000],
    ids=["quote", "nul", "escape", "long", "many"],
)
def test_every_list_answers(view: str, words: str) -> None:
    unit = make_unit()
    client = Client()
    client.force_login(make_user(unit=unit, roles=[(Role.ADMINISTRATOR, unit)], is_superuser=True))
    bank = make_bank(unit)
    make_question(bank, stem="<p>党章</p>")
    make_exam(unit=unit, bank=bank)
    asked = {"q": words, "tag": words, "full_name": words, "search": words}
    assert client.get(reverse(view), asked).status_code == 200
