"""Reads the key of a question whose kind is settled, and refuses what could only be guessed."""

from dataclasses import dataclass, field

from question_bank.engine.kinds import Kind
from question_bank.questions.exchange import messages
from question_bank.questions.exchange.answers import (
    AnswerRefused,
    Reading,
    count_blanks,
    own_text,
    read_blanks,
    read_choice,
    read_truth,
)
from question_bank.questions.exchange.kinds import KIND_WORDS
from question_bank.questions.exchange.options import same_text
from question_bank.questions.exchange.records import RawRecord
from question_bank.questions.exchange.verdicts import Answer, ImportSettings, Warning, warning


class Refused(Exception):
    """The record cannot be saved; `code` says why, `message` says it in Chinese."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params: dict[str, str | int] = params
        self.message = messages.text(code, params)


@dataclass
class Draft:
    """A question while it is being decided about."""

    record: RawRecord
    stem: str
    options: tuple[str, ...]
    kind: str | None = None
    answer: Answer = None
    warnings: list[Warning] = field(default_factory=list)

    def warn(self, code: str, **params: str | int) -> None:
        self.warnings.append(warning(code, **params))

    def right_options(self, answer: str) -> int:
        """How many options the answer names; 0 where it cannot be read."""
        try:
            return len(set(read_choice(answer, self.options, one=False).positions)) if answer else 0
        except AnswerRefused:
            return 0


def read_key(draft: Draft, answer: str, settings: ImportSettings) -> None:
    """Settle the draft's answer and options, or raise Refused."""
    match draft.kind:
        case Kind.SINGLE | Kind.MULTIPLE | Kind.ORDER:
            _choice(draft, answer)
        case Kind.TRUE_FALSE:
            _truth(draft, answer)
        case Kind.FILL:
            _fill(draft, answer, settings)
        case Kind.SHORT | Kind.ESSAY:
            if any(draft.options):
                draft.warn("options_ignored")
                draft.options = ()
            draft.answer = answer or None
            if not answer:
                draft.warn("reference_missing")
        case _:
            raise Refused("kind_unsupported", kind=KIND_WORDS.get(draft.kind or "", ""))


def _choice(draft: Draft, answer: str) -> None:
    options = draft.options
    if sum(map(bool, options)) < 2:
        raise Refused("too_few_options")
    if len(options) > 26:
        raise Refused("too_many_options", count=len(options))
    if _letter_skipped(draft):
        raise Refused("options_broken")
    if not answer:
        _drop_empty(draft, ())
        raise Refused("answer_missing")
    one = draft.kind == Kind.SINGLE
    try:
        choice = read_choice(answer, options, one=one, keep_order=draft.kind == Kind.ORDER)
    except AnswerRefused as refused:
        _drop_empty(draft, ())
        raise Refused(refused.code, answer=answer[:60]) from refused
    positions = _drop_empty(draft, choice.positions)
    draft.answer = positions
    if one and len(positions) > 1:
        raise Refused("single_with_several", answer=answer[:60])
    if draft.kind == Kind.MULTIPLE and len(positions) == 1:
        draft.warn("multiple_with_one")
    if draft.kind == Kind.ORDER and len(positions) != len(draft.options):
        raise Refused("order_incomplete", answer=answer[:60])
    if choice.repeated:
        draft.warn("answer_repeats", answer=answer[:60])
    if choice.reading in (Reading.NUMBERS, Reading.DIGITS):
        draft.warn("answer_as_number", answer=answer[:60])
    _check_duplicates(draft, positions)
    _check_text(draft, positions)
    if len(draft.options) > 10:
        draft.warn("many_options", count=len(draft.options))


def _drop_empty(draft: Draft, positions: tuple[int, ...]) -> tuple[int, ...]:
    """Remove empty options inside the list; the key's positions move with their options."""
    if all(draft.options):
        return positions
    kept = [at for at, option in enumerate(draft.options) if option]
    draft.warn(
        "empty_option", letter=chr(65 + next(at for at, option in enumerate(draft.options) if not option))
    )
    draft.options = tuple(draft.options[at] for at in kept)
    return tuple(kept.index(at) for at in positions)


def _letter_skipped(draft: Draft) -> bool:
    """The last option holds a later letter ("A.… B.… D.…"): one was lost and the cut is wrong."""
    if not draft.record.options_text or len(draft.options) >= 9:
        return False
    last = draft.options[-1]
    later = "BCDEFGHIJ"[len(draft.options) :]
    edge = " ,，;；|\n"
    return any(
        f"{before}{letter}{mark}" in last for before in edge for letter in later for mark in ".．、:："
    )


def _check_duplicates(draft: Draft, positions: tuple[int, ...]) -> None:
    texts = [same_text(option) for option in draft.options]
    doubled = {at for at, text in enumerate(texts) if texts.count(text) > 1}
    if doubled & set(positions):
        raise Refused("duplicate_options", text=draft.options[min(doubled)][:40])
    if doubled:
        draft.warn("duplicate_options", text=draft.options[min(doubled)][:40])


def _check_text(draft: Draft, positions: tuple[int, ...]) -> None:
    """Where the file gives the right answer's words too, they must name the same options."""
    said = draft.record.answer_text
    if not said or not draft.record.answer:
        return
    own = own_text(said, draft.options)
    if own is not None and positions == (own,):
        return
    try:
        named = set(read_choice(said, draft.options, one=draft.kind == Kind.SINGLE).positions)
    except AnswerRefused:
        named = set()
    if named != set(positions):
        draft.warn("answer_text_differs", text=said[:60])


def _truth(draft: Draft, answer: str) -> None:
    filled = tuple(option for option in draft.options if option)
    if not answer:
        draft.options = ()
        raise Refused("answer_missing")
    try:
        draft.answer, assumed = read_truth(answer, filled)
    except AnswerRefused as refused:
        if refused.code != "true_false_options":
            draft.options = ()
        raise Refused(refused.code, answer=answer[:60]) from refused
    if assumed:
        draft.warn("true_false_letters_assumed", answer=answer[:20])
    draft.options = ()


def _fill(draft: Draft, answer: str, settings: ImportSettings) -> None:
    expected = count_blanks(draft.stem)
    columns = tuple(text for text in draft.record.blanks if text)
    options = tuple(option for option in draft.options if option)
    draft.options = ()
    if columns and (len(columns) > 1 or not answer):
        given = columns
    elif not answer and options and len(options) == max(expected, 1):
        # some templates put the answers of the blanks under A, B, C …
        given = options
        draft.warn("blanks_from_options")
    else:
        given = ()
        if options:
            draft.warn("options_ignored")
    if given:
        blanks = (
            tuple(read_blanks(text, 1, settings.alternatives_separator)[0] for text in given)
            if all(_single(text) for text in given)
            else tuple((text,) for text in given)
        )
        if expected and len(blanks) != expected:
            raise Refused("blanks_differ", blanks=expected, answers=len(blanks))
    elif not answer:
        raise Refused("answer_missing")
    else:
        try:
            blanks = read_blanks(answer, expected, settings.alternatives_separator)
        except AnswerRefused as refused:
            raise Refused(refused.code, blanks=expected, answers=answer[:40]) from refused
    if not all(all(blank) for blank in blanks):
        raise Refused("answer_missing")
    if not expected:
        draft.warn("blank_not_marked")
    draft.answer = blanks


def _single(text: str) -> bool:
    return not any(mark in text for mark in ";；|\n")
