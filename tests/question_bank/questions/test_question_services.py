"""Questions and their versions: what saving, editing, reviewing, retiring and restoring do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from learning.organisation.models import AuditEntry, Role, User
from question_bank.questions.content import Placement, QuestionContent, content_from_texts, content_of
from question_bank.questions.errors import (
    BadPlace,
    DuplicateQuestion,
    EditConflict,
    InvalidQuestion,
    NotAllowed,
)
from question_bank.questions.models import Bank, Question, QuestionVersion
from question_bank.questions.services import bulk
from question_bank.questions.services.questions import (
    create_question,
    edit_question,
    restore,
    retire,
    set_ready,
)
from tests.factories import NOW, make_bank, make_chapter, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank() -> Bank:
    return make_bank(make_unit())


def author(bank: Bank) -> User:
    return make_user(roles=[(Role.AUTHOR, bank.owner_unit)])


def organiser(bank: Bank) -> User:
    return make_user(roles=[(Role.SCHOOL_OFFICE, bank.owner_unit)])


def single(stem: str = "党的生日是？", **changes: Any) -> QuestionContent:
    return content_from_texts(
        kind="single", stem=stem, options=["七月一日", "十月一日"], answer=(0,), **changes
    )


def make(bank: Bank, by: User | None, content: QuestionContent | None = None, **fields: Any) -> Question:
    return create_question(bank=bank, by=by, content=content or single(), now=NOW, **fields)


def test_an_author_s_question_is_a_draft_even_when_ready_is_asked(bank: Bank) -> None:
    question = make(bank, author(bank), status="ready")
    assert question.latest is not None
    assert (question.latest.status, question.current) == ("draft", None)


def test_an_organiser_s_question_is_ready_at_once(bank: Bank) -> None:
    question = make(bank, organiser(bank), status="ready")
    assert question.current == question.latest
    assert question.current is not None
    assert question.current.status == "ready"


def test_unchanged_content_makes_no_version_but_the_place_changes(bank: Bank) -> None:
    by = author(bank)
    question = make(bank, by)
    assert question.latest is not None
    chapter = make_chapter(bank)
    edited = edit_question(
        question_id=question.pk,
        by=by,
        content=content_of(question.latest),
        place=Placement(chapter=chapter),
        now=NOW,
    )
    assert not edited.made
    assert question.versions.count() == 1
    assert Question.objects.get(pk=question.pk).chapter == chapter


def test_an_edit_leaves_the_ready_version_in_use_until_the_draft_is_reviewed(bank: Bank) -> None:
    question = make(bank, organiser(bank), status="ready")
    first = question.current
    edit_question(question_id=question.pk, by=author(bank), content=single("党的生日是哪一天？"), now=NOW)
    question.refresh_from_db()
    assert question.current == first
    assert question.latest is not None
    assert question.latest.no == 2
    set_ready(question_id=question.pk, by=organiser(bank), now=NOW)
    question.refresh_from_db()
    assert question.current == question.latest


def test_a_version_once_saved_never_changes(bank: Bank) -> None:
    by = organiser(bank)
    question = make(bank, by, status="ready")
    assert question.current is not None
    before = content_of(question.current)
    edit_question(question_id=question.pk, by=by, content=single("改过的题干？"), status="ready", now=NOW)
    assert content_of(QuestionVersion.objects.get(question=question, no=1)) == before


def test_an_edit_on_an_old_version_is_refused(bank: Bank) -> None:
    by = author(bank)
    question = make(bank, by)
    edit_question(question_id=question.pk, by=by, content=single("第二版？"), base_no=1, now=NOW)
    with pytest.raises(EditConflict):
        edit_question(question_id=question.pk, by=by, content=single("又一版？"), base_no=1, now=NOW)


def test_the_same_question_with_other_punctuation_is_a_duplicate(bank: Bank) -> None:
    first = make(bank, author(bank))
    with pytest.raises(DuplicateQuestion) as caught:
        make(bank, author(bank), single("党的生日，是（ ）"))
    assert caught.value.question_id == first.pk
    assert Question.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"stem": "  "}, "empty_stem"),
        ({"key": None}, "no_key"),
        ({"key": "nowhere"}, "key_not_in_options"),
        ({"body": {"options": [{"id": "a", "text": "一"}]}, "key": "a"}, "too_few_options"),
    ],
)
def test_unsound_content_is_not_saved(bank: Bank, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidQuestion) as caught:
        make(bank, author(bank), replace(single(), **changes))
    assert code in [problem.code for problem in caught.value.problems]
    assert not Question.objects.exists()


def test_scripts_in_stem_and_options_are_taken_out(bank: Bank) -> None:
    content = replace(
        single(),
        stem='<p onclick="x()">题<script>alert(1)</script></p>',
        body={"options": [{"id": "a", "text": "<b>一</b><img src=x onerror=y>"}, {"id": "b", "text": "二"}]},
        key="a",
    )
    version = make(bank, author(bank), content).latest
    assert version is not None
    assert version.stem == "<p>题</p>"
    assert version.body["options"][0]["text"] == '<b>一</b><img src="x">'


def test_option_ids_say_nothing_about_letters_or_order(bank: Bank) -> None:
    ids = [option["id"] for option in single().body["options"]]
    assert len(set(ids)) == 2
    assert all(len(name) == 6 for name in ids)
    order = content_from_texts(kind="order", stem="排序", options=list("一二三四五六"), answer=range(6))
    assert [option["id"] for option in order.body["options"]] == sorted(order.key)


def test_all_of_the_above_is_pinned() -> None:
    content = content_from_texts(kind="single", stem="题", options=["一", "以上都是"], answer=(1,))
    assert [option["pinned"] for option in content.body["options"]] == [False, True]


def test_nobody_writes_into_a_bank_of_another_unit(bank: Bank) -> None:
    stranger = make_user(roles=[(Role.SCHOOL_OFFICE, make_unit())])
    with pytest.raises(NotAllowed):
        make(bank, stranger)


def test_an_author_may_not_review_nor_retire_what_is_in_use(bank: Bank) -> None:
    by = author(bank)
    draft = make(bank, by)
    ready = make(bank, organiser(bank), single("另一题？"), status="ready")
    with pytest.raises(NotAllowed):
        set_ready(question_id=draft.pk, by=by, now=NOW)
    with pytest.raises(NotAllowed):
        retire(question_id=ready.pk, by=by, now=NOW)
    assert retire(question_id=draft.pk, by=by, now=NOW).retired_at == NOW


def test_a_retired_question_frees_its_place_and_comes_back_only_if_it_is_still_free(bank: Bank) -> None:
    by = organiser(bank)
    old = make(bank, by, status="ready")
    retire(question_id=old.pk, by=by, now=NOW)
    make(bank, by)
    with pytest.raises(DuplicateQuestion):
        restore(question_id=old.pk, by=by, now=NOW)


def test_a_chapter_of_another_bank_is_refused(bank: Bank) -> None:
    with pytest.raises(BadPlace):
        make(bank, author(bank), place=Placement(chapter=make_chapter(make_bank())))


def test_bulk_acts_touch_only_what_the_person_may_change_and_are_audited(bank: Bank) -> None:
    by = organiser(bank)
    mine = [make(bank, author(bank), single(f"题目{n}？")).pk for n in range(3)]
    foreign = make_bank(make_unit())
    theirs = make(foreign, organiser(foreign)).pk
    assert bulk.set_ready_many(question_ids=[*mine, theirs], by=by, now=NOW) == 3
    assert Question.objects.usable().count() == 3
    assert bulk.set_difficulty(question_ids=[*mine, theirs], difficulty=5, by=by, now=NOW) == 3
    assert bulk.place_in_chapter(question_ids=mine, chapter=make_chapter(bank), by=by, now=NOW) == 3
    assert bulk.retire_many(question_ids=[*mine, theirs], by=by, now=NOW) == 3
    assert Question.objects.get(pk=theirs).retired_at is None
    assert list(AuditEntry.objects.values_list("action", flat=True).order_by("pk")) == [
        "question.ready",
        "question.difficulty",
        "question.place",
        "question.retire",
    ]
