"""The weakest knowledge points of a unit's report, worked out again from the papers and marks of each attempt."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from learning.organisation.models import Membership, PersonStatus, Unit, User
from learning.organisation.services.memberships import transfer
from learning.organisation.services.units import move_unit
from question_bank.exams.models import Attempt, AttemptItem, Candidate, Exam
from question_bank.exams.taking.adjusting import void_attempt
from question_bank.exams.taking.submitting import submit_attempt
from question_bank.questions.models import Question, QuestionVersion
from reports.folding.worker import fold_requests
from reports.units.filters import UnitFilter
from reports.units.numbers import unit_numbers
from reports.units.report import unit_report
from tests.factories import NOW, make_attempt, make_bank, make_candidate, make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=3)  # the exams are over
KINDS = ("single", "multiple", "true_false", "single")
ANSWERS: dict[str, list[Any]] = {
    "single": ["o1", "o1", "o0", None],
    "multiple": [["o0", "o2"], ["o0"], ["o1"], None],
    "true_false": [True, False, None],
}


class Campus:
    """Two general branches with two branches each; two formal exams of four questions about seven points, and a mock
    exam that assesses nobody."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.root = make_unit(name="校党委")
        self.generals = [make_unit(self.root, kind=Unit.Kind.GENERAL_BRANCH) for _ in range(2)]
        self.branches = [make_unit(above) for above in self.generals for _ in range(2)]
        bank = make_bank(self.root)
        self.exams = [
            make_exam(unit=self.root, bank=bank, kinds=KINDS, mark=mark, kind=kind)
            for mark, kind in (("2", "formal"), ("2.5", "formal"), ("5", "mock"))
        ]
        points = [bank.knowledge_points.create(name=f"知识点{n}") for n in range(7)]
        for question in Question.objects.filter(bank=bank).order_by("pk"):
            question.knowledge_points.add(*self.dice.sample(points, self.dice.choice([0, 1, 2, 3])))

    def seat(self, unit: Unit, people: int, *, answer: Callable[[str], Any] | None = None) -> list[User]:
        """So many new people of the unit sit each of the exams."""
        choose = answer or (lambda kind: self.dice.choice(ANSWERS[kind]))
        seated = [make_user(unit=unit) for _ in range(people)]
        for user in seated:
            user.memberships.update(
                person_status=self.dice.choice([PersonStatus.FULL, PersonStatus.ACTIVIST])
            )
            for exam in self.exams:
                make_candidate(exam, user)
                kinds = slots_of(exam, user)
                submit(exam, user, {slot: choose(kind) for slot, kind in kinds.items()})
        fold_requests(now=LATER)
        return seated


def slots_of(exam: Exam, user: User) -> dict[int, str]:
    """Kind of question by slot of the paper that the person has begun."""
    attempt = make_attempt(exam, user)
    kinds = dict(QuestionVersion.objects.values_list("pk", "kind"))
    return {slot: kinds[item["v"]] for slot, item in enumerate(attempt.paper, 1)}


def submit(exam: Exam, user: User, answers: dict[int, Any]) -> None:
    attempt = Attempt.objects.get(exam=exam, user=user)
    AttemptItem.objects.bulk_create(
        AttemptItem(attempt=attempt, slot=slot, answer=answer, answer_rev=1, first_answer_at=NOW, last_answer_at=NOW)
        for slot, answer in answers.items()
        if answer is not None
    )  # fmt: skip
    at = NOW + timedelta(minutes=5)
    submit_attempt(attempt_id=attempt.pk, by=user, client="page", ops=[], reason="self", now=at)


def told(unit: Unit, **wanted: Any) -> list[tuple[str, int, Fraction | None]]:
    numbers = unit_numbers(unit=Unit.objects.get(pk=unit.pk), wanted=UnitFilter(**wanted), now=LATER)
    return [(each.name, each.n, each.mastery) for each in numbers.points]


def by_hand(
    people: Callable[[Candidate], bool], exams: Iterable[Exam], *, least: int = 5, most: int = 5
) -> list[tuple[str, int, Fraction]]:
    """Attempt by attempt and slot by slot: marks and full marks of each point that the question has today."""
    got: dict[str, Fraction] = defaultdict(Fraction)
    full: dict[str, Fraction] = defaultdict(Fraction)
    answers: dict[str, int] = defaultdict(int)
    for attempt in Attempt.objects.filter(exam__in=list(exams), state="marked").select_related("candidate"):
        if attempt.candidate is None or not people(attempt.candidate):
            continue
        for item, mark in zip(attempt.paper, attempt.auto_marks, strict=True):
            question = Question.objects.get(versions=item["v"])
            for point in question.knowledge_points.all():
                got[point.name] += Fraction(mark)
                full[point.name] += Fraction(item["m"])
                answers[point.name] += 1
    shares = [(name, answers[name], got[name] / full[name]) for name in got if answers[name] >= least]
    return sorted(shares, key=lambda each: (each[2], each[0]))[:most]


def at_the_time(unit: Unit) -> Callable[[Candidate], bool]:
    return lambda candidate: unit.key in candidate.unit_ancestors


@pytest.mark.parametrize("seed", range(2))
def test_the_weakest_points_of_each_unit_are_those_counted_by_hand(seed: int) -> None:
    campus = Campus(seed)
    formal = campus.exams[:2]
    for branch, people in zip(campus.branches, (5, 3, 2, 1), strict=True):
        campus.seat(branch, people)
    campus.seat(campus.root, 2)
    assert len(told(campus.root)) == 5
    for unit in (campus.root, *campus.generals, *campus.branches):
        assert told(unit) == by_hand(at_the_time(unit), formal)
        assert told(unit, exam=formal[1].pk) == by_hand(at_the_time(unit), formal[1:])
        for status in (PersonStatus.FULL, PersonStatus.ACTIVIST):
            there = at_the_time(unit)
            assert told(unit, status=status) == by_hand(
                lambda each, there=there, status=status: there(each) and each.person_status == status,  # type: ignore[misc]
                formal,
            )


def test_who_was_transferred_counts_at_the_time_and_by_switch_now() -> None:
    campus = Campus(7)
    campus.seat(campus.branches[0], 3)
    moved, other = campus.seat(campus.branches[2], 4)[:2], campus.generals[1]
    for user in moved:
        transfer(
            user=user, unit=campus.branches[0], person_status=PersonStatus.FULL, on=NOW.date(), by=None, now=NOW
        )  # fmt: skip
    assert told(other) == by_hand(at_the_time(other), campus.exams[:2])
    ids = {user.pk for user in moved}
    assert told(other, unit_now=True) == by_hand(
        lambda each: at_the_time(other)(each) and each.user_id not in ids, campus.exams[:2]
    )
    here = campus.branches[0]
    assert told(here, unit_now=True) == by_hand(
        lambda each: at_the_time(here)(each) or each.user_id in ids, campus.exams[:2]
    )


def test_the_school_by_the_units_of_now_leaves_out_who_has_left() -> None:
    campus = Campus(10)
    left = campus.seat(campus.branches[0], 4)[:2] + campus.seat(campus.branches[3], 3)[:1]
    for user in left:
        user.memberships.update(to_date=NOW.date())
    ids = {user.pk for user in left}
    formal = campus.exams[:2]
    stayed = by_hand(lambda each: each.user_id not in ids, formal)
    assert told(campus.root, unit_now=True) == stayed
    assert told(campus.root) == by_hand(at_the_time(campus.root), formal) != stayed
    Membership.objects.filter(to_date=None).update(to_date=NOW.date())
    assert told(campus.root, unit_now=True) == []


def test_a_moved_unit_counts_where_it_stood() -> None:
    campus = Campus(8)
    old, new = campus.generals
    campus.seat(campus.branches[0], 5)
    move_unit(unit=campus.branches[0], parent=new, on=NOW.date(), by=None, now=LATER)
    assert told(old) == by_hand(at_the_time(old), campus.exams[:2]) != []
    assert told(new) == []
    assert told(new, unit_now=True) == told(old)
    assert told(campus.root) == told(old)


def test_a_void_attempt_counts_for_no_point() -> None:
    campus = Campus(9)
    branch = campus.branches[0]
    user = campus.seat(branch, 6)[0]
    before = told(branch)
    for attempt in Attempt.objects.filter(user=user, exam__in=campus.exams[:2]):
        void_attempt(attempt_id=attempt.pk, by=make_user(), reason="代考", now=LATER)
    fold_requests(now=LATER)
    after = told(branch)
    assert after == by_hand(at_the_time(branch), campus.exams[:2])
    assert [n for _name, n, _mastery in after] != [n for _name, n, _mastery in before]


@pytest.fixture
def one_question() -> tuple[Unit, Exam]:
    """An exam of a single question about three points, named against the order in which they were made."""
    root = make_unit()
    bank = make_bank(root)
    exam = make_exam(unit=root, bank=bank, kinds=("single",))
    question = Question.objects.get(bank=bank)
    question.knowledge_points.add(*(bank.knowledge_points.create(name=name) for name in ("丙", "乙", "甲")))
    return root, exam


def seat_one(unit: Unit, exam: Exam, answer: str | None) -> None:
    user = make_user(unit=unit)
    make_candidate(exam, user)
    slots_of(exam, user)
    submit(exam, user, {1: answer})
    fold_requests(now=LATER)


def test_equally_weak_points_stand_by_name(one_question: tuple[Unit, Exam]) -> None:
    root, exam = one_question
    for answer in ("o1", "o0", None, "o1", "o0"):
        seat_one(root, exam, answer)
    names = sorted(("甲", "乙", "丙"))
    assert told(root) == [(name, 5, Fraction(2, 5)) for name in names]


def test_four_answers_say_nothing_and_five_do(one_question: tuple[Unit, Exam]) -> None:
    root, exam = one_question
    below = make_unit(root)
    for _ in range(4):
        seat_one(below, exam, None)
    assert told(below) == told(root) == []
    seat_one(root, exam, None)
    assert told(below) == []  # still four there
    assert {n for _name, n, _mastery in told(root)} == {5}
    assert {mastery for _name, _n, mastery in told(root)} == {0}


def test_the_page_says_the_mastery_that_was_counted(one_question: tuple[Unit, Exam]) -> None:
    root, exam = one_question
    for answer in ("o1", "o1", "o0", None, "o0", "o0"):
        seat_one(root, exam, answer)
    numbers = unit_numbers(unit=root, wanted=UnitFilter(), now=LATER)
    report = unit_report(
        numbers, link_to=lambda _unit: "", link_to_person=lambda _id: "", exam_choices=(), course_choices=()
    )
    table = next(each for each in report.tables if each.key == "points")
    assert [tuple(row) for row in table.rows] == [
        (name, Fraction(1, 3), 6) for name in sorted(("甲", "乙", "丙"))
    ]
