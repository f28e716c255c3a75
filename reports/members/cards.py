"""The questions of an attempt as cards for a narrow screen: the cells of items_table, the chief ones first."""

from __future__ import annotations

from dataclasses import dataclass

from reports.shape import Kind, Table
from reports.words import said, with_unit

CHIEF = ("slot", "stem", "answer", "verdict", "seconds", "median")


@dataclass(frozen=True, slots=True)
class AnswerCard:
    """`time`: own seconds against those of all, in one line. `more`: (label, text) of the other cells."""

    slot: str
    stem: str
    answer: str
    verdict: str
    time: str
    more: list[tuple[str, str]]


def answer_cards(table: Table) -> list[AnswerCard]:
    """A card for each row of an items_table, with the words that the table shows."""
    found = []
    for row in table.rows:
        cells = {column.key: said(column, value) for column, value in zip(table.columns, row, strict=True)}
        times = [
            f"{table.column(key).label} {with_unit(table.column(key), row[table.place(key)])}"
            for key in ("seconds", "median")
        ]
        more = [
            (column.label, with_unit(column, value) if column.kind is Kind.INT else cells[column.key])
            for column, value in zip(table.columns, row, strict=True)
            if column.key not in CHIEF
        ]
        found.append(
            AnswerCard(
                cells["slot"], cells["stem"], cells["answer"], cells["verdict"], " · ".join(times), more
            )
        )
    return found
