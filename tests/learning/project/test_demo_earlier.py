"""A folder that an earlier version filled is neither added to nor emptied."""

from __future__ import annotations

import pytest

from learning.organisation.models import Unit
from learning.project.demo import people
from learning.project.demo.school import EarlierSchool, load_school
from tests.factories import NOW, make_unit

pytestmark = pytest.mark.django_db


def test_a_school_of_an_earlier_version_is_left_alone_and_named() -> None:
    Unit.objects.filter(pk=make_unit().pk).update(code=people.SCHOOL[0])
    with pytest.raises(EarlierSchool):
        load_school(NOW)
    assert Unit.objects.count() == 1
