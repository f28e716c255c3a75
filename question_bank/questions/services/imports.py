"""A question file on its way in: uploaded, checked in the background, looked at, mended, confirmed in one transaction."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, BinaryIO, cast

from django.core.files.base import File
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from learning.organisation.models import User
from learning.organisation.permissions import Action
from learning.organisation.services.audit import record
from question_bank.questions.errors import WrongState
from question_bank.questions.exchange.duplicates import Seen, fingerprint, key_fingerprint
from question_bank.questions.exchange.records import RawRecord
from question_bank.questions.exchange.rows import Facts, build
from question_bank.questions.exchange.tables import read_table
from question_bank.questions.exchange.verdicts import FileRejected, ImportSettings, ParsedQuestion, Verdict
from question_bank.questions.models import Bank, ImportJob, ImportRow
from question_bank.questions.parsed_json import from_json, to_json

from .rights import require
from .saving import known_keys, save_parsed

logger = logging.getLogger("dangxiao.questions")

State = ImportJob.State
ROWS_A_STEP = 500  # rows stored between two reports of progress
READ_SHARE = 40  # percent of the progress that reading the file stands for
STALLED_AFTER = timedelta(minutes=10)  # a check that has not ended by then died with its worker
SAVED = (Verdict.ACCEPTED, Verdict.WARNED)


def upload(
    *,
    bank: Bank,
    by: User,
    file: File[bytes],
    filename: str,
    settings: Mapping[str, Any] | None = None,
    now: datetime,
) -> ImportJob:
    """A job with the file kept; the caller queues its check. Raises NotAllowed."""
    require(by, Action.BANK_EDIT, bank)
    job = ImportJob(
        bank=bank, filename=filename[-200:], settings=dict(settings or {}), created_by=by, created_at=now
    )
    with transaction.atomic():
        job.file.save(f"{now:%Y%m%d%H%M%S}.upload", file, save=False)
        job.save(force_insert=True)
        record(
            actor=by, action="import.upload", obj=job, unit=bank.owner_unit, data={"bank": bank.name}, now=now
        )
    return job


def waiting_jobs(*, now: datetime) -> list[int]:
    """Jobs whose check was never begun, or died: what the sweep queues again."""
    stalled = Q(started_at=None, created_at__lt=now - timedelta(minutes=1)) | Q(
        started_at__lt=now - STALLED_AFTER
    )
    return list(ImportJob.objects.filter(stalled, state=State.UPLOADED).values_list("pk", flat=True))


def check(*, job_id: int, now: datetime) -> ImportJob | None:
    """Reads the file and stores a row for each verdict. Safe to run again: None where another run has the job or it is past
    this. Whatever goes wrong ends in a job that says so."""
    free = Q(started_at=None) | Q(started_at__lt=now - STALLED_AFTER)
    if not ImportJob.objects.filter(free, pk=job_id, state=State.UPLOADED).update(started_at=now, progress=0):
        return None
    job = ImportJob.objects.select_related("bank").get(pk=job_id)
    try:
        with job.file.open("rb") as data:
            report = read_table(
                cast(BinaryIO, data),
                filename=job.filename,
                known=known_keys(job.bank),
                settings=ImportSettings(**job.settings),
            )
    except FileRejected as error:
        return _failed(job, error.code, error.message)
    except OSError:
        logger.exception("import %s: file cannot be opened", job_id)
        return _failed(job, "file_missing", gettext_noop("文件无法打开，请重新上传。"))
    job.rows.all().delete()
    for start in range(0, len(report.rows), ROWS_A_STEP):
        part = report.rows[start : start + ROWS_A_STEP]
        ImportRow.objects.bulk_create(_row(job, start + at, question) for at, question in enumerate(part))
        progress = READ_SHARE + (100 - READ_SHARE) * (start + len(part)) // len(report.rows)
        ImportJob.objects.filter(pk=job.pk).update(progress=progress)
    job.header = {  # what the sheet-by-sheet summary and the error sheet need
        "file_type": report.file_type,
        "tables": [
            {
                "sheet": table.sheet,
                "header": table.header,
                "columns": [[c.header, c.meaning] for c in table.columns],
            }
            for table in report.tables
        ],
        "notes": [[note.code, dict(note.params)] for note in report.notes],
    }
    job.state, job.progress, job.counts = State.CHECKED, 100, counts_of(job)
    job.save(update_fields=["state", "progress", "counts", "header"])
    return job


def counts_of(job: ImportJob) -> dict[str, int]:
    """read = accepted + rejected + duplicates; accepted holds the warned ones too."""
    found = Counter(job.rows.values_list("verdict", flat=True))
    return {
        "read": found.total(),
        "accepted": found[Verdict.ACCEPTED] + found[Verdict.WARNED],
        "warned": found[Verdict.WARNED],
        "rejected": found[Verdict.REJECTED],
        "duplicates": found[Verdict.DUPLICATE],
    }


def mend(*, row_id: int, texts: RawRecord, by: User) -> ImportRow:
    """Judges one row again from the texts as a person corrected them, by the rules of the file's own reading, against the
    bank and the other rows. Raises NotAllowed, WrongState."""
    with transaction.atomic():
        job_id = ImportRow.objects.values_list("job", flat=True).get(pk=row_id)
        job = ImportJob.objects.select_for_update(of=("self",)).select_related("bank").get(pk=job_id)
        require(by, Action.BANK_EDIT, job.bank)
        if job.state != State.CHECKED:
            raise WrongState
        row = job.rows.get(pk=row_id)
        texts = replace(texts, row=row.row, sheet=row.sheet, raw=tuple(row.raw))
        question = build(texts, Facts(), ImportSettings(**job.settings))
        others = job.rows.filter(verdict__in=SAVED).exclude(pk=row.pk)
        kept = {**_keys(parsed(other) for other in others.iterator()), **known_keys(job.bank)}
        question = Seen(kept).judge(question, [])
        fresh = _row(job, row.position, question)
        fresh.pk, fresh.mended = row.pk, True
        fresh.save()
        job.counts = counts_of(job)
        job.save(update_fields=["counts"])
    return fresh


def confirm(*, job_id: int, by: User, now: datetime) -> ImportJob:
    """Saves every accepted and warned row in one transaction and none of the rejected; again: changes nothing. A row that
    came into the bank by another way in the meantime becomes a duplicate. Raises NotAllowed, WrongState."""
    with transaction.atomic():
        job = (
            ImportJob.objects.select_for_update(of=("self",))
            .select_related("bank__owner_unit")
            .get(pk=job_id)
        )
        require(by, Action.BANK_EDIT, job.bank)
        if job.state == State.CONFIRMED:
            return job
        if job.state != State.CHECKED:
            raise WrongState
        Bank.objects.select_for_update().get(pk=job.bank_id)  # two imports into one bank take turns
        rows = list(job.rows.filter(verdict__in=SAVED).order_by("position"))
        known, fresh, late = known_keys(job.bank), [], []
        judged: list[ParsedQuestion] = []
        for row in rows:
            question = Seen(known).judge(parsed(row), [])
            if question.verdict in SAVED:
                fresh.append(row)
                judged.append(question)
            else:
                row.verdict, row.reason, row.message = (
                    question.verdict,
                    question.reason or "",
                    question.message,
                )
                late.append(row)
        made = save_parsed(bank=job.bank, by=by, questions=judged, note=job.filename, now=now)
        for row, question_made in zip(fresh, made, strict=True):
            row.question = question_made
        ImportRow.objects.bulk_update(fresh, ["question"], batch_size=ROWS_A_STEP)
        ImportRow.objects.bulk_update(late, ["verdict", "reason", "message"], batch_size=ROWS_A_STEP)
        job.state, job.confirmed_at, job.counts = State.CONFIRMED, now, counts_of(job)
        job.save(update_fields=["state", "confirmed_at", "counts"])
        data = {"bank": job.bank.name, **job.counts}
        record(actor=by, action="import.confirm", obj=job, unit=job.bank.owner_unit, data=data, now=now)
    return job


def discard(*, job_id: int, by: User, now: datetime) -> ImportJob:
    """Gives the job up; its rows go, nothing was saved. Raises NotAllowed, WrongState."""
    with transaction.atomic():
        job = (
            ImportJob.objects.select_for_update(of=("self",))
            .select_related("bank__owner_unit")
            .get(pk=job_id)
        )
        require(by, Action.BANK_EDIT, job.bank)
        if job.state == State.CONFIRMED:
            raise WrongState
        job.rows.all().delete()
        job.state = State.DISCARDED
        job.save(update_fields=["state"])
        record(actor=by, action="import.discard", obj=job, unit=job.bank.owner_unit, now=now)
    return job


def parsed(row: ImportRow) -> ParsedQuestion:
    """The question of a stored row."""
    question = from_json(
        row.content, row=row.row, sheet=row.sheet, verdict=row.verdict, reason=row.reason, message=row.message
    )
    return replace(question, raw=tuple(row.raw))


def _keys(questions: Iterable[ParsedQuestion]) -> dict[str, str]:
    return {
        fingerprint(q.stem, q.options, q.group): key_fingerprint(q.kind or "", q.options, q.answer)
        for q in questions
    }


def _row(job: ImportJob, position: int, question: ParsedQuestion) -> ImportRow:
    return ImportRow(
        job=job,
        position=position,
        sheet=question.sheet[:80],
        row=question.row,
        verdict=question.verdict.value,
        reason=question.reason or "",
        message=question.message,
        content=to_json(question),
        raw=list(question.raw),
    )


def _failed(job: ImportJob, code: str, message: str) -> ImportJob:
    job.state, job.error_code, job.error_message, job.progress = State.FAILED, code, message, 100
    job.save(update_fields=["state", "error_code", "error_message", "progress"])
    return job
