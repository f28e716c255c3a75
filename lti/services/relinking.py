"""An administrator mends who a person of a platform is here. Never once they have sat an exam through the platform: whose
work that is must not change afterwards."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learning.organisation.errors import OrganisationError
from learning.organisation.models import RoleAssignment, User
from learning.organisation.services import accounts, audit, groups
from lti.core.claims import Standing
from lti.models import ContextMember, PlatformUser
from question_bank.exams.candidates import admit_users
from question_bank.exams.models import Attempt, Candidate, Exam

from . import contexts


class HasAttempts(OrganisationError):
    code = "has_attempts"
    message = _("此人从这个平台进入后已有 %(count)d 次作答，作答和成绩属于原来的账号，不能再改。")


class UnknownNumber(OrganisationError):
    code = "unknown_number"
    message = _("没有使用这个学号/工号的可用账号。")


class NotLinkable(OrganisationError):
    """The account may not be entered from a platform; the message says why."""

    code = "not_linkable"


def attempts_of(person: PlatformUser) -> int:
    """How many attempts hang on this link: for an account that the platform's launch made all of its attempts,
    for a member's own account those in exams that courses of the platform sit. Voided ones hold nothing back."""
    attempts = Attempt.objects.filter(user=person.user_id).exclude(state=Attempt.State.VOID)
    if person.linked_by != PlatformUser.LinkedBy.LAUNCH:
        attempts = attempts.filter(exam__in=_exams_of(person))
    return attempts.count()


@transaction.atomic
def relink_person(*, person: PlatformUser, number: str, by: User, now: datetime) -> User:
    """The platform's person is this member from now on, in their courses too; returns the member. Raises HasAttempts,
    UnknownNumber, NotLinkable (the same account, one with a role, one that another person of the platform has)."""
    row = locked(person)
    user = User.objects.filter(number=accounts.clean_number(number), is_active=True).first()
    if user is None:
        raise UnknownNumber
    if user.pk == row.user_id:
        raise NotLinkable(_("现在对应的就是这个账号。"))
    roles = RoleAssignment.objects.from_day(timezone.localdate(now)).filter(user=user)
    if user.is_superuser or roles.exists():
        raise NotLinkable(_("这个账号持有管理角色，不能从校园平台进入。"))
    if PlatformUser.objects.filter(platform=row.platform_id, user=user).exists():
        raise NotLinkable(_("这个账号已对应该平台的另一个人。"))
    move(row, user, linked_by=PlatformUser.LinkedBy.ADMIN, by=by, now=now)
    return user


def move(row: PlatformUser, user: User, *, linked_by: PlatformUser.LinkedBy, by: User, now: datetime) -> None:
    """The person is this user from now on, in all their courses; the exams they had not begun admit the new account."""
    before, exams = row.user, _exams_of(row)
    admitted = list(exams.filter(candidates__user=before).values_list("pk", flat=True).distinct())
    _leave(row, by=by, now=now)
    row.user, row.linked_by, row.linked_at = user, linked_by, now
    row.save(update_fields=["user", "linked_by", "linked_at"])
    for place in _places(row):
        contexts.follow(place.context, user, Standing(place.standing), now=now)
    for exam in admitted:
        admit_users(exam_id=exam, users=[user], by=None, now=now)
    _note(row, "platform_person.relinked", by=by, now=now, **{"from": str(before), "to": str(user)})


@transaction.atomic
def unlink_person(*, person: PlatformUser, by: User, now: datetime) -> None:
    """Forgets who the person is here; the next launch asks anew. An account that only this link opened is switched off.
    Raises HasAttempts."""
    row = locked(person)
    before = row.user
    _leave(row, by=by, now=now)
    _note(row, "platform_person.unlinked", by=by, now=now, **{"from": str(before)})
    row.delete()


def locked(person: PlatformUser) -> PlatformUser:
    row = PlatformUser.objects.select_for_update().get(pk=person.pk)
    count = attempts_of(row)
    if count:
        raise HasAttempts(count=count)
    return row


def _leave(row: PlatformUser, *, by: User, now: datetime) -> None:
    """Takes the present account out of the courses to which this link brought it. One that a launch made also leaves the
    exams it was admitted to, and is switched off where no other platform opens it."""
    user = row.user
    for place in _places(row):
        groups.remove_member(group=place.context.group, user=user, now=now)
        groups.remove_staff(group=place.context.group, user=user, now=now)
    if row.linked_by != PlatformUser.LinkedBy.LAUNCH:
        return
    Candidate.objects.filter(user=user, exam__in=_exams_of(row), attempts=None).delete()
    others = PlatformUser.objects.filter(user=user).exclude(pk=row.pk)
    if user.is_active and not user.has_usable_password() and not others.exists():
        accounts.switch_off(user=user, by=by, now=now)


def _places(row: PlatformUser) -> list[ContextMember]:
    return list(row.places.filter(removed_at=None).select_related("context__group"))


def _exams_of(row: PlatformUser) -> QuerySet[Exam]:
    """The exams that courses of the platform sit."""
    return Exam.objects.filter(exam_groups__group__lti_context__platform=row.platform_id)


def _note(row: PlatformUser, action: str, *, by: User, now: datetime, **data: str) -> None:
    audit.record(
        actor=by,
        action=action,
        obj=row,
        unit=row.platform.unit,
        data={"platform": row.platform.name, "full_name": row.name, **data},
        now=now,
    )
