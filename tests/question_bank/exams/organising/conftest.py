"""A school of two colleges, the people who run its exams, one exam with a short answer, and a clock that stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learning.organisation.models import Role, Unit, User
from question_bank.exams.models import Attempt, Exam
from question_bank.exams.taking.submitting import submit_attempt
from tests.factories import NOW, make_attempt, make_exam, make_unit, make_user


@dataclass
class School:
    root: Unit
    college: Unit
    branch: Unit
    other: Unit
    other_branch: Unit
    people: dict[str, User] = field(default_factory=dict)

    def person(self, name: str, role: Role, unit: Unit) -> User:
        self.people[name] = make_user(name=name, roles=[(role, unit)])
        return self.people[name]


@pytest.fixture(autouse=True)
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Views ask the clock once; here it always says NOW. Boards of an earlier test are forgotten."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    cache.clear()


def make_school() -> School:
    root = make_unit(name="校党委")
    college, other = make_unit(root, name="电子学院党总支"), make_unit(root, name="机械学院党总支")
    made = School(
        root, college, make_unit(college, name="学生第一党支部"), other, make_unit(other, name="教工党支部")
    )
    made.person("office", Role.SCHOOL_OFFICE, root)
    made.person("college_office", Role.SCHOOL_OFFICE, college)
    made.person("other_office", Role.SCHOOL_OFFICE, other)
    made.person("teacher", Role.TEACHER, root)
    made.person("marker", Role.MARKER, root)
    made.person("releaser", Role.RELEASER, root)
    made.person("invigilator", Role.INVIGILATOR, root)
    made.person("auditor", Role.AUDITOR, root)
    made.person("member", Role.MEMBER, root)
    return made


def make_final_exam(school: School) -> Exam:
    """Published by the school, running now: a single choice and a short answer; nobody admitted yet."""
    return make_exam(unit=school.root, kinds=["single", "short"], mark="10", title="结业考试")


@pytest.fixture
def school(db: Any) -> School:
    return make_school()


@pytest.fixture
def exam(school: School) -> Exam:
    return make_final_exam(school)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="learning.organisation.backends.NumberBackend")
    return client


def handed_in(exam: Exam, user: User, *, text: str = "我的回答", right: bool = True) -> Attempt:
    """An attempt that waits for the marker of its second slot."""
    attempt = make_attempt(exam, user, answers={1: "o1" if right else "o0", 2: text})
    submit_attempt(attempt_id=attempt.pk, by=user, client="c1", ops=(), reason="self", now=NOW)
    attempt.refresh_from_db()
    return attempt


def publish(client: Client, exam: Exam) -> HttpResponse:
    """By the page that asks, then its button; the answer to whichever came last."""
    url = reverse("manage_exam_publish", args=[exam.pk])
    asked = client.get(url)
    answer = client.post(url, {"seen": asked.context["seen"]}) if asked.status_code == 200 else asked
    return cast(HttpResponse, answer)
