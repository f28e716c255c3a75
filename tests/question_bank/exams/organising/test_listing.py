"""The list of exams: where each stands, filters that live in the URL, the sheet of exactly these rows."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from question_bank.exams.models import Exam
from question_bank.exams.organising import listing
from tests.factories import NOW, make_candidate, make_exam, make_user

from .conftest import School, handed_in, signed_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def exams(school: School) -> dict[str, Exam]:
    def made(title: str, **fields: object) -> Exam:
        return make_exam(unit=school.root, title=title, kinds=["short"], **fields)

    return {
        "running": made("正在考"),
        "upcoming": made("将要考", opens_at=NOW + DAY, closes_at=NOW + 2 * DAY),
        "finished": made("考完了", opens_at=NOW - 2 * DAY, closes_at=NOW - DAY, kind="mock"),
        "draft": made("打草稿", published=False),
        "withdrawn": made("撤回来", state=Exam.State.WITHDRAWN),
    }


def test_each_exam_stands_in_one_place(exams: dict[str, Exam]) -> None:
    for standing, exam in exams.items():
        assert listing.standing_of(exam, NOW) == standing
        there = Exam.objects.filter(listing.standing_q(standing, NOW))
        assert list(there) == [exam]


def test_filters_stay_in_the_url_and_the_sheet_holds_the_same_rows(
    school: School, exams: dict[str, Exam]
) -> None:
    client = signed_in(school.people["office"])
    query = {"state": "finished", "kind": "mock", "q": "考", "unit": school.root.pk}
    page = client.get(reverse("manage_exams"), query)
    assert [row["exam"].title for row in page.context["rows"]] == ["考完了"]
    text = page.content.decode()
    assert "?kind=mock&amp;q=%E8%80%83" in text
    assert 'name="state" value="finished"' in text
    sheet = client.get(reverse("manage_exams_export"), query)
    rows = list(load_workbook(BytesIO(sheet.content)).active.iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == ["考完了"]
    assert rows[1][4] == "2026-05-30 09:00:00"


def test_counts_follow_the_other_filters(school: School, exams: dict[str, Exam]) -> None:
    page = signed_in(school.people["office"]).get(reverse("manage_exams"), {"kind": "mock"})
    counts = {name: count for name, _label, count in page.context["standings"]}
    assert counts == {"": 1, "running": 0, "upcoming": 0, "draft": 0, "finished": 1, "withdrawn": 0}


def test_the_list_costs_the_same_queries_for_five_and_for_thirty(
    school: School, exams: dict[str, Exam]
) -> None:
    client = signed_in(school.people["office"])

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("manage_exams"))
        return len(captured)

    count()  # the site's look is kept from the first page on
    few = count()
    for _n in range(25):
        make_exam(unit=school.root)
    assert count() == few


def test_the_home_panel_of_the_admin_links_to_what_waits(school: School, exams: dict[str, Exam]) -> None:
    user = make_user(unit=school.branch)
    make_candidate(exams["running"], user)
    handed_in(exams["running"], user)
    running = exams["running"]
    page = signed_in(school.people["office"]).get(reverse("wagtailadmin_home")).content.decode()
    assert "进行中：正在考" in page
    assert "待阅卷：正在考，1 份答卷" in page
    assert reverse("exams_admin:manage_monitor", args=[running.pk]) in page
    assert reverse("exams_admin:manage_marking", args=[running.pk]) in page
    marker = signed_in(school.people["marker"]).get(reverse("wagtailadmin_home")).content.decode()
    assert "待阅卷" in marker
    assert "进行中：" not in marker


def test_the_menu_of_the_admin_has_the_exams(school: School, exams: dict[str, Exam]) -> None:
    page = signed_in(school.people["office"]).get(reverse("wagtailadmin_home")).content.decode()
    assert reverse("exams_admin:manage_exams") in page
    assert reverse("exams_admin:manage_exam_new") in page
