"""The exam's report as the teacher of a teaching group reads it: of the group's people alone."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from learning.organisation.models import AuditEntry, GroupRole, Role, TeachingGroup, User
from learning.organisation.services.groups import keep_members, keep_staff, remove_staff
from question_bank.exams.models import Candidate, Exam, ExamGroup
from reports.exams.audience import ExamFilter, audience_of, readable_exams
from reports.exams.listing import ListFilter, exam_list_report
from reports.exams.numbers import ExamNumbers, exam_numbers
from reports.exams.report import exam_report
from reports.folding.worker import fold_requests
from reports.models import FoldRequest
from reports.shape import Withheld
from tests.factories import NOW, make_candidate, make_group, make_user
from tests.launching import allow_launching, launched

from .conftest import LATER, RIGHT, School, sit

pytestmark = pytest.mark.django_db


@dataclass
class Class:
    group: TeachingGroup
    teacher: User
    assistant: User
    people: list[User]


@pytest.fixture
def ours(sat: School, settings: Any) -> Class:
    """Two who sat with all right, three of those with nothing right, one absent; from both branches."""
    allow_launching(settings)
    of_one = list(User.objects.filter(candidacies__unit=sat.one).order_by("pk")[1:6])
    absent = User.objects.filter(candidacies__unit=sat.two, attempts=None).first()
    assert absent is not None
    people = [*of_one, absent]
    group = make_group(*people, title="本班")
    ExamGroup.objects.create(exam=sat.exam, group=group, at=NOW)
    second = make_group(*User.objects.filter(candidacies__unit=sat.two)[:4], title="邻班")
    ExamGroup.objects.create(exam=sat.exam, group=second, at=NOW)
    made = Class(group, make_user(), make_user(), people)
    keep_staff(group=group, user=made.teacher, role=GroupRole.TEACHER, now=NOW)
    keep_staff(group=group, user=made.assistant, role=GroupRole.ASSISTANT, now=NOW)
    return made


def numbers_of(exam: Exam, user: User, **query: str) -> ExamNumbers:
    exam = Exam.objects.select_related("owner_unit").get(pk=exam.pk)
    wanted = ExamFilter.from_query(query)
    audience = audience_of(exam=exam, user=user, wanted=wanted, now=LATER)
    return exam_numbers(audience=audience, user=user, now=LATER)


def address(exam: Exam) -> str:
    return reverse("exam_report", args=[exam.pk])


@pytest.mark.parametrize("by", ["", "now"])
def test_figures_are_those_of_the_groups_people(sat: School, ours: Class, by: str) -> None:
    numbers = numbers_of(sat.exam, ours.teacher, chart="time", by=by)
    assert (numbers.tally.due, numbers.tally.sat, numbers.tally.absent) == (6, 5, 1)
    assert numbers.tally.passed == 2
    names = {user.full_name for user in ours.people}
    assert {sitter.name for sitter in numbers.sitters} <= names
    assert {item.tally.n for item in numbers.items.items} == {5}
    assert not numbers.audience.everybody
    assert numbers.audience.units == []


def test_attempts_of_others_that_wait_for_folding_are_not_counted(sat: School, ours: Class) -> None:
    stranger = make_user(unit=sat.two)
    make_candidate(sat.exam, stranger)
    attempt = sit(sat.exam, stranger, RIGHT)
    assert FoldRequest.objects.filter(attempt=attempt).exists()
    assert numbers_of(sat.exam, ours.teacher).items.waiting == 0
    assert numbers_of(sat.exam, sat.office).items.waiting == 1


def test_a_group_of_fewer_than_five_shows_no_distribution(sat: School, ours: Class) -> None:
    ours.group.members.filter(user=ours.people[0]).delete()
    numbers = numbers_of(sat.exam, ours.teacher)
    report = exam_report(numbers, link_to=lambda _pk: "", link_to_unit=lambda _unit: "")
    figures = {each.key: each.value for each in report.figures}
    assert figures["mean"] is Withheld.SMALL_GROUP
    assert figures["median"] is Withheld.SMALL_GROUP


def test_page_stands_among_the_exams_screens_and_leads_nowhere_closed(sat: School, ours: Class) -> None:
    client = launched(ours.teacher)
    reply = client.get(address(sat.exam))
    text = reply.content.decode()
    assert reply.status_code == 200
    assert "应考 6，实考 5" in text
    assert "/admin/" not in text
    assert [each.name for each in reply.context["report"].filters] == ["chart"]
    tabs = [(tab.name, tab.current) for tab in reply.context["tabs"]]
    assert tabs[-1] == ("exam_report", True)
    monitor = client.get(reverse("manage_monitor", args=[sat.exam.pk])).content.decode()
    assert f'href="{address(sat.exam)}"' in monitor


@pytest.mark.parametrize("chart", ["items", "time", "units", "points"])
def test_every_chart_names_the_groups_people_alone(sat: School, ours: Class, chart: str) -> None:
    text = launched(ours.teacher).get(address(sat.exam), {"chart": chart}).content.decode()
    strangers = Candidate.objects.filter(exam=sat.exam).exclude(user__in=ours.people)
    for candidate in strangers.select_related("user"):
        assert candidate.user.number not in text


@pytest.mark.parametrize("kind", ["xlsx", "pdf"])
def test_file_holds_the_same_and_is_audited(sat: School, ours: Class, kind: str) -> None:
    reply = launched(ours.teacher).get(address(sat.exam), {"chart": "time", "export": kind})
    assert "attachment" in reply["Content-Disposition"]
    entry = AuditEntry.objects.get(action="report.export")
    assert (entry.actor, entry.object_id) == (ours.teacher, str(sat.exam.pk))
    if kind == "xlsx":
        sheets = load_workbook(BytesIO(reply.content)).worksheets
        cells = {str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row}
        known = {user.number for user in User.objects.filter(candidacies__exam=sat.exam)}
        assert cells & known == {user.number for user in ours.people if user.attempts.exists()}


def test_assistant_former_teacher_and_stranger_find_no_report(sat: School, ours: Class) -> None:
    assert launched(ours.assistant).get(address(sat.exam)).status_code == 404
    assert not readable_exams(ours.assistant).exists()
    assert launched(make_user()).get(address(sat.exam)).status_code == 404
    remove_staff(group=ours.group, user=ours.teacher, now=NOW)
    assert launched(ours.teacher).get(address(sat.exam)).status_code == 404


def test_exam_that_the_group_does_not_sit_and_drafts_have_none(sat: School, ours: Class) -> None:
    ExamGroup.objects.filter(group=ours.group).delete()
    assert launched(ours.teacher).get(address(sat.exam)).status_code == 404
    ExamGroup.objects.create(exam=sat.exam, group=ours.group, at=NOW)
    Exam.objects.update(state=Exam.State.DRAFT)
    assert launched(ours.teacher).get(address(sat.exam)).status_code == 404


def test_who_has_a_role_reads_it_in_the_admin(client: Any, sat: School, ours: Class) -> None:
    client.force_login(sat.office)
    reply = client.get(address(sat.exam))
    assert reply.headers["Location"] == reverse("reports_admin:exam", args=[sat.exam.pk])
    tabs = client.get(reverse("manage_monitor", args=[sat.exam.pk])).context["tabs"]
    assert "exam_report" not in [tab.name for tab in tabs]


def test_role_without_reports_and_a_group_give_the_groups_report(
    client: Any, sat: School, ours: Class
) -> None:
    invigilator = make_user(roles=[(Role.INVIGILATOR, sat.root)])
    keep_staff(group=ours.group, user=invigilator, role=GroupRole.TEACHER, now=NOW)
    client.force_login(invigilator)
    assert "应考 6，实考 5" in client.get(address(sat.exam)).content.decode()


def test_launched_session_of_an_organiser_reads_the_group_alone(sat: School, ours: Class) -> None:
    keep_staff(group=ours.group, user=sat.office, role=GroupRole.TEACHER, now=NOW)
    assert "应考 6，实考 5" in launched(sat.office).get(address(sat.exam)).content.decode()


@pytest.mark.parametrize("query", [{"unit": "root"}, {"unit": "two"}])
def test_unit_in_the_address_widens_nothing(sat: School, ours: Class, query: dict[str, str]) -> None:
    unit = sat.root if query["unit"] == "root" else sat.two
    assert numbers_of(sat.exam, ours.teacher, unit=str(unit.pk)).tally.due == 6


def test_secretary_who_teaches_reads_both_and_counts_nobody_twice(sat: School, ours: Class) -> None:
    keep_staff(group=ours.group, user=sat.secretary, role=GroupRole.TEACHER, now=NOW)
    assert numbers_of(sat.exam, sat.secretary).tally.due == 8 + 5
    report = exam_list_report(user=sat.secretary, wanted=ListFilter(), now=LATER, link_to=lambda _pk: "")
    (row,) = report.tables[0].rows
    assert row[3] == 8 + 5


def test_other_reports_stay_closed(client: Any, sat: School, ours: Class) -> None:
    question = sat.exam.pool.first().version.question_id
    pages = {"index": [], "exams": [], "exam": [sat.exam.pk], "question": [question], "unit": [sat.one.pk]}
    urls = [reverse(f"reports_admin:{name}", args=args) for name, args in pages.items()]
    urls.append(reverse("reports_admin:member", args=[ours.people[0].pk]))
    api = reverse("api:api-root")
    urls += [f"{api}reports/members/{ours.people[0].number}", f"{api}reports/units/{sat.one.pk}"]
    teacher = launched(ours.teacher)
    client.force_login(sat.office)
    for url in urls:
        assert client.get(url).status_code == 200, url
        assert teacher.get(url).status_code == 404, url


def test_statements_do_not_grow_with_the_people(sat: School, ours: Class) -> None:
    client = launched(ours.teacher)

    def count() -> int:
        client.get(address(sat.exam))
        with CaptureQueriesContext(connection) as caught:
            assert client.get(address(sat.exam)).status_code == 200
        return len(caught)

    few = count()
    more = [make_user(unit=sat.two) for _ in range(8)]
    keep_members(group=ours.group, users=more, now=NOW)
    for user in more:
        make_candidate(sat.exam, user)
        sit(sat.exam, user, RIGHT)
    fold_requests(now=LATER)
    assert count() <= few
