"""Names and Role Provisioning: the roster becomes the course's people and the exam's candidates."""

from __future__ import annotations

import pytest

from learning.organisation.models import GroupMember, GroupStaff
from lti.core import nrps
from lti.models import ContextMember
from lti.services import rosters
from question_bank.exams.models import Candidate
from tests.lti.platforms.campus import LEARNER, MEMBERS

from .conftest import Strict, out_of_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def course(strict: Strict) -> Strict:
    strict.launch("teach")
    return strict


def people(strict: Strict) -> dict[str, str]:
    rows = ContextMember.objects.filter(context=strict.context, removed_at=None)
    return {row.person.sub: row.standing for row in rows.select_related("person")}


def sync(strict: Strict) -> rosters.Synced:
    return rosters.sync(strict.context, now=strict.now)


def test_roster_is_asked_for_by_its_media_type_with_its_scope(course: Strict) -> None:
    sync(course)
    asked = course.platform.asked[-1]
    assert asked.headers["accept"] == nrps.MEMBERS_TYPE
    assert asked.headers["authorization"].startswith("Bearer ")


def test_members_with_their_roles(course: Strict) -> None:
    sync(course)
    assert people(course) == {
        "teach": "instructor",
        "tina": "assistant",
        "ana": "learner",
        "bo": "learner",
        "cy": "learner",
    }
    assert GroupMember.objects.filter(removed_at=None).count() == 3
    assert GroupStaff.objects.filter(removed_at=None).count() == 2


def test_learners_become_candidates(course: Strict) -> None:
    sync(course)
    assert Candidate.objects.filter(exam=course.exam).count() == 3


def test_pages_are_followed_by_their_link_header(course: Strict) -> None:
    for number in range(25):
        course.platform.add_person(f"more-{number}")
        course.platform.enrol(f"more-{number}", LEARNER)
    course.platform.roster.page = 10
    sync(course)
    assert len(people(course)) == 30
    assert len([asked for asked in course.platform.asked if "memberships" in asked.path]) == 3


def test_removed_members_leave_the_group_and_keep_their_account(course: Strict) -> None:
    sync(course)
    (context,) = course.platform.contexts.values()
    del context.roles["bo"]
    sync(course)
    assert "bo" not in people(course)
    assert GroupMember.objects.filter(removed_at=None).count() == 2
    row = ContextMember.objects.get(person__sub="bo")
    assert row.removed_at is not None
    assert row.person.user.is_active


def test_refused_scope_changes_nothing_and_says_so(course: Strict) -> None:
    sync(course)
    course.platform.granting.allowed.discard(MEMBERS)
    course.platform.granting.tokens.clear()
    from django.core.cache import cache

    cache.clear()
    sync(course)
    assert len(people(course)) == 5
    assert course.context.roster_problem


def test_platform_that_is_out_of_order_changes_nothing(course: Strict) -> None:
    sync(course)
    course.platform.route = out_of_order  # type: ignore[method-assign]
    sync(course)
    assert len(people(course)) == 5
    assert course.context.roster_problem
