"""Reads the rows of a sheet, whatever their layout, as raw records.

Layouts: a column per option, all options in one cell, one row per option, material with questions, sections.
"""

import re
from dataclasses import dataclass, field

from question_bank.questions.exchange.cells import has_picture, is_picture, plain_text
from question_bank.questions.exchange.grids import Row, Sheet
from question_bank.questions.exchange.guessing import guess_columns
from question_bank.questions.exchange.headers import Columns, Field, join_two_rows, read_header
from question_bank.questions.exchange.kinds import GROUP, heading_kind, heading_mark, kind_ids, kind_of
from question_bank.questions.exchange.options import strip_labels
from question_bank.questions.exchange.records import RawRecord
from question_bank.questions.exchange.verdicts import ColumnFound, TableFound

_CHAPTER = re.compile(
    r"^第\s*[一二三四五六七八九十百零\d]+\s*(?:章|节|单元|讲|编|专题|部分)(?:\s|[:：、]|$|[^，。？?（(]{1,40}$)"
)
_CHILD_MARK = re.compile(r"^\s*(?:[（(]\d{1,2}[)）]|\d{1,2}[)）]|小题\s*\d|第\s*\d+\s*小题|[①-⑳])")
_SPOILING = {"formula_without_value", "cell_error", "cell_too_long", "undecodable"}
_SPLIT_PATH = re.compile(r"\s*(?:[/\\>＞|→»]|-{2,}|——)+\s*")


@dataclass
class _Pending:
    """A record under construction, with the option rows that still may follow."""

    row: Row
    number: str
    own_stem: str
    record: RawRecord
    lines: list[str] = field(default_factory=list)
    rights: list[str] = field(default_factory=list)
    more: list[tuple[str, ...]] = field(default_factory=list)


class SheetReader:
    """Walks down one sheet; `records` and `table` are what came of it."""

    def __init__(self, sheet: Sheet, hint: str = "") -> None:
        self.sheet = sheet
        self.records: list[RawRecord] = []
        self.table: TableFound | None = None
        self.skipped_rows = 0
        self._hint = hint
        self._sources: dict[int, tuple[str, ...]] = {}
        self._columns = Columns()
        self._kind_ids: tuple[tuple[str, str], ...] = ()
        self._section_kind = heading_kind(sheet.name) or (
            kind_of(sheet.name) if len(sheet.name) <= 8 else None
        )
        if self._section_kind == GROUP:
            self._section_kind = None
        self._section_mark = ""
        self._section_chapter = ""
        self._material: str | None = None
        self._material_number = ""
        self._material_sure = True
        self._children_told = False
        self._children_unnumbered = False
        self._material_explanation = ""
        self._pending: _Pending | None = None

    def read(self, *, guess: bool) -> bool:
        """Whether a table was found; `guess` allows one without a header."""
        rows = [self._clean(row) for row in self.sheet.rows]
        start = next((at for at, row in enumerate(rows) if read_header(row.cells)), None)
        if start is None:
            start = next((at for at in range(len(rows) - 1) if self._two_rows(rows[at], rows[at + 1])), None)
        above: list[Row] = []
        if start is None:
            columns = guess_columns(rows) if guess else None
            if columns is None:
                return False
            self._columns, body = columns, rows
        else:
            above = rows[:start]
            body = rows[start + self._take_header(rows, start) :]
        self._learn_ids(above)
        self.table = self._describe(rows)
        for row in above:
            if self._reads_like_question(row):
                self._take_row(row, ("above_header",))
            elif not self._takes_section(row, [cell for cell in row.cells if cell]):
                self.skipped_rows += 1
        at = 0
        while at < len(body):
            row = body[at]
            if read_header(row.cells):
                self._flush()
                at += self._take_header(body, at)
                continue
            self._take_row(row, () if start is not None else ("header_guessed",))
            at += 1
        self._flush()
        return True

    def _two_rows(self, upper: Row, lower: Row) -> bool:
        joined = join_two_rows(upper.cells, lower.cells)
        return joined is not None and read_header(joined) is not None

    def _take_header(self, rows: list[Row], at: int) -> int:
        """Take the header that begins at this row; how many rows it has."""
        joined = join_two_rows(rows[at].cells, rows[at + 1].cells) if at + 1 < len(rows) else None
        both = read_header(joined) if joined else None
        columns = both or read_header(rows[at].cells)
        if columns is not None:
            columns.row = rows[at].number
            self._columns = columns
        return 2 if both else 1

    def _learn_ids(self, above: list[Row]) -> None:
        notes = [self._columns.hint, *(" ".join(row.cells)[:500] for row in above[:50]), self._hint]
        self._kind_ids = next((tuple(found.items()) for note in notes if (found := kind_ids(note))), ())

    def _describe(self, rows: list[Row]) -> TableFound:
        columns = self._columns
        texts = columns.texts
        if Field.RIGHT in columns.one:
            layout = "row_per_option"
        elif Field.MATERIAL in columns.one:
            layout = "material"
        elif columns.options:
            layout = "column_per_option"
        else:
            layout = "options_in_one_cell" if Field.OPTIONS in columns.one else "no_options"
        found = tuple(
            ColumnFound(at, texts[at] if at < len(texts) else "", meaning)
            for at, meaning in columns.meanings()
        )
        return TableFound(self.sheet.name, columns.row, texts, found, layout)

    def _reads_like_question(self, row: Row) -> bool:
        filled = sum(1 for cell in row.cells if cell.strip())
        return filled >= 3 and bool(self._text(row, Field.STEM)) and bool(self._text(row, Field.ANSWER))

    def _text(self, row: Row, meaning: Field) -> str:
        return self._at(row, self._columns.one.get(meaning))

    def _clean(self, row: Row) -> Row:
        """The row in plain text; its source is kept for the error sheet."""
        self._sources[row.number] = row.cells
        faults = row.faults + tuple(
            (at, "picture_dropped") for at, cell in enumerate(row.cells) if has_picture(cell)
        )
        cells = tuple("" if is_picture(cell) else plain_text(cell) for cell in row.cells)
        return Row(row.number, cells, row.filled, faults)

    @staticmethod
    def _at(row: Row, at: int | None) -> str:
        return row.cells[at] if at is not None and at < len(row.cells) else ""

    def _own(self, row: Row, meaning: Field) -> str:
        """The field's text unless a merged cell above gave it."""
        at = self._columns.one.get(meaning)
        return "" if at is None or at in row.filled else self._at(row, at)

    def _take_row(self, row: Row, warnings: tuple[str, ...]) -> None:
        own = [cell for at, cell in enumerate(row.cells) if at not in row.filled and cell.strip()]
        if not own and not row.faults:
            return
        if self._continues(row):
            return
        self._flush()
        if self._takes_section(row, own) or self._takes_material(row):
            return
        self._begin(row, warnings)

    def _continues(self, row: Row) -> bool:
        """Whether the row only adds an option to the question above; then it is added."""
        pending, one = self._pending, self._columns.one
        if pending is None or Field.OPTIONS not in one or self._columns.options:
            return False
        stem, number = self._own(row, Field.STEM), self._own(row, Field.NUMBER)
        option = self._option_of_row(row)
        if not option and not self._text(row, Field.RIGHT):
            return False
        if Field.RIGHT in one:
            same = (stem, number) == (pending.own_stem, pending.number) and not self._starts_over(row)
            if (stem or number) and not same:
                return False
        elif stem or self._own(row, Field.ANSWER) or self._own(row, Field.KIND) or number:
            return False
        pending.lines.append(option)
        pending.rights.append(self._text(row, Field.RIGHT))
        pending.more.append(self._sources[row.number])
        return True

    def _starts_over(self, row: Row) -> bool:
        """The first letter again: another question in the same words."""
        return bool(re.fullmatch(r"[(（]?[AaＡ1１一①][.．、)）]?", self._text(row, Field.LABEL)))

    def _option_of_row(self, row: Row) -> str:
        return self._own(row, Field.OPTIONS)

    def _takes_section(self, row: Row, own: list[str]) -> bool:
        """Whether the row is a heading; then what it says holds for the rows below."""
        columns = self._columns
        if not own or len(own) > 8 or sum(map(len, own)) > 160:
            return False
        if self._text(row, Field.ANSWER) and len(own) > 1 and not self._heading_in(row):
            return False
        texts = own
        words = [
            text
            for text in texts
            if not re.fullmatch(r"[\d.、．)）(（\s]+|[一二三四五六七八九十]+[、.．]?", text)
        ]
        if not words:
            return False
        kind = heading_kind(words[0]) or (kind_of(words[0]) if len(own) == 1 and len(words[0]) <= 8 else None)
        if kind is not None and (len(own) == 1 or self._heading_in(row)):
            self._section_kind = None if kind == GROUP else kind
            joined = " ".join(texts)
            self._section_mark = heading_mark(joined)
            self._material = None
            return True
        if len(own) == 1 and _CHAPTER.match(words[0]) and len(words[0]) <= 60 and not columns.chapters:
            self._section_chapter = words[0]
            self._material = None
            return True
        return False

    def _heading_in(self, row: Row) -> bool:
        """A heading over several cells ("1. 单选题 | 分数 | 60"): no stem, or the kind in its place."""
        stem = self._text(row, Field.STEM)
        options = [self._at(row, at) for at in self._columns.options]
        words = [*options, self._text(row, Field.OPTIONS), self._text(row, Field.ANSWER)]
        if any(len(word) > 6 for word in words) or self._text(row, Field.RIGHT):
            return False
        if stem and heading_kind(stem) is None:
            return False
        joined = " ".join(cell for cell in row.cells if cell)
        if not stem:
            return heading_kind(joined) is not None and bool(re.search(r"分|共|题\s*数", joined))
        return True

    def _takes_material(self, row: Row) -> bool:
        """Whether the row is a shared text without a question of its own; keeps track of where it ends."""
        one = self._columns.one
        kind = kind_of(self._text(row, Field.KIND)) if Field.KIND in one else None
        if Field.MATERIAL in one:
            return self._material_column(row)
        if kind != GROUP:
            return False
        stem = self._text(row, Field.STEM)
        has_answer = self._text(row, Field.ANSWER) or any(self._at(row, at) for at in self._columns.options)
        if not stem or has_answer or self._text(row, Field.OPTIONS):
            return False
        self._material = stem
        self._material_sure = False
        self._children_told = self._children_unnumbered = False
        self._material_number = self._text(row, Field.NUMBER)
        self._material_explanation = self._text(row, Field.EXPLANATION)
        return True

    def _material_column(self, row: Row) -> bool:
        material = self._text(row, Field.MATERIAL)
        whole_kind = self._own(row, Field.MATERIAL_KIND)
        number = self._text(row, Field.MATERIAL_NUMBER)
        if material:
            self._material, self._material_number = material, number
            self._material_explanation = self._text(row, Field.SHARED_EXPLANATION)
            self._material_sure = True
            stem = self._text(row, Field.STEM)
            answer = self._text(row, Field.ANSWER) or any(self._at(row, at) for at in self._columns.options)
            return not stem and not answer and (not whole_kind or kind_of(whole_kind) in (GROUP, None))
        same = bool(number) and number == self._material_number
        if whole_kind and kind_of(whole_kind) != GROUP and not same:
            self._material = None
        elif (
            not same
            and Field.MATERIAL_KIND not in self._columns.one
            and Field.MATERIAL_NUMBER not in self._columns.one
        ):
            # nothing says whether the text above still holds: it does only where the sheet calls it 大题题干
            at = self._columns.one[Field.MATERIAL]
            if "大题" not in (self._columns.texts[at] if at < len(self._columns.texts) else ""):
                self._material = None
        elif number and not same:
            self._material = None
        return False

    def _group_of(self, row: Row, stem: str) -> tuple[str | None, tuple[str, ...]]:
        """The material of this question, and a warning where only its place under the material says so."""
        if self._material is None or self._material_sure:
            return self._material, ()
        number = self._text(row, Field.NUMBER)
        parent = self._text(row, Field.MATERIAL_NUMBER)
        if Field.MATERIAL_NUMBER in self._columns.one:
            return (self._material if parent and parent == self._material_number else None), ()
        told = _CHILD_MARK.match(stem) or re.fullmatch(r"\d+\s*[.\-—－]\s*\d+|[（(]\d+[)）]", number)
        kind = self._text(row, Field.KIND)
        if told or re.search(r"子题|小题", kind):
            self._children_told = True
            return self._material, ()
        if number and (self._children_told or self._children_unnumbered):
            self._material = None  # the children were marked as such, this one is numbered like the others
            return None, ()
        self._children_unnumbered = not number
        return self._material, ("material_assumed",)

    def _begin(self, row: Row, warnings: tuple[str, ...]) -> None:
        columns, one = self._columns, self._columns.one
        stem = self._text(row, Field.STEM)
        kind = self._text(row, Field.KIND) or self._text(row, Field.MATERIAL_KIND)
        if not stem and self._text(row, Field.MATERIAL):
            stem, group = self._text(row, Field.MATERIAL), None
            told: tuple[str, ...] = ()
            kind = self._text(row, Field.KIND) or kind
        else:
            group, told = self._group_of(row, stem)
        faults, doubts = self._cell_faults(row)
        chapter = tuple(
            part for at in columns.chapters for part in _SPLIT_PATH.split(self._at(row, at)) if part
        ) or ((self._section_chapter,) if self._section_chapter else ())
        shared = self._text(row, Field.SHARED_EXPLANATION) or self._material_explanation
        record = RawRecord(
            sheet=self.sheet.name,
            row=row.number,
            raw=self._sources[row.number],
            kind=kind,
            kind_hint=self._section_kind,
            stem=stem,
            options=strip_labels(tuple(self._at(row, at) for at in columns.options)),
            answer=self._text(row, Field.ANSWER),
            answer_text=self._text(row, Field.ANSWER_TEXT),
            blanks=tuple(self._at(row, at) for at in columns.blanks),
            explanation=self._text(row, Field.EXPLANATION)
            or (shared if group is not None else self._text(row, Field.SHARED_EXPLANATION)),
            difficulty=self._text(row, Field.DIFFICULTY),
            chapter=chapter,
            knowledge=self._text(row, Field.KNOWLEDGE),
            tags=self._text(row, Field.TAGS),
            mark=self._text(row, Field.MARK) or self._section_mark,
            citation=self._text(row, Field.CITATION),
            group=group,
            warnings=warnings + told + doubts,
            faults=faults,
            kind_ids=self._kind_ids,
        )
        self._pending = _Pending(row, self._own(row, Field.NUMBER), self._own(row, Field.STEM), record)
        if Field.OPTIONS in one and not columns.options:
            self._pending.lines.append(self._option_of_row(row))
            self._pending.rights.append(self._text(row, Field.RIGHT))

    def _cell_faults(self, row: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Codes of damaged cells: those that spoil the question, and those that need only a look."""
        one = self._columns.one
        vital = {
            one.get(meaning) for meaning in (Field.STEM, Field.OPTIONS, Field.ANSWER, Field.RIGHT, Field.KIND)
        }
        vital |= {*self._columns.options, *self._columns.blanks}
        used = vital | {at for at, _ in self._columns.meanings()}
        faults = [code for at, code in row.faults if at in vital and code in _SPOILING]
        doubts = [code for at, code in row.faults if at in used and code not in faults]
        return tuple(dict.fromkeys(faults)), tuple(dict.fromkeys(doubts))

    def _flush(self) -> None:
        pending, self._pending = self._pending, None
        if pending is None:
            return
        values = dict(vars(pending.record))
        values["more_rows"] = tuple(pending.more)
        if Field.RIGHT in self._columns.one:
            values["options"] = strip_labels(tuple(pending.lines))
            values["right"] = tuple(pending.rights)
        elif pending.lines:
            values["options_text"] = "\n".join(pending.lines) if len(pending.lines) > 1 else pending.lines[0]
        self.records.append(RawRecord(**values))
