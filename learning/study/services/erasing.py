"""A person's study record is erased: by an administrator, for a reason, and the audit log says so for good."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from learning.organisation.models import User
from learning.organisation.services import audit
from learning.study.errors import NotPossible
from learning.study.models import Completion, Coverage, Enrolment, StudyPace, StudySession, StudySlice

from .hours import note_hours
from .people import lock_people


@transaction.atomic
def erase_study(*, user: User, by: User, reason: str, now: datetime) -> dict[str, int]:
    """Deletes study time, coverage, sessions, completions with their credit hours, and courses begun alone; returns how
    many of each. What others expect of the person (应学) stays. A page still open is refused from then on.

    Raises NotPossible without a reason."""
    if not reason.strip():
        raise NotPossible(_("请填写原因。"))
    lock_people([user.pk])
    erased = {
        "slices": StudySlice.objects.filter(user=user),
        "coverages": Coverage.objects.filter(user=user),
        "completions": Completion.objects.filter(user=user),
        "enrolments": Enrolment.objects.filter(user=user, source=Enrolment.Source.SELF),
    }
    hours = erased["completions"].aggregate(n=Sum("credit_hours"))["n"] or Decimal(0)  # type: ignore[attr-defined]
    note_hours(Completion.objects.filter(user=user), sign=-1)
    counts = {name: rows.delete()[0] for name, rows in erased.items()}  # type: ignore[attr-defined]  # a queryset each
    StudyPace.objects.filter(user=user).delete()
    Enrolment.objects.filter(user=user).update(begun_at=None, completed_at=None)
    counts["sessions"] = StudySession.objects.filter(user=user).delete()[0]
    membership = user.memberships.on(timezone.localdate(now)).select_related("unit").first()
    audit.record(
        actor=by,
        action="study.erase",
        obj=user,
        unit=membership.unit if membership else None,
        data={**counts, "hours": f"{hours:.2f}", "reason": reason.strip()},
        now=now,
    )
    return counts
