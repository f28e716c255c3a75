"""The rule of graduation, by table and property."""

from __future__ import annotations

import inspect
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.classes import graduating
from courses.classes.graduating import Item, Missing, Part, Rules, completion, judged

D = Decimal
LEAST = dict.fromkeys(Part, D(60))


def rules(exam: int = 70, study: int = 10, reflection: int = 20, **more: D) -> Rules:
    weights = {Part.EXAM: exam, Part.STUDY: study, Part.REFLECTION: reflection}
    return Rules(weights=weights, least=LEAST, pass_total=more.pop("pass_total", D(60)), **more)


def course(study: str, *, done: bool = True, required: bool = True) -> Item:
    """A course of 10,000 lessons, so many hundredths of a percent of which are completed."""
    return Item(
        Part.STUDY, "课程", D(study), done=done, required=required, count=int(D(study) * 100), of=10_000
    )


def items(exam: str, study: str, reflection: str) -> list[Item]:
    return [
        Item(Part.EXAM, "结业考试", D(exam), done=True),
        course(study),
        Item(Part.REFLECTION, "心得", D(reflection), done=True),
    ]


@pytest.mark.parametrize(
    ("weights", "scores", "total"),
    [
        ((70, 10, 20), ("80", "100", "90"), "84.00"),
        ((40, 20, 40), ("80", "100", "90"), "88.00"),
        ((70, 10, 20), ("60", "60", "60"), "60.00"),
        ((70, 10, 20), ("66.67", "83.33", "75.55"), "70.11"),  # 46.669 + 8.333 + 15.11 = 70.112
        ((33, 33, 34), ("60.25", "60.5", "60.25"), "60.33"),  # 60.3325
        ((50, 0, 50), ("60.01", "60", "60"), "60.01"),  # 60.005 goes up
    ],
)
def test_total_is_the_weighted_sum_rounded_half_up(
    weights: tuple[int, int, int], scores: tuple[str, str, str], total: str
) -> None:
    verdict = judged(items(*scores), hours=D(0), rules=rules(*weights))
    assert verdict.total == D(total)
    assert verdict.graduates


@pytest.mark.parametrize("part", list(Part))
def test_one_part_below_its_minimum_fails_whatever_the_total(part: Part) -> None:
    scores = {Part.EXAM: "100", Part.STUDY: "100", Part.REFLECTION: "100", part: "59.99"}
    verdict = judged(items(*(scores[each] for each in Part)), hours=D(0), rules=rules())
    assert verdict.total > 60
    assert not verdict.graduates
    assert [(reason.code, reason.name) for reason in verdict.reasons] == [(Missing.PART, part.value)]


def test_total_below_the_pass_mark_fails_though_each_part_is_enough() -> None:
    verdict = judged(items("70", "70", "70"), hours=D(0), rules=rules(pass_total=D(75)))
    assert [reason.code for reason in verdict.reasons] == [Missing.TOTAL]


def test_required_item_not_done_fails_and_an_optional_one_only_counts() -> None:
    extra = course("0", done=False, required=False)
    assert judged([*items("80", "100", "80"), extra], hours=D(0), rules=rules()).parts[Part.STUDY] == 50
    missing = Item(Part.EXAM, "补充考试", D(90), done=False)
    verdict = judged([*items("80", "100", "80"), missing], hours=D(0), rules=rules())
    assert [(reason.code, reason.name) for reason in verdict.reasons] == [(Missing.ITEM, "补充考试")]


def test_hours_below_the_minimum_fail_with_both_figures() -> None:
    verdict = judged(items("80", "80", "80"), hours=D("7.5"), rules=rules(least_hours=D(8)))
    reason = verdict.reasons[0]
    assert (reason.code, reason.reached, reason.asked) == (Missing.HOURS, D("7.5"), D(8))


def test_items_of_a_part_weigh_against_each_other() -> None:
    both = [
        Item(Part.EXAM, "期中", D(60), done=True, weight=1),
        Item(Part.EXAM, "期末", D(90), done=True, weight=2),
    ]
    assert graduating.score_of(both) == D(80)


@pytest.mark.parametrize(
    ("courses", "study"),
    [
        ([(5, 5), (1, 4)], "66.67"),  # 6 of 9 lessons, not the mean of 100 and 25
        ([(1, 1), (0, 99)], "1"),
        ([(1, 3), (2, 3)], "50"),  # not 33.33 and 66.67 rounded before
        ([(1, 3), (0, 29)], "3.13"),  # 3.125 goes up, once
        ([(0, 2), (0, 1)], "0"),
        ([(7, 7)], "100"),
        ([], None),
    ],
)
def test_study_is_the_lessons_completed_of_those_of_all_courses_together(
    courses: list[tuple[int, int]], study: str | None
) -> None:
    done = [
        Item(
            Part.STUDY, "课程", completion(count, of), done=count == of, count=count, of=of, weight=9 - of % 9
        )
        for count, of in courses
    ]
    reached = judged(done, hours=D(0), rules=rules()).parts[Part.STUDY]
    assert reached == (None if study is None else D(study))


def test_total_by_hand_of_an_exam_two_courses_and_no_reflection_yet() -> None:
    done = [
        Item(Part.EXAM, "结业考试", D(60), done=True),
        Item(Part.STUDY, "长", D(100), done=True, count=5, of=5),
        Item(Part.STUDY, "短", D(25), done=False, count=1, of=4),
        Item(Part.REFLECTION, "心得", D(0), done=False),
    ]
    assert judged(done, hours=D(0), rules=rules()).total == D("48.67")  # 42 + 6.667 + 0


def test_part_that_weighs_nothing_and_has_no_items_asks_for_nothing() -> None:
    two = [each for each in items("80", "100", "0") if each.part is not Part.REFLECTION]
    assert judged(two, hours=D(0), rules=rules(80, 20, 0)).graduates
    assert not judged(two, hours=D(0), rules=rules(70, 10, 20)).graduates


def test_study_weighs_completed_activities_and_never_minutes() -> None:
    """One who finished 9 of 10 lessons in an hour stands above one who spent 100 hours on 8: nothing in the rule can
    take time in."""
    assert completion(9, 10) == D(90)
    assert completion(8, 10) == D(80)
    words = " ".join(
        [name for each in (Item, Rules, judged, completion) for name in inspect.signature(each).parameters]
    )
    for time in ("minute", "_ms", "seconds", "duration", "slice", "active"):
        assert time not in words


def test_completion_is_rounded_once_and_never_above_all() -> None:
    assert completion(1, 3) == D("33.33")
    assert completion(2, 3) == D("66.67")
    assert completion(5, 4) == D(100)
    assert completion(0, 0) == D(0)


def test_weights_that_do_not_add_to_100_are_refused() -> None:
    with pytest.raises(ValueError, match="100"):
        rules(70, 20, 20)


points = st.decimals(0, 100, places=2)


@given(points, points, points, st.integers(0, 100), st.integers(0, 100))
def test_total_stays_between_the_least_and_the_greatest_part(a: D, b: D, c: D, x: int, y: int) -> None:
    exam, rest = min(x, y), abs(x - y)
    made = rules(exam, rest, 100 - exam - rest)
    verdict = judged(items(str(a), str(b), str(c)), hours=D(0), rules=made)
    assert min(a, b, c) - D("0.01") <= verdict.total <= max(a, b, c) + D("0.01")
    assert verdict.graduates == (min(a, b, c) >= 60 and verdict.total >= 60)


@given(points, points, points, points)
def test_more_marks_never_harm(a: D, b: D, c: D, better: D) -> None:
    before = judged(items(str(a), str(b), str(c)), hours=D(0), rules=rules())
    after = judged(items(str(max(a, better)), str(b), str(c)), hours=D(0), rules=rules())
    assert after.total >= before.total
    assert after.graduates >= before.graduates
