"""Results, their sheet, what is released and revoked, and one attempt read without touching it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from learning.organisation.models import AuditEntry, User
from question_bank.exams.models import Attempt, AttemptEvent, Candidate, Exam, Release
from question_bank.exams.organising import outcomes
from question_bank.exams.organising.marking_desk import give_mark
from question_bank.exams.releasing import visible_part
from tests.factories import NOW, make_attempt, make_candidate, make_user

from .conftest import School, handed_in, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def sitters(school: School, exam: Exam) -> list[User]:
    """Passed, failed, waiting for the marker, and one who did not come."""
    units = [school.branch, school.branch, school.other_branch, school.other_branch]
    users = [make_user(f"R{n}", name=f"考生{n}", unit=unit) for n, unit in enumerate(units)]
    for user in users:
        make_candidate(exam, user)
    for user, points in ((users[0], "9"), (users[1], "1")):
        attempt = handed_in(exam, user)
        give_mark(
            attempt_id=attempt.pk,
            slot=2,
            value=Decimal(points),
            comment="看过",
            seen_mark=0,
            by=school.people["marker"],
            now=NOW,
        )
    handed_in(exam, users[2])
    return users


def sheet_rows(content: bytes) -> list[tuple[str, ...]]:
    return list(load_workbook(BytesIO(content)).active.iter_rows(values_only=True))[1:]


def test_figures_and_rows_say_who_stands_where(school: School, exam: Exam, sitters: list[User]) -> None:
    page = signed_in(school.people["office"]).get(reverse("manage_results", args=[exam.pk]))
    figures = page.context["figures"]
    assert (figures.due, figures.sat, figures.marked, figures.passed) == (4, 3, 2, 1)
    assert figures.mean == Decimal("15.00")
    by_name = {row["candidate"].user.full_name: row["standing"] for row in page.context["rows"]}
    assert by_name == {"考生0": "passed", "考生1": "failed", "考生2": "marking", "考生3": "absent"}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"state": "passed"}, {"考生0"}),
        ({"state": "failed"}, {"考生1"}),
        ({"state": "marking"}, {"考生2"}),
        ({"state": "absent"}, {"考生3"}),
        ({"q": "教工"}, {"考生2", "考生3"}),
        ({"q": "r1"}, {"考生1"}),
    ],
)
def test_the_sheet_holds_exactly_the_filtered_rows_in_local_time(
    school: School, exam: Exam, sitters: list[User], query: dict[str, str], names: set[str]
) -> None:
    answer = signed_in(school.people["office"]).get(reverse("manage_results_export", args=[exam.pk]), query)
    rows = sheet_rows(answer.content)
    assert {row[1] for row in rows} == names
    started = {row[8] for row in rows if row[8]}
    assert started <= {"2026-06-01 09:00:00"}
    assert AuditEntry.objects.filter(action="exam.export_results").exists()


def test_listing_and_results_cost_the_same_queries_at_two_sizes(
    school: School, exam: Exam, sitters: list[User]
) -> None:
    client = signed_in(school.people["office"])

    def count(name: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(name, args=[exam.pk]))
        return len(captured)

    names = ("manage_results", "manage_candidates")
    count(names[0])  # the site's look is kept from the first page on
    few = [count(name) for name in names]
    for n in range(20):
        user = make_user(f"Q{n}", unit=school.branch)
        make_candidate(exam, user)
        if n % 2:
            handed_in(exam, user)
    assert [count(name) for name in names] == few


def test_release_asks_first_then_shows_and_revoking_hides(
    school: School, exam: Exam, sitters: list[User]
) -> None:
    client = signed_in(school.people["releaser"])
    url = reverse("manage_release", args=[exam.pk])
    asked = client.post(url, {"what": ["score", "comments"]})
    text = asked.content.decode()
    assert "4 名考生公布成绩、作答与对错、评语" in text
    assert "还有 1 份答卷没有评完" in text
    assert not Release.objects.exists()
    assert client.post(url, {"what": ["score", "comments"], "confirm": "1"}).status_code == 302
    attempt = Attempt.objects.select_related("candidate").get(user=sitters[0])
    seen = visible_part(attempt=attempt, exam=exam, candidate=attempt.candidate, now=NOW)
    assert (seen.score, seen.answers, seen.key, seen.comments) == (True, True, False, True)
    row = Release.objects.get(what="score")
    revoke = reverse("manage_release_revoke", args=[exam.pk, row.pk])
    assert client.post(revoke, {"reason": ""}).status_code == 422
    assert client.post(revoke, {"reason": "有误"}).status_code == 302
    seen = visible_part(attempt=attempt, exam=exam, candidate=attempt.candidate, now=NOW)
    assert not seen.score


def test_taking_back_the_answers_says_what_goes_with_them(
    school: School, exam: Exam, sitters: list[User]
) -> None:
    client = signed_in(school.people["releaser"])
    client.post(reverse("manage_release", args=[exam.pk]), {"what": ["key"], "confirm": "1"})
    row = Release.objects.get(what="answers")
    url = reverse("manage_release_revoke", args=[exam.pk, row.pk])
    assert "一并撤销：答案与解析" in client.get(url).content.decode()
    client.post(url, {"reason": "过早"})
    assert not Release.objects.filter(revoked_at=None).exists()


def test_release_to_one_unit_at_a_time(school: School, exam: Exam, sitters: list[User]) -> None:
    client = signed_in(school.people["releaser"])
    url = reverse("manage_release", args=[exam.pk])
    data = {"what": ["score"], "unit": school.college.pk, "at": "2026-06-02T09:00", "confirm": "1"}
    assert client.post(url, data).status_code == 302
    row = Release.objects.get()
    assert (row.unit, row.at) == (school.college, NOW + timedelta(days=1))
    ours = Attempt.objects.select_related("candidate").get(user=sitters[0])
    for days, seen in ((0, False), (1, True)):
        now = NOW + timedelta(days=days)
        assert visible_part(attempt=ours, exam=exam, candidate=ours.candidate, now=now).score is seen


def test_inspecting_an_attempt_shows_all_and_changes_nothing(
    school: School, exam: Exam, sitters: list[User]
) -> None:
    overdue = make_attempt(exam, sitters[3], answers={1: "o1"})
    Attempt.objects.filter(pk=overdue.pk).update(
        accept_until=NOW - timedelta(seconds=1), deadline_at=NOW - timedelta(minutes=1)
    )
    client = signed_in(school.people["office"])
    for attempt in Attempt.objects.filter(exam=exam):
        before = model_to_dict(attempt)
        events = AttemptEvent.objects.count()
        page = client.get(reverse("manage_attempt", args=[exam.pk, attempt.pk]))
        assert page.status_code == 200
        text = page.content.decode()
        assert attempt.user.full_name in text
        assert "选项1" in text
        attempt.refresh_from_db()
        assert model_to_dict(attempt) == before
        assert AttemptEvent.objects.count() == events
        assert "X-Attempt-Token" not in text


def test_answers_typed_by_members_are_never_markup(school: School, exam: Exam) -> None:
    user = make_user(unit=school.branch)
    make_candidate(exam, user)
    attempt = handed_in(exam, user, text="<img src=x onerror=alert(1)>")
    pages = [
        signed_in(school.people["office"]).get(reverse("manage_attempt", args=[exam.pk, attempt.pk])),
        signed_in(school.people["marker"]).get(
            reverse("manage_marking_item", args=[exam.pk, attempt.paper[1]["v"], attempt.pk, 2])
        ),
    ]
    for page in pages:
        assert "<img src=x" not in page.content.decode()
        assert "&lt;img src=x" in page.content.decode()


def test_used_time_leaves_out_pauses_and_open_attempts() -> None:
    assert outcomes.used_time(NOW, None, 0) is None
    assert outcomes.used_time(NOW, NOW + timedelta(minutes=10), 60_000) == timedelta(minutes=9)


def test_exempt_candidates_are_not_due(school: School, exam: Exam, sitters: list[User]) -> None:
    Candidate.objects.filter(user=sitters[3]).update(state="exempt")
    rows = outcomes.result_rows(outcomes.visible_candidates(exam, school.people["office"]))
    assert outcomes.figures(rows).due == 3
