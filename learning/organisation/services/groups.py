"""Teaching groups kept in step with whoever knows them: each call may come again, twice at once, and for people who
are there already. Nothing is deleted: who leaves has a `removed_at`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest

from learning.organisation.models import GroupMember, GroupRole, GroupStaff, TeachingGroup, User
from learning.organisation.permissions import forget_roles

CHUNK = 1000


def create_group(*, title: str, now: datetime) -> TeachingGroup:
    """A group without people; a title longer than the field is cut."""
    return TeachingGroup.objects.create(title=title[:200], created_at=now)


def keep_member(*, group: TeachingGroup, user: User, now: datetime) -> bool:
    """Whether the person is in the group only from now on; False where they were already."""
    return keep_members(group=group, users=[user], now=now) == 1


def keep_members(*, group: TeachingGroup, users: Iterable[User | int], now: datetime) -> int:
    """Sees to it that these people (or ids) are in the group; returns how many were not. Two calls
    at once make one row, which both may count."""
    fresh = {_id(user) for user in users}.difference(_current(group).values_list("user", flat=True))
    GroupMember.objects.bulk_create(
        (GroupMember(group=group, user_id=pk, since=now) for pk in sorted(fresh)),
        batch_size=CHUNK,
        ignore_conflicts=True,  # the unique current row decides between two
    )
    return len(fresh)


def remove_member(*, group: TeachingGroup, user: User | int, now: datetime) -> bool:
    """Whether the person has left the group by this call."""
    return remove_members(group=group, users=[user], now=now) == 1


def remove_members(*, group: TeachingGroup, users: Collection[User | int], now: datetime) -> int:
    """Ends these people's membership; returns how many were in the group."""
    # A row of a later instant than `now` (a launch while a roster was read) ends when it began, not before.
    rows = _current(group).filter(user__in={_id(user) for user in users})
    return rows.update(removed_at=Greatest(F("since"), now))


def keep_staff(*, group: TeachingGroup, user: User, role: GroupRole, now: datetime) -> GroupStaff:
    """The person's current row with this role. A change of role ends the old row and begins a new one;
    of two at once with different roles the first stays until the next call."""
    forget_roles(user)
    with transaction.atomic():
        rows = GroupStaff.objects.filter(group=group, user=user, removed_at=None)
        current = rows.select_for_update().first()
        if current is not None and current.role == role:
            return current
        if current is not None:
            rows.update(removed_at=Greatest(F("since"), now))
        GroupStaff.objects.bulk_create(
            [GroupStaff(group=group, user=user, role=role, since=now)], ignore_conflicts=True
        )
        return rows.get()


def remove_staff(*, group: TeachingGroup, user: User | int, now: datetime) -> bool:
    """Whether the person has ceased to teach the group by this call."""
    if isinstance(user, User):
        forget_roles(user)
    rows = GroupStaff.objects.filter(group=group, user=user, removed_at=None)
    return bool(rows.update(removed_at=Greatest(F("since"), now)))


def _id(user: User | int) -> int:
    return user if isinstance(user, int) else user.pk


def _current(group: TeachingGroup) -> QuerySet[GroupMember]:
    return GroupMember.objects.filter(group=group, removed_at=None)
