"""The organisation tree: units open, move, are renamed and close; the dated closure remembers where each one stood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learning.organisation.errors import BadDate, BadPlace, UnitNotEmpty
from learning.organisation.models import Membership, RoleAssignment, Unit, UnitClosure, User
from learning.organisation.signals import units_changed

from . import audit

# A unit never stands under a lower kind; a branch has nothing under it.
RANK = {Unit.Kind.COMMITTEE: 0, Unit.Kind.GENERAL_BRANCH: 1, Unit.Kind.BRANCH: 2}


def ancestors_keys(unit: Unit, day: date) -> list[str]:
    """Keys of the unit and of the units above it on that day, nearest first (the unit's own key stands first)."""
    return keys_above([unit.pk], day)[unit.pk]


def keys_above(unit_ids: Iterable[int], day: date) -> dict[int, list[str]]:
    """`ancestors_keys` of many units in one query: {unit id: keys}."""
    keys: dict[int, list[str]] = defaultdict(list)
    rows = UnitClosure.objects.on(day).filter(unit__in=set(unit_ids)).order_by("unit", "depth")
    for unit_id, key in rows.values_list("unit", "ancestor__key"):
        keys[unit_id].append(key)
    return keys


@transaction.atomic
def open_unit(
    *, name: str, code: str, kind: str, parent: Unit | None, opened_date: date, by: User | None, now: datetime
) -> Unit:
    """A new unit under `parent` (None = a root). Raises BadPlace where the tree has no such place."""
    lock_tree()
    if parent is not None:
        parent = Unit.objects.get(pk=parent.pk)
        refuse_place(kind, parent, opened_date)
        if opened_date < parent.opened_date:
            raise BadDate(_("成立日期不能早于上级党组织的成立日期。"))
    fields = {"name": name.strip(), "code": code.strip(), "kind": kind, "opened_date": opened_date}
    unit: Unit = parent.add_child(**fields) if parent else Unit.add_root(**fields)
    UnitClosure.objects.create(ancestor=unit, unit=unit, depth=0, from_date=opened_date)
    if parent:
        place_under(parent, {unit.pk: 0}, opened_date)
    units_changed.send(Unit, unit_ids=[unit.pk], now=now)
    audit.record(actor=by, action="unit.opened", obj=unit, unit=unit, data={"code": unit.code}, now=now)
    return unit


@transaction.atomic
def move_unit(*, unit: Unit, parent: Unit, on: date, by: User | None, now: datetime) -> Unit:
    """The unit and all below it stand under `parent` from that day on; earlier days keep the old place."""
    lock_tree()
    unit, parent = Unit.objects.get(pk=unit.pk), Unit.objects.get(pk=parent.pk)
    if parent.path.startswith(unit.path):
        raise BadPlace(_("不能把党组织移到它自己或它的下级之下。"))
    refuse_place(unit.kind, parent, on)
    current = UnitClosure.objects.filter(ancestor=unit, to_date=None)
    below = dict(current.values_list("unit", "depth"))
    old = UnitClosure.objects.filter(unit__in=below, to_date=None).exclude(ancestor__in=below)
    before = unit.get_parent()
    if on > timezone.localdate(now) or on < unit.opened_date or old.filter(from_date__gt=on).exists():
        raise BadDate(_("调整日期不能晚于今天，也不能早于上一次调整。"))
    old.filter(from_date=on).delete()
    old.update(to_date=on)
    place_under(parent, below, on)
    unit.move(parent, "last-child")
    unit = Unit.objects.get(pk=unit.pk)
    data = {"from": before.name if before else None, "to": parent.name, "on": on.isoformat()}
    units_changed.send(Unit, unit_ids=[unit.pk], now=now)
    audit.record(actor=by, action="unit.moved", obj=unit, unit=unit, data=data, now=now)
    return unit


@transaction.atomic
def rename_unit(*, unit: Unit, name: str, code: str, by: User | None, now: datetime) -> Unit:
    """Name and code as they read from now on; the key stays, so snapshots still find the unit."""
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    data = {"from": [unit.name, unit.code], "to": [name.strip(), code.strip()]}
    if data["from"] == data["to"]:
        return unit
    unit.name, unit.code = name.strip(), code.strip()
    unit.save(update_fields=["name", "code"])
    units_changed.send(Unit, unit_ids=[unit.pk], now=now)
    audit.record(actor=by, action="unit.renamed", obj=unit, unit=unit, data=data, now=now)
    return unit


@transaction.atomic
def close_unit(*, unit: Unit, on: date, by: User | None, now: datetime) -> Unit:
    """The unit stands until that day. Raises UnitNotEmpty while it has members or open units below it; roles over it
    end with it."""
    lock_tree()
    unit = Unit.objects.get(pk=unit.pk)
    members = Membership.objects.filter(unit=unit).exclude(to_date__lte=on).count()
    children = Unit.objects.within(unit).exclude(pk=unit.pk).open_on(on).count()
    if members or children:
        raise UnitNotEmpty(unit=unit.name, members=members, children=children)
    if on < unit.opened_date or on > timezone.localdate(now):
        raise BadDate(_("撤销日期不能早于成立日期，也不能晚于今天。"))
    unit.closed_date = on
    unit.save(update_fields=["closed_date"])
    rows = UnitClosure.objects.filter(unit=unit, to_date=None)
    rows.filter(from_date__gte=on).delete()
    rows.update(to_date=on)
    RoleAssignment.objects.filter(unit=unit, to_date=None, from_date__lte=on).update(to_date=on)
    audit.record(actor=by, action="unit.closed", obj=unit, unit=unit, data={"on": on.isoformat()}, now=now)
    return unit


def lock_tree() -> None:
    """One change of the tree at a time: treebeard rewrites the paths of whole subtrees."""
    list(Unit.objects.select_for_update().filter(depth=1).values_list("pk"))


def refuse_place(kind: str, parent: Unit, on: date) -> None:
    if parent.closed_date is not None and parent.closed_date <= on:
        raise BadPlace(_("上级党组织已经撤销。"))
    if parent.kind == Unit.Kind.BRANCH or RANK[Unit.Kind(kind)] < RANK[Unit.Kind(parent.kind)]:
        raise BadPlace(_("这一类别的党组织不能设在“%(parent)s”之下。"), parent=parent.name)


def place_under(parent: Unit, below: dict[int, int], on: date) -> None:
    """Closure rows from every unit at or above `parent` to the units of `below` ({unit id: depth in the moved part})."""
    above = UnitClosure.objects.filter(unit=parent, to_date=None).values_list("ancestor", "depth")
    UnitClosure.objects.bulk_create(
        UnitClosure(ancestor_id=ancestor, unit_id=unit, depth=up + 1 + down, from_date=on)
        for ancestor, up in above
        for unit, down in below.items()
    )
