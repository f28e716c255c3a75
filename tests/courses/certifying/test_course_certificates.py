"""Certificates of courses: switched on by the page, earned by its completion, with all its hours."""

from __future__ import annotations

from decimal import Decimal

import pytest

from courses.certifying import services
from courses.certifying.paper import sentence
from courses.errors import NotPossible
from courses.models import Certificate
from courses.reflecting import tasks
from learning.organisation.models import Unit, User
from tests.courses.classes.making import complete
from tests.courses.factories import activity_of, make_course, make_lesson, publish
from tests.factories import NOW, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    return make_unit()


@pytest.fixture
def user(unit: Unit) -> User:
    return make_user(unit=unit)


def test_completed_course_gives_one_with_the_hours_of_its_lessons(unit: Unit, user: User) -> None:
    course = activity_of(make_course(unit, live=True, lessons=2, certificate=True, title="党章导读"))
    for lesson in course.children.all():
        complete(user, lesson, hours="1.5")
    with pytest.raises(NotPossible):
        services.issue_certificate(user=user, subject=course, now=NOW)
    assert services.claim_due(user=user, now=NOW) == []
    complete(user, course)
    issued = services.claim_due(user=user, now=NOW)
    assert [each.credit_hours for each in issued] == [Decimal("3.00")]
    assert services.issue_certificate(user=user, subject=course, now=NOW) == issued[0]
    assert services.claim_due(user=user, now=NOW) == []
    assert sentence(issued[0]) == "于2026年6月1日学完课程“党章导读”，获得 3 学时，准予结业。"
    assert services.claim_due(user=make_user(unit=unit), now=NOW) == []


def test_course_without_certificates_gives_none_and_one_switched_off_keeps_what_was_given(
    unit: Unit, user: User
) -> None:
    plain = activity_of(make_course(unit, live=True, lessons=1))
    complete(user, plain)
    with pytest.raises(NotPossible):
        services.issue_certificate(user=user, subject=plain, now=NOW)
    page = make_course(unit, live=True, lessons=1, certificate=True)
    complete(user, activity_of(page))
    services.claim_due(user=user, now=NOW)
    page.refresh_from_db()
    page.certificate = False
    publish(page)
    assert Certificate.objects.filter(user=user, revoked_at=None).count() == 1


def test_reflection_block_of_a_published_lesson_becomes_its_task(unit: Unit) -> None:
    page = make_course(unit)
    block = {"title": "课后心得", "prompt": "谈谈体会", "least_words": 120}
    lesson = make_lesson(page, blocks=[("reflection", block)], live=True)
    publish(page)
    activity = activity_of(lesson)
    task = tasks.task_of_part(activity=activity, part=activity.parts[0]["key"], now=NOW)
    assert (task.title, task.prompt, task.min_chars, task.owner_unit) == ("课后心得", "谈谈体会", 120, unit)
    assert tasks.lesson_of(task) == (activity, activity.parts[0]["key"])
