"""Launches from a platform that we did not write: its teachers and students, in windows and in frames."""

from __future__ import annotations

import pytest

from learning.organisation.models import GroupMember, GroupStaff, Unit
from lti.models import Context, Launch, Platform, PlatformUser
from question_bank.exams.models import Candidate, Exam
from tests.live_site import Site
from tests.lti.openedx.conftest import OpenEdx
from tests.lti.platforms.robot import Robot


@pytest.fixture
def exam(site: Site, school: Unit, registered: Platform, openedx: OpenEdx) -> Exam:
    """An exam that is open, behind a link of its own name."""
    with site.database():
        exam = site.exam(unit=school, score_release="at_marked")
    openedx.link(link_of(exam), course=f"C{exam.pk}", custom={"exam": str(exam.pk)})
    return exam


def link_of(exam: Exam) -> str:
    return f"exam-{exam.pk}"


def context_of(exam: Exam) -> str:
    return f"course-v1:Campus+C{exam.pk}+2026"


def test_student_lands_on_the_exam_as_a_candidate(site: Site, openedx: OpenEdx, exam: Exam) -> None:
    landed = Robot().launch(openedx.start_url("ana", link=link_of(exam), target="window"))
    assert (landed.status_code, landed.url) == (200, f"{site.url}/exams/{exam.pk}/")
    assert exam.title in landed.text
    with site.database():
        ana = PlatformUser.objects.get(sub=openedx.sub("ana")).user
        assert ana.full_name == "Ana Li"
        assert not ana.has_usable_password()
        assert Candidate.objects.filter(exam=exam, user=ana).exists()
        group = Context.objects.get(context_id=context_of(exam)).group
        assert GroupMember.objects.filter(group=group, user=ana, removed_at=None).exists()


def test_second_launch_is_the_same_person(site: Site, openedx: OpenEdx, exam: Exam) -> None:
    for _ in range(2):
        assert Robot().launch(openedx.start_url("bo", link=link_of(exam))).ok
    with site.database():
        assert PlatformUser.objects.filter(sub=openedx.sub("bo")).count() == 1
        assert (
            Launch.objects.filter(
                user__platform_users__sub=openedx.sub("bo"), context__context_id=context_of(exam)
            ).count()
            == 2
        )


@pytest.mark.parametrize(("who", "role"), [("teach", "teacher"), ("tina", "teacher"), ("tom", "assistant")])
def test_teacher_lands_on_the_page_of_the_course(
    site: Site, openedx: OpenEdx, exam: Exam, who: str, role: str
) -> None:
    landed = Robot().launch(openedx.start_url(who, link=link_of(exam)))
    assert landed.status_code == 200
    with site.database():
        context = Context.objects.get(context_id=context_of(exam))
        staff = GroupStaff.objects.get(
            group=context.group, user__platform_users__sub=openedx.sub(who), removed_at=None
        )
        assert staff.role == role
        assert not staff.user.is_superuser
    assert f"/lti/contexts/{context.pk}/" in landed.url


def test_frame_without_third_party_cookies_keeps_its_session(
    site: Site, openedx: OpenEdx, exam: Exam
) -> None:
    robot = Robot(framed_in=openedx.url, third_party_cookies=False)
    # The first log-in finds no cookie and looks whether one would stick; that page's script is the browser tests' matter.
    robot.visit(openedx.start_url("ana", link=link_of(exam)), comes_from=openedx.url)
    landed = robot.launch(openedx.start_url("ana", link=link_of(exam)))
    assert landed.url == f"{site.url}/exams/{exam.pk}/"
    assert openedx.url in landed.headers["Content-Security-Policy"].partition("frame-ancestors")[2]
