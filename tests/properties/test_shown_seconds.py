"""Times that are told add up to the total that is told, whatever stands behind the seconds."""

from hypothesis import given
from hypothesis import strategies as st

from learning.study.shown import in_seconds

PARTS = st.lists(st.integers(0, 10**7), max_size=40)


@given(PARTS)
def test_shown_parts_add_up_to_the_shown_total(parts: list[int]) -> None:
    shown = in_seconds(parts)
    assert sum(shown) == sum(parts) // 1000 * 1000
    assert all(each % 1000 == 0 and abs(each - part) < 1000 for each, part in zip(shown, parts, strict=True))


@given(st.lists(PARTS.filter(any), min_size=1, max_size=10))
def test_shown_parts_of_a_shown_part_add_up_as_well(days: list[list[int]]) -> None:
    """A day of a month whose slices are listed in turn."""
    shown_days = in_seconds([sum(day) for day in days])
    for day, shown in zip(days, shown_days, strict=True):
        assert sum(in_seconds(day, shown)) == shown


def test_seconds_go_to_the_largest_remainders_and_never_to_what_has_none() -> None:
    assert in_seconds([1_900, 2_000, 1_200, 950]) == [2_000, 2_000, 1_000, 1_000]
    assert in_seconds([]) == []
    assert in_seconds([], 5_000) == []
