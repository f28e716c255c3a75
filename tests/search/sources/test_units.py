"""Labels of units, and which units an audience comes to."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from search.sources.units import Tree
from tests.factories import make_unit

pytestmark = pytest.mark.django_db


def test_unit_is_called_by_its_name_and_where_several_have_it_by_its_parent_too(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    root = make_unit(name="校党委")
    physics, history = make_unit(root, name="物理学院"), make_unit(root, name="历史学院")
    first, second = make_unit(physics, name="学生支部"), make_unit(history, name="学生支部")
    twin = make_unit(name="校党委")
    with django_assert_num_queries(1):
        tree = Tree()
        assert tree.labels(first.pk) == ("物理学院 / 学生支部", "物理学院", "校党委")
        assert tree.labels(second.pk) == ("历史学院 / 学生支部", "历史学院", "校党委")
        assert tree.labels(twin.pk) == ("校党委",)


def test_audience_comes_to_the_lower_of_owner_and_unit() -> None:
    root = make_unit()
    owner, beside = make_unit(root), make_unit(root)
    below, other = make_unit(owner), make_unit(beside)
    tree = Tree()
    assert tree.meant(owner.pk, []) == {owner.pk}
    assert tree.meant(owner.pk, [owner.pk]) == {owner.pk}
    assert tree.meant(owner.pk, [below.pk]) == {below.pk}
    assert tree.meant(owner.pk, [root.pk]) == {owner.pk}
    assert tree.meant(owner.pk, [beside.pk, other.pk]) == set()
    assert tree.meant(owner.pk, [beside.pk, below.pk, root.pk]) == {below.pk, owner.pk}
