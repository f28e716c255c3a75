"""The checklist names what is missing with its numbers; publishing freezes plan and pool; withdrawing takes
it back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from learning.organisation.models import AuditEntry, User
from question_bank.exams.errors import NotPossible, NotReady
from question_bank.exams.models import Attempt, Cell, Exam, ExamPool, FixedItem, Section
from question_bank.exams.papers import fold_drawn, item_count_of, max_score_of, plan_for
from question_bank.exams.publishing import checklist, publish_exam, withdraw_exam
from question_bank.exams.supply import live_supply
from question_bank.exams.taking.closing import settle
from question_bank.questions.models import Bank, QuestionVersion
from tests.factories import (
    NOW,
    make_attempt,
    make_bank,
    make_chapter,
    make_exam,
    make_question,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def office() -> User:
    return make_user()


@pytest.fixture
def bank() -> Bank:
    return make_bank()


@pytest.fixture
def draft(bank: Bank) -> Exam:
    return make_exam(published=False, bank=bank, kinds=["single"], candidates=[make_user()])


def codes(exam: Exam) -> dict[str, bool]:
    return {problem.code: problem.fatal for problem in checklist(exam=exam, now=NOW)}


def cell_of(exam: Exam) -> Cell:
    return Cell.objects.get(section__blueprint=exam.blueprint)


def test_exam_that_lacks_nothing_has_an_empty_checklist(draft: Exam) -> None:
    assert checklist(exam=draft, now=NOW) == []


@pytest.mark.parametrize(
    ("fields", "code", "fatal"),
    [
        ({"closes_at": NOW, "opens_at": NOW - timedelta(hours=3)}, "window_over", True),
        ({"last_entry_at": NOW - timedelta(hours=1)}, "no_entry", True),
        ({"limit_s": 7201}, "limit_beyond_window", False),
        ({"earliest_submit_s": 1801}, "submit_after_limit", True),
        ({"delay_s": 60}, "delay_without_attempts", False),
        ({"bands": [{"from": "101", "name": "满"}]}, "bad_bands", True),
        ({"bands": [{"from": "60", "name": "甲"}, {"from": 60, "name": "乙"}]}, "bad_bands", True),
        ({"bands": [{"name": "甲"}]}, "bad_bands", True),
    ],
)
def test_checklist_finds_rules_that_contradict_each_other(
    draft: Exam, fields: dict[str, Any], code: str, fatal: bool
) -> None:
    for name, value in fields.items():
        setattr(draft, name, value)
    assert codes(draft) == {code: fatal}


def test_checklist_asks_for_candidates_sections_and_questions(draft: Exam) -> None:
    draft.candidates.all().delete()
    assert codes(draft) == {"no_candidates": True}
    section = Section.objects.create(blueprint=draft.blueprint, order=2, title="二")
    assert "empty_section" in codes(draft)
    section.delete()
    Section.objects.filter(blueprint=draft.blueprint).delete()
    assert "no_sections" in codes(draft)


def test_short_cell_is_named_with_its_numbers(draft: Exam) -> None:
    Cell.objects.update(n=20)
    (problem,) = checklist(exam=draft, now=NOW)
    assert problem.code == "short_cell"
    assert "20" in problem.message
    assert "可用 1 题" in problem.message


def test_cells_that_overlap_are_short_together(draft: Exam, bank: Bank) -> None:
    Cell.objects.create(section=cell_of(draft).section, order=2, bank=bank, n=1, mark="2")
    (problem,) = checklist(exam=draft, now=NOW)
    assert problem.code == "short_cells"
    make_question(bank, "fill")
    assert checklist(exam=draft, now=NOW) == []


def test_fixed_item_must_be_ready_stand_once_and_is_not_drawn_again(draft: Exam, bank: Bank) -> None:
    question = make_question(bank, "fill")
    assert question.current is not None
    section = cell_of(draft).section
    FixedItem.objects.create(section=section, order=0, version=question.current, mark="5")
    assert codes(draft) == {}
    older = QuestionVersion.objects.create(
        question=question, no=2, kind="fill", status="draft", stem="x", created_at=NOW
    )
    FixedItem.objects.create(section=section, order=0, version=older, mark="5")
    assert codes(draft) == {"fixed_not_ready": True, "fixed_twice": True}


def test_publishing_freezes_plan_and_pool(draft: Exam, bank: Bank, office: User) -> None:
    exam = publish_exam(exam_id=draft.pk, by=office, now=NOW)
    assert (exam.state, exam.pool_version, exam.published_by) == (Exam.State.PUBLISHED, 1, office)
    assert exam.plan is not None
    assert (item_count_of(exam.plan), str(max_score_of(exam.plan))) == (1, "2.00")
    assert ExamPool.objects.filter(exam=exam).count() == 1
    make_question(bank)
    Cell.objects.update(n=2)
    assert plan_for(exam.pk, exam.pool_version, NOW).max_score == 2
    assert ExamPool.objects.filter(exam=exam).count() == 1
    assert AuditEntry.objects.get(action="exam.publish").data == {"pool_version": 1}


def test_exam_that_is_not_ready_stays_a_draft(draft: Exam, office: User) -> None:
    draft.candidates.all().delete()
    with pytest.raises(NotReady) as refused:
        publish_exam(exam_id=draft.pk, by=office, now=NOW)
    assert [problem.code for problem in refused.value.problems] == ["no_candidates"]
    draft.refresh_from_db()
    assert (draft.state, draft.pool_version) == (Exam.State.DRAFT, 0)


def test_exam_is_not_withdrawn_while_somebody_sits_it(office: User) -> None:
    member = make_user(unit=make_unit())
    exam = make_exam(candidates=[member])
    attempt = make_attempt(exam, member)
    with pytest.raises(NotPossible):
        withdraw_exam(exam_id=exam.pk, by=office, reason="改期", now=NOW)
    settle(attempt, now=attempt.accept_until)
    withdraw_exam(exam_id=exam.pk, by=office, reason="改期", now=NOW)
    exam.refresh_from_db()
    assert exam.state == Exam.State.WITHDRAWN


def test_supply_counts_what_each_filter_leaves(bank: Bank) -> None:
    general = make_chapter(bank, "总纲")
    below = make_chapter(bank, "第一节", general)
    wanted = make_question(bank, chapter=below, difficulty=2)
    wanted.tags = ["党章", "重点"]
    wanted.save()
    make_question(bank, chapter=make_chapter(bank, "总纲领"))
    make_question(bank, "fill", difficulty=2)
    expired = make_question(bank, chapter=below, difficulty=2)
    expired.valid_until_date = TODAY - timedelta(days=1)
    expired.save()
    retired = make_question(bank, chapter=below)
    retired.retired_at = NOW
    retired.save()
    make_question(make_bank(), chapter=None)
    exam = make_exam(bank=bank, kinds=["single"], published=False)
    cell = cell_of(exam)

    def available(**fields: Any) -> int:
        for name, value in fields.items():
            setattr(cell, name, value)
        return live_supply([cell], day=TODAY).cells[0].available

    assert available(kind="") == 4
    assert available(kind="single") == 3
    cell.chapters.set([general])
    assert available() == 1
    assert available(tags=["重点", "其他"]) == 1
    assert available(tags=["其他"]) == 0
    assert available(tags=[], difficulty_min=3) == 0


def test_drawn_questions_are_counted_from_the_papers_and_never_twice() -> None:
    member = make_user(unit=make_unit())
    exam = make_exam(candidates=[member], max_attempts=3, limit_s=60)
    for minute in (0, 5):
        now = NOW + timedelta(minutes=minute)
        settle(make_attempt(exam, member, now=now), now=now + timedelta(minutes=4))
    for _ in range(2):
        assert fold_drawn(now=NOW + timedelta(minutes=6)) == 1
        assert list(ExamPool.objects.values_list("drawn", flat=True)) == [2, 2, 2]
    assert fold_drawn(now=NOW + timedelta(hours=1)) == 0


def test_question_added_later_is_drawn_before_those_in_use() -> None:
    members = [make_user(unit=make_unit()) for _ in range(3)]
    exam = make_exam(candidates=members, kinds=["single"])
    row = ExamPool.objects.get()
    row.drawn = 5
    row.save()
    added = make_question(row.cell.bank)
    ExamPool.objects.create(exam=exam, cell=row.cell, version=added.current)
    assert {make_attempt(exam, member).paper[0]["v"] for member in members} == {added.current_id}
    assert Attempt.objects.count() == 3
