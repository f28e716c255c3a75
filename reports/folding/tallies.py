"""Tallies as rows of ItemStatistics and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import orjson

from learning.organisation.rows import Columns, among, read, write
from question_bank.engine.item_statistics import SUMS, Outcome, Tally
from reports.models import ItemStatistics

ROW = Columns(ItemStatistics)
OWN = (*SUMS, "totals", "options", "seconds")
UPSERT = f"{ROW.inserting} ON CONFLICT (exam_id, version_id) DO UPDATE SET " + ", ".join(
    f"{name} = EXCLUDED.{name}" for name in OWN
)
READ = f"SELECT {ROW.of('s')} FROM reports_itemstatistics s WHERE s.exam_id = %s"  # noqa: S608 — columns of ours
READ_VERSIONS = f"SELECT {ROW.of('s')} FROM reports_itemstatistics s WHERE "  # noqa: S608


def tallies_of_exam(exam_id: int, versions: Collection[int] | None = None) -> dict[int, Tally]:
    """By version id; of all versions, or of these. One query."""
    sql, values = READ, [exam_id]
    if versions is not None:
        condition, ids = among("s.version_id", versions)
        sql, values = f"{READ} AND {condition}", [exam_id, ids]
    (rows,) = read((sql, values))
    return {row.version_id: tally_of(row) for row in map(ROW.read, rows)}


def tallies_of_versions(versions: Collection[int]) -> dict[tuple[int, int], Tally]:
    """By (exam id, version id): every exam that asked one of the versions. One query."""
    condition, ids = among("s.version_id", versions)
    (rows,) = read((READ_VERSIONS + condition, (ids,)))
    return {(row.exam_id, row.version_id): tally_of(row) for row in map(ROW.read, rows)}


def write_tallies(exam_id: int, tallies: Mapping[int, Tally]) -> None:
    """Replaces the rows of these versions; one that counts nobody any more goes. Under the exam's lock."""
    kept = {version: tally for version, tally in tallies.items() if tally.n}
    write(UPSERT, [ROW.values(row_of(exam_id, version, kept[version])) for version in sorted(kept)])
    gone = tallies.keys() - kept.keys()
    if gone:
        ItemStatistics.objects.filter(exam=exam_id, version__in=gone).delete()


def row_of(exam_id: int, version_id: int, tally: Tally) -> ItemStatistics:
    options = {
        option: [*tally.options.get(option, (0, 0)), _pairs(by_total)]
        for option, by_total in sorted(tally.option_totals.items())
    }
    return ItemStatistics(
        exam_id=exam_id,
        version_id=version_id,
        **{name: getattr(tally, name) for name in SUMS},
        totals=[[total, *pair] for total, pair in sorted(tally.totals.items())],
        options=options,
        seconds=_pairs(tally.seconds),
    )


def tally_of(row: ItemStatistics) -> Tally:
    return Tally(
        **{name: getattr(row, name) for name in SUMS},
        totals={total: [n, marks] for total, n, marks in row.totals},
        options={option: [n, rest] for option, (n, rest, _) in row.options.items() if n or rest},
        option_totals={option: dict(by_total) for option, (_, _, by_total) in row.options.items()},
        seconds=dict(row.seconds),
    )


def _pairs(counts: Mapping[int, int]) -> list[list[int]]:
    return [[key, count] for key, count in sorted(counts.items())]


def packed(outcomes: Sequence[Outcome]) -> str:
    """As FoldedAttempt keeps them; equal outcomes are equal texts."""
    return orjson.dumps(
        [(version, mark, full, chosen, 1 if blank else 0, seconds, 1 if estimated else 0, change)
         for version, mark, full, chosen, blank, seconds, estimated, change in outcomes]
    ).decode()  # fmt: skip


def unpacked(text: str) -> list[Outcome]:
    return [
        Outcome(version, mark, full, tuple(chosen), bool(blank), seconds, bool(estimated), change)
        for version, mark, full, chosen, blank, seconds, estimated, change in orjson.loads(text)
    ]
