"""Two people at one exam: what the other one saved meanwhile is never written over unseen, and nothing typed is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from question_bank.exams.models import Cell, Exam, Section
from question_bank.exams.organising import blueprints
from question_bank.exams.organising.seen import ChangedMeanwhile, cell_digest, section_digest
from tests.factories import make_chapter, make_exam, make_question

from .conftest import School, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(school: School) -> Exam:
    return make_exam(unit=school.root, kinds=["single"], published=False)


@pytest.fixture
def cell(draft: Exam) -> Cell:
    return Cell.objects.select_related("section").get(section__blueprint=draft.blueprint)


@pytest.fixture
def office(school: School) -> Client:
    return signed_in(school.people["office"])


def seen_on(client: Client, url: str, name: str = "seen") -> str:
    page = client.get(url).content.decode()
    return re.findall(rf'name="{name}" value="([^"]*)"', page)[0]


def cell_data(cell: Cell, **fields: Any) -> dict[str, Any]:
    first = {"kind": "single", "difficulty_min": 1, "difficulty_max": 5, "tags_text": "", "n": 1, "mark": "2"}
    return {"bank": cell.bank_id, **first, **fields}


def cell_url(draft: Exam, cell: Cell, name: str = "manage_cell") -> str:
    return reverse(name, args=[draft.pk, cell.section_id, cell.pk])


def test_a_rule_changed_meanwhile_is_not_saved_over_and_a_second_save_is_deliberate(
    office: Client, draft: Exam, cell: Cell
) -> None:
    url = cell_url(draft, cell)
    seen = seen_on(office, url)
    Cell.objects.filter(pk=cell.pk).update(n=7)
    answer = office.post(url, cell_data(cell, n=3, tags_text="党章", seen=seen))
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "您的改动没有保存" in text
    assert "7 题，每题 2 分" in text
    assert 'value="党章"' in text
    cell.refresh_from_db()
    assert cell.n == 7
    again = re.findall(r'name="seen" value="([^"]+)"', text)[0]
    assert office.post(url, cell_data(cell, n=3, seen=again)).status_code == 302
    cell.refresh_from_db()
    assert cell.n == 3


def test_other_filters_are_a_change_too(draft: Exam, cell: Cell) -> None:
    before = cell_digest(cell)
    cell.chapters.add(make_chapter(cell.bank))
    assert cell_digest(cell) != before
    with pytest.raises(ChangedMeanwhile):
        blueprints.remove_cell(cell=cell, seen=before)
    blueprints.remove_cell(cell=cell, seen=cell_digest(cell))


def test_a_rule_removed_meanwhile_comes_back_only_by_a_second_save(
    office: Client, draft: Exam, cell: Cell
) -> None:
    url = cell_url(draft, cell)
    seen = seen_on(office, url)
    Cell.objects.filter(pk=cell.pk).delete()
    answer = office.post(url, cell_data(cell, seen=seen))
    assert answer.status_code == 409
    assert "已被删除" in answer.content.decode()
    assert not Cell.objects.exists()
    assert office.post(url, cell_data(cell, seen="")).status_code == 302
    assert Cell.objects.count() == 1


def test_a_section_changed_meanwhile_is_neither_saved_over_nor_removed(
    office: Client, draft: Exam, cell: Cell
) -> None:
    args = [draft.pk, cell.section_id]
    url = reverse("manage_section", args=args)
    seen, whole = re.findall(r'name="seen" value="([^"]*)"', office.get(url).content.decode())
    Cell.objects.filter(pk=cell.pk).update(n=7)  # of the whole, not of the section itself
    office.post(reverse("manage_section_remove", args=args), {"seen": whole})
    assert Section.objects.filter(pk=cell.section_id).exists()
    Section.objects.filter(pk=cell.section_id).update(title="单选部分")
    answer = office.post(url, {"title": "一、单选", "instructions": "", "seen": seen})
    assert answer.status_code == 409
    assert "单选部分" in answer.content.decode()
    assert 'value="一、单选"' in answer.content.decode()
    section = Section.objects.get(pk=cell.section_id)
    assert section.title == "单选部分"
    data = {"title": "一、单选", "instructions": "", "seen": section_digest(section)}
    assert office.post(url, data).status_code == 302


def test_rules_of_the_exam_saved_meanwhile_are_not_saved_over(office: Client, draft: Exam) -> None:
    url = reverse("manage_exam_settings", args=[draft.pk, "basics"])
    seen = seen_on(office, reverse("manage_exam", args=[draft.pk]), "basics-seen")
    Exam.objects.filter(pk=draft.pk).update(instructions="带学生证")
    data = {"basics-title": "新名", "basics-kind": "formal", "basics-instructions": "带身份证"}
    answer = office.post(url, {**data, "basics-seen": seen})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "与现在保存的不同的有：名称、考试说明" in text
    assert "带身份证" in text
    draft.refresh_from_db()
    assert draft.instructions == "带学生证"
    again = re.findall(r'name="basics-seen" value="([^"]+)"', text)[0]
    assert office.post(url, {**data, "basics-seen": again}).status_code == 302
    draft.refresh_from_db()
    assert (draft.title, draft.instructions) == ("新名", "带身份证")


@pytest.mark.parametrize("part", ["time", "guard", "release"])
def test_an_unchanged_form_may_be_saved_right_away(office: Client, draft: Exam, part: str) -> None:
    form = office.get(reverse("manage_exam", args=[draft.pk])).context["forms"][part]
    data = {f"{part}-{name}": form[name].value() for name in form.fields}
    data = {name: "" if value is None else value for name, value in data.items() if value is not False}
    for name in ("opens_at", "closes_at"):
        if part == "time":
            data[f"{part}-{name}"] = form[name].value().isoformat()[:16]
    url = reverse("manage_exam_settings", args=[draft.pk, part])
    assert office.post(url, {**data, f"{part}-seen": form.seen}).status_code == 302


def test_more_questions_than_a_rule_may_draw_are_refused_by_name_with_the_supply(
    office: Client, draft: Exam, cell: Cell
) -> None:
    make_question(cell.bank)
    url = cell_url(draft, cell)
    told = office.post(url, cell_data(cell, n=501, look="1")).content.decode()
    assert "一条规则最多抽 500 题，这里是 501 题" in told
    assert "可用 2 题" in told
    answer = office.post(url, cell_data(cell, n=501))
    assert answer.status_code == 422
    assert "一条规则最多抽 500 题" in answer.content.decode()


def test_a_rule_beyond_the_supply_is_kept_and_says_what_is_missing(
    office: Client, draft: Exam, cell: Cell
) -> None:
    url = cell_url(draft, cell)
    assert "还差 4 题" in office.post(url, cell_data(cell, n=5, look="1")).content.decode()
    page = office.post(url, cell_data(cell, n=5), follow=True).content.decode()
    assert "需 5 题，可用只有 1 题" in page
    cell.refresh_from_db()
    assert cell.n == 5
