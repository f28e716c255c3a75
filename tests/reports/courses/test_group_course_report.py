"""A course's report as the teacher of a teaching group reads it: of the group's people alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from learning.organisation.models import AuditEntry, GroupRole, Role, TeachingGroup, Unit, User
from learning.organisation.services.groups import keep_members, keep_staff, remove_member, remove_staff
from learning.study.models import Activity, CourseGroup, Enrolment
from learning.study.services.groups import studied_by_group
from tests.factories import NOW, make_group, make_unit, make_user
from tests.launching import allow_launching, launched
from tests.learning.study.factories import make_course, make_lesson
from tests.reports.school import begin, enrol

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit(settings: Any, db: None) -> Unit:
    allow_launching(settings)
    return make_unit()


@pytest.fixture
def course(unit: Unit) -> Activity:
    """Studied by six people of one unit."""
    made = make_course(unit)
    make_lesson(made)
    for _ in range(6):
        enrol(made, make_user(unit=unit))
    return made


@pytest.fixture
def group(course: Activity) -> TeachingGroup:
    """Two of the six, and one who is not in the course."""
    people = [row.user for row in Enrolment.objects.filter(activity=course).order_by("pk")[:2]]
    made = make_group(*people, make_user())
    studied_by_group(course=course, group=made, by=None, now=NOW)
    return made


@pytest.fixture
def teacher(group: TeachingGroup) -> User:
    user = make_user()
    keep_staff(group=group, user=user, role=GroupRole.TEACHER, now=NOW)
    return user


def address(course: Activity) -> str:
    return reverse("course_report", args=[course.pk])


def test_group_studies_a_course_once_and_no_lesson(course: Activity, group: TeachingGroup) -> None:
    assert not studied_by_group(course=course, group=group, by=None, now=NOW)
    assert CourseGroup.objects.count() == 1
    with pytest.raises(ValueError, match="courses"):
        studied_by_group(course=course.children.get(), group=group, by=None, now=NOW)


def test_people_of_the_group_alone_are_counted(course: Activity, teacher: User) -> None:
    (lesson,) = course.children.all()
    for row in Enrolment.objects.filter(activity=course):
        begin(lesson, row.user)
    reply = launched(teacher).get(address(course))
    text = reply.content.decode()
    assert "加入 2 人，已开始 2 人" in text
    assert "/admin/" not in text


def test_who_has_left_the_group_still_counts_and_who_joins_does(
    course: Activity, group: TeachingGroup, teacher: User
) -> None:
    first = group.members.order_by("pk").first()
    assert first is not None
    remove_member(group=group, user=first.user, now=NOW)
    others = Enrolment.objects.filter(activity=course).exclude(user__group_memberships__group=group)
    keep_members(group=group, users=[others[0].user, first.user], now=NOW)
    assert "加入 3 人" in launched(teacher).get(address(course)).content.decode()


def test_another_group_another_course_assistant_and_former_teacher_find_nothing(
    course: Activity, group: TeachingGroup, teacher: User, unit: Unit
) -> None:
    assistant, stranger = make_user(), make_user()
    keep_staff(group=group, user=assistant, role=GroupRole.ASSISTANT, now=NOW)
    keep_staff(group=make_group(), user=stranger, role=GroupRole.TEACHER, now=NOW)
    assert launched(teacher).get(address(course)).status_code == 200
    assert launched(teacher).get(address(make_course(unit))).status_code == 404
    for user in (assistant, stranger):
        assert launched(user).get(address(course)).status_code == 404
    remove_staff(group=group, user=teacher, now=NOW)
    assert launched(teacher).get(address(course)).status_code == 404


def test_who_has_a_role_reads_it_in_the_admin_and_the_group_beside_it(
    client: Any, course: Activity, group: TeachingGroup, unit: Unit
) -> None:
    other = make_unit()
    enrol(course, make_user(unit=other))
    secretary = make_user(roles=[(Role.SECRETARY, other)])
    keep_staff(group=group, user=secretary, role=GroupRole.TEACHER, now=NOW)
    client.force_login(secretary, "learning.organisation.backends.NumberBackend")
    inside = reverse("reports_admin:course", args=[course.pk])
    assert client.get(address(course)).headers["Location"] == inside
    assert "加入 3 人" in client.get(inside).content.decode()
    assert "加入 2 人" in launched(secretary).get(address(course)).content.decode()


def test_file_is_made_and_audited(course: Activity, teacher: User) -> None:
    reply = launched(teacher).get(address(course), {"export": "xlsx"})
    assert "attachment" in reply["Content-Disposition"]
    assert AuditEntry.objects.get(action="report.export").object_id == str(course.pk)


def test_statements_do_not_grow_with_the_people(
    course: Activity, group: TeachingGroup, teacher: User
) -> None:
    client = launched(teacher)

    def count() -> int:
        client.get(address(course))
        with CaptureQueriesContext(connection) as caught:
            assert client.get(address(course)).status_code == 200
        return len(caught)

    few = count()
    more = [make_user(unit=course.owner_unit) for _ in range(8)]
    keep_members(group=group, users=more, now=NOW)
    for user in more:
        enrol(course, user)
    assert count() <= few
