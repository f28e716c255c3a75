"""A question's report: over exams and versions, its options in the two groups, and who may read what of it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from learning.organisation.models import Role, Unit, User
from question_bank.exams.models import Attempt, AttemptItem, Cell, Exam, ExamPool, Section
from question_bank.exams.publishing import plan_of
from question_bank.exams.regrading import carry_out, start_regrade
from question_bank.exams.taking.submitting import submit_attempt
from question_bank.questions.models import Question, QuestionVersion
from reports.folding.worker import fold_requests, refold_corrected
from reports.questions.numbers import QuestionFilter, QuestionNumbers, question_numbers
from reports.questions.report import question_report
from reports.receivers import on_taken_back
from reports.shape import ChartKind, Report, Withheld
from tests.conftest import WrittenOnce
from tests.factories import (
    NOW,
    make_attempt,
    make_bank,
    make_candidate,
    make_exam,
    make_question,
    make_unit,
    make_user,
)

LATER = NOW + timedelta(hours=3)
RIGHT: dict[int, Any] = {1: "o1", 2: ["o0", "o2"], 3: True}
Query = dict[str, str]


def sit(exam: Exam, user: User, answers: dict[int, Any]) -> None:
    make_candidate(exam, user)
    attempt = make_attempt(exam, user, answers=answers)
    AttemptItem.objects.filter(attempt=attempt).update(active_ms=12_000)
    at = NOW + timedelta(minutes=2)
    submit_attempt(attempt_id=attempt.pk, by=user, client="page", ops=[], reason="self", now=at)


@dataclass
class School:
    root: Unit
    office: User
    exam: Exam


def make_school() -> School:
    """30 people: 15 have all right, 15 choose o2 of the single question and nothing else."""
    root = make_unit(name="校党委")
    exam = make_exam(unit=root, title="结业考试")
    for n in range(30):
        sit(exam, make_user(unit=root), RIGHT if n < 15 else {1: "o2"})
    fold_requests(now=LATER)
    return School(root, make_user(unit=root, roles=[(Role.SCHOOL_OFFICE, root)]), exam)


@pytest.fixture(scope="module")
def school_of_all(written_once: WrittenOnce) -> School:
    made: School = written_once(make_school)
    return made


@pytest.fixture
def school(school_of_all: School, db: None) -> School:
    return deepcopy(school_of_all)


@pytest.fixture
def root(school: School) -> Unit:
    return school.root


@pytest.fixture
def office(school: School) -> User:
    return school.office


@pytest.fixture
def exam(school: School) -> Exam:
    return school.exam


@pytest.fixture
def question(exam: Exam) -> Question:
    return Question.objects.get(versions__kind="single")


def numbers_of(question: Question, user: User, **query: str) -> QuestionNumbers | None:
    wanted = QuestionFilter.from_query(query)
    return question_numbers(question=question, user=user, wanted=wanted, now=LATER)


def report_of(question: Question, user: User, **query: str) -> Report:
    numbers = numbers_of(question, user, **query)
    assert numbers is not None
    return question_report(numbers, link_to=lambda pk: f"/exams/{pk}/")


def figures(report: Report) -> dict[str, Any]:
    return {figure.key: figure.value for figure in report.figures}


def table(report: Report, key: str) -> Any:
    (found,) = [each for each in report.all_tables if each.key == key]
    return found


def again(exam: Exam, version: QuestionVersion, title: str) -> Exam:
    """Another exam of the same unit that draws this version alone."""
    other = make_exam(unit=exam.owner_unit, kinds=(), title=title)
    section = Section.objects.get(blueprint=other.blueprint)
    cell = Cell.objects.create(
        section=section, order=1, bank=version.question.bank, kind=version.kind, n=1, mark="2"
    )
    ExamPool.objects.create(exam=other, cell=cell, version=version)
    other.plan = plan_of(other.blueprint)
    other.save()
    return other


def test_the_figures_are_those_of_the_answers(question: Question, office: User) -> None:
    found = figures(report_of(question, office))
    assert (found["n"], found["exposure"], found["facility"], found["d"]) == (30, 1, Fraction(1, 2), 1)
    assert round(found["r"], 6) == 1
    assert (found["median"], found["iqr"], found["estimated"]) == (12_000, 0, 0)


def test_the_options_show_both_groups_and_their_correlation(question: Question, office: User) -> None:
    report = report_of(question, office)
    assert report.chart is not None
    assert (report.chart.kind, report.chart.series) == (ChartKind.BAR, ("high", "low"))
    options = table(report, "options")
    assert options.values("option") == ["A", "B", "C", "D"]
    assert options.values("right") == ["", "✓", "", ""]
    assert options.values("n") == [0, 15, 15, 0]
    assert options.values("high") == [0, 1, 0, 0]
    assert options.values("low") == [0, 0, 1, 0]
    assert [value and round(value, 6) for value in options.values("r")] == [None, 1, -1, None]


def test_too_few_answers_are_not_judged(question: Question, office: User, exam: Exam) -> None:
    taken = Attempt.objects.filter(exam=exam)[:1].get()
    Attempt.objects.filter(pk=taken.pk).update(state="void")
    on_taken_back([taken])
    fold_requests(now=LATER)
    report = report_of(question, office)
    assert "样本不足" in report.sentence
    assert figures(report)["facility"] is Withheld.SMALL_SAMPLE
    assert table(report, "options").values("high") == [Withheld.SMALL_SAMPLE] * 4


def test_several_exams_are_counted_together_and_apart(question: Question, office: User, exam: Exam) -> None:
    assert question.current is not None
    other = again(exam, question.current, "补考")
    for _ in range(10):
        sit(other, make_user(unit=exam.owner_unit), {1: "o1"})
    fold_requests(now=LATER)
    report = report_of(question, office)
    assert figures(report)["n"] == 40
    assert figures(report)["facility"] == Fraction(25, 40)
    exams = table(report, "exams")
    assert sorted(zip(exams.values("exam"), exams.values("n"), strict=True)) == [
        ("结业考试", 30),
        ("补考", 10),
    ]
    assert sum(exams.values("n")) == figures(report)["n"]
    assert figures(report_of(question, office, exam=str(other.pk)))["n"] == 10


def test_versions_are_told_apart(question: Question, office: User, exam: Exam) -> None:
    old = question.current
    assert old is not None
    new = QuestionVersion.objects.create(
        question=question, no=2, status="ready", kind="single", stem="<p>改写的题目</p>", body=old.body, key="o0",
        created_at=NOW,
    )  # fmt: skip
    other = again(exam, new, "第二次")
    sit(other, make_user(unit=exam.owner_unit), {1: "o0"})
    fold_requests(now=LATER)
    assert figures(report_of(question, office))["n"] == 1
    assert figures(report_of(question, office, version="1"))["n"] == 30
    together = report_of(question, office, version="all")
    assert figures(together)["n"] == 31
    assert together.chart is not None
    assert together.chart.table.key == "exams"
    assert table(together, "versions").values("n") == [30, 1]


def test_the_versions_are_those_of_the_exam_asked_for(question: Question, office: User, exam: Exam) -> None:
    old = question.current
    assert old is not None
    new = QuestionVersion.objects.create(
        question=question, no=2, status="ready", kind="single", stem="<p>改写的题目</p>", body=old.body, key="o0",
        created_at=NOW,
    )  # fmt: skip
    for version, people in ((old, 2), (new, 1)):
        other = again(exam, version, "另一场")
        for _ in range(people):
            sit(other, make_user(unit=exam.owner_unit), {1: "o0"})
    fold_requests(now=LATER)
    assert table(report_of(question, office), "versions").values("n") == [32, 1]
    report = report_of(question, office, exam=str(exam.pk))
    assert figures(report)["n"] == 30
    assert table(report, "versions").values("n") == table(report, "exams").values("n") == [30]


def test_a_void_question_is_not_flagged(question: Question, office: User, exam: Exam) -> None:
    assert question.current is not None
    run = start_regrade(
        exam_id=exam.pk, version_id=question.current.pk, remedy="void", corrected_id=None, only_up=False,
        reason="题目有误", by=None, now=LATER,
    )  # fmt: skip
    carry_out(run_id=run.pk, now=LATER)
    refold_corrected(now=LATER)
    fold_requests(now=LATER)
    report = report_of(question, office)
    assert figures(report)["facility"] == 1
    assert "没有异常提示" in report.sentence


def test_a_question_without_options_is_shown_by_exam(exam: Exam, office: User) -> None:
    other = make_exam(unit=exam.owner_unit, kinds=("fill",))
    sit(other, make_user(unit=exam.owner_unit), {1: ["甲", "乙"]})
    fold_requests(now=LATER)
    report = report_of(Question.objects.get(versions__kind="fill"), office)
    assert report.chart is not None
    assert report.chart.table.key == "exams"
    assert [each.key for each in report.all_tables] == ["exams", "versions"]


def test_others_people_do_not_count_for_a_secretary(question: Question, exam: Exam, root: Unit) -> None:
    branch = make_unit(root)
    sit(exam, make_user(unit=branch), {1: "o1"})
    fold_requests(now=LATER)
    secretary = make_user(unit=branch, roles=[(Role.SECRETARY, branch)])
    numbers = numbers_of(question, secretary)
    assert numbers is not None
    assert (numbers.whole.n, numbers.shown, numbers.readable) == (1, 1, False)
    report = report_of(question, secretary)
    assert "text" not in [column.key for column in table(report, "options").columns]
    assert any("只显示数字" in note for note in report.notes)


def test_words_may_be_read_once_the_key_is_out(question: Question, exam: Exam, root: Unit) -> None:
    branch = make_unit(root)
    sit(exam, make_user(unit=branch), {1: "o1"})
    fold_requests(now=LATER)
    Exam.objects.update(answer_release="at_close")
    report = report_of(question, make_user(unit=branch, roles=[(Role.SECRETARY, branch)]))
    assert table(report, "options").values("text")[1] == "选项1"


def test_a_stranger_to_bank_and_exams_gets_nothing(client: Client, question: Question) -> None:
    elsewhere = make_unit()
    stranger = make_user(unit=elsewhere, roles=[(Role.SCHOOL_OFFICE, elsewhere)])
    assert numbers_of(question, stranger) is None
    client.force_login(stranger)
    address = reverse("reports_admin:question", args=[question.pk])
    assert client.get(address).status_code == 404
    assert client.get(reverse("reports_admin:question", args=[10**12])).status_code == 404


def test_whoever_sees_the_bank_reads_that_nothing_was_answered(root: Unit, office: User) -> None:
    report = report_of(make_question(make_bank(root)), office)
    assert "还没有评分的作答" in report.sentence


@pytest.mark.parametrize("query", [{"version": "x"}, {"version": "99"}, {"exam": "9" * 30}, {"exam": "-1"}])
def test_what_the_url_cannot_mean_is_as_if_it_were_not_there(
    question: Question, office: User, query: Query
) -> None:
    assert figures(report_of(question, office, **query))["n"] == 30


@pytest.mark.parametrize("more", [0, 6])
def test_statements_do_not_grow_with_the_exams(
    client: Client, question: Question, office: User, exam: Exam, more: int
) -> None:
    assert question.current is not None
    for n in range(more):
        other = again(exam, question.current, f"考试{n}")
        sit(other, make_user(unit=exam.owner_unit), {1: "o1"})
    fold_requests(now=LATER)
    client.force_login(office)
    address = reverse("reports_admin:question", args=[question.pk])
    client.get(address)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    assert len(caught) <= 24
