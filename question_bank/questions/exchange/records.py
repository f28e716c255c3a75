"""A question as it stands in the file, before anything is decided about it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RawRecord:
    """Cleaned texts of one question. `options` keep empty places, so that letters still count columns."""

    sheet: str
    row: int
    raw: tuple[str, ...]
    more_rows: tuple[tuple[str, ...], ...] = ()
    kind: str = ""
    kind_hint: str | None = None  # from the section heading or the sheet's name
    stem: str = ""
    options: tuple[str, ...] = ()
    options_text: str = ""  # all options in one cell
    right: tuple[str, ...] | None = None  # 是否正确项, one per option
    answer: str = ""
    answer_text: str = ""
    blanks: tuple[str, ...] = ()
    explanation: str = ""
    difficulty: str = ""
    chapter: tuple[str, ...] = ()
    knowledge: str = ""
    tags: str = ""
    mark: str = ""
    citation: str = ""
    group: str | None = None
    warnings: tuple[str, ...] = ()  # codes
    faults: tuple[str, ...] = ()  # codes that forbid saving
    kind_ids: tuple[
        tuple[str, str], ...
    ] = ()  # what the numbers of the type column mean, where the file says it
