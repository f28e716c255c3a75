"""An administrator mends who a person of a platform is here, but never whose work something is."""

from __future__ import annotations

import pytest

from learning.organisation.models import AuditEntry, GroupMember, GroupStaff, Role, TeachingGroup, Unit, User
from learning.organisation.services import groups
from lti.models import Context, ContextMember, Deployment, Platform, PlatformUser
from lti.services.relinking import (
    HasAttempts,
    NotLinkable,
    UnknownNumber,
    attempts_of,
    relink_person,
    unlink_person,
)
from question_bank.exams.models import Candidate, ExamGroup
from tests.factories import NOW, make_attempt, make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db

LinkedBy = PlatformUser.LinkedBy


@pytest.fixture
def root() -> Unit:
    return make_unit(name="校党委")


@pytest.fixture
def administrator(root: Unit) -> User:
    return make_user(roles=[(Role.ADMINISTRATOR, root)])


@pytest.fixture
def context(root: Unit) -> Context:
    platform = Platform.objects.create(
        name="平台", issuer="https://lms.example.edu", client_id="1", unit=root
    )
    deployment = Deployment.objects.create(platform=platform, deployment_id="1")
    group = TeachingGroup.objects.create(title="党课", created_at=NOW)
    return Context.objects.create(
        platform=platform, deployment=deployment, context_id="c1", group=group, created_at=NOW
    )


def make_person(
    context: Context, user: User, *, standing: str = "learner", by: str = LinkedBy.LAUNCH
) -> PlatformUser:
    person = PlatformUser.objects.create(
        platform=context.platform,
        sub=f"sub-{user.pk}",
        user=user,
        linked_by=by,
        linked_at=NOW,
        created_at=NOW,
    )
    ContextMember.objects.create(context=context, person=person, standing=standing, seen_at=NOW)
    if standing == "learner":
        groups.keep_member(group=context.group, user=user, now=NOW)
    return person


def launched_user(unit: Unit) -> User:
    """An account as a launch makes it: nobody logs in with it."""
    user = make_user(unit=unit)
    user.set_unusable_password()
    user.save()
    return user


def members(context: Context) -> list[User]:
    return [row.user for row in GroupMember.objects.filter(group=context.group, removed_at=None)]


def test_the_other_account_takes_the_place_in_the_course(
    context: Context, root: Unit, administrator: User
) -> None:
    wrong, right = launched_user(root), make_user("2026001", unit=root)
    person = make_person(context, wrong)
    assert relink_person(person=person, number=" 2026001 ", by=administrator, now=NOW) == right
    person.refresh_from_db()
    assert (person.user, person.linked_by, person.linked_at) == (right, LinkedBy.ADMIN, NOW)
    assert members(context) == [right]
    wrong.refresh_from_db()
    assert not wrong.is_active
    entry = AuditEntry.objects.get(action="platform_person.relinked")
    assert entry.actor == administrator
    assert entry.data["to"] == str(right)


def test_a_teacher_goes_on_teaching_under_the_other_account(
    context: Context, root: Unit, administrator: User
) -> None:
    wrong, right = launched_user(root), make_user("2026001", unit=root)
    person = make_person(context, wrong, standing="instructor")
    groups.keep_staff(group=context.group, user=wrong, role="teacher", now=NOW)  # type: ignore[arg-type]
    relink_person(person=person, number="2026001", by=administrator, now=NOW)
    staff = GroupStaff.objects.filter(group=context.group, removed_at=None)
    assert [(row.user, row.role) for row in staff] == [(right, "teacher")]


def test_who_sat_an_exam_is_not_relinked(context: Context, root: Unit, administrator: User) -> None:
    wrong = launched_user(root)
    make_user("2026001", unit=root)
    person = make_person(context, wrong)
    exam = make_exam(candidates=[wrong])
    make_attempt(exam, wrong)
    assert attempts_of(person) == 1
    with pytest.raises(HasAttempts, match="1 次作答"):
        relink_person(person=person, number="2026001", by=administrator, now=NOW)
    with pytest.raises(HasAttempts):
        unlink_person(person=person, by=administrator, now=NOW)
    person.refresh_from_db()
    assert person.user == wrong


def test_a_voided_attempt_holds_nothing_back(context: Context, root: Unit, administrator: User) -> None:
    wrong, right = launched_user(root), make_user("2026001", unit=root)
    person = make_person(context, wrong)
    exam = make_exam(candidates=[wrong])
    attempt = make_attempt(exam, wrong)
    attempt.state = attempt.State.VOID
    attempt.save(update_fields=["state"])
    assert relink_person(person=person, number="2026001", by=administrator, now=NOW) == right
    attempt.refresh_from_db()
    assert attempt.user == wrong


def test_a_members_own_exams_elsewhere_hold_nothing_back(
    context: Context, root: Unit, administrator: User
) -> None:
    """Else whoever is taken for a member by a wrong number could never be parted from them."""
    member = make_user(unit=root)
    person = make_person(context, member, by=LinkedBy.NUMBER)
    elsewhere = make_exam(candidates=[member])
    make_attempt(elsewhere, member)
    assert attempts_of(person) == 0
    ExamGroup.objects.create(exam=elsewhere, group=context.group, at=NOW)
    assert attempts_of(person) == 1


def test_an_account_of_a_member_is_never_switched_off(
    context: Context, root: Unit, administrator: User
) -> None:
    member = make_user(unit=root)
    person = make_person(context, member, by=LinkedBy.OWN_LOGIN)
    unlink_person(person=person, by=administrator, now=NOW)
    member.refresh_from_db()
    assert member.is_active
    assert members(context) == []
    assert not PlatformUser.objects.exists()
    assert AuditEntry.objects.filter(action="platform_person.unlinked", actor=administrator).exists()


def test_an_account_that_only_the_link_opened_leaves_its_exams(
    context: Context, root: Unit, administrator: User
) -> None:
    wrong = launched_user(root)
    person = make_person(context, wrong)
    exam = make_exam(candidates=[wrong])
    ExamGroup.objects.create(exam=exam, group=context.group, at=NOW)
    unlink_person(person=person, by=administrator, now=NOW)
    assert not Candidate.objects.filter(exam=exam, user=wrong).exists()


def test_an_account_that_another_platform_opens_stays(
    context: Context, root: Unit, administrator: User
) -> None:
    user = launched_user(root)
    person = make_person(context, user)
    other = Platform.objects.create(name="另一个", issuer="https://other.example.edu", client_id="1")
    PlatformUser.objects.create(
        platform=other, sub="x", user=user, linked_by=LinkedBy.OWN_LOGIN, linked_at=NOW, created_at=NOW
    )
    unlink_person(person=person, by=administrator, now=NOW)
    user.refresh_from_db()
    assert user.is_active


def test_nobody_with_a_role_is_entered_from_a_platform(
    context: Context, root: Unit, administrator: User
) -> None:
    make_user("T1", roles=[(Role.TEACHER, root)])
    person = make_person(context, launched_user(root))
    for number in ("T1", administrator.number):
        with pytest.raises(NotLinkable, match="管理角色"):
            relink_person(person=person, number=number, by=administrator, now=NOW)


def test_an_account_is_one_person_of_a_platform(context: Context, root: Unit, administrator: User) -> None:
    taken = make_user("2026001", unit=root)
    make_person(context, taken)
    person = make_person(context, launched_user(root))
    with pytest.raises(NotLinkable, match="另一个人"):
        relink_person(person=person, number="2026001", by=administrator, now=NOW)
    with pytest.raises(NotLinkable, match="就是这个账号"):
        relink_person(person=person, number=person.user.number, by=administrator, now=NOW)


def test_an_unknown_or_inactive_number_is_refused(context: Context, root: Unit, administrator: User) -> None:
    make_user("2026002", is_active=False)
    person = make_person(context, launched_user(root))
    for number in ("2026001", "2026002"):
        with pytest.raises(UnknownNumber):
            relink_person(person=person, number=number, by=administrator, now=NOW)
