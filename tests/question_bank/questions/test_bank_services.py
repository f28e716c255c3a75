"""Banks, chapters and knowledge points."""

from __future__ import annotations

import pytest

from learning.organisation.models import Role, User
from learning.organisation.permissions import Action
from question_bank.exams.models import Blueprint, Cell, Section
from question_bank.questions.errors import BadName, BadPlace, NameTaken, NotAllowed, StillUsed
from question_bank.questions.models import Bank, Chapter
from question_bank.questions.services import banks, chapters, knowledge_points
from tests.factories import NOW, make_bank, make_question, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank() -> Bank:
    return make_bank(make_unit())


@pytest.fixture
def by(bank: Bank) -> User:
    return make_user(roles=[(Role.SCHOOL_OFFICE, bank.owner_unit)])


def names(bank: Bank) -> list[str]:
    return sorted(bank.chapters.values_list("full_name", flat=True))


def test_a_bank_is_made_only_in_a_unit_of_one_s_own(bank: Bank, by: User) -> None:
    with pytest.raises(NotAllowed):
        banks.create_bank(name="别人的", owner_unit=make_unit(), by=by, now=NOW)
    with pytest.raises(NameTaken):
        banks.create_bank(name=bank.name, owner_unit=bank.owner_unit, by=by, now=NOW)


def test_a_share_opens_the_bank_for_use_and_its_end_closes_it(bank: Bank, by: User) -> None:
    other = make_unit()
    guest = make_user(roles=[(Role.SCHOOL_OFFICE, other)])
    share = banks.share_bank(bank=bank, unit=other, may_edit=False, by=by, now=NOW)
    assert Bank.objects.allowing(guest, Action.BANK_VIEW).get() == bank
    assert not Bank.objects.allowing(guest, Action.BANK_EDIT).exists()
    with pytest.raises(NotAllowed):
        banks.share_bank(bank=bank, unit=make_unit(), may_edit=True, by=guest, now=NOW)
    banks.withdraw_share(share=share, by=by, now=NOW)
    assert not Bank.objects.allowing(guest, Action.BANK_VIEW).exists()


def test_a_chapter_path_is_made_once(bank: Bank) -> None:
    first = chapters.ensure_chapter(bank=bank, path="党章/ 总纲 ")
    assert first == chapters.ensure_chapter(bank=bank, path=("党章", "总纲"))
    assert names(bank) == ["党章", "党章/总纲"]
    assert chapters.ensure_chapter(bank=bank, path=" / ") is None


def test_renaming_a_chapter_renames_all_below_it_and_nothing_beside_it(bank: Bank, by: User) -> None:
    chapters.ensure_chapter(bank=bank, path="党章/总纲/第一条")
    chapters.ensure_chapter(bank=bank, path="党章二")
    top = Chapter.objects.get(full_name="党章")
    chapters.rename_chapter(chapter=top, name="中国共产党章程", by=by, now=NOW)
    assert names(bank) == ["中国共产党章程", "中国共产党章程/总纲", "中国共产党章程/总纲/第一条", "党章二"]
    with pytest.raises(NameTaken):
        chapters.rename_chapter(chapter=top, name="党章二", by=by, now=NOW)
    with pytest.raises(BadName):
        chapters.rename_chapter(chapter=top, name="  ", by=by, now=NOW)


def test_a_chapter_moves_with_its_subtree_but_never_below_itself(bank: Bank, by: User) -> None:
    low = chapters.ensure_chapter(bank=bank, path="甲/乙/丙")
    chapters.ensure_chapter(bank=bank, path="丁")
    top, other = Chapter.objects.get(full_name="甲"), Chapter.objects.get(full_name="丁")
    with pytest.raises(BadPlace):
        chapters.move_chapter(chapter=top, parent=low, by=by, now=NOW)
    chapters.move_chapter(chapter=top, parent=other, by=by, now=NOW)
    assert names(bank) == ["丁", "丁/甲", "丁/甲/乙", "丁/甲/乙/丙"]


def test_merging_takes_questions_lower_chapters_and_quota_cells_along(bank: Bank, by: User) -> None:
    old = chapters.ensure_chapter(bank=bank, path="旧/同名")
    chapters.ensure_chapter(bank=bank, path="旧/独有")
    new = chapters.ensure_chapter(bank=bank, path="新/同名")
    assert old is not None
    assert new is not None
    question = make_question(bank, chapter=old)
    blueprint = Blueprint.objects.create(name="规则", owner_unit=bank.owner_unit)
    section = Section.objects.create(blueprint=blueprint, order=1, title="一")
    cell = Cell.objects.create(section=section, order=1, bank=bank, n=1, mark="1")
    cell.chapters.set([old, new])
    top, into = Chapter.objects.get(full_name="旧"), Chapter.objects.get(full_name="新")
    chapters.merge_chapter(chapter=top, into=into, by=by, now=NOW)
    question.refresh_from_db()
    assert names(bank) == ["新", "新/同名", "新/独有"]
    assert question.chapter == new
    assert list(cell.chapters.all()) == [new]


def test_a_chapter_that_a_quota_cell_names_is_not_deleted(bank: Bank, by: User) -> None:
    chapter = chapters.ensure_chapter(bank=bank, path="章")
    assert chapter is not None
    blueprint = Blueprint.objects.create(name="规则", owner_unit=bank.owner_unit)
    section = Section.objects.create(blueprint=blueprint, order=1, title="一")
    cell = Cell.objects.create(section=section, order=1, bank=bank, n=1, mark="1")
    cell.chapters.set([chapter])
    with pytest.raises(StillUsed):
        chapters.delete_chapter(chapter=chapter, by=by, now=NOW)
    cell.chapters.clear()
    chapters.delete_chapter(chapter=chapter, by=by, now=NOW)
    assert names(bank) == []


def test_merged_knowledge_points_keep_each_question_once(bank: Bank, by: User) -> None:
    points = knowledge_points.ensure_points(bank=bank, names=["甲", "乙", " 甲 "])
    assert list(points) == ["甲", "乙"]
    both, one = make_question(bank), make_question(bank)
    both.knowledge_points.set(points.values())
    one.knowledge_points.set([points["甲"]])
    knowledge_points.merge_point(point=points["甲"], into=points["乙"], by=by, now=NOW)
    assert sorted(points["乙"].questions.values_list("pk", flat=True)) == sorted([both.pk, one.pk])
    assert bank.knowledge_points.count() == 1
