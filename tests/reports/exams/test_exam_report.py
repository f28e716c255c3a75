"""An exam's report: every figure against the rows worked by hand, and who gets which."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from learning.organisation.models import Membership, Role, User
from question_bank.engine.item_statistics import Flag
from question_bank.exams.models import Attempt, Cell, Exam, ExamPool, FixedItem, Section
from question_bank.exams.publishing import plan_of
from reports.exams.audience import ExamFilter, audience_of, readable_exams
from reports.exams.numbers import ExamNumbers, exam_numbers
from reports.exams.report import exam_report
from reports.folding.worker import fold_requests
from reports.shape import ChartKind, Report, Withheld
from tests.factories import NOW, make_candidate, make_exam, make_membership, make_unit, make_user

from .conftest import LATER, RIGHT, School, sit


def numbers_of(school: School, user: User, **query: str) -> ExamNumbers:
    exam = Exam.objects.select_related("owner_unit").get(pk=school.exam.pk)
    audience = audience_of(exam=exam, user=user, wanted=ExamFilter.from_query(query), now=LATER)
    return exam_numbers(audience=audience, user=user, now=LATER)


def report_of(school: School, user: User, **query: str) -> Report:
    return exam_report(
        numbers_of(school, user, **query),
        link_to=lambda pk: f"/q/{pk}/",
        link_to_unit=lambda unit: f"/u/{unit.pk}/",
    )


def figures(report: Report) -> dict[str, Any]:
    return {figure.key: figure.value for figure in report.figures}


def test_the_figures_are_those_of_the_rows(sat: School) -> None:
    report = report_of(sat, sat.office)
    found = figures(report)
    assert (found["due"], found["sat"], found["absent"], found["exempt"], found["deferred"]) == (
        15,
        11,
        3,
        1,
        0,
    )
    assert found["rate"] == Fraction(11, 14)
    assert found["pass_sat"] == Fraction(3, 11)
    assert found["pass_due"] == Fraction(3, 15)
    assert found["excellent"] == Fraction(3, 11)
    assert found["mean"] == Fraction(3 * 6 + 5 * 2, 11)
    assert (found["median"], found["p10"], found["p90"]) == (2, 0, 6)
    mean = Fraction(28, 11)
    spread = Fraction(3 * 36 + 5 * 4, 11) - mean * mean
    assert abs(found["sd"] ** 2 - Decimal(spread.numerator) / spread.denominator) < Decimal("1e-20")
    assert found["used"] == 360_000  # 1 to 6 minutes, and five times 10
    assert report.sentence.startswith(
        "应考 15，实考 11，合格率（按实考）27.3%；平均 2.55 分；电子支部缺考 3 人，最多"
    )


def test_the_chart_is_the_histogram_with_the_pass_line(sat: School) -> None:
    report = report_of(sat, sat.office)
    assert report.chart is not None
    assert report.chart.kind is ChartKind.HISTOGRAM
    assert report.chart.lines[0].category == 6.0
    assert [row[1] for row in report.chart.table.rows] == [3, 0, 0, 5, 0, 0, 0, 0, 0, 3]
    assert report.chart.table.rows[0][0] == "0–0.6"
    assert report.chart.table.rows[-1][0] == "5.4–6"


@pytest.mark.parametrize(("chart", "kind"), [("items", ChartKind.SCATTER), ("time", ChartKind.SCATTER)])
def test_other_charts_are_asked_for_by_the_url_and_lose_no_table(
    sat: School, chart: str, kind: ChartKind
) -> None:
    standard, other = report_of(sat, sat.office), report_of(sat, sat.office, chart=chart)
    assert other.chart is not None
    assert other.chart.kind is kind
    assert {table.key for table in other.all_tables} >= {table.key for table in standard.all_tables}


def wait_for_marks(school: School, people: int) -> None:
    for _ in range(people):
        user = make_user(unit=school.one)
        make_candidate(school.exam, user)
        attempt = sit(school.exam, user, RIGHT)
        attempt.candidate.result.delete()
        Attempt.objects.filter(pk=attempt.pk).update(state="marking")


def test_before_anybody_is_marked_nobody_has_failed(client: Client, school: School) -> None:
    wait_for_marks(school, 3)
    report = report_of(school, school.office)
    found = figures(report)
    assert (found["sat"], found["marking"]) == (3, 3)
    assert (found["pass_sat"], found["pass_due"], found["excellent"]) == (None, None, None)
    assert report.sentence == "应考 3，实考 3，其中待阅卷 3，合格率（按实考）—。"
    text = page(client, school.office, "exams", query="?when=all").content.decode()
    assert "共 1 场已经开始的考试，其中待阅卷 3 人次（1 场）；点击名称查看报告。" in text
    assert '<td data-label="合格率（按实考）" class="none number">—</td>' in text


def test_papers_that_wait_for_marks_are_told_beside_those_marked(client: Client, sat: School) -> None:
    wait_for_marks(sat, 1)
    assert report_of(sat, sat.office).sentence.startswith(
        "应考 16，实考 12，其中待阅卷 1，合格率（按实考）25.0%；"
    )
    text = page(client, sat.office, "exams", query="?when=all").content.decode()
    assert '<td data-label="合格率（按实考）" class="number">25.0%</td>' in text


def test_a_small_group_shows_no_distribution(school: School) -> None:
    for _ in range(4):
        user = make_user(unit=school.one)
        make_candidate(school.exam, user)
        sit(school.exam, user, RIGHT)
    report = report_of(school, school.office)
    found = figures(report)
    assert found["sat"] == 4
    assert {found[key] for key in ("mean", "median", "sd", "p10", "p90", "used")} == {Withheld.SMALL_GROUP}
    assert report.chart is not None
    assert {row[1] for row in report.chart.table.rows} == {Withheld.SMALL_GROUP}
    assert "平均" not in report.sentence


def test_questions_of_few_answers_say_so(sat: School) -> None:
    (items,) = [table for table in report_of(sat, sat.office).tables if table.key == "items"]
    assert items.values("facility") == [Withheld.SMALL_SAMPLE] * 3
    assert items.values("n") == [11, 11, 11]


def test_questions_of_thirty_answers_have_their_figures(school: School) -> None:
    for n in range(30):
        user = make_user(unit=school.one)
        make_candidate(school.exam, user)
        sit(school.exam, user, RIGHT if n < 15 else {1: "o0", 2: ["o0"]})
    fold_requests(now=LATER)
    numbers = numbers_of(school, school.office)
    by_kind = {item.version.kind: item.figures for item in numbers.items.items}
    assert by_kind["single"].facility == Fraction(1, 2)
    assert by_kind["multiple"].facility == Fraction(3, 4)
    assert by_kind["single"].discrimination == 1
    assert by_kind["true_false"].blank == Fraction(1, 2)
    assert Flag.KEY_SUSPECT not in by_kind["single"].flags
    assert by_kind["single"].item_rest is not None
    assert abs(by_kind["single"].item_rest - 1) < Decimal("1e-20")
    assert [point.name for point in numbers.items.weakest] == []


def test_the_weakest_points_are_those_of_the_answers(sat: School) -> None:
    bank = sat.exam.pool.first().version.question.bank
    point = bank.knowledge_points.create(name="总纲")
    other = bank.knowledge_points.create(name="组织")
    pool = {
        each.version.kind: each.version.question for each in sat.exam.pool.select_related("version__question")
    }
    pool["single"].knowledge_points.add(point)
    pool["true_false"].knowledge_points.add(point, other)
    report = report_of(sat, sat.office)
    (points,) = [table for table in report.tables if table.key == "points"]
    assert list(points.rows) == [("组织", Fraction(3, 11), 11), ("总纲", Fraction(8 + 3, 22), 22)]


def test_open_attempts_stand_apart(sat: School) -> None:
    user = make_user(unit=sat.one)
    make_candidate(sat.exam, user)
    attempt = sit(sat.exam, user, RIGHT)
    Attempt.objects.filter(pk=attempt.pk).update(state="in_progress")
    attempt.candidate.result.delete()
    found = figures(report_of(sat, sat.office))
    assert (found["sat"], found["sitting"]) == (11, 1)
    assert found["mean"] == Fraction(28, 11)


def test_a_random_paper_has_no_alpha_and_says_why(sat: School) -> None:
    report = report_of(sat, sat.office)
    assert "alpha" not in figures(report)
    assert any("随机组卷" in note for note in report.notes)


def fixed_school(school: School, people: int) -> School:
    """The same exam with its three questions fixed on the paper."""
    section = Section.objects.get(blueprint=school.exam.blueprint)
    versions = [each.version for each in ExamPool.objects.filter(exam=school.exam).order_by("cell__order")]
    ExamPool.objects.filter(exam=school.exam).delete()
    Cell.objects.filter(section=section).delete()
    for order, version in enumerate(versions, 1):
        FixedItem.objects.create(section=section, order=order, version=version, mark="2")
    school.exam.plan = plan_of(school.exam.blueprint)
    school.exam.pool_version = 2
    school.exam.save()
    for n in range(people):
        user = make_user(unit=school.one)
        make_candidate(school.exam, user)
        sit(school.exam, user, dict(list(RIGHT.items())[: n % 4]))
    fold_requests(now=LATER)
    return school


def test_a_fixed_paper_has_alpha_and_its_standard_error(school: School) -> None:
    """Scores 0, 2, 4, 6 alike often: σ²ᵢ = 4pq with p = 3/4, 1/2, 1/4; σ²ₓ = 5."""
    fixed_school(school, 32)
    report = report_of(school, school.office)
    found = figures(report)
    items = 4 * (Fraction(3, 16) + Fraction(1, 4) + Fraction(3, 16))
    alpha = Fraction(3, 2) * (1 - items / 5)
    assert found["alpha"] == alpha == Fraction(3, 4)
    assert abs(found["sem"] ** 2 - Decimal("1.25")) < Decimal("1e-20")
    (table,) = [table for table in report.tables if table.key == "items"]
    assert [str(name)[:2] for name in table.values("name")] == ["1.", "2.", "3."]
    assert table.values("facility") == [Fraction(3, 4), Fraction(1, 2), Fraction(1, 4)]


def test_alpha_of_few_people_is_withheld(school: School) -> None:
    fixed_school(school, 8)
    assert figures(report_of(school, school.office))["alpha"] is Withheld.SMALL_SAMPLE


def test_a_secretary_reads_only_the_own_people(sat: School) -> None:
    numbers = numbers_of(sat, sat.secretary, chart="time")
    assert (numbers.tally.due, numbers.tally.sat, numbers.tally.absent) == (8, 5, 3)
    assert {sitter.unit for sitter in numbers.sitters} == {"电子支部"}
    assert {item.tally.n for item in numbers.items.items} == {5}
    assert [unit.name for unit in numbers.audience.units] == ["电子支部"]


def test_the_figures_of_the_units_add_up_to_those_of_the_whole(sat: School) -> None:
    whole = numbers_of(sat, sat.office)
    parts = [numbers_of(sat, sat.office, unit=str(unit.pk)) for unit in (sat.one, sat.two)]
    assert parts[0].tally + parts[1].tally == whole.tally
    for item in whole.items.items:
        versions = [each.tally for part in parts for each in part.items.items if each.version == item.version]
        assert sum(tally.marks for tally in versions) == item.tally.marks
        assert sum(tally.n for tally in versions) == item.tally.n


def test_some_of_the_people_are_folded_as_the_worker_folds_all(sat: School) -> None:
    whole = numbers_of(sat, sat.office)
    same = numbers_of(sat, sat.office, unit=str(sat.root.pk))
    assert not same.audience.everybody
    assert [(item.version, item.tally) for item in same.items.items] == [
        (item.version, item.tally) for item in whole.items.items
    ]


def test_people_count_for_the_unit_at_the_time_or_for_that_of_now(sat: School) -> None:
    moved = Attempt.objects.filter(candidate__unit=sat.two).first()
    assert moved is not None
    Membership.objects.filter(user=moved.user).update(to_date=NOW.date())
    membership = make_membership(moved.user, sat.one)
    Membership.objects.filter(pk=membership.pk).update(from_date=NOW.date())
    at_the_time = numbers_of(sat, sat.office, unit=str(sat.two.pk))
    now = numbers_of(sat, sat.office, unit=str(sat.two.pk), by="now")
    assert (at_the_time.tally.due, now.tally.due) == (8, 7)
    assert numbers_of(sat, sat.secretary, by="now").tally.due == 7


@pytest.mark.parametrize(
    "query", [{"unit": "x"}, {"unit": "9" * 30}, {"unit": "424242"}, {"chart": "pie"}, {"by": "?"}]
)
def test_what_the_url_cannot_mean_is_as_if_it_were_not_there(sat: School, query: dict[str, str]) -> None:
    assert numbers_of(sat, sat.office, **query).tally.due == 15


def test_a_unit_out_of_scope_is_not_taken(sat: School) -> None:
    assert numbers_of(sat, sat.secretary, unit=str(sat.one.pk)).tally.due == 8


def test_questions_are_named_only_to_those_who_may_see_the_bank(sat: School) -> None:
    (office,) = [t for t in report_of(sat, sat.office).tables if t.key == "items"]
    (secretary,) = [t for t in report_of(sat, sat.secretary).tables if t.key == "items"]
    assert all(str(name).startswith("题目") for name in office.values("name"))
    assert all(str(name).startswith("试题 ") for name in secretary.values("name"))
    Exam.objects.update(answer_release="at_close")
    (released,) = [t for t in report_of(sat, sat.secretary).tables if t.key == "items"]
    assert all(str(name).startswith("题目") for name in released.values("name"))


def test_drafts_and_foreign_exams_have_no_report(sat: School) -> None:
    foreign = make_exam(unit=make_unit())
    draft = make_exam(unit=sat.root, published=False)
    assert set(readable_exams(sat.office)) == {sat.exam}
    assert not readable_exams(sat.office).filter(pk__in=[foreign.pk, draft.pk]).exists()
    outsider = make_user(unit=sat.root, roles=[(Role.SECRETARY, make_unit())])
    assert not readable_exams(outsider).exists()


def page(client: Client, user: User, name: str, *args: int, query: str = "") -> Any:
    client.force_login(user)
    return client.get(reverse(f"reports_admin:{name}", args=args) + query)


def test_the_page_shows_the_report(client: Client, sat: School) -> None:
    reply = page(client, sat.office, "exam", sat.exam.pk)
    text = reply.content.decode()
    assert reply.status_code == 200
    assert "应考 15，实考 11" in text
    assert 'role="img"' in text
    assert "数据截至" in text
    assert "<script>" not in text.partition("report__sentence")[2].partition("report__legend")[0]


@pytest.mark.parametrize("role", [None, Role.INVIGILATOR, Role.MARKER, Role.AUTHOR])
def test_who_may_read_no_report_gets_none(client: Client, sat: School, role: Role | None) -> None:
    user = make_user(unit=sat.root, roles=[(role, sat.root)] if role else [])
    assert page(client, user, "exam", sat.exam.pk).status_code in (302, 404)
    assert page(client, user, "exams").status_code in (302, 404)


def test_a_foreign_exam_is_not_found(client: Client, sat: School) -> None:
    stranger = make_user(unit=make_unit(), roles=[])
    foreign = make_unit()
    secretary = make_user(unit=foreign, roles=[(Role.SECRETARY, foreign)])
    assert page(client, secretary, "exam", sat.exam.pk).status_code == 404
    assert page(client, secretary, "exam", 2**70).status_code == 404
    assert page(client, stranger, "exam", sat.exam.pk).status_code in (302, 404)


@pytest.mark.parametrize("more", [0, 12])
def test_statements_do_not_grow_with_the_people(client: Client, sat: School, more: int) -> None:
    for _ in range(more):
        user = make_user(unit=make_unit(sat.root))
        make_candidate(sat.exam, user)
        sit(sat.exam, user, RIGHT)
    fold_requests(now=LATER)
    page(client, sat.office, "exam", sat.exam.pk)
    with CaptureQueriesContext(connection) as caught:
        assert page(client, sat.office, "exam", sat.exam.pk).status_code == 200
    assert len(caught) <= 30


def test_the_list_counts_each_exam_once(client: Client, sat: School) -> None:
    exam = sat.exam
    Exam.objects.filter(pk=exam.pk).update(
        opens_at=LATER - timedelta(days=3650), closes_at=LATER - timedelta(days=3649)
    )
    assert "结业考试" not in page(client, sat.office, "exams").content.decode()
    text = page(client, sat.office, "exams", query="?when=all&q=结业").content.decode()
    assert "结业考试" in text
    assert '<td data-label="应考" class="number">15</td>' in text
    assert '<td data-label="实考" class="number">11</td>' in text
    assert '<td data-label="合格率（按实考）" class="number">27.3%</td>' in text
    mine = page(client, sat.secretary, "exams", query="?when=all").content.decode()
    assert '<td data-label="应考" class="number">8</td>' in mine
