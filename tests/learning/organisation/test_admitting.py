"""Numbers as people paste them and as files hold them, and who stands behind them; rows found by words."""

from __future__ import annotations

import pytest

from learning.organisation.admin.admitting import check_numbers, first_column, numbers_in
from learning.organisation.models import Membership, User
from learning.organisation.searching import PERSON, THEIR_PERSON_AND_UNIT, holding, words_of
from tests.factories import make_unit, make_user


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("1 2\n2,3；4、5", ["1", "2", "3", "4", "5"]), ("", []), ("  \n ", []), ("A01\tA02", ["A01", "A02"])],
)
def test_numbers_are_split_at_whatever_people_type(text: str, numbers: list[str]) -> None:
    assert numbers_in(text) == numbers


def test_a_sheet_saved_by_excel_gives_its_first_column() -> None:
    assert first_column('学号;姓名\r\n"07";甲\r\n\r\n08\t乙'.encode("gb18030")) == "学号\n07\n08"


@pytest.mark.django_db
def test_a_number_outside_the_scope_is_unknown_unless_it_is_admitted_already() -> None:
    mine, member, foreign, stranger = (make_user(name=name) for name in ("甲", "乙", "丙", "丁"))
    checked = check_numbers(
        [each.number for each in (mine, member, foreign, stranger)],
        people=User.objects.filter(pk__in=[mine.pk, member.pk]),
        there={member.number, foreign.number},
    )
    assert (checked.new, checked.already) == ([mine], [member.number, foreign.number])
    assert checked.unknown == [stranger.number]


@pytest.mark.django_db
def test_every_word_must_stand_in_one_of_the_fields() -> None:
    one = make_user(name="王小明", unit=make_unit(name="第一支部"))
    make_user(name="王大力", unit=make_unit(name="第二支部"))
    assert list(holding(User.objects.all(), f"王 {one.number}", *PERSON)) == [one]
    rows = holding(Membership.objects.all(), "王 第一", *THEIR_PERSON_AND_UNIT)
    assert [row.user for row in rows] == [one]
    assert holding(User.objects.all(), "  ", *PERSON).count() == User.objects.count()
    assert not holding(User.objects.all(), "王 第一", *PERSON).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed",
    ["\x00", "王\x00", "\ud83d", "王\udc00小", "a " * 5000, "王" * 100_000, "%_\\", "'\"*()[]{}", "😀\u202e"],
    ids=ascii,
)
def test_whatever_is_typed_finds_or_finds_nothing_without_an_error(typed: str) -> None:
    make_user(name="王小明")
    assert holding(User.objects.all(), typed, *PERSON).count() in (0, 1)


def test_halves_of_surrogates_part_words() -> None:
    assert words_of("王\ud800小 \x00明") == ["王", "小", "明"]
