"""The units of an exam's report: each figure worked out again from the attempts, and who is not shown."""

from __future__ import annotations

import io
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from statistics import mean, quantiles
from typing import Any

import pypdfium2
import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from learning.organisation.models import Membership, Unit, User
from question_bank.engine.statistics import Distribution
from question_bank.exams.models import Attempt, Candidate, Exam
from reports.exams.audience import ExamFilter, audience_of
from reports.exams.by_unit import UnitLine
from reports.exams.numbers import ExamNumbers, exam_numbers
from reports.exams.report import exam_report
from reports.exams.unit_tables import points_chart
from reports.folding.worker import fold_requests
from reports.shape import Report, Table, Withheld
from reports.units.points import PointTally, by_point
from reports.words import plain, said
from tests.factories import NOW, make_candidate, make_membership, make_unit, make_user

from .conftest import LATER, RIGHT, School, sit

ANSWERS: list[dict[int, Any]] = [
    RIGHT,
    {1: "o1"},
    {},
    {1: "o1", 3: True},
    {2: ["o0"]},
    {2: ["o0", "o2"], 3: False},
]


def numbers_of(school: School, user: User, **query: str) -> ExamNumbers:
    exam = Exam.objects.select_related("owner_unit").get(pk=school.exam.pk)
    audience = audience_of(exam=exam, user=user, wanted=ExamFilter.from_query(query), now=LATER)
    return exam_numbers(audience=audience, user=user, now=LATER)


def report_of(school: School, user: User, **query: str) -> Report:
    return exam_report(
        numbers_of(school, user, **query), link_to=lambda pk: "", link_to_unit=lambda unit: f"/u/{unit.pk}/"
    )


def table_of(report: Report) -> Table:
    assert report.chart is not None
    return report.chart.table


def seat(school: School, unit: Unit, people: int) -> None:
    for n in range(people):
        user = make_user(unit=unit)
        make_candidate(school.exam, user)
        sit(school.exam, user, ANSWERS[n % len(ANSWERS)])


@pytest.fixture
def points(school: School) -> dict[str, str]:
    """Kind of question by the point that it is about; both points for the third."""
    bank = school.exam.pool.first().version.question.bank
    one, two = (bank.knowledge_points.create(name=name) for name in ("总纲", "组织"))
    for each in school.exam.pool.select_related("version__question"):
        kind = each.version.kind
        each.version.question.knowledge_points.add(
            *{"single": [one], "multiple": [two], "true_false": [one, two]}[kind]
        )
    return {"总纲": "single true_false", "组织": "multiple true_false"}


@pytest.fixture
def three(school: School, points: dict[str, str]) -> School:
    """Eleven people of branch one, seven of branch two, four of the school itself."""
    seat(school, school.one, 11)
    seat(school, school.two, 7)
    seat(school, school.root, 4)
    fold_requests(now=LATER)
    return school


def scores_by_hand(unit: Unit) -> list[Fraction]:
    rows = Attempt.objects.filter(candidate__unit=unit, state="marked").values_list("score", flat=True)
    return sorted(Fraction(each) for each in rows if each is not None)


def test_each_box_is_of_the_scores_of_its_people(three: School) -> None:
    table = table_of(report_of(three, three.office, chart="units"))
    assert table.values("unit") == ["机械支部", "电子支部"]
    for row, unit in zip(table.rows, (three.one, three.two), strict=True):
        scores = scores_by_hand(unit)
        twentieths = quantiles(scores, n=20, method="inclusive")
        five = [twentieths[place] for place in (1, 4, 9, 14, 17)]
        assert list(row[1:]) == [len(scores), *five, mean(scores)]
    assert list(table.links) == [f"/u/{three.one.pk}/", f"/u/{three.two.pk}/"]


def test_the_total_is_of_all_scores_those_of_small_units_too(three: School) -> None:
    table = table_of(report_of(three, three.office, chart="units"))
    scores = sorted(score for unit in (three.root, three.one, three.two) for score in scores_by_hand(unit))
    twentieths = quantiles(scores, n=20, method="inclusive")
    assert table.total is not None
    assert list(table.total[1:]) == [22, *(twentieths[place] for place in (1, 4, 9, 14, 17)), mean(scores)]


def rates_by_hand(attempts: list[Attempt], points: dict[str, str]) -> dict[str, tuple[Fraction, Fraction]]:
    """Marks and full marks by point, from the papers."""
    versions = {
        each.version_id: each.version.kind for each in attempts[0].exam.pool.select_related("version")
    }
    sums: dict[str, tuple[Fraction, Fraction]] = defaultdict(lambda: (Fraction(0), Fraction(0)))
    for attempt in attempts:
        for item, mark in zip(attempt.paper, attempt.auto_marks, strict=True):
            for name, kinds in points.items():
                if versions[item["v"]] in kinds.split():
                    got, full = sums[name]
                    sums[name] = got + Fraction(str(mark)), full + Fraction(str(item["m"]))
    return sums


def test_each_cell_is_marks_over_full_marks_of_the_unit_s_answers(
    three: School, points: dict[str, str]
) -> None:
    report = report_of(three, three.office, chart="points")
    table = table_of(report)
    assert report.chart is not None
    names = [table.column(key).label for key in report.chart.series]
    for unit, row in zip((three.one, three.two), table.rows, strict=True):
        sums = rates_by_hand(list(Attempt.objects.filter(candidate__unit=unit)), points)
        assert list(row[2:]) == [sums[name][0] / sums[name][1] for name in names]
    whole = rates_by_hand(list(Attempt.objects.all()), points)
    assert table.total is not None
    assert list(table.total[2:]) == [whole[name][0] / whole[name][1] for name in names]
    assert list(table.total[2:]) == sorted(table.total[2:])  # type: ignore[type-var]  # weakest first


def test_the_points_of_the_units_add_up_to_those_of_the_whole(three: School) -> None:
    numbers = numbers_of(three, three.office, chart="points")
    sums = {
        each.version.pk: (each.tally.n, each.tally.marks, each.tally.full_marks)
        for each in numbers.items.items
    }
    for point in by_point(sums):
        parts = [line.points[point.id] for line in numbers.by_unit]
        assert [sum(getattr(part, name) for part in parts) for name in ("n", "marks", "full")] == [
            point.n,
            point.marks,
            point.full,
        ]


@pytest.mark.parametrize("chart", ["units", "points"])
def test_a_unit_with_few_results_is_named_and_not_shown(three: School, chart: str) -> None:
    report = report_of(three, three.office, chart=chart)
    assert "校党委（本级）" not in table_of(report).values("unit")
    assert any(note.startswith("校党委（本级）有成绩的不足 5 人") for note in report.notes)


def test_a_point_with_few_answers_is_not_rated() -> None:
    def line(name: str, n: int) -> UnitLine:
        scores = Distribution.of(range(6))
        return UnitLine(Unit(name=name), False, scores, {1: PointTally(1, "总纲", n, n * 100, n * 200)})

    lines = [line("甲", 4), line("乙", 5), line("丙", 0), line("丁", 9)]
    table = points_chart(lines, lambda unit: "").table
    assert table.values("p1") == [Withheld.SMALL_SAMPLE, Fraction(1, 2), None, Fraction(1, 2)]


def test_a_point_that_most_units_have_hardly_answered_is_left_out() -> None:
    def line(often: int, seldom: int) -> UnitLine:
        tallies = {1: PointTally(1, "常考", often, 100, 200), 2: PointTally(2, "少考", seldom, 0, 200)}
        return UnitLine(Unit(name="甲"), False, Distribution.of(range(6)), tallies)

    assert points_chart([line(9, 5), line(5, 4), line(5, 4)], lambda unit: "").series == ("p1",)


def test_the_weakest_points_are_shown_and_no_more_than_fit() -> None:
    points = {n: PointTally(n, f"{n:02}", 5, n * 10, 200) for n in range(12, 0, -1)}
    line = UnitLine(Unit(name="甲"), False, Distribution.of(range(6)), points)
    chart = points_chart([line], lambda unit: "")
    assert chart.series == tuple(f"p{n}" for n in range(1, 9))


def test_the_units_are_those_below_the_one_chosen(school: School) -> None:
    college = make_unit(school.root, name="学院")
    branches = [make_unit(college, name=name) for name in ("甲支部", "乙支部")]
    for branch in branches:
        seat(school, branch, 5)
    seat(school, school.one, 5)
    fold_requests(now=LATER)
    whole = table_of(report_of(school, school.office, chart="units"))
    assert dict(zip(whole.values("unit"), whole.values("n"), strict=True)) == {"机械支部": 5, "学院": 10}
    below = table_of(report_of(school, school.office, chart="units", unit=str(college.pk)))
    assert below.values("unit") == ["甲支部", "乙支部"]
    leaf = table_of(report_of(school, school.office, chart="units", unit=str(branches[0].pk)))
    assert (leaf.values("unit"), list(leaf.links)) == (["甲支部（本级）"], [""])


def test_what_all_share_is_not_a_row(school: School) -> None:
    college = make_unit(school.root, name="学院")
    for name in ("甲支部", "乙支部"):
        seat(school, make_unit(college, name=name), 5)
    assert table_of(report_of(school, school.office, chart="units")).values("unit") == ["甲支部", "乙支部"]


def test_people_count_for_the_unit_of_the_time_or_for_that_of_now(three: School) -> None:
    user = Attempt.objects.filter(candidate__unit=three.two).earliest("pk").user
    Membership.objects.filter(user=user).update(to_date=NOW.date())
    membership = make_membership(user, three.one)
    Membership.objects.filter(pk=membership.pk).update(from_date=NOW.date())
    gone = Attempt.objects.filter(candidate__unit=three.two).latest("pk").user
    Membership.objects.filter(user=gone).update(to_date=NOW.date())

    def counts(**query: str) -> list[tuple[str, int]]:
        lines = numbers_of(three, three.office, chart="units", **query).by_unit
        return [(line.unit.name if line.unit else "", line.scores.n) for line in lines]

    assert counts() == [("校党委", 4), ("机械支部", 11), ("电子支部", 7)]
    assert counts(by="now") == [("校党委", 4), ("机械支部", 12), ("电子支部", 5), ("", 1)]


def test_a_unit_that_was_moved_counts_where_it_stood(three: School) -> None:
    college = make_unit(three.root, name="学院")
    candidates = Candidate.objects.filter(unit=three.one)
    candidates.update(unit_ancestors=[three.one.key, college.key, three.root.key])
    lines = numbers_of(three, three.office, chart="units").by_unit
    assert {line.unit.name: line.scores.n for line in lines if line.unit} == {
        "校党委": 4,
        "电子支部": 7,
        "学院": 11,
    }


def test_a_secretary_reads_only_the_own_unit(three: School) -> None:
    table = table_of(report_of(three, three.secretary, chart="points"))
    assert (table.values("unit"), table.values("n")) == (["电子支部（本级）"], [7])


@pytest.mark.parametrize("chart", ["units", "points"])
def test_an_exam_nobody_sat_has_an_empty_table_that_says_so(school: School, chart: str) -> None:
    table = table_of(report_of(school, school.office, chart=chart))
    assert not table.rows
    assert table.empty


@pytest.mark.parametrize("by", ["", "now"])
@pytest.mark.parametrize("chart", ["units", "points"])
def test_statements_do_not_grow_with_units_and_people(
    client: Client, three: School, chart: str, by: str, django_assert_max_num_queries: Any
) -> None:
    counted = []
    address = reverse("reports_admin:exam", args=[three.exam.pk]) + f"?chart={chart}&by={by}"
    client.force_login(three.office)
    client.get(address)
    for _ in range(2):
        for _ in range(3):
            seat(three, make_unit(three.root), 5)
        fold_requests(now=LATER)
        with django_assert_max_num_queries(36) as seen:
            assert client.get(address).status_code == 200
        counted.append(len(seen))
    assert counted[0] == counted[1]


@pytest.mark.parametrize(
    ("chart", "title"), [("units", "各党组织的成绩"), ("points", "各党组织的知识点得分率")]
)
def test_the_files_hold_what_the_page_shows(client: Client, three: School, chart: str, title: str) -> None:
    client.force_login(three.office)
    address = reverse("reports_admin:exam", args=[three.exam.pk]) + f"?chart={chart}"
    table = table_of(report_of(three, three.office, chart=chart))
    book = load_workbook(io.BytesIO(client.get(f"{address}&export=xlsx").content))
    rows = [[cell.value for cell in row] for row in book[title].iter_rows(min_row=2)]
    exact = [[plain(column, value) for column, value in zip(table.columns, row, strict=True)]
             for row in (*table.rows, table.total)]  # fmt: skip
    assert rows == [[float(each) if isinstance(each, Decimal) else each for each in row] for row in exact]
    pages = pypdfium2.PdfDocument(client.get(f"{address}&export=pdf").content)
    text = "".join("".join(page.get_textpage().get_text_range() for page in pages).split())
    assert title in text
    for row in table.rows:
        assert said(table.columns[2], row[2]) in text
