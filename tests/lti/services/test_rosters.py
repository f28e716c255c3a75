from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from learning.organisation.models import AuditEntry, GroupMember, GroupRole, GroupStaff, Membership, User
from lti.core import claims
from lti.http.fetching import Answer, Unreachable, Why
from lti.http.tokens import ScopeRefused
from lti.models import Context, ContextMember, Platform, PlatformUser
from lti.services import rosters
from lti.services.rosters import Synced, sync
from question_bank.exams.models import Attempt, Candidate
from tests.factories import NOW, make_attempt, make_exam, make_unit, make_user
from tests.lti.factories import Standing, make_context, make_link, make_person, make_platform
from tests.lti.launching import make_launch

pytestmark = pytest.mark.django_db
URL = "https://lms1.example.edu/memberships"
LATER = NOW + timedelta(minutes=30)
TEACHER, LEARNER = claims.MEMBERSHIP_INSTRUCTOR, claims.MEMBERSHIP_LEARNER


def member(sub: str, role: str = LEARNER, **more: Any) -> dict[str, Any]:
    return {"user_id": sub, "status": "Active", "roles": [role], "name": f"学员{sub}", **more}


class Lms:
    """Answers in place of the platform, page by page; remembers what it was asked."""

    def __init__(self, *pages: Iterable[dict[str, Any]] | Exception | int) -> None:
        self.pages = pages or ([],)
        self.asked: list[dict[str, Any]] = []

    def __call__(self, platform: Platform, method: str, url: str, **how: Any) -> Answer:
        self.asked.append({"method": method, "url": url, **how})
        at = len(self.asked) - 1
        page = self.pages[at]
        if isinstance(page, Exception):
            raise page
        if isinstance(page, int):
            return Answer(page, {}, "<h1>no</h1>")
        more = {"Link": f'<{URL}?from={at + 1}>; rel="next"'} if at + 1 < len(self.pages) else {}
        return Answer(200, more, json.dumps({"id": URL, "members": list(page)}))


@pytest.fixture
def course() -> Context:
    return make_context(roster_url=URL)


def learners(course: Context) -> set[str]:
    rows = GroupMember.objects.filter(group=course.group, removed_at=None)
    return {row.user.platform_users.get().sub for row in rows.select_related("user")}


def test_people_of_every_page_enter_the_course(course: Context) -> None:
    lms = Lms([member("a"), member("b")], [member("t", TEACHER), member("c")])
    assert sync(course, now=LATER, call=lms) == Synced(people=4, new=4, left=0)
    assert learners(course) == {"a", "b", "c"}
    teacher = GroupStaff.objects.get(group=course.group)
    assert (teacher.user.platform_users.get().sub, teacher.role) == ("t", GroupRole.TEACHER)
    assert Membership.objects.filter(unit=course.platform.default_unit).count() == 4
    course.refresh_from_db()
    assert (course.roster_at, course.roster_problem) == (LATER, "")
    first = lms.asked[0]
    assert (first["method"], first["url"], tuple(first["scopes"])) == ("GET", URL, (claims.SCOPE_MEMBERS,))
    assert first["accept"] == "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"


def test_a_second_sync_changes_nothing(course: Context) -> None:
    people = [member("a"), member("t", TEACHER)]
    sync(course, now=LATER, call=Lms(people))
    before = list(ContextMember.objects.values_list("pk", "person", "standing", "removed_at"))
    assert sync(course, now=LATER + timedelta(1), call=Lms(people)) == Synced(people=2)
    assert list(ContextMember.objects.values_list("pk", "person", "standing", "removed_at")) == before
    assert User.objects.filter(platform_users__isnull=False).count() == 2
    assert GroupMember.objects.count() == 1
    assert GroupStaff.objects.count() == 1


@pytest.mark.parametrize("status", ["Inactive", "Deleted", "Suspended"])
def test_whoever_is_active_no_more_leaves_and_keeps_what_they_wrote(course: Context, status: str) -> None:
    exam = make_exam(unit=course.platform.unit)
    make_link(course, exam=exam)
    sync(course, now=NOW, call=Lms([member("a"), member("b")]))
    leaver = User.objects.get(platform_users__sub="b")
    attempt = make_attempt(exam, leaver)
    done = sync(course, now=LATER, call=Lms([member("a"), member("b", status=status)]))
    assert done == Synced(people=1, new=0, left=1)
    assert learners(course) == {"a"}
    assert GroupMember.objects.get(user=leaver).removed_at == LATER
    assert ContextMember.objects.get(person__user=leaver).removed_at == LATER
    assert Attempt.objects.get() == attempt
    assert Candidate.objects.filter(user=leaver, exam=exam).exists()


def test_whoever_left_before_they_began_is_no_candidate_any_more(course: Context) -> None:
    exam = make_exam(unit=course.platform.unit)
    make_link(course, exam=exam)
    sync(course, now=NOW, call=Lms([member("a"), member("b")]))
    sync(course, now=LATER, call=Lms([member("a")]))
    assert exam.candidates.get().user.platform_users.get().sub == "a"


def test_whoever_is_not_named_any_more_leaves_and_may_come_back(course: Context) -> None:
    sync(course, now=NOW, call=Lms([member("a"), member("b")]))
    sync(course, now=LATER, call=Lms([member("a")]))
    assert learners(course) == {"a"}
    done = sync(course, now=LATER + timedelta(1), call=Lms([member("a"), member("b")]))
    assert done == Synced(people=2, new=1)
    assert learners(course) == {"a", "b"}
    assert GroupMember.objects.count() == 3
    assert ContextMember.objects.filter(removed_at=None).count() == 2


def test_an_inactive_stranger_gets_no_account(course: Context) -> None:
    sync(course, now=LATER, call=Lms([member("x", status="Inactive"), member("m", "Mentor")]))
    assert not PlatformUser.objects.exists()


def test_a_change_of_role_moves_a_person_between_desk_and_class(course: Context) -> None:
    sync(course, now=NOW, call=Lms([member("a"), member("b", TEACHER)]))
    sync(course, now=LATER, call=Lms([member("a", TEACHER), member("b", claims.MEMBERSHIP_ASSISTANT)]))
    assert learners(course) == set()
    staff = GroupStaff.objects.filter(removed_at=None).values_list("user__platform_users__sub", "role")
    assert dict(staff) == {"a": GroupRole.TEACHER, "b": GroupRole.ASSISTANT}


def test_a_teacher_who_left_teaches_no_more(course: Context) -> None:
    sync(course, now=NOW, call=Lms([member("t", TEACHER)]))
    sync(course, now=LATER, call=Lms([]))
    assert GroupStaff.objects.get().removed_at == LATER


def test_institution_roles_make_no_teacher(course: Context) -> None:
    admin = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
    sync(course, now=LATER, call=Lms([member("a", admin)]))
    assert not GroupStaff.objects.exists()
    assert not PlatformUser.objects.exists()


def test_learners_become_candidates_of_the_exams_linked_and_of_no_other(course: Context) -> None:
    linked, other = (make_exam(unit=course.platform.unit) for _ in range(2))
    foreign = make_exam(unit=make_unit())
    make_link(course, exam=linked)
    make_link(course, exam=foreign)
    sync(course, now=NOW, call=Lms([member("a"), member("t", TEACHER)]))
    (candidate,) = Candidate.objects.all()
    assert (candidate.exam, candidate.user.platform_users.get().sub) == (linked, "a")
    assert candidate.unit == course.platform.default_unit
    assert not other.candidates.exists()


def test_nobody_is_admitted_to_an_exam_that_is_over(course: Context) -> None:
    exam = make_exam(unit=course.platform.unit)
    make_link(course, exam=exam)
    sync(course, now=exam.closes_at, call=Lms([member("a")]))
    assert not Candidate.objects.exists()


def test_people_of_another_course_stay_where_they_are(course: Context) -> None:
    neighbour = make_context(course.platform)
    make_person(neighbour)
    make_person(neighbour, Standing.INSTRUCTOR)
    sync(course, now=LATER, call=Lms([]))
    assert GroupMember.objects.filter(group=neighbour.group, removed_at=None).count() == 1
    assert GroupStaff.objects.filter(group=neighbour.group, removed_at=None).count() == 1
    assert ContextMember.objects.filter(context=neighbour, removed_at=None).count() == 2


@pytest.mark.parametrize(
    ("pages", "code"),
    [
        ([ScopeRefused([claims.SCOPE_MEMBERS], "no")], "scope_refused"),
        ([403], "scope_refused"),
        ([401], "scope_refused"),
        ([Unreachable(Why.BAD_STATUS, "token", status=401)], "client_refused"),
        ([Unreachable(Why.TIMED_OUT)], "unreachable"),
        ([503], "unreachable"),
        ([429], "unreachable"),
        ([404], "gone"),
        ([400], "failed"),
        ([302], "failed"),
        ([200], "unreadable"),
        ([Unreachable(Why.FOREIGN_ORIGIN)], "foreign_address"),
        ([Unreachable(Why.PRIVATE_ADDRESS)], "foreign_address"),
        ([[member("new")], 503], "unreachable"),
        ([[member("new")], Unreachable(Why.FOREIGN_ORIGIN)], "foreign_address"),
    ],
)
def test_a_failed_sync_changes_nothing_and_says_why(course: Context, pages: list[Any], code: str) -> None:
    sync(course, now=NOW, call=Lms([member("a"), member("t", TEACHER)]))
    assert sync(course, now=LATER, call=Lms(*pages)) == Synced(problem=code)
    course.refresh_from_db()
    assert (course.roster_at, course.roster_problem) == (NOW, code)
    assert rosters.problem_words(course) not in ("", code)
    assert learners(course) == {"a"}
    assert GroupStaff.objects.get().removed_at is None
    assert not PlatformUser.objects.filter(sub="new").exists()


def test_a_good_sync_takes_the_problem_away(course: Context) -> None:
    sync(course, now=NOW, call=Lms(503))
    sync(course, now=LATER, call=Lms([]))
    course.refresh_from_db()
    assert rosters.problem_words(course) == ""


def test_a_course_without_a_roster_is_not_asked_for() -> None:
    lms = Lms([member("a")])
    assert sync(make_context(), now=NOW, call=lms).problem == "not_offered"
    off = make_context(make_platform(state=Platform.State.OFF), roster_url=URL)
    assert sync(off, now=NOW, call=lms).problem == "platform_off"
    assert lms.asked == []


def test_a_roster_without_end_is_given_up(course: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rosters, "MOST_PAGES", 3)
    lms = Lms(*[[member(str(n))] for n in range(5)])
    assert sync(course, now=NOW, call=lms).problem == "too_long"
    assert len(lms.asked) == 3
    assert not PlatformUser.objects.exists()


def test_a_page_that_names_itself_as_the_next_is_given_up(course: Context) -> None:
    class Round(Lms):
        def __call__(self, *args: Any, **how: Any) -> Answer:
            super().__call__(*args, **how)
            return Answer(200, {"Link": f'<{URL}>; rel="next"'}, json.dumps({"members": []}))

    assert sync(course, now=NOW, call=Round()).problem == "too_long"


def test_more_people_than_fit_are_given_up(course: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rosters, "MOST_MEMBERS", 3)
    assert sync(course, now=NOW, call=Lms([member(str(n)) for n in range(4)])).problem == "too_long"
    assert not PlatformUser.objects.exists()


def test_a_member_on_two_pages_counts_once_as_the_later_says(course: Context) -> None:
    done = sync(course, now=NOW, call=Lms([member("a")], [member("a", status="Inactive"), member("b")]))
    assert done.people == 1
    assert learners(course) == {"b"}


def test_a_sync_that_was_begun_earlier_does_not_undo_a_later_one(course: Context) -> None:
    sync(course, now=LATER, call=Lms([member("a")]))
    sync(course, now=NOW, call=Lms([member("a"), member("late")]))
    assert learners(course) == {"a"}
    course.refresh_from_db()
    assert course.roster_at == LATER


def test_whoever_opened_a_link_while_the_roster_was_read_stays(course: Context) -> None:
    fresh = make_person(course)
    desk = make_person(course, Standing.INSTRUCTOR)
    ContextMember.objects.update(seen_at=LATER)
    sync(course, now=NOW, call=Lms([member("a")]))
    assert GroupMember.objects.filter(user=fresh, removed_at=None).exists()
    assert GroupStaff.objects.filter(user=desk, removed_at=None).exists()
    assert not ContextMember.objects.exclude(removed_at=None).exists()


def test_two_people_of_the_platform_may_be_one_here(course: Context) -> None:
    user = make_person(course, Standing.LEARNER)
    first = PlatformUser.objects.get()
    second = PlatformUser.objects.create(
        platform=course.platform,
        sub="other",
        user=user,
        linked_by="own_login",
        linked_at=NOW,
        created_at=NOW,
    )
    sync(course, now=LATER, call=Lms([member(first.sub), member(second.sub, TEACHER)]))
    assert GroupStaff.objects.get(removed_at=None).user == user
    assert not GroupMember.objects.filter(removed_at=None).exists()


def test_a_sync_by_hand_stands_in_the_audit_log(course: Context) -> None:
    by = make_user()
    sync(course, now=NOW, by=by, call=Lms([member("a")]))
    entry = AuditEntry.objects.get(action="lti.roster_synced")
    assert (entry.actor, entry.data) == (by, {"people": 1, "new": 1, "left": 0})


def test_the_nightly_run_asks_for_courses_in_use() -> None:
    used, unused, off = (make_context(roster_url=URL) for _ in range(3))
    no_roster = make_context()
    for course in (used, off, no_roster):
        make_launch(course, make_person(course), message_type=claims.RESOURCE_LINK)
    old = make_context(roster_url=URL)
    make_launch(old, make_person(old), message_type=claims.RESOURCE_LINK, at=NOW - timedelta(days=200))
    Platform.objects.filter(pk=off.platform_id).update(state=Platform.State.OFF)
    assert rosters.due_for_sync(now=LATER) == [used.pk]
    assert unused.pk not in rosters.due_for_sync(now=LATER)


def test_a_larger_roster_takes_no_more_queries() -> None:
    def queries(people: int) -> tuple[int, int]:
        """Of a first sync, and of one after which half of the people are gone."""
        course = make_context(roster_url=URL)
        make_link(course, exam=make_exam(unit=course.platform.unit))
        subs = [member(f"{n}") for n in range(people)]
        with CaptureQueriesContext(connection) as first:
            sync(course, now=NOW, call=Lms(subs))
        with CaptureQueriesContext(connection) as second:
            sync(course, now=LATER, call=Lms(subs[: people // 2]))
        return len(first), len(second)

    few, many = queries(4), queries(60)
    assert many <= few
    assert max(few) < 60
