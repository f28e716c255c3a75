"""Sums of credit hours by day and by month: whatever period is asked, each hour in it is counted once and no other."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from learning.study.summing import Brought, DatedSpan, Sum, spans_of, sums_of

DAYS = st.dates(date(2023, 11, 1), date(2025, 3, 31))
HOURS = st.integers(0, 999).map(lambda n: Decimal(n) / 100)
BROUGHT = st.lists(st.builds(Brought, st.sampled_from([None, 1, 2]), DAYS, HOURS), max_size=30)


def picked(span: DatedSpan, each: Sum) -> bool:
    return (
        each.whole_month == span.whole_month
        and span.begins <= each.from_date
        and (span.ends is None or each.from_date < span.ends)
    )


@given(BROUGHT, DAYS, st.one_of(st.none(), st.integers(0, 500)))
def test_the_sums_of_a_period_are_the_hours_of_its_days(
    brought: list[Brought], begins: date, length: int | None
) -> None:
    ends = None if length is None else begins + timedelta(days=length)
    sums = sums_of(brought)
    for unit in (1, 2):
        counted = sum(
            each.hundredths
            for span in spans_of(begins, ends)
            for each in sums
            if each.unit_id == unit and picked(span, each)
        )
        by_hand = sum(
            each.hours
            for each in brought
            if each.unit_id == unit and begins <= each.day and (ends is None or each.day < ends)
        )
        assert Decimal(counted) / 100 == by_hand


@given(BROUGHT)
def test_what_is_taken_out_again_leaves_nothing(brought: list[Brought]) -> None:
    left: dict[tuple[int, date, bool], int] = {}
    for each in [*sums_of(brought), *sums_of(reversed(brought), sign=-1)]:
        key = each.unit_id, each.from_date, each.whole_month
        left[key] = left.get(key, 0) + each.hundredths
    assert not any(left.values())


@given(DAYS, st.integers(1, 800))
def test_no_more_single_days_are_read_than_two_months_have(begins: date, length: int) -> None:
    spans = spans_of(begins, begins + timedelta(days=length))
    days = sum((each.ends - each.begins).days for each in spans if not each.whole_month and each.ends)
    assert days <= 2 * 30
    assert len(spans) <= 3
