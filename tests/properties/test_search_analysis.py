"""What holds of every text and every query."""

from __future__ import annotations

from html import unescape
from itertools import pairwise

from hypothesis import assume, example, given
from hypothesis import strategies as st

from search.analysis.folding import fold, folded_with_places
from search.analysis.highlighting import marked, snippet
from search.analysis.queries import LENGTH, TERMS, Term, parse
from search.analysis.ranking import Row, ranked
from search.analysis.similarity import THRESHOLD, closeness, closest
from search.analysis.tokens import RUN, name_tokens, text_tokens, title_tokens

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=80)
CHINESE = st.text(
    st.one_of(
        st.sampled_from("党章学习的和第三十一条二〇三五年零百纪律黨員權利、，《》 \n\u200b"),
        st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    ),
    min_size=2,
    max_size=120,
)


def holds(tokens: frozenset[str], term: Term) -> bool:
    """What an engine does with a term."""
    return any(token.startswith(term.text) for token in tokens) if term.prefix else term.text in tokens


@given(CHINESE, st.data())
def test_every_part_of_a_chinese_text_finds_it(text: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(first + 1, len(text)))
    query, tokens = parse(text[first:end]), text_tokens(text)
    assert all(holds(tokens, term) for term in query.words)
    assert all(holds(tokens, term) for term in query.whole)


@given(ANYTHING)
@example("A股第31条COVID-19到2035年")
def test_every_text_finds_itself(text: str) -> None:
    query, tokens = parse(text), title_tokens(text)
    assert all(holds(tokens, term) for term in (*query.words, *query.whole))
    assert query.empty or query.exact in tokens


@given(st.text("abc 党章12第条年", min_size=2, max_size=60), st.data())
def test_every_part_of_a_mixed_text_finds_it(text: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(text) - 2))
    part = text[first : data.draw(st.integers(first + 2, len(text)))]
    assume(len(part.strip()) > 1)
    query, tokens = parse(part), text_tokens(text)
    assert all(holds(tokens, term) for term in query.words)


@given(CHINESE, CHINESE)
def test_who_has_the_whole_has_the_words(text: str, typed: str) -> None:
    query = parse(typed)
    tokens = text_tokens(text + typed[: len(typed) // 2] + " " + typed[len(typed) // 2 :])
    assert not all(holds(tokens, term) for term in query.whole) or all(
        holds(tokens, term) for term in query.words
    )


@given(ANYTHING)
def test_nothing_typed_is_an_error(text: str) -> None:
    query = parse(text)
    assert len(query.text) <= LENGTH
    assert max(len(query.whole), len(query.words), len(query.loose)) <= TERMS
    query.text.encode()
    for token in title_tokens(text, [text]) | name_tokens(text):
        token.encode()
        assert token
        assert len(token) <= 64 + 1
        assert not any(character.isspace() or character == "\x00" for character in token)


@given(ANYTHING)
def test_places_of_folded_characters_rise_and_stay_inside(text: str) -> None:
    folded, places = folded_with_places(text)
    assert folded == fold(text)
    assert len(places) == len(folded) + 1
    assert all(before <= after for before, after in pairwise(places))


@given(ANYTHING, ANYTHING)
@example("<mark>&amp;党", "党 amp")
def test_marking_changes_nothing_but_marks_and_is_safe(text: str, typed: str) -> None:
    html = marked(text, parse(typed))
    without = html.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in without
    assert html.count("<mark>") == html.count("</mark>")
    assert unescape(without) == unescape(marked(text, parse("")))
    html.encode()


@given(ANYTHING.map(lambda text: text * 9), ANYTHING, st.integers(10, 200))
def test_a_snippet_is_short_and_safe(text: str, typed: str, length: int) -> None:
    html = snippet(text, parse(typed), length)
    without = html.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in without
    html.encode()


@given(CHINESE, st.data())
def test_a_part_of_a_text_is_marked_in_it(text: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(text) - 2))
    query = parse(text[first : first + data.draw(st.integers(2, 12))])
    assert query.empty or "<mark>" in marked(text, query)


@given(CHINESE, st.data())
def test_one_wrong_character_of_a_title_is_close_enough(title: str, data: st.DataObject) -> None:
    run = max((found[0] for found in RUN.finditer(fold(title))), key=len, default="")
    assume(len(run) >= 4)
    at = data.draw(st.integers(0, len(run) - 1))
    typed = run[:at] + data.draw(st.sampled_from(["龘", ""])) + run[at + 1 :]
    assert closeness(parse(typed[:40]).text, title) >= THRESHOLD


@given(ANYTHING, ANYTHING, ANYTHING)
def test_ranking_and_likeness_take_anything(typed: str, title: str, body: str) -> None:
    query = parse(typed)
    rows = [Row(1, 4, 5, title, body), Row(2, 4, 5, body, title), Row(3, 0, 5, title, title)]
    assert sorted(ranked(query, rows)) == [1, 2, 3]
    assert ranked(query, rows) == ranked(query, rows[::-1])
    assert 0 <= closeness(query.text, title, body) <= 1
    assert set(closest(query, rows)) <= {1, 2, 3}
