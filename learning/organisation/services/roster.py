"""The roster import: one transaction for all accepted rows of a plan. The same file twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime

from django.db import transaction

from learning.organisation.models import AuditEntry, Membership, RosterImport, User
from learning.organisation.roster import RosterRow
from learning.organisation.signals import people_changed

from . import audit, memberships
from .roster_plan import Line, Plan, Verdict, plan_roster

__all__ = [
    "Line",
    "Plan",
    "Verdict",
    "apply_roster",
    "confirm_upload",
    "keep_upload",
    "kept_rows",
    "plan_roster",
    "rejected_rows",
]


@transaction.atomic
def apply_roster(
    rows: Sequence[RosterRow], *, file_name: str, by: User | None, now: datetime
) -> tuple[Plan, list[int]]:
    """Saves every accepted row and no other; returns the plan as it was carried out and the ids of the people made.

    The rows are judged again: the tree may have changed since the preview."""
    plan = plan_roster(rows, by=by, now=now)
    people = make_people(plan.of(Verdict.NEW), by=by, now=now)
    for line in plan.of(Verdict.CHANGED):
        change_person(line, by=by, now=now)
    if people or plan.of(Verdict.CHANGED):
        AuditEntry.objects.create(
            at=now, actor=by, action="roster.imported", object_type="organisation.rosterimport", object_id="",
            object_name=file_name[:200], data=plan.counts,
        )  # fmt: skip
    return plan, [person.pk for person in people]


def make_people(lines: Iterable[Line], *, by: User | None, now: datetime) -> list[User]:
    lines = list(lines)
    people = []
    for line in lines:
        person = User(
            number=line.row.number, full_name=line.row.full_name, phone=line.row.phone, email=line.row.email,
            created_at=now,
        )  # fmt: skip
        person.set_unusable_password()
        people.append(person)
    User.objects.bulk_create(people, batch_size=500)
    Membership.objects.bulk_create(
        (
            Membership(user=person, unit=line.unit, person_status=line.status, from_date=line.on)
            for person, line in zip(people, lines, strict=True)
        ),
        batch_size=500,
    )
    audit.record_each(
        (audit.entry(actor=by, action="account.created", obj=person, unit=line.unit,
                     data={"unit": line.unit.name if line.unit else "", "status": line.status}, now=now))
        for person, line in zip(people, lines, strict=True)
    )  # fmt: skip
    people_changed.send(User, user_ids=[person.pk for person in people], now=now)
    return people


def change_person(line: Line, *, by: User | None, now: datetime) -> None:
    if line.user is None or line.unit is None:
        raise ValueError("Only a line that names a known person and unit can be a change.")
    current = memberships.standing(line.user)
    if current is None:
        memberships.join(
            user=line.user, unit=line.unit, person_status=line.status, on=line.on, by=by, now=now
        )
    elif current.unit_id != line.unit.pk:
        memberships.transfer(
            user=line.user, unit=line.unit, person_status=line.status, on=line.on, by=by, now=now
        )
    else:
        memberships.change_status(user=line.user, person_status=line.status, on=line.on, by=by, now=now)
    new = {"phone": line.row.phone, "email": line.row.email}
    changed = [name for name, value in new.items() if value and getattr(line.user, name) != value]
    if changed:
        for name in changed:
            setattr(line.user, name, new[name])
        line.user.save(update_fields=changed)
        audit.record(
            actor=by,
            action="account.edited",
            obj=line.user,
            unit=line.unit,
            data={"fields": changed},
            now=now,
        )


def keep_upload(rows: Sequence[RosterRow], *, file_name: str, by: User, now: datetime) -> RosterImport:
    """The rows between preview and confirmation; what is left of the same person's older uploads is forgotten."""
    older = RosterImport.objects.filter(created_by=by)
    older.filter(applied_at=None).delete()
    older.exclude(rows=[]).update(rows=[])
    return RosterImport.objects.create(
        file_name=file_name[:200], rows=[row.as_json() for row in rows], created_by=by, created_at=now
    )


def kept_rows(upload: RosterImport) -> list[RosterRow]:
    """The rows of an upload that waits for its confirmation."""
    return [RosterRow(**row) for row in upload.rows]


def rejected_rows(upload: RosterImport, *, by: User, now: datetime) -> list[tuple[RosterRow, str]]:
    """The rejected rows with their reasons: judged now, or as they were when the import was confirmed."""
    if upload.applied_at is None:
        plan = plan_roster(kept_rows(upload), by=by, now=now)
        return [(line.row, line.reason) for line in plan.of(Verdict.REJECTED)]
    texts = {field.name for field in fields(RosterRow)}
    return [
        (RosterRow(**{name: value for name, value in row.items() if name in texts}), row["reason"])
        for row in upload.rows
    ]


@transaction.atomic
def confirm_upload(*, upload_id: int, by: User, now: datetime) -> RosterImport:
    """Carries the kept upload out, once: a second confirmation returns the first one's result."""
    upload = RosterImport.objects.select_for_update().get(pk=upload_id, created_by=by)
    if upload.applied_at is None:
        plan, upload.created_ids = apply_roster(kept_rows(upload), file_name=upload.file_name, by=by, now=now)
        upload.counts = plan.counts
        upload.rows = [{**line.row.as_json(), "reason": line.reason} for line in plan.of(Verdict.REJECTED)]
        upload.applied_at = now
        upload.save()
    return upload
