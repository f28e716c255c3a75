"""The tree and its memory: where a unit stood on a day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from learning.organisation.errors import BadDate, BadPlace, UnitNotEmpty
from learning.organisation.models import AuditEntry, Role, RoleAssignment, Unit, UnitClosure
from learning.organisation.services.units import (
    ancestors_keys,
    close_unit,
    keys_above,
    move_unit,
    open_unit,
    rename_unit,
)
from tests.factories import make_unit, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 15, 4, tzinfo=UTC)
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
GENERAL = Unit.Kind.GENERAL_BRANCH


def opened(name: str, parent: Unit | None, kind: str = Unit.Kind.BRANCH) -> Unit:
    return open_unit(
        name=name, code=name, kind=kind, parent=parent, opened_date=date(2026, 1, 1), by=None, now=NOW
    )


@pytest.fixture
def root() -> Unit:
    return opened("校党委", None, Unit.Kind.COMMITTEE)


def test_a_moved_unit_and_all_below_it_stood_elsewhere_before(root: Unit) -> None:
    first, second = opened("甲院", root, GENERAL), opened("乙院", root, GENERAL)
    branch = opened("一支部", first)
    moved = opened("丙院", first, GENERAL)
    below = opened("二支部", moved)
    move_unit(unit=moved, parent=second, on=JUNE, by=None, now=NOW)
    assert ancestors_keys(below, MAY) == [below.key, moved.key, first.key, root.key]
    assert ancestors_keys(below, JUNE) == [below.key, moved.key, second.key, root.key]
    assert keys_above([branch.pk, below.pk], JUNE)[branch.pk] == [branch.key, first.key, root.key]
    assert list(Unit.objects.get(pk=below.pk).get_ancestors()) == [root, second, moved]


def test_the_standing_closure_always_mirrors_the_tree(root: Unit) -> None:
    first, second = opened("甲院", root, GENERAL), opened("乙院", root, GENERAL)
    opened("一支部", first)
    move_unit(unit=first, parent=second, on=MAY, by=None, now=NOW)
    move_unit(unit=first, parent=root, on=JUNE, by=None, now=NOW)
    for unit in Unit.objects.all():
        above = [unit, *reversed(list(unit.get_ancestors()))]
        rows = UnitClosure.objects.filter(unit=unit, to_date=None).order_by("depth")
        assert [(row.ancestor, row.depth) for row in rows] == [(a, depth) for depth, a in enumerate(above)]


def test_two_moves_on_one_day_leave_only_the_last(root: Unit) -> None:
    first, second = opened("甲院", root, GENERAL), opened("乙院", root, GENERAL)
    moved = opened("丙院", root, GENERAL)
    move_unit(unit=moved, parent=first, on=JUNE, by=None, now=NOW)
    move_unit(unit=moved, parent=second, on=JUNE, by=None, now=NOW)
    assert ancestors_keys(moved, JUNE) == [moved.key, second.key, root.key]
    assert ancestors_keys(moved, MAY) == [moved.key, root.key]


@pytest.mark.parametrize("kind", [Unit.Kind.COMMITTEE, GENERAL, Unit.Kind.BRANCH])
def test_nothing_stands_under_a_branch(root: Unit, kind: str) -> None:
    branch = opened("一支部", root)
    with pytest.raises(BadPlace):
        opened("其下", branch, kind)


def test_a_unit_does_not_move_under_itself(root: Unit) -> None:
    first = opened("甲院", root, GENERAL)
    inner = opened("丙院", first, GENERAL)
    with pytest.raises(BadPlace):
        move_unit(unit=first, parent=inner, on=JUNE, by=None, now=NOW)


@pytest.mark.parametrize("on", [date(2025, 12, 31), date(2026, 7, 1)])
def test_a_move_is_neither_before_the_unit_nor_in_the_future(root: Unit, on: date) -> None:
    first, second = opened("甲院", root, GENERAL), opened("乙院", root, GENERAL)
    with pytest.raises(BadDate):
        move_unit(unit=first, parent=second, on=on, by=None, now=NOW)


def test_a_unit_with_members_or_open_children_does_not_close(root: Unit) -> None:
    first = opened("甲院", root, GENERAL)
    branch = opened("一支部", first)
    with pytest.raises(UnitNotEmpty):
        close_unit(unit=first, on=JUNE, by=None, now=NOW)
    make_user(unit=branch)
    with pytest.raises(UnitNotEmpty, match="1 名成员"):
        close_unit(unit=branch, on=JUNE, by=None, now=NOW)


def test_a_closed_unit_is_remembered_and_its_roles_end(root: Unit) -> None:
    branch = opened("一支部", root)
    make_user(roles=[(Role.SECRETARY, branch)])
    close_unit(unit=branch, on=JUNE, by=None, now=NOW)
    assert branch not in Unit.objects.all().open_on(JUNE)
    assert branch in Unit.objects.all().open_on(MAY)
    assert ancestors_keys(branch, MAY) == [branch.key, root.key]
    assert ancestors_keys(branch, JUNE) == []
    assert not RoleAssignment.objects.on(JUNE).filter(unit=branch).exists()
    with pytest.raises(BadPlace):
        open_unit(
            name="新",
            code="新",
            kind=GENERAL,
            parent=Unit.objects.get(pk=branch.pk),
            opened_date=JUNE,
            by=None,
            now=NOW,
        )


def test_every_change_of_the_tree_is_audited_once(root: Unit) -> None:
    by = make_user()
    first = opened("甲院", root, GENERAL)
    rename_unit(unit=first, name="电子院", code="DZ", by=by, now=NOW)
    rename_unit(unit=first, name="电子院", code="DZ", by=by, now=NOW)
    close_unit(unit=first, on=JUNE, by=by, now=NOW)
    entries = AuditEntry.objects.filter(object_id=str(first.pk)).order_by("pk").values_list("action", "actor")
    assert list(entries) == [("unit.opened", None), ("unit.renamed", by.pk), ("unit.closed", by.pk)]


def test_keys_of_many_units_cost_one_query(root: Unit, django_assert_num_queries: object) -> None:
    units = [make_unit(root) for _ in range(5)]
    with django_assert_num_queries(1):  # type: ignore[operator]  # pytest-django's fixture
        keys_above([unit.pk for unit in units], JUNE)
