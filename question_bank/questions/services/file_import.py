"""Files read and saved at once, without a job: the `import_questions` command."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings as site
from django.db import transaction
from django.utils import timezone

from learning.organisation.models import Unit
from learning.organisation.services.audit import record
from learning.organisation.services.units import open_unit
from question_bank.questions.exchange.duplicates import fingerprint, key_fingerprint
from question_bank.questions.exchange.tables import read_table
from question_bank.questions.exchange.verdicts import (
    FileRejected,
    ImportReport,
    ImportSettings,
    ParsedQuestion,
    Verdict,
)
from question_bank.questions.models import Bank

from .banks import create_bank
from .saving import known_keys, save_parsed

SAVED = (Verdict.ACCEPTED, Verdict.WARNED)


@dataclass(frozen=True)
class FileImport:
    """What came of the files: reports in their order, and how many questions were saved."""

    bank: Bank | None
    reports: tuple[ImportReport, ...] = field(default_factory=tuple)
    saved: int = 0

    @property
    def rows(self) -> list[tuple[ImportReport, ParsedQuestion]]:
        return [(report, row) for report in self.reports for row in report.rows]

    def total(self, name: str) -> int:
        """The sum of one count (read, accepted, warned, rejected, duplicates) over the files."""
        return sum(getattr(report, name) for report in self.reports)


def import_files(
    *,
    paths: Sequence[Path],
    bank_name: str,
    file_type: str | None = None,
    check_only: bool = False,
    strict: bool = False,
    alternatives_separator: str | None = None,
    now: datetime,
) -> FileImport:
    """Reads all files, then saves every accepted row of all of them in one transaction, and none of the rejected.

    `check_only` saves nothing, not even the bank; `strict` saves nothing if any row is rejected; `file_type` refuses files
    that turn out to be something else; `alternatives_separator` as in ImportSettings. Questions of an
    earlier file are duplicates in a later one. Raises FileRejected.
    """
    bank = Bank.objects.filter(name=bank_name).order_by("owner_unit__path", "pk").first()
    known = known_keys(bank) if bank else {}
    reports = []
    settings = ImportSettings(alternatives_separator=alternatives_separator)
    for path in paths:
        try:
            data = io.BytesIO(path.read_bytes())
        except OSError as error:
            raise UnreadableFile(path) from error
        report = read_table(data, filename=path.name, known=known, settings=settings)
        if file_type and report.file_type != file_type:
            raise FileRejected("wrong_type")
        reports.append(report)
        known |= {
            fingerprint(q.stem, q.options, q.group): key_fingerprint(q.kind or "", q.options, q.answer)
            for q in report.rows
            if q.verdict in SAVED
        }
    outcome = FileImport(bank, tuple(reports))
    if check_only or (strict and outcome.total("rejected")):
        return outcome
    with transaction.atomic():
        bank = bank or create_bank(name=bank_name, owner_unit=_root_unit(now), by=None, now=now)
        saved = 0
        for report in reports:
            fresh = [question for question in report.rows if question.verdict in SAVED]
            saved += len(save_parsed(bank=bank, by=None, questions=fresh, note=report.filename, now=now))
        facts = {"files": [report.filename for report in reports], "saved": saved}
        record(actor=None, action="import.command", obj=bank, unit=bank.owner_unit, data=facts, now=now)
    return FileImport(bank, tuple(reports), saved)


class UnreadableFile(Exception):
    """The path cannot be opened."""

    code = "file_missing"

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


def _root_unit(now: datetime) -> Unit:
    """The first root of the tree; on an empty database one is made, so that a bank can be brought before the roster."""
    root: Unit | None = Unit.objects.filter(depth=1).first()
    return root or open_unit(
        name=site.WAGTAIL_SITE_NAME,
        code="root",
        kind=Unit.Kind.COMMITTEE,
        parent=None,
        opened_date=timezone.localdate(now),
        by=None,
        now=now,
    )
