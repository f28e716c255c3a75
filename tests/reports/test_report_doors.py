"""Who may open which report: one's own subtree, one's own record; everything else does not exist."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learning.organisation.audit_facts import facts
from learning.organisation.models import AuditEntry, Role, Unit, User
from learning.organisation.services.memberships import transfer
from question_bank.exams.models import Exam
from reports.models import SavedFilter
from tests.factories import make_bank, make_candidate, make_exam, make_question, make_unit, make_user
from tests.learning.study.factories import make_course, make_lesson
from tests.reports.school import enrol, give_result

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(db: None) -> Unit:
    return make_unit(name="校党委")


@pytest.fixture
def branches(root: Unit) -> list[Unit]:
    return [make_unit(root, name="甲支部"), make_unit(root, name="乙支部")]


@pytest.fixture
def exam(root: Unit) -> Exam:
    return make_exam(unit=root, kinds=("single",))


@pytest.fixture
def member(branches: list[Unit], exam: Exam) -> User:
    user = make_user(name="张三", unit=branches[0])
    give_result(make_candidate(exam, user), "85")
    return user


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def with_role(role: Role, unit: Unit) -> Client:
    return as_user(make_user(unit=unit, roles=[(role, unit)]))


def unit_url(unit: Unit) -> str:
    return reverse("reports_admin:unit", args=[unit.pk])


def member_url(user: User) -> str:
    return reverse("reports_admin:member", args=[user.pk])


@pytest.mark.parametrize("role", [Role.SECRETARY, Role.TEACHER, Role.AUDITOR, Role.SCHOOL_OFFICE])
def test_reader_sees_the_own_subtree_only(role: Role, root: Unit, branches: list[Unit], member: User) -> None:
    client = with_role(role, branches[0])
    assert client.get(unit_url(branches[0])).status_code == 200
    assert client.get(member_url(member)).status_code == 200
    for closed in (unit_url(root), unit_url(branches[1]), member_url(make_user(unit=branches[1]))):
        assert client.get(closed).status_code == 404


@pytest.mark.parametrize("role", [Role.MARKER, Role.INVIGILATOR, Role.AUTHOR, Role.REVIEWER, Role.RELEASER])
def test_roles_without_reports_find_none(role: Role, root: Unit, member: User) -> None:
    client = with_role(role, root)
    for url in (unit_url(root), member_url(member), reverse("reports_admin:index")):
        assert client.get(url).status_code == 404


def test_member_reads_the_own_report_and_no_other(member: User, root: Unit) -> None:
    client = as_user(member)
    assert "我的学习与考试报告" in client.get(reverse("own_report")).content.decode()
    assert client.get(unit_url(root)).status_code in (302, 404)
    assert client.get(member_url(member)).status_code in (302, 404)


def test_the_page_of_a_person_leads_to_the_report(root: Unit, member: User) -> None:
    page = with_role(Role.SCHOOL_OFFICE, root).get(reverse("wagtailusers_users:inspect", args=[member.pk]))
    assert f'href="{member_url(member)}"' in page.content.decode()


@pytest.mark.parametrize(("role", "leads"), [(Role.SCHOOL_OFFICE, True), (Role.AUTHOR, False)])
def test_the_page_of_a_question_leads_readers_of_reports_to_its_report(
    role: Role, leads: bool, root: Unit
) -> None:
    question = make_question(make_bank(root), "single")
    client, report = with_role(role, root), reverse("reports_admin:question", args=[question.pk])
    page = client.get(reverse("question_edit", args=[question.pk])).content.decode()
    assert (f'href="{report}"' in page) is leads
    assert client.get(report).status_code == (200 if leads else 404)


def test_stranger_is_asked_to_sign_in(root: Unit) -> None:
    assert Client().get(reverse("own_report")).status_code == 302
    assert Client().get(unit_url(root)).status_code == 302


def test_drill_down_links_stay_inside_the_scope_and_keep_the_filters(
    root: Unit, branches: list[Unit], member: User
) -> None:
    page = with_role(Role.SCHOOL_OFFICE, root).get(unit_url(root), {"status": "full"}).content.decode()
    assert f'href="{unit_url(branches[0])}?status=full"' in page


def test_secretary_of_the_unit_at_the_time_reads_what_happened_there_and_no_more(
    root: Unit, branches: list[Unit], member: User, exam: Exam
) -> None:
    now = timezone.now()
    transfer(user=member, unit=branches[1], on=timezone.localdate(now), by=None, now=now)
    second = make_exam(unit=root, kinds=("single",), title="转接后的考试")
    give_result(make_candidate(second, member), "33")
    page = with_role(Role.SECRETARY, branches[0]).get(member_url(member)).content.decode()
    assert exam.title in page
    assert "转接后的考试" not in page
    assert "此人现已不在您的管理范围内" in page
    assert "转接后的考试" in with_role(Role.SECRETARY, branches[1]).get(member_url(member)).content.decode()


def test_course_report_counts_a_secretarys_own_people_only(root: Unit, branches: list[Unit]) -> None:
    course = make_course(root)
    make_lesson(course)
    for branch in (branches[0], branches[0], branches[1]):
        enrol(course, make_user(unit=branch))
    url = reverse("reports_admin:course", args=[course.pk])
    assert "加入 3 人" in with_role(Role.SCHOOL_OFFICE, root).get(url).content.decode()
    assert "加入 2 人" in with_role(Role.SECRETARY, branches[0]).get(url).content.decode()
    assert with_role(Role.SECRETARY, make_unit()).get(url).status_code == 404


def test_index_shows_ones_units_and_finds_ones_people(root: Unit, branches: list[Unit], member: User) -> None:
    other = make_user(name="张四", unit=branches[1])
    page = (
        with_role(Role.SECRETARY, branches[0])
        .get(reverse("reports_admin:index"), {"q": "张"})
        .content.decode()
    )
    assert "甲支部" in page
    assert member_url(member) in page
    assert member_url(other) not in page
    assert unit_url(root) not in page


def test_file_of_a_report_is_audited_by_whom_about_what(root: Unit, member: User) -> None:
    office = make_user(unit=root, roles=[(Role.SCHOOL_OFFICE, root)])
    asked = {"export": "xlsx", "status": "full", "from": "2026-11-01", "to": "2026-11-22", "unit": "now"}
    reply = as_user(office).get(unit_url(root), asked)
    assert reply.status_code == 200
    assert "no-store" in reply["Cache-Control"]
    entry = AuditEntry.objects.get(action="report.export")
    assert (entry.actor, entry.unit, entry.data["kind"]) == (office, root, "xlsx")
    said = dict(facts(entry.action, entry.data))["筛选条件"]
    assert said == "从 2026-11-01，到 2026-11-22，人员状态 正式党员，党组织归属 按现支部"


def test_file_is_audited_with_the_filter_applied_not_the_one_asked_for(
    root: Unit, branches: list[Unit]
) -> None:
    exam = make_exam(unit=root, kinds=("single",))
    for branch in branches[:2]:
        give_result(make_candidate(exam, make_user(unit=branch)), "80")
    secretary = make_user(unit=branches[0], roles=[(Role.SECRETARY, branches[0])])
    url = reverse("reports_admin:exam", args=[exam.pk])
    for unit in branches[:2]:
        assert as_user(secretary).get(url, {"export": "xlsx", "unit": unit.pk}).status_code == 200
    entries = AuditEntry.objects.filter(action="report.export").order_by("pk")
    assert [entry.data["filters"] for entry in entries] == [{"党组织": branches[0].name}, {}]


def test_unreadable_filters_are_as_if_they_were_not_there(root: Unit) -> None:
    query = {
        "from": "gestern",
        "to": "9999-99-99",
        "exam": "9" * 40,
        "course": "x",
        "status": "?",
        "unit": "¿",
    }
    assert with_role(Role.SCHOOL_OFFICE, root).get(unit_url(root), query).status_code == 200


# Saved filters


def save(client: Client, **fields: Any) -> Any:
    return client.post(reverse("reports_admin:save_filter"), fields)


def test_filter_is_saved_under_a_name_opened_and_deleted_by_its_owner_only(root: Unit) -> None:
    mine, others = with_role(Role.SCHOOL_OFFICE, root), with_role(Role.SCHOOL_OFFICE, root)
    reply = save(
        mine, report=f"units/{root.pk}/", query="status=full&page-children=2&export=pdf", name="正式党员"
    )
    assert reply.status_code == 302
    row = SavedFilter.objects.get()
    assert (row.report, row.query) == (f"units/{root.pk}/", "status=full")
    index = reverse("reports_admin:index")
    assert f"{unit_url(root)}?status=full" in mine.get(index).content.decode()
    assert "正式党员" not in others.get(index).content.decode()
    delete = reverse("reports_admin:delete_filter", args=[row.pk])
    assert others.post(delete).status_code == 404
    assert mine.post(delete).status_code == 302
    assert not SavedFilter.objects.exists()


def test_same_name_again_replaces_the_filter(root: Unit) -> None:
    client = with_role(Role.SCHOOL_OFFICE, root)
    for status in ("full", "activist"):
        save(client, report=f"units/{root.pk}/", query=f"status={status}", name="常用")
    assert SavedFilter.objects.get().query == "status=activist"


@pytest.mark.parametrize("report", ["../users/", "https://example.org/", "nothing/here/", "units/x/"])
def test_nothing_but_a_report_can_be_saved(root: Unit, report: str) -> None:
    assert save(with_role(Role.SCHOOL_OFFICE, root), report=report, query="", name="n").status_code == 404


# The interface for programs


def test_interface_answers_as_the_page_counts(root: Unit, branches: list[Unit], member: User) -> None:
    office = with_role(Role.SCHOOL_OFFICE, root)
    body = office.get(f"/api/reports/units/{root.pk}").json()
    assert {key: body[key] for key in ("unit", "due", "sat", "absent", "exempt", "rate", "passed", "mean", "median")} == {
        "unit": "校党委", "due": 1, "sat": 1, "absent": 0, "exempt": 0, "rate": 1.0, "passed": 1,
        "mean": "85.00", "median": "85.00",
    }  # fmt: skip
    assert (body["pass_rate_sat"], body["pass_rate_due"]) == (1.0, 1.0)
    assert sum(child["due"] for child in body["children"]) == 1
    assert body["children"][0].keys() == body.keys()
    who = office.get(f"/api/reports/members/{member.number}").json()
    assert (who["number"], who["name"], who["unit"]) == (member.number, "张三", "甲支部")
    assert who["attempts"][0]["score"] == "85.00"
    assert who["study"]["activities"] == []


def test_interface_knows_nothing_of_what_the_caller_may_not_read(
    root: Unit, branches: list[Unit], member: User
) -> None:
    secretary = with_role(Role.SECRETARY, branches[1])
    stranger = as_user(make_user(unit=branches[1]))
    for client in (secretary, stranger):
        for path in (
            f"units/{branches[0].pk}",
            f"members/{member.number}",
            "members/nobody",
            "units/x",
            f"units/{9**30}",
        ):
            reply = client.get(f"/api/reports/{path}")
            assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
    assert Client().get(f"/api/reports/units/{root.pk}").status_code == 401


def test_member_reads_the_own_record_by_the_interface_as_far_as_released(member: User, exam: Exam) -> None:
    path = f"/api/reports/members/{member.number}"
    attempt = as_user(member).get(path).json()["attempts"][0]
    assert (attempt["score"], attempt["passed"], attempt["items"]) == (None, None, [])
    ended = timezone.now() - timedelta(days=1)
    Exam.objects.filter(pk=exam.pk).update(
        score_release=Exam.ReleasePolicy.AT_CLOSE, opens_at=ended - timedelta(days=1), closes_at=ended
    )
    assert as_user(member).get(path).json()["attempts"][0]["score"] == "85.00"
