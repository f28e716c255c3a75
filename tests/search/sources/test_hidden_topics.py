"""Which titles of topics a person is not to learn of."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from learning.organisation.models import Role
from search.sources.topics import titles_hidden_from
from tests.courses.factories import make_topic, publish
from tests.factories import NOW, make_bank, make_chapter, make_unit, make_user

pytestmark = pytest.mark.django_db


def test_topics_of_other_units_are_hidden_unless_the_person_has_one_of_that_name(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    root = make_unit()
    here, there = make_unit(root), make_unit(root)
    for unit, title in ((here, "本院"), (there, "外院"), (there, "两院"), (here, "两院"), (root, "全校")):
        publish(make_topic(unit, title=title))
    make_topic(there, title="草稿")
    member = make_user(unit=here)
    with django_assert_max_num_queries(2):  # one of them for roles
        assert titles_hidden_from(member, now=NOW) == {"外院"}
    organiser = make_user(roles=[(Role.SCHOOL_OFFICE, there)])
    with django_assert_max_num_queries(3):
        assert titles_hidden_from(organiser, now=NOW) == {"本院", "全校"}
    assert titles_hidden_from(make_user(roles=[(Role.ADMINISTRATOR, root)]), now=NOW) == frozenset()
    assert titles_hidden_from(None, now=NOW) == frozenset()
    assert titles_hidden_from(make_user(is_active=False), now=NOW) == {"本院", "外院", "两院", "全校"}


def test_chapters_of_the_persons_own_banks_are_not_hidden() -> None:
    here, there = make_unit(), make_unit()
    publish(make_topic(there, title="党章"))
    author = make_user(roles=[(Role.AUTHOR, here)])
    make_chapter(make_bank(there), "党章")
    assert titles_hidden_from(author, now=NOW) == {"党章"}
    make_chapter(make_bank(here), "党章")
    assert titles_hidden_from(author, now=NOW) == frozenset()
