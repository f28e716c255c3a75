"""An offline activity (a meeting, a visit, a lecture) with the people who were there, entered after it was held."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from learning.organisation.models import Membership, Unit, User
from learning.organisation.permissions import Action, scope_q
from learning.study.errors import NotPossible
from learning.study.models import Activity, Completion
from learning.study.services.finishing import record_by_hand
from learning.study.services.publishing import close_activity, publish_activity

KEY = "meeting:"


def new_key() -> str:
    """Names one entry: handed in twice, it is the same activity."""
    return f"{KEY}{uuid4().hex}"


def meetings_for(user: User) -> QuerySet[Activity]:
    """The offline activities of the person's scope."""
    return Activity.objects.allowing(user, Action.STUDY_RECORD).filter(kind=Activity.Kind.MEETING)


def people_for(user: User, day: date) -> QuerySet[User]:
    """Who was on that day a member of a unit over which the person may enter study."""
    members = Membership.objects.on(day).filter(scope_q(user, Action.STUDY_RECORD))
    return User.objects.filter(Exists(members.filter(user=OuterRef("pk"))))


def entries_for(user: User, activity: Activity) -> QuerySet[Completion]:
    """What the person may take back of an activity that was held: the entries of those whom they could have entered."""
    people = people_for(user, timezone.localdate(activity.held_at))
    return Completion.objects.filter(activity=activity, user__in=people).select_related("user", "unit")


def people_of(unit: Unit, day: date) -> QuerySet[User]:
    """The unit's members on that day, and those of the units below, whose accounts are in use."""
    members = Membership.objects.on(day).within(unit)
    return User.objects.filter(Exists(members.filter(user=OuterRef("pk"))), is_active=True)


@transaction.atomic
def enter_meeting(
    *,
    key: str,
    title: str,
    owner_unit: Unit,
    held_at: datetime,
    minutes: int,
    hours: Decimal,
    users: Sequence[User],
    reason: str,
    by: User,
    now: datetime,
) -> int:
    """Enters the activity and that these people completed it, with so many minutes and credit hours each; returns for
    how many that was new. Nobody can study it afterwards, and nobody is expected to.

    Raises NotPossible before it was held, without people, or when the key has been entered."""
    if not users:
        raise NotPossible(_("请选择参加的人员。"))
    if held_at > now:
        raise NotPossible(_("活动还没有举行。"))
    if not key.startswith(KEY) or Activity.objects.filter(key=key).exists():
        raise NotPossible(_("这次活动已经登记过。"))
    activity = publish_activity(
        key=key,
        kind=Activity.Kind.MEETING,
        title=title,
        owner_unit=owner_unit,
        required=False,
        nominal_minutes=minutes,
        credit={"kind": "fixed", "hours": str(hours)},
        held_at=held_at,
        now=now,
    )
    made = record_by_hand(activity=activity, users=users, by=by, reason=reason, now=now, minutes=minutes)
    close_activity(key=key, now=now)
    return made


def add_people(*, activity: Activity, users: Sequence[User], reason: str, by: User, now: datetime) -> int:
    """Enters people who were forgotten; returns how many were new. Raises NotPossible without people."""
    if not users:
        raise NotPossible(_("请选择参加的人员。"))
    return record_by_hand(
        activity=activity, users=users, by=by, reason=reason, now=now, minutes=activity.nominal_minutes
    )
