"""What an importer says about a file and about each question in it. No Django, no file reading.

Stems, options and explanations are PLAIN TEXT with newlines, never HTML: whoever saves them escapes them.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from question_bank.questions.exchange import messages

# positions for choice and order, bool for true-false, per blank its alternatives for fill, else text
Answer = tuple[int, ...] | bool | tuple[tuple[str, ...], ...] | str | None


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    WARNED = "warned"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


class FileRejected(Exception):
    """The file as a whole cannot be read; `code` is stable, `message` Chinese and already filled in."""

    def __init__(self, code: str, **params: str | int) -> None:
        self.code = code
        self.params: dict[str, str | int] = params
        self.message = messages.text(code, params)
        super().__init__(self.message)


@dataclass(frozen=True)
class Warning:
    """Something a person should look at; screens translate `messages.template(code)` and fill in `params`."""

    code: str
    message: str
    params: tuple[tuple[str, str | int], ...] = ()


def warning(code: str, **params: str | int) -> Warning:
    return Warning(code, messages.text(code, params), tuple(params.items()))


@dataclass(frozen=True)
class ParsedQuestion:
    """One question as it would be saved, with what speaks against it.

    `row` is the 1-based row in its sheet. Rejected ones keep whatever could be read. `group` is the shared
    text (材料) of the question. `raw` holds the source cells of its first row, `more_rows` of further rows.
    """

    row: int
    sheet: str
    verdict: Verdict
    reason: str | None = None
    message: str = ""
    kind: str | None = None
    stem: str = ""
    options: tuple[str, ...] = ()
    answer: Answer = None
    explanation: str = ""
    difficulty: int | None = None
    chapter: tuple[str, ...] = ()
    knowledge_points: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    mark: Decimal | None = None
    citation: str = ""
    warnings: tuple[Warning, ...] = ()
    raw: tuple[str, ...] = ()
    group: str | None = None
    more_rows: tuple[tuple[str, ...], ...] = ()
    reason_params: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True)
class ImportSettings:
    """What a person may choose before an import.

    `alternatives_separator`: the mark between alternatives of one blank (for example "/"); None = none.
    `hidden_sheets`: read hidden sheets too. `default_kind`: kind of rows that do not tell theirs.
    """

    alternatives_separator: str | None = None
    hidden_sheets: bool = False
    default_kind: str | None = None


@dataclass(frozen=True)
class ColumnFound:
    position: int  # 0-based column of the sheet
    header: str
    meaning: str  # a headers.Field, "option 1" …


@dataclass(frozen=True)
class TableFound:
    """One sheet as it was understood; `header_row` is None where the columns were told from their content."""

    sheet: str
    header_row: int | None
    header: tuple[str, ...]
    columns: tuple[ColumnFound, ...]
    layout: str


@dataclass(frozen=True)
class ImportReport:
    """`read = accepted + rejected + duplicates`; `warned` counts the accepted rows that carry a warning."""

    filename: str
    file_type: str
    tables: tuple[TableFound, ...] = ()
    rows: list[ParsedQuestion] = field(default_factory=list)
    notes: tuple[Warning, ...] = ()
    read: int = 0
    accepted: int = 0
    warned: int = 0
    rejected: int = 0
    duplicates: int = 0
