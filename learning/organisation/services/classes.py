"""Training classes: made, changed, begun and ended; people admitted and withdrawn. Each act leaves an audit entry."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learning.organisation.errors import BadDate, ClassNotOpen, OrganisationError
from learning.organisation.models import ClassMember, Membership, TrainingClass, Unit, User
from learning.organisation.permissions import any_path
from learning.organisation.signals import class_joined

from . import audit
from .units import keys_above

CHUNK = 1000
CHANGEABLE = ("name", "code", "owner_unit", "from_date", "to_date", "rules")


@transaction.atomic
def create_class(
    *,
    name: str,
    code: str,
    owner_unit: Unit,
    from_date: date,
    to_date: date,
    rules: str = "",
    by: User | None,
    now: datetime,
) -> TrainingClass:
    """A draft. Raises BadDate, OrganisationError for a code that is taken."""
    made = TrainingClass(
        name=name,
        code=code,
        owner_unit=owner_unit,
        from_date=from_date,
        to_date=to_date,
        rules=rules,
        created_by=by,
        created_at=now,
    )
    _refuse_wrong(made)
    made.save()
    audit.record(actor=by, action="class.create", obj=made, unit=owner_unit, data={"code": code}, now=now)
    return made


@transaction.atomic
def change_class(*, class_id: int, fields: Mapping[str, Any], by: User, now: datetime) -> TrainingClass:
    """New values for some of CHANGEABLE. Raises ClassNotOpen once it is closed, BadDate, OrganisationError."""
    found = locked(class_id)
    refuse_closed(found)
    changes = {}
    for name in CHANGEABLE:
        if name in fields and getattr(found, name) != fields[name]:
            changes[name] = [str(getattr(found, name)), str(fields[name])]
            setattr(found, name, fields[name])
    if changes:
        _refuse_wrong(found)
        found.save(update_fields=list(changes))
        audit.record(actor=by, action="class.change", obj=found, unit=found.owner_unit, data=changes, now=now)
    return found


@transaction.atomic
def start_class(*, class_id: int, by: User | None, now: datetime) -> TrainingClass:
    """Draft → running: from now on its members see it. Raises ClassNotOpen for any other state."""
    found = locked(class_id)
    if found.state != TrainingClass.State.DRAFT:
        raise ClassNotOpen(_("只有筹备中的培训班可以开班。"))
    found.state = TrainingClass.State.RUNNING
    found.save(update_fields=["state"])
    members = list(
        found.members.filter(state=ClassMember.State.ACTIVE).order_by("pk").values_list("user", flat=True)
    )
    class_joined.send(TrainingClass, training_class=found, user_ids=members, by=by, now=now)
    data = {"members": len(members)}
    audit.record(actor=by, action="class.start", obj=found, unit=found.owner_unit, data=data, now=now)
    return found


@transaction.atomic
def close_class(
    *, class_id: int, graduates: Collection[int], others: Collection[int], by: User, now: datetime
) -> TrainingClass:
    """Running → closed; `graduates` and `others` are the ids of the active members with their outcome. Raises
    ClassNotOpen, OrganisationError where the two are not all of the active members."""
    found = locked(class_id)
    if found.state != TrainingClass.State.RUNNING:
        raise ClassNotOpen(_("只有进行中的培训班可以结业。"))
    active = set(found.members.filter(state=ClassMember.State.ACTIVE).values_list("pk", flat=True))
    if active != {*graduates, *others} or set(graduates) & set(others):
        raise OrganisationError(_("学员名单已有变化，请重新预览。"))
    members = found.members.filter(state=ClassMember.State.ACTIVE)
    members.filter(pk__in=graduates).update(state=ClassMember.State.GRADUATED, left_at=now)
    members.filter(pk__in=others).update(state=ClassMember.State.NOT_GRADUATED, left_at=now)
    found.state, found.closed_at = TrainingClass.State.CLOSED, now
    found.save(update_fields=["state", "closed_at"])
    data = {"graduates": len(graduates), "not_graduated": len(others)}
    audit.record(actor=by, action="class.close", obj=found, unit=found.owner_unit, data=data, now=now)
    return found


@transaction.atomic
def admit_units(
    *, class_id: int, units: Sequence[Unit], person_statuses: Sequence[str], by: User | None, now: datetime
) -> int:
    """Admits the members of these units and all below them who have one of the statuses today ([] = any); returns how
    many were new. Who is or was in the class stays as they are. Raises ClassNotOpen."""
    members = Membership.objects.on(timezone.localdate(now)).filter(
        any_path([unit.path for unit in units], "unit__path__startswith"), user__is_active=True
    )
    if person_statuses:
        members = members.filter(person_status__in=person_statuses)
    data = {"units": [unit.name for unit in units], "person_statuses": list(person_statuses)}
    return _admit(class_id, members, "class.admit_units", data, by, now)


@transaction.atomic
def admit_users(*, class_id: int, users: Sequence[User], by: User | None, now: datetime) -> int:
    """Admits these people with the unit they belong to today; returns how many were new: whoever belongs to no unit is
    left out. Raises ClassNotOpen."""
    members = Membership.objects.on(timezone.localdate(now)).filter(
        user__in=[user.pk for user in users], user__is_active=True
    )
    return _admit(class_id, members, "class.admit_users", {}, by, now)


@transaction.atomic
def withdraw(*, member_id: int, reason: str, by: User, now: datetime) -> ClassMember:
    """Active → withdrawn; what they studied stays. Raises OrganisationError without a reason or for one who is not
    active, ClassNotOpen."""
    return _moved(member_id, ClassMember.State.ACTIVE, ClassMember.State.WITHDRAWN, reason, by, now)


@transaction.atomic
def take_back(*, member_id: int, reason: str, by: User, now: datetime) -> ClassMember:
    """Withdrawn → active. Raises as `withdraw`."""
    return _moved(member_id, ClassMember.State.WITHDRAWN, ClassMember.State.ACTIVE, reason, by, now)


def locked(class_id: int) -> TrainingClass:
    """The class, its row locked until the transaction ends. Raises OrganisationError where there is none."""
    rows = TrainingClass.objects.select_for_update(of=("self",)).select_related("owner_unit")
    found = rows.filter(pk=class_id).first()
    if found is None:
        raise OrganisationError(_("没有找到这个培训班。"))
    return found


def refuse_closed(training_class: TrainingClass) -> None:
    if training_class.state == TrainingClass.State.CLOSED:
        raise ClassNotOpen


def _refuse_wrong(training_class: TrainingClass) -> None:
    if training_class.to_date < training_class.from_date:
        raise BadDate(_("结束日期不能早于开始日期。"))
    same = TrainingClass.objects.filter(code=training_class.code).exclude(pk=training_class.pk)
    if same.exists():
        raise OrganisationError(_("期次“%(code)s”已经用过，请换一个。"), code=training_class.code)


def _moved(member_id: int, before: str, after: str, reason: str, by: User, now: datetime) -> ClassMember:
    row = ClassMember.objects.filter(pk=member_id).values_list("training_class", flat=True).first()
    if row is None:
        raise OrganisationError(_("没有找到这名学员。"))
    training_class = locked(row)  # before the member: the order in which every act locks
    refuse_closed(training_class)
    member = (
        ClassMember.objects.select_for_update(of=("self",)).select_related("unit", "user").get(pk=member_id)
    )
    if not reason.strip():
        raise OrganisationError(_("请填写原因。"))
    if member.state != before:
        raise OrganisationError(_("这名学员的状态已有变化，请刷新页面。"))
    member.state, member.reason = after, reason.strip()
    member.left_at = None if after == ClassMember.State.ACTIVE else now
    member.save(update_fields=["state", "reason", "left_at"])
    if after == ClassMember.State.ACTIVE and training_class.state == TrainingClass.State.RUNNING:
        class_joined.send(
            TrainingClass, training_class=training_class, user_ids=[member.user_id], by=by, now=now
        )
    data = {"user": str(member.user), "from": before, "to": after, "reason": reason.strip()}
    audit.record(
        actor=by,
        action="class.member",
        obj=training_class,
        unit=training_class.owner_unit,
        data=data,
        now=now,
    )
    return member


def _admit(
    class_id: int,
    memberships: Iterable[Membership],
    action: str,
    data: dict[str, Any],
    by: User | None,
    now: datetime,
) -> int:
    """Under the class's lock, so that of two admissions at once each counts and enrols only its own."""
    training_class = locked(class_id)
    refuse_closed(training_class)
    there = set(training_class.members.values_list("user", flat=True))
    fresh = {each.user_id: each for each in memberships if each.user_id not in there}
    above = keys_above((each.unit_id for each in fresh.values()), timezone.localdate(now))
    ClassMember.objects.bulk_create(
        (
            ClassMember(
                training_class=training_class,
                user_id=each.user_id,
                unit_id=each.unit_id,
                unit_ancestors=above.get(each.unit_id, []),
                person_status=each.person_status,
                admitted_by=by,
                admitted_at=now,
            )
            for each in fresh.values()
        ),
        batch_size=CHUNK,
    )
    if fresh and training_class.state == TrainingClass.State.RUNNING:
        class_joined.send(TrainingClass, training_class=training_class, user_ids=list(fresh), by=by, now=now)
    audit.record(
        actor=by,
        action=action,
        obj=training_class,
        unit=training_class.owner_unit,
        data={**data, "admitted": len(fresh)},
        now=now,
    )
    return len(fresh)
