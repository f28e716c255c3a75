"""Free practice: whose banks, which questions, one answer a slot, the verdict, the way on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from learning.organisation.models import Membership
from question_bank.engine.kinds import InvalidAnswer
from question_bank.exams.models import NotebookEntry, PracticeRun
from question_bank.exams.practising import runs
from question_bank.exams.practising.banks import practice_banks, practisable, shelves_of
from question_bank.exams.practising.drawing import next_stretch, random_versions
from question_bank.exams.practising.errors import (
    AnotherQuestion,
    AnsweredBefore,
    NothingToPractise,
    RunFinished,
    RunNotFound,
)
from question_bank.exams.practising.summary import summary_of
from question_bank.questions.models import BankShare, KnowledgePoint
from tests.factories import NOW, make_bank, make_chapter, make_question, make_unit, make_user

from .making import DAY, answer, key_of, make_member, make_open_bank, start

pytestmark = pytest.mark.django_db


def banks_of(user):
    return set(practice_banks(user, day=DAY))


def test_banks_of_the_own_unit_and_of_those_above_are_open_but_of_no_other():
    committee = make_unit()
    college = make_unit(committee)
    branch, sister = make_unit(college), make_unit(college)
    below = make_unit(branch)
    member = make_member(branch)
    banks = {unit: make_bank(unit) for unit in (committee, college, branch, sister, below, make_unit())}
    for bank in banks.values():
        bank.open_for_practice = True
        bank.save()
    assert banks_of(member) == {banks[committee], banks[college], banks[branch]}


def test_a_bank_shared_with_a_unit_above_the_member_is_open():
    college = make_unit(make_unit())
    member = make_member(make_unit(college))
    bank = make_open_bank(make_member())
    assert banks_of(member) == set()
    BankShare.objects.create(bank=bank, unit=college)
    assert banks_of(member) == {bank}


@pytest.mark.parametrize("closed", [{"open_for_practice": False}, {"archived_at": NOW}])
def test_a_bank_not_opened_or_archived_is_not_there(closed):
    member = make_member()
    bank = make_open_bank(member)
    for name, value in closed.items():
        setattr(bank, name, value)
    bank.save()
    assert banks_of(member) == set()


def test_the_unit_of_today_decides_after_a_transfer():
    member = make_member()
    bank = make_open_bank(member)
    Membership.objects.filter(user=member).update(to_date=DAY)
    Membership.objects.create(user=member, unit=make_unit(), person_status="full", from_date=DAY)
    assert bank not in banks_of(member)
    assert banks_of(make_user()) == set()


def test_retired_expired_and_draft_questions_are_not_asked():
    member = make_member()
    bank = make_open_bank(member)
    good, last_day = make_question(bank), make_question(bank)
    last_day.valid_until_date = DAY
    last_day.save()
    for field, value in (
        ("retired_at", NOW),
        ("valid_until_date", DAY - timedelta(days=1)),
        ("current", None),
    ):
        bad = make_question(bank)
        setattr(bad, field, value)
        bad.save()
    assert set(practisable([bank.pk], day=DAY)) == {good, last_day}


def test_reading_order_is_chapter_by_chapter_with_those_below_and_the_rest_last():
    member = make_member()
    bank = make_open_bank(member)
    loose = make_question(bank)
    second, first = make_chapter(bank, "二"), make_chapter(bank, "一")
    second.order, first.order = 2, 1
    second.save()
    first.save()
    deep = make_chapter(bank, "一之一", parent=first)
    empty = make_chapter(bank, "空")
    questions = [make_question(bank, chapter=chapter) for chapter in (second, deep, first)]
    shelves = shelves_of(bank, day=DAY)
    in_second, in_deep, in_first = questions
    assert [q for q, _v in shelves.questions] == [in_first.pk, in_deep.pk, in_second.pk, loose.pk]
    assert [(shelf.chapter, shelf.depth) for shelf in shelves.chapters] == [
        (first, 0),
        (deep, 1),
        (second, 0),
    ]
    assert [q for q, _v in shelves.within(first.pk).questions] == [in_first.pk, in_deep.pk]
    assert shelves.within(empty.pk) is None


def test_by_order_goes_on_where_the_last_run_stopped_and_begins_again_after_the_end():
    member = make_member()
    bank = make_open_bank(member)
    versions = [make_question(bank).current_id for _ in range(5)]
    first = start(member, bank, n=3)
    assert [item["v"] for item in first.paper] == versions[:3]
    answer(first, 1, "o1")
    answer(first, 2, "o1")
    second = start(member, bank, n=3)
    assert [item["v"] for item in second.paper] == versions[2:5]
    answer(second, 3, "o1")
    assert [item["v"] for item in start(member, bank, n=3).paper] == versions[:3]


def test_the_way_on_survives_a_question_that_is_gone():
    pairs = [(1, 10), (2, 20), (3, 30)]
    assert next_stretch(pairs, after=9, n=2) == pairs[:2]
    assert next_stretch(pairs, after=1, n=9) == pairs[1:]
    assert next_stretch([], after=1, n=2) == []


def test_random_takes_unmet_questions_first_and_never_one_twice():
    pairs = [(n, n * 10) for n in range(1, 9)]
    drawn = random_versions(pairs, n=5, seed=3, met={1, 2, 3})
    assert sorted(drawn) == [40, 50, 60, 70, 80]
    assert sorted(random_versions(pairs, n=50, seed=3, met=set())) == [n * 10 for n in range(1, 9)]


def test_random_run_counts_what_this_member_practised():
    member = make_member()
    bank = make_open_bank(member)
    for _ in range(4):
        make_question(bank)
    first = start(member, bank, mode="random", n=2)
    for slot in (1, 2):
        answer(first, slot, "o1")
    second = start(member, bank, mode="random", n=2)
    assert not {item["v"] for item in first.paper} & {item["v"] for item in second.paper}


def test_a_chapter_run_stays_in_the_chapter_and_those_below():
    member = make_member()
    bank = make_open_bank(member)
    chapter = make_chapter(bank, "一")
    deep = make_chapter(bank, "一之一", parent=chapter)
    inside = {make_question(bank, chapter=each).current_id for each in (chapter, deep)}
    make_question(bank)
    choice = runs.Choice(bank, "chapter", 100, chapter.pk)
    run = runs.start_run(choice=choice, by=member, seed=1, day=DAY, now=NOW)
    assert {item["v"] for item in run.paper} == inside
    other = make_chapter(make_bank(), "别处")
    with pytest.raises(NothingToPractise):
        runs.start_run(choice=runs.Choice(bank, "chapter", 10, other.pk), by=member, seed=1, day=DAY, now=NOW)


def test_a_new_run_ends_the_unfinished_one_of_its_sort_only():
    member = make_member()
    bank = make_open_bank(member)
    make_question(bank)
    ordered, random = start(member, bank), start(member, bank, mode="random")
    start(member, bank)
    ordered.refresh_from_db()
    random.refresh_from_db()
    assert ordered.finished_at == NOW
    assert random.finished_at is None


def test_an_empty_bank_starts_nothing():
    member = make_member()
    with pytest.raises(NothingToPractise):
        start(member, make_open_bank(member))
    assert not PracticeRun.objects.exists()


RIGHT_AND_WRONG = [
    ("single", "o1", "o2"),
    ("multiple", ["o2", "o0"], ["o0"]),
    ("true_false", True, False),
    ("fill", ["甲", "乙方"], ["甲", "丙"]),
    ("order", ["o0", "o1", "o2"], ["o1", "o0", "o2"]),
    ("match", {"l0": "o0", "l1": "o1"}, {"l0": "o1", "l1": "o0"}),
]


@pytest.mark.parametrize(("kind", "right", "wrong"), RIGHT_AND_WRONG)
def test_every_kind_is_judged_at_once_by_its_key(kind, right, wrong):
    member = make_member()
    bank = make_open_bank(member)
    make_question(bank, kind)
    assert answer(start(member, bank), 1, right).correct is True
    assert not NotebookEntry.objects.exists()
    assert answer(start(member, bank), 1, wrong).correct is False
    assert NotebookEntry.objects.get().last_answer == wrong


@pytest.mark.parametrize("kind", ["single", "short"])
def test_giving_up_is_wrong(kind):
    member = make_member()
    bank = make_open_bank(member)
    make_question(bank, kind)
    kept = answer(start(member, bank), 1, None)
    assert (kept.correct, kept.answer) == (False, None)
    assert NotebookEntry.objects.get().last_answer is None


@pytest.mark.parametrize("correct", [True, False])
def test_a_short_answer_is_judged_once_by_the_member_and_then_told_to_the_notebook(correct):
    member = make_member()
    bank = make_open_bank(member)
    make_question(bank, "short")
    run = start(member, bank)
    assert answer(run, 1, "我的答案").correct is None
    assert not NotebookEntry.objects.exists()
    assert runs.judge_slot(run_id=run.pk, slot=1, correct=correct, by=member).correct is correct
    assert NotebookEntry.objects.exists() is not correct
    with pytest.raises(AnsweredBefore):
        runs.judge_slot(run_id=run.pk, slot=1, correct=not correct, by=member)


def test_the_second_answer_to_a_slot_is_refused_and_the_first_stands():
    member = make_member()
    bank = make_open_bank(member)
    make_question(bank)
    make_question(bank)
    run = start(member, bank)
    first = answer(run, 1, "o2")
    with pytest.raises(AnsweredBefore):
        answer(run, 1, "o1")
    first.refresh_from_db()
    assert (first.answer, first.correct) == ("o2", False)
    assert NotebookEntry.objects.get().wrong_count == 1


def test_a_form_of_another_question_is_not_judged_against_this_one():
    member = make_member()
    bank = make_open_bank(member)
    make_question(bank, "true_false")
    make_question(bank, "true_false")
    run = start(member, bank)
    with pytest.raises(AnotherQuestion):
        runs.answer_slot(run_id=run.pk, slot=2, version_id=run.paper[0]["v"], answer=True, by=member, now=NOW)
    assert not run.answers.exists()


def test_malformed_answers_late_answers_and_strangers_change_nothing():
    member = make_member()
    bank = make_open_bank(member)
    make_question(bank)
    make_question(bank)
    run = start(member, bank)
    with pytest.raises(InvalidAnswer):
        answer(run, 1, "no such option")
    stranger = make_member()
    with pytest.raises(RunNotFound):
        runs.answer_slot(
            run_id=run.pk, slot=1, version_id=run.paper[0]["v"], answer="o1", by=stranger, now=NOW
        )
    with pytest.raises(RunNotFound):
        runs.answer_slot(run_id=run.pk, slot=3, version_id=1, answer="o1", by=member, now=NOW)
    runs.finish_run(run_id=run.pk, by=member, now=NOW)
    with pytest.raises(RunFinished):
        answer(run, 1, "o1")
    assert not run.answers.exists()


def test_the_last_slot_finishes_the_run():
    member = make_member()
    bank = make_open_bank(member)
    make_question(bank)
    make_question(bank)
    run = start(member, bank)
    answer(run, 2, "o1")
    run.refresh_from_db()
    assert run.finished_at is None
    answer(run, 1, "o1", now=NOW + timedelta(minutes=1))
    run.refresh_from_db()
    assert run.finished_at == NOW + timedelta(minutes=1)


def test_the_summary_counts_by_knowledge_point_the_weakest_first():
    member = make_member()
    bank = make_open_bank(member)
    weak, strong = (KnowledgePoint.objects.create(bank=bank, name=name) for name in ("弱", "强"))
    points = [[weak], [weak, strong], [strong], [], []]
    for each in points:
        make_question(bank).knowledge_points.set(each)
    run = start(member, bank)
    for slot, given in enumerate(["o2", "o1", "o1", "o1"], start=1):
        answer(run, slot, given)
    found = summary_of(run, list(run.answers.all()))
    assert (found.total, found.right, found.wrong, found.unjudged, found.open) == (5, 3, 1, 0, 1)
    assert [(point.name, point.right, point.judged) for point in found.points] == [
        ("弱", 1, 2),
        ("强", 2, 2),
        ("", 1, 1),
    ]
    assert found.percent == 75


@pytest.mark.parametrize("questions", [3, 30])
def test_starting_costs_the_same_whatever_the_size_of_the_bank(questions):
    member = make_member()
    bank = make_open_bank(member)
    for _ in range(questions):
        make_question(bank)
    with CaptureQueriesContext(connection) as queries:
        run = start(member, bank)
    assert len(run.paper) == questions
    assert len(queries) <= 8
    assert key_of(run, 1) == "o1"
