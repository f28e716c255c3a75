"""Rows of the grade outbox are claimed, together with what they are to say at this moment.

A claim takes the latest open row of a column and person and closes the older ones; its timestamp is written before
anything is sent, so that whoever comes after a killed worker uses a later one. A claim that has run out is anybody's:
its first holder can write nothing any more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Field
from django.utils import translation
from django.utils.translation import gettext as _

from learning.organisation.rows import write
from lti.core import ags, claims
from lti.core.dialects import dialect_of
from lti.models import GradeDelivery, Platform

from .outbox import put_one
from .outcomes import Outcome, Seat, Told, Unreleased, outcomes

State, Cause = GradeDelivery.State, GradeDelivery.Cause

CLAIM = timedelta(minutes=5)
LAST_MINUTE = timedelta(
    minutes=1
)  # of a claim: what has not begun by then is left to the next; a call takes less
SECOND = timedelta(seconds=1)
# Hundreds of rows a second: by bulk_update most of the time went into putting the statement together.
_FIELDS: list[Field[Any, Any]] = [
    GradeDelivery._meta.get_field(name)  # type: ignore[misc]  # columns of ours
    for name in (
        "state", "cause", "next_try_at", "tries", "score", "maximum", "comment", "timestamp", "sent_at", "status", "answer",
    )
]  # fmt: skip
_SETS = ", ".join(f"{field.column} = %s" for field in _FIELDS)
_UPDATE = f"UPDATE lti_gradedelivery SET {_SETS} WHERE id = %s"  # noqa: S608 — columns of ours


def _value(field: Field[Any, Any], row: GradeDelivery) -> Any:
    return field.get_db_prep_save(getattr(row, field.attname), connection)


@dataclass(frozen=True, slots=True)
class Letter:
    """One claimed row with all that is needed to tell it. `body` has no scoreGiven where a cell is to be emptied; then
    `again_at` may say when the score can be told once more."""

    delivery: int
    claimed_until: datetime
    line_item: int
    column: str
    scopes: frozenset[str]
    person: int
    sub: str
    score: Decimal | None
    maximum: Decimal | None
    body: dict[str, Any]
    tries: int
    refused_as_old: int
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What a claim brought: letters to send, of how many rows that were looked at."""

    letters: list[Letter]
    looked_at: int


def take(platform: Platform, *, limit: int, now: datetime) -> Taken:
    """Claims up to `limit` due rows of the platform. Those that have nothing to tell, or not yet, are settled here."""
    letters = []
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
        # The person's row is locked as well: two claims never look at the same column and person at once.
        chosen = list(
            GradeDelivery.objects.due(now)
            .filter(line_item__context__platform=platform)
            .select_related("person")
            .select_for_update(of=("self", "person"), skip_locked=True, no_key=True)
            .order_by("next_try_at", "pk")[:limit]
        )
        files = [file for file in _files(chosen) if not file.under_way(now)]
        told = outcomes({file.seat for file in files}, now=now)
        changed: list[GradeDelivery] = []
        for file in files:
            letter = _settle(file, told[file.seat], platform, now)
            changed += [file.row, *file.close_older()]
            letters += [letter] if letter else []
        # Older rows are closed before a new one is under way: there is never a second.
        changed.sort(key=lambda row: row.state == State.SENDING)
        write(_UPDATE, [[*(_value(field, row) for field in _FIELDS), row.pk] for row in changed])
    return Taken(letters, len(chosen))


class _File:
    """All that matters of one column and person: open rows, failed ones, and what was sent."""

    def __init__(self, rows: Sequence[GradeDelivery]) -> None:
        self.rows = rows
        self.row = max((r for r in rows if r.state in GradeDelivery.OPEN), key=lambda r: r.sequence)
        self.seat = Seat.at(self.row.line_item, self.row.person.user_id)

    def under_way(self, now: datetime) -> bool:
        return any(r.state == State.SENDING and r.next_try_at and r.next_try_at > now for r in self.rows)

    def close_older(self) -> list[GradeDelivery]:
        older = [r for r in self.rows if r is not self.row and r.state in (*GradeDelivery.OPEN, State.FAILED)]
        for row in older:
            row.state, row.next_try_at = State.SUPERSEDED, None
        return older

    def last_timestamp(self) -> datetime | None:
        return max((r.timestamp for r in self.rows if r.timestamp), default=None)

    def last_told(self) -> GradeDelivery | None:
        """The latest that the platform has, or may have: of a try without an answer nobody knows."""
        told = [r for r in self.rows if r.timestamp and r.state != State.FAILED]
        return max(told, key=lambda r: r.timestamp or r.created_at, default=None)

    def may_hold_a_score(self) -> bool:
        """Whether the cell may be filled: by what was taken last, or by a later try of which nobody knows."""
        told = [r for r in self.rows if r.timestamp and r.state != State.FAILED]
        for row in sorted(told, key=lambda r: r.timestamp or r.created_at, reverse=True):
            if row.state == State.SENT or row.score is not None:
                return row.score is not None
        return False

    def asked_again(self) -> bool:
        return any(r.cause == Cause.RESENT for r in self.rows if r.state in GradeDelivery.OPEN)

    def compares_seconds(self) -> bool:
        return any(r.refused_as_old for r in self.rows)


def _files(chosen: Sequence[GradeDelivery]) -> list[_File]:
    pairs = {(row.line_item_id, row.person_id) for row in chosen}
    if not pairs:
        return []
    # Read anew, now that nobody else can be claiming them.
    rows = GradeDelivery.objects.filter(
        line_item__in={column for column, _person in pairs}, person__in={person for _column, person in pairs}
    ).select_related("line_item__context", "person")
    by_pair: dict[tuple[int, int], list[GradeDelivery]] = defaultdict(list)
    for row in rows:
        if (row.line_item_id, row.person_id) in pairs:
            by_pair[row.line_item_id, row.person_id].append(row)
    return [_File(rows) for rows in by_pair.values() if any(r.state in GradeDelivery.OPEN for r in rows)]


def _settle(file: _File, outcome: Outcome, platform: Platform, now: datetime) -> Letter | None:
    """Decides what becomes of the file's row; the letter if something is to be told."""
    row, last = file.row, file.last_told()
    context = row.line_item.context
    if claims.SCOPE_SCORE not in context.scopes:
        _end(row, State.FAILED, _("平台没有允许本站写入成绩（缺少 score 权限）。"))
        return None
    if file.asked_again():
        row.cause = Cause.RESENT
    if isinstance(outcome, Told) and outcome.maximum <= 0:
        _end(row, State.SUPERSEDED, _("没有可发送的成绩。"))  # a paper without points
        return None
    if isinstance(outcome, Told):
        same = last is not None and last.state == State.SENT and row.cause != Cause.RESENT
        if same and last is not None and _content(last) == (outcome.score, outcome.maximum, outcome.comment):
            row.score, row.maximum, row.comment = outcome.score, outcome.maximum, outcome.comment
            row.timestamp, row.sent_at, row.status = last.timestamp, last.sent_at, last.status
            _end(row, State.SENT, _("与上次发送的相同，未再发送。"))
            return None
        return _letter(file, outcome, platform, now)
    if row.timestamp and row.score is not None:
        # What this row told may have arrived. It stays as it is, and another one empties the cell.
        put_one(
            line_item_id=row.line_item_id, person_id=row.person_id, cause=Cause.TAKEN_BACK, at=now, now=now
        )
        _end(row, State.SUPERSEDED, "")
        return None
    if file.may_hold_a_score():
        return _letter(file, outcome, platform, now)
    if isinstance(outcome, Unreleased):
        row.state, row.next_try_at = State.WAITING, outcome.until
        return None
    _end(row, State.SUPERSEDED, _("没有可发送的成绩。"))
    return None


def _content(row: GradeDelivery) -> tuple[Decimal | None, Decimal | None, str]:
    return row.score, row.maximum, row.comment


def _end(row: GradeDelivery, state: GradeDelivery.State, words: str) -> None:
    row.state, row.next_try_at, row.answer = state, None, words


def _letter(file: _File, outcome: Outcome, platform: Platform, now: datetime) -> Letter | None:
    row, column = file.row, file.row.line_item
    ahead = timedelta(seconds=platform.clock_ahead_s or 0)
    seconds = dialect_of(platform.dialect).score_seconds or file.compares_seconds()
    step = SECOND if seconds else ags.TICK
    timestamp = ags.next_timestamp(now=now, last=file.last_timestamp(), platform_offset=ahead, step=step)
    sendable_at = timestamp - min(ahead, timedelta(0))
    if sendable_at > now:
        # The platform's clock is not there yet: a timestamp from its future would block all later ones.
        row.state, row.next_try_at = State.PENDING, sendable_at
        return None
    told = outcome if isinstance(outcome, Told) else None
    row.score, row.maximum = (told.score, told.maximum) if told else (None, None)
    row.comment = told.comment if told else ""
    row.timestamp, row.tries = timestamp.astimezone(UTC), row.tries + 1
    row.state, row.next_try_at = State.SENDING, now + CLAIM
    body = ags.score_body(
        user_id=file.row.person.sub,
        score=row.score,
        maximum=row.maximum or column.maximum,
        timestamp=timestamp,
        activity=ags.ActivityProgress.COMPLETED if told else ags.ActivityProgress.SUBMITTED,
        grading=ags.GradingProgress.FULLY_GRADED if told else ags.GradingProgress.NOT_READY,
        comment=row.comment,
        submitted_at=told.submitted_at if told else None,
        started_at=told.started_at if told else None,
    )
    return Letter(
        delivery=row.pk,
        claimed_until=row.next_try_at,
        line_item=column.pk,
        column=column.url,
        scopes=frozenset(column.context.scopes),
        person=row.person_id,
        sub=row.person.sub,
        score=row.score,
        maximum=row.maximum,
        body=body,
        tries=row.tries,
        refused_as_old=row.refused_as_old,
        again_at=outcome.until if isinstance(outcome, Unreleased) else None,
    )
