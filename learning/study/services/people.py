"""The person at whom a change is aimed: the lock, and the unit on a day. Whoever writes what somebody studied holds the
lock, the lane as well, so that nothing is credited twice and a completion sees all that came before it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from learning.organisation.models import Membership
from learning.study.models import StudyPace


def lock_people(user_ids: Collection[int]) -> dict[int, StudyPace]:
    """Their pace rows, made where absent and locked until the transaction ends, always in the same order."""
    ids = sorted(set(user_ids))
    held = _locked(ids)
    if len(held) < len(ids):
        absent = [StudyPace(user_id=each) for each in ids if each not in held]
        StudyPace.objects.bulk_create(absent, ignore_conflicts=True, batch_size=500)
        held = _locked(ids)
    return held


def _locked(ids: list[int]) -> dict[int, StudyPace]:
    rows = StudyPace.objects.select_for_update(no_key=True).filter(user__in=ids).order_by("user")
    return {each.user_id: each for each in rows}


def units_on(user_ids: Collection[int], day: date) -> dict[int, int]:
    """User id → unit id of those who belonged to one on that day; one query."""
    rows = Membership.objects.on(day).filter(user__in=user_ids).order_by("pk")
    return dict(rows.values_list("user_id", "unit_id"))
