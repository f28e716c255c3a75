"""Attacks on what somebody may do: another course's exam, a teacher's rights elsewhere, pages framed by strangers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from learning.organisation.models import Unit
from lti.models import Launch
from question_bank.exams.models import Candidate, Exam
from tests.factories import make_exam, make_unit
from tests.lti.campus import INSTRUCTOR, Campus, landed

pytestmark = pytest.mark.django_db


def exam_of(unit: Unit, campus: Campus) -> Exam:
    return make_exam(
        owner_unit=unit,
        opens_at=campus.now - timedelta(hours=1),
        closes_at=campus.now + timedelta(hours=1),
    )


@pytest.mark.parametrize("roles", [["Learner"], INSTRUCTOR])
def test_a_link_to_an_exam_that_is_not_offered_opens_nothing(campus: Campus, roles: list[str]) -> None:
    campus.row.unit = make_unit(parent=campus.exam.owner_unit)
    campus.row.save()
    foreign = exam_of(campus.exam.owner_unit, campus)
    campus.launch(roles=roles, custom={"exam": str(foreign.pk)})
    assert not Candidate.objects.filter(exam=foreign).exists()
    assert campus.client.get(f"/exams/{foreign.pk}/").status_code == 404
    assert campus.client.get(f"/manage/exams/{foreign.pk}/monitor/").status_code == 404


@pytest.mark.parametrize("number", ["0", "-1", "9" * 40, "1 OR 1=1", "٣", "1e3", ""])
def test_a_link_to_nothing_is_told_and_breaks_nothing(campus: Campus, number: str) -> None:
    response = campus.launch(custom={"exam": number})
    assert response.status_code == 302
    assert campus.client.get(response["Location"]).status_code == 200


def test_a_teacher_of_one_course_sees_nobody_of_another(campus: Campus) -> None:
    student = Client()
    campus.launch(student, sub="s", name="外班同学", context={"id": "other", "title": "别的班"})
    campus.launch(sub="t", roles=INSTRUCTOR)
    for screen in ("candidates", "monitor", "results", "marking"):
        page = campus.client.get(f"/manage/exams/{campus.exam.pk}/{screen}/")
        assert page.status_code == 200, screen
        assert "外班同学" not in page.content.decode(), screen


def test_a_student_opens_no_teachers_page(campus: Campus) -> None:
    teacher = Client()
    address = campus.launch(teacher, sub="t", roles=INSTRUCTOR)["Location"]
    landed(campus, campus.launch(sub="s"))
    assert campus.client.get(address).status_code == 404
    assert campus.client.get(f"/manage/exams/{campus.exam.pk}/results/").status_code == 404


def test_a_teacher_who_was_made_a_student_loses_the_course(campus: Campus) -> None:
    address = campus.launch(roles=INSTRUCTOR)["Location"]
    assert campus.client.get(address).status_code == 200
    campus.launch(roles=["Learner"])
    assert campus.client.get(address).status_code == 404


def test_pages_may_be_framed_by_the_platform_alone(campus: Campus) -> None:
    landed(campus, campus.launch())
    page = campus.client.get(f"/exams/{campus.exam.pk}/", headers={"Sec-Fetch-Dest": "iframe"})
    policy = page["Content-Security-Policy"]
    ancestors = next(part for part in policy.split(";") if "frame-ancestors" in part).split()
    assert ancestors == ["frame-ancestors", "'self'", campus.signing.issuer]
    assert "X-Frame-Options" not in page
    assert "*" not in policy


def test_nobody_frames_an_ordinary_session(campus: Campus) -> None:
    page = Client().get("/login/")
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"].split(";")[-1]
    assert page["X-Frame-Options"] == "SAMEORIGIN"


def test_a_platform_that_was_switched_off_frames_nothing_any_more(campus: Campus) -> None:
    landed(campus, campus.launch())
    campus.row.state = "off"
    campus.row.save()
    page = campus.client.get(f"/exams/{campus.exam.pk}/")
    assert campus.signing.issuer not in page["Content-Security-Policy"]


def test_a_forged_form_in_the_frame_is_refused(campus: Campus) -> None:
    strict = Client(enforce_csrf_checks=True)
    landed_at = campus.launch(strict)["Location"]
    assert strict.post(landed_at, {}).status_code in (403, 405)
    forged = strict.post("/me/settings/", {"large_print": "on"}, headers={"Origin": campus.signing.issuer})
    assert forged.status_code == 403


def test_a_launch_is_never_sent_where_a_claim_says(campus: Campus) -> None:
    response = campus.launch(
        launch_presentation={"return_url": "https://evil.example/", "document_target": "iframe"},
        custom={"exam": str(campus.exam.pk), "next": "https://evil.example/"},
    )
    assert response["Location"] == f"/exams/{campus.exam.pk}/"


def test_a_teacher_finds_back_from_the_exams_screens_to_the_course(campus: Campus) -> None:
    address = campus.launch(roles=INSTRUCTOR)["Location"]
    for screen in ("candidates", "monitor", "marking", "results"):
        page = campus.client.get(f"/manage/exams/{campus.exam.pk}/{screen}/").content.decode()
        assert f'href="{address}"' in page, screen


def test_a_launch_that_is_not_posted_is_told_so_and_leaves_no_record(campus: Campus) -> None:
    page = Client().get("/lti/launch")
    assert page.status_code == 400
    assert page["X-Error-Code"] == "no_token"
    assert not Launch.objects.exists()
