"""The roster of a platform that we did not write: page by page into the teaching group, and out of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone

from learning.organisation.models import GroupMember, GroupStaff, Unit
from lti.core import claims
from lti.http import tokens
from lti.models import Context, Platform
from lti.services import rosters
from question_bank.exams.models import Candidate, Exam
from tests.live_site import Site
from tests.lti.openedx.conftest import OpenEdx
from tests.lti.platforms.robot import Robot


@pytest.fixture
def exam(site: Site, school: Unit, registered: Platform, openedx: OpenEdx) -> Exam:
    with site.database():
        exam = site.exam(unit=school)
    openedx.link(f"roster-{exam.pk}", course=f"R{exam.pk}", custom={"exam": str(exam.pk)})
    return exam


@pytest.fixture
def paged(openedx: OpenEdx) -> Iterator[None]:
    """Two members on a page."""
    openedx.tell(nrps_page=2)
    yield
    openedx.tell(nrps_page=None)


def opened(openedx: OpenEdx, exam: Exam) -> Context:
    """Within site.database(): the course, after its teacher has opened the link."""
    assert Robot().launch(openedx.start_url("teach", link=f"roster-{exam.pk}")).ok
    return Context.objects.get(context_id=f"course-v1:Campus+R{exam.pk}+2026")


def learners(context: Context) -> set[str]:
    rows = GroupMember.objects.filter(group=context.group, removed_at=None)
    return set(rows.values_list("user__platform_users__sub", flat=True))


def test_everybody_on_every_page_is_in_the_group_and_a_candidate(
    site: Site, openedx: OpenEdx, exam: Exam, paged: None
) -> None:
    students = {openedx.sub(who) for who in ("ana", "bo", "cy")}
    with site.database():
        context = opened(openedx, exam)
        assert "limit=2" in context.roster_url
        done = rosters.sync(context, now=timezone.now())
        assert (done.problem, done.people) == ("", 6)
        # edX's assistants are learners too, and lose nothing by it.
        assert learners(context) >= students
        assert openedx.sub("teach") not in learners(context)
        teachers = GroupStaff.objects.filter(group=context.group, removed_at=None)
        assert teachers.count() == 3
        candidates = Candidate.objects.filter(exam=exam).values_list("user__platform_users__sub", flat=True)
        assert set(candidates) >= students


def test_who_left_the_course_leaves_the_group(site: Site, openedx: OpenEdx, exam: Exam) -> None:
    openedx.tell(roles={"dan": "student"})
    try:
        with site.database():
            context = opened(openedx, exam)
            rosters.sync(context, now=timezone.now())
            assert openedx.sub("dan") in learners(context)
            openedx.tell(roles={"dan": None})
            assert rosters.sync(context, now=timezone.now()).left == 1
            assert openedx.sub("dan") not in learners(context)
    finally:
        openedx.tell(roles={"dan": None})


def test_refused_scope_leaves_the_group_as_it_is_and_says_so(
    site: Site, openedx: OpenEdx, registered: Platform, exam: Exam
) -> None:
    with site.database():
        context = opened(openedx, exam)
        rosters.sync(context, now=timezone.now())
        before = learners(context)
        openedx.tell(scopes=[claims.SCOPE_SCORE])
        tokens.forget_token(registered, rosters.SCOPES)
        try:
            assert rosters.sync(context, now=timezone.now()).problem == "scope_refused"
        finally:
            openedx.tell(scopes=None)
        assert learners(context) == before
        context.refresh_from_db()
        assert context.roster_problem == "scope_refused"


def test_course_without_the_service_says_so(site: Site, openedx: OpenEdx, exam: Exam) -> None:
    openedx.link(f"roster-{exam.pk}", course=f"R{exam.pk}", custom={"exam": str(exam.pk)}, nrps=False)
    with site.database():
        context = opened(openedx, exam)
        assert rosters.sync(context, now=timezone.now()).problem == "not_offered"
