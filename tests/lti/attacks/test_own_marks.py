"""Attacks by somebody who is both: a student who also teaches some course of the platform, where anybody may link an exam."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from learning.organisation.models import User
from learning.organisation.permissions import Action
from lti.models import Context, PlatformUser
from question_bank.exams.models import Attempt, Candidate, Exam
from question_bank.exams.organising.outcomes import visible_candidates
from tests.factories import make_attempt
from tests.lti.campus import INSTRUCTOR, Campus

pytestmark = pytest.mark.django_db
SANDBOX = {"id": "sandbox", "title": "自建课程"}


@pytest.fixture
def cheat(campus: Campus) -> User:
    """Sat the exam in the course; then was student and teacher of a course of their own that links the same exam."""
    campus.launch(sub="cheat")
    user = PlatformUser.objects.get(sub="cheat").user
    make_attempt(campus.exam, user, now=timezone.now())
    for roles in (["Learner"], INSTRUCTOR):
        campus.launch(sub="cheat", roles=roles, context=SANDBOX)
    user.launched = True
    return user


def test_nobody_marks_watches_or_reads_themselves_as_a_teacher(campus: Campus, cheat: User) -> None:
    assert Attempt.objects.filter(user=cheat, exam=campus.exam).exists()
    assert not Attempt.objects.markable(cheat, campus.exam).exists()
    assert not visible_candidates(campus.exam, cheat).exists()
    for action in (Action.EXAM_VIEW, Action.EXAM_MONITOR, Action.EXAM_MARK, Action.MEMBER_VIEW):
        assert not Candidate.objects.allowing(cheat, action).exists(), action


def test_nobody_opens_their_own_attempt_as_a_teacher(campus: Campus, cheat: User) -> None:
    attempt = Attempt.objects.get(user=cheat)
    address = f"/manage/exams/{campus.exam.pk}/attempts/{attempt.pk}/"
    assert campus.client.get(address).status_code == 404


def test_who_teaches_some_course_reads_nobody_of_the_one_they_sit_in(campus: Campus, cheat: User) -> None:
    campus.launch(sub="classmate", name="同班同学")
    campus.launch(sub="cheat", roles=INSTRUCTOR, context=SANDBOX)
    for screen in ("candidates", "monitor", "results", "marking"):
        page = campus.client.get(f"/manage/exams/{campus.exam.pk}/{screen}/").content.decode()
        assert "同班同学" not in page, screen
    assert Context.objects.count() == 2
    assert Exam.objects.watched_by(cheat, Action.EXAM_VIEW).exists()


def test_who_links_an_exam_that_is_over_reads_nobody_of_it(campus: Campus) -> None:
    """Else any teacher of the platform read, by its number, what their students once wrote elsewhere."""
    campus.launch(Client(), sub="student", name="往届考生")
    student = PlatformUser.objects.get(sub="student").user
    make_attempt(campus.exam, student, now=timezone.now())
    Exam.objects.update(closes_at=timezone.now())
    campus.launch(Client(), sub="student", name="往届考生", context=SANDBOX)
    campus.launch(sub="curious", roles=INSTRUCTOR, context=SANDBOX)
    curious = PlatformUser.objects.get(sub="curious").user
    curious.launched = True
    assert not visible_candidates(campus.exam, curious).exists()
    assert campus.client.get(f"/manage/exams/{campus.exam.pk}/results/").status_code == 404


def test_who_taught_the_exam_while_it_went_on_goes_on_reading_it(campus: Campus) -> None:
    campus.launch(Client(), sub="student", name="本班考生")
    campus.launch(sub="teacher", roles=INSTRUCTOR)
    Exam.objects.update(closes_at=timezone.now())
    campus.launch(sub="teacher", roles=INSTRUCTOR)
    page = campus.client.get(f"/manage/exams/{campus.exam.pk}/candidates/").content.decode()
    assert "本班考生" in page
