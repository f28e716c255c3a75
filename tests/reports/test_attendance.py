"""The figures of attendance: what is said of whom, and what is left out."""

from __future__ import annotations

from fractions import Fraction

from reports.attendance import attendance_figures, attended, most_absent
from reports.tallies import ExamTally

ALWAYS = ["due", "sat", "absent", "exempt", "deferred", "rate", "pass_sat", "pass_due", "excellent"]


def test_every_candidate_is_counted_in_one_place_and_the_rates_have_their_own_whole() -> None:
    tally = ExamTally(
        due=40, marked=16, marking=4, sitting=3, waiting=2, absent=5, exempt=7, deferred=1, barred=2,
        passed=12, excellent=3,
    )  # fmt: skip
    found = {each.key: each.value for each in attendance_figures(tally, "人")}
    apart = ("absent", "exempt", "deferred", "barred", "sitting", "waiting")
    assert found["due"] == found["sat"] + sum(found[key] for key in apart)
    assert found["rate"] == Fraction(20, 33)
    assert (found["pass_sat"], found["pass_due"]) == (Fraction(12, 20), Fraction(12, 40))
    assert found["excellent"] == Fraction(3, 20)


def test_rare_standings_are_left_out_where_nobody_stands_there() -> None:
    assert [each.key for each in attendance_figures(ExamTally(), "人")] == ALWAYS
    barred = attendance_figures(ExamTally(due=1, barred=1), "人次")
    assert [each.key for each in barred] == [*ALWAYS[:5], "barred", *ALWAYS[5:]]
    assert {each.unit for each in barred if not each.kind.value.startswith("percent")} == {"人次"}


def test_the_sentence_says_how_many_papers_wait_for_marks() -> None:
    assert attended(ExamTally(due=20, marked=8, marking=12)) == "应考 20，实考 20，其中待阅卷 12"
    assert attended(ExamTally(due=20, marked=8, absent=12)) == "应考 20，实考 8"


def test_the_rates_say_that_papers_waiting_for_marks_count_as_sat() -> None:
    how = {each.key: each.how for each in attendance_figures(ExamTally(), "人")}
    assert all("待阅卷" in how[key] for key in ("sat", "pass_sat", "excellent"))


def test_most_absences_are_said_of_one_unit_alone() -> None:
    assert most_absent([("甲", 1), ("乙", 3), ("丙", 2)]) == ("乙", 3)
    assert most_absent([("甲", 1), ("乙", 1), ("丙", 0)]) is None
    assert most_absent([("甲", 0), ("乙", 0)]) is None
    assert most_absent([("甲", 3)]) is None
    assert most_absent([]) is None
