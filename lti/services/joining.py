"""A member who came by a campus platform and has an account here already says so by logging in to it: from then on both
are one. The platform's word plays no part in it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import User
from learning.study.models import Completion, StudySession
from lti.models import PlatformUser

from . import relinking
from .relinking import NotLinkable


def person_of(user: User, platform_id: int) -> PlatformUser | None:
    """Who the signed-in person is on the platform they came by."""
    rows = PlatformUser.objects.select_related("platform", "user")
    return rows.filter(platform=platform_id, user=user).first()


def may_join(person: PlatformUser) -> bool:
    """Whether nothing hangs yet on the account that a launch made: what was sat or studied stays whose it is."""
    return not (relinking.attempts_of(person) or _studied(person))


def _studied(person: PlatformUser) -> bool:
    done = Completion.objects.filter(user=person.user_id)
    return done.exists() or StudySession.objects.filter(user=person.user_id).exists()


@transaction.atomic
def join_own(*, person: PlatformUser, member: User, now: datetime) -> User:
    """The platform's person is this member from now on; `member` has just logged in to prove it. Raises HasAttempts or
    NotLinkable: once something was sat or studied as the platform's person it stays theirs."""
    row = relinking.locked(person)
    if row.linked_by != PlatformUser.LinkedBy.LAUNCH:
        raise NotLinkable(_("您从这个平台进入时用的已经是本站的账号。"))
    if member.pk == row.user_id:
        raise NotLinkable(_("这就是您现在的账号。"))
    if not member.is_active:
        raise NotLinkable(_("这个账号已停用。"))
    if PlatformUser.objects.filter(platform=row.platform_id, user=member).exists():
        raise NotLinkable(_("这个账号已对应该平台的另一个人。"))
    if _studied(row):
        raise NotLinkable(_("您从这个平台进入后已有学习记录，不能再合并。请联系管理员。"))
    relinking.move(row, member, linked_by=PlatformUser.LinkedBy.OWN_LOGIN, by=member, now=now)
    return member
