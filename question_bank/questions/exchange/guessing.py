"""Tells the columns of a table that has no header from what stands in them."""

import re
import statistics
from collections.abc import Callable

from question_bank.questions.exchange.answers import bare, truth_of
from question_bank.questions.exchange.cells import plain_text
from question_bank.questions.exchange.grids import Row
from question_bank.questions.exchange.headers import Columns, Field
from question_bank.questions.exchange.kinds import kind_of

_KEY = re.compile(r"[A-Ja-j](?:[\s,，、|;；]*[A-Ja-j])*")
_SAMPLE = 200  # rows
_MIN_STEM = 5  # characters on average; shorter texts are labels


def guess_columns(rows: list[Row]) -> Columns | None:
    """The columns, or None where no column reads like answers beside one that reads like questions."""
    sample = [[plain_text(cell) for cell in row.cells] for row in rows[:_SAMPLE]]
    sample = [cells for cells in sample if sum(1 for cell in cells if cell) >= 2]
    if not sample:
        return None
    width = max(map(len, sample))
    table = [[cells[at] if at < len(cells) else "" for cells in sample] for at in range(width)]
    filled = [[cell for cell in column if cell] for column in table]
    kinds = [
        at
        for at in range(width)
        if _share(filled[at], lambda cell: len(cell) <= 8 and kind_of(cell) is not None) >= 0.8
    ]
    answers = [
        at
        for at in range(width)
        if len(filled[at]) * 2 >= len(sample) and at not in kinds and _share(filled[at], _is_key) >= 0.8
    ]
    stems = [
        at
        for at in range(width)
        if len(filled[at]) * 5 >= len(sample) * 4
        and at not in kinds + answers
        and statistics.fmean(map(len, filled[at])) >= _MIN_STEM
        and _share(filled[at], lambda cell: re.fullmatch(r"[\d.\s]+", cell) is not None) < 0.5
    ]
    if not answers or not stems or (len(sample) < 2 and not kinds):
        return None
    stem = stems[0]
    answer = max((at for at in answers), key=lambda at: (_share(filled[at], _is_key), at))
    columns = Columns(texts=())
    columns.one = {Field.STEM: stem, Field.ANSWER: answer}
    if kinds:
        columns.one[Field.KIND] = kinds[0]
    _guess_options(columns, filled)
    return columns


def _guess_options(columns: Columns, filled: list[list[str]]) -> None:
    stem, answer = columns.one[Field.STEM], columns.one[Field.ANSWER]
    kind = columns.one.get(Field.KIND)
    highest = max(
        (
            ord(letter) - 64
            for cell in filled[answer]
            for letter in bare(cell).upper()
            if "A" <= letter <= "J"
        ),
        default=0,
    )
    between = [at for at in range(stem + 1, answer) if at != kind and filled[at]]
    after = [at for at in range(max(stem, answer) + 1, len(filled)) if at != kind and filled[at]]
    candidates = between or (after if len(after) == 1 or len(after) >= max(highest, 2) else [])
    if not between and len(candidates) > max(highest, 4):
        candidates = candidates[: max(highest, 4)]
    if len(candidates) == 1:
        columns.one[Field.OPTIONS] = candidates[0]
    elif candidates:
        columns.options = candidates
    rest = [at for at in after if at not in candidates]
    if rest and statistics.fmean(map(len, filled[rest[0]])) >= _MIN_STEM:
        columns.one[Field.EXPLANATION] = rest[0]


def _is_key(cell: str) -> bool:
    text = bare(cell)
    return truth_of(text) is not None or (len(text) <= 20 and _KEY.fullmatch(text) is not None)


def _share(cells: list[str], test: Callable[[str], bool]) -> float:
    return sum(map(test, cells)) / len(cells) if cells else 0.0
