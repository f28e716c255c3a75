"""Counts add up, and rates of nobody are none."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from reports.tallies import ExamTally, Standing, StudyTally, exam_total, one_candidate, study_total

candidates = st.builds(
    one_candidate,
    st.sampled_from(list(Standing)),
    st.integers(0, 9),
    score=st.fractions(0, 100, max_denominator=4),
    passed=st.booleans(),
    excellent=st.booleans(),
)


@given(st.lists(candidates, max_size=12), st.integers(0, 12))
def test_any_split_into_units_gives_the_same_total(tallies: list[ExamTally], at: int) -> None:
    whole = exam_total(tallies)
    parts = exam_total([exam_total(tallies[:at]), exam_total(tallies[at:])])
    assert parts == whole
    assert (parts.spread.mean, parts.spread.median, parts.spread.sd) == (
        whole.spread.mean,
        whole.spread.median,
        whole.spread.sd,
    )
    everybody = (whole.marked, whole.marking, whole.sitting, whole.waiting, whole.absent, whole.exempt)
    assert whole.due == sum(everybody) + whole.deferred + whole.barred


def test_parent_rate_is_never_the_mean_of_its_childrens() -> None:
    few = one_candidate(Standing.MARKED, 1, score=Fraction(90), passed=True)
    many = exam_total(
        [
            one_candidate(Standing.MARKED, 1, score=Fraction(60), passed=True),
            one_candidate(Standing.ABSENT, 8),
        ]
    )
    assert (few + many).rate == Fraction(2, 10)


def test_rates_of_nobody_are_none() -> None:
    tally = one_candidate(Standing.EXEMPT)
    assert (tally.rate, tally.pass_rate_sat, tally.spread.mean) == (None, None, None)
    assert study_total([]).finish_rate is None
    assert StudyTally().hours_per_head is None


def test_nobody_has_failed_before_anybody_is_marked() -> None:
    waiting = one_candidate(Standing.MARKING, 12)
    assert (waiting.pass_rate_sat, waiting.pass_rate_due, waiting.excellent_rate) == (None, None, None)
    assert waiting.rate == 1
    assert one_candidate(Standing.WAITING, 3).pass_rate_due is None
    assert one_candidate(Standing.ABSENT, 3).pass_rate_due == 0
    begun = waiting + one_candidate(Standing.MARKED, 4, score=Fraction(95), passed=True, excellent=True)
    assert (begun.pass_rate_sat, begun.pass_rate_due, begun.excellent_rate) == (Fraction(1, 4),) * 3
