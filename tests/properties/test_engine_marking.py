"""What holds for every mark, whatever the question, the rule and the answer."""

from decimal import Decimal
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from question_bank.engine.fill import fold, right_blanks
from question_bank.engine.kinds import InvalidAnswer, Kind, MultipleRule, PaperItem, is_blank, validate_answer
from question_bank.engine.marking import Combination, combine, mark, passed

OPTIONS = list("abcdef")
max_marks = st.decimals(Decimal("0.01"), Decimal("100"), places=2)
sets_of_options = st.sets(st.sampled_from(OPTIONS), min_size=1)
rules = st.fixed_dictionaries(
    {
        "multiple": st.sampled_from([rule.value for rule in MultipleRule]),
        "per_option_mark": st.decimals(0, 3, places=2).map(str),
    }
)
texts = st.sampled_from(["甲", "乙", "丙", "丁", ""])
keys = st.lists(st.lists(texts.filter(bool), min_size=1, max_size=3, unique=True), min_size=1, max_size=4)


def points(rule: dict[str, str], key: set[str], chosen: set[str], full: Decimal) -> Decimal:
    given_mark = mark(Kind.MULTIPLE, sorted(key), rule, sorted(chosen), full, option_count=len(OPTIONS)).mark
    assert given_mark is not None
    return given_mark


@given(rules, sets_of_options, st.sets(st.sampled_from(OPTIONS)), max_marks)
def test_a_mark_lies_between_nothing_and_full_in_whole_cents(
    rule: dict[str, str], key: set[str], chosen: set[str], full: Decimal
) -> None:
    earned = points(rule, key, chosen, full)
    assert 0 <= earned <= full
    assert earned.as_tuple().exponent == -2


@given(rules, sets_of_options, max_marks)
def test_the_right_choice_earns_the_full_mark_and_a_blank_nothing(
    rule: dict[str, str], key: set[str], full: Decimal
) -> None:
    assert points(rule, key, key, full) == full
    assert points(rule, key, set(), full) == 0


@given(sets_of_options, sets_of_options, max_marks)
def test_exact_pays_in_full_only_for_the_right_choice_and_else_nothing(
    key: set[str], chosen: set[str], full: Decimal
) -> None:
    assert points({"multiple": "exact"}, key, chosen, full) == (full if chosen == key else 0)


@given(rules, sets_of_options, sets_of_options, max_marks, st.randoms(use_true_random=False))
def test_the_order_of_options_does_not_matter(
    rule: dict[str, str], key: set[str], chosen: set[str], full: Decimal, random: Any
) -> None:
    shuffled_key, shuffled = sorted(key), sorted(chosen)
    random.shuffle(shuffled_key)
    random.shuffle(shuffled)
    one = mark(Kind.MULTIPLE, shuffled_key, rule, shuffled, full, option_count=len(OPTIONS))
    assert one.mark == points(rule, key, chosen, full)


@given(rules, sets_of_options, st.data(), max_marks)
def test_one_more_right_option_never_costs_and_one_more_wrong_never_pays(
    rule: dict[str, str], key: set[str], data: st.DataObject, full: Decimal
) -> None:
    chosen = data.draw(sets_of_options)
    before = points(rule, key, chosen, full)
    for option in OPTIONS:
        if option not in chosen:
            after = points(rule, key, chosen | {option}, full)
            assert after >= before if option in key else after <= before


@given(sets_of_options, sets_of_options, max_marks)
def test_the_rules_are_ordered_by_their_leniency(key: set[str], chosen: set[str], full: Decimal) -> None:
    def by(rule: str) -> Decimal:
        return points({"multiple": rule}, key, chosen, full)

    assert by("exact") <= by("half")
    assert by("exact") <= by("proportional") <= by("net")


@given(keys, st.lists(texts, max_size=4), st.booleans(), max_marks)
def test_a_fill_mark_lies_between_nothing_and_full(
    key: list[list[str]], typed: list[str], any_order: bool, full: Decimal
) -> None:
    given_mark = mark(Kind.FILL, key, {"any_order": any_order}, typed, full).mark
    assert given_mark is not None
    assert 0 <= given_mark <= full


@given(keys, st.data())
def test_in_any_order_the_assignment_is_the_best_there_is(key: list[list[str]], data: st.DataObject) -> None:
    typed = data.draw(st.lists(texts.filter(bool), max_size=len(key), unique=True))
    weights = data.draw(st.lists(st.integers(0, 5).map(Decimal), min_size=len(key), max_size=len(key)))
    padded = typed + [""] * (len(key) - len(typed))
    best = max(
        sum((weights[blank] for blank, text in enumerate(order) if text in key[blank]), Decimal(0))
        for order in permutations(padded)
    )
    assert sum(weights[blank] for blank in right_blanks(key, typed, weights, any_order=True)) == best


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.lists(max_marks, min_size=1), st.randoms(use_true_random=False))
def test_best_and_average_do_not_depend_on_the_order_of_attempts(scores: list[Decimal], random: Any) -> None:
    shuffled = list(scores)
    random.shuffle(shuffled)
    for how in (Combination.BEST, Combination.AVERAGE):
        assert combine(scores, how) == combine(shuffled, how)
    for how in Combination:
        combined = combine(scores, how)
        assert combined is not None
        assert min(scores) <= combined <= max(scores)


@given(max_marks, max_marks, max_marks, st.integers(0, 100).map(Decimal))
def test_more_points_never_fail_where_fewer_pass(
    one: Decimal, other: Decimal, full: Decimal, percent: Decimal
) -> None:
    fewer, more = sorted((one, other))
    assert passed(more, full, percent) or not passed(fewer, full, percent)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["a", "b", "l"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["l", "m", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.sampled_from(Kind), json_values)
def test_any_json_is_refused_or_comes_back_in_a_stable_normal_form_that_can_be_marked(
    kind: Kind, answer: Any
) -> None:
    slot = PaperItem(1, kind, Decimal("2.00"), options=("a", "b", "c"), left=("l", "m"), blanks=2)
    try:
        normal = validate_answer(slot, answer)
    except InvalidAnswer:
        return
    assert validate_answer(slot, normal) == normal
    assert is_blank(normal) == is_blank(answer)
    key: dict[Kind, Any] = {
        Kind.SINGLE: "a",
        Kind.MULTIPLE: ["a", "b"],
        Kind.TRUE_FALSE: True,
        Kind.FILL: [["a"], ["b"]],
        Kind.ORDER: ["a", "c", "b"],
        Kind.MATCH: {"l": "a", "m": "b"},
    }
    earned = mark(kind, key.get(kind), {}, normal, slot.max_mark, option_count=3).mark
    assert earned is None or 0 <= earned <= slot.max_mark
