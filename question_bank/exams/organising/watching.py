"""The live board of an exam: who is where, from one snapshot for all viewers; nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Func, IntegerField, Q

from learning.organisation.models import User
from learning.organisation.permissions import Action, groups_allowing, scopes
from question_bank.exams.models import Attempt, AttemptClient, AttemptItem, Candidate, Exam
from question_bank.exams.models.exams import group_q

SNAPSHOT_LIFE_S = 5
OFFLINE_AFTER = timedelta(seconds=45)  # three missed polls of the player
WAITING, SITTING, OFFLINE, PAUSED, DONE, VOID, AWAY = (
    "waiting",
    "sitting",
    "offline",
    "paused",
    "done",
    "void",
    "away",
)


class JSONLength(Func):
    """How many elements a JSON list has."""

    output_field = IntegerField()

    function = "json_array_length"

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, function="jsonb_array_length", **extra)


@dataclass(frozen=True, slots=True)
class Row:
    """A candidate with the latest attempt. `standing` is one of this module's words; `left_ms` counts from the
    snapshot; `seen_at` is the last sign of life of an open attempt."""

    candidate_id: int
    number: str
    name: str
    unit: str
    unit_path: str
    candidate_state: str
    standing: str = WAITING
    attempt_id: int | None = None
    no: int = 0
    answered: int = 0
    total: int = 0
    left_ms: int = 0
    seen_at: datetime | None = None
    submitted_at: datetime | None = None
    finish_kind: str = ""
    away_count: int = 0
    away_ms: int = 0
    takeovers: int = 0
    receipt: str = ""

    @property
    def is_open(self) -> bool:
        return self.standing in (SITTING, OFFLINE, PAUSED)


@dataclass(frozen=True, slots=True)
class Board:
    """Rows in a fixed order (unit, number) as of `as_of`."""

    as_of: datetime
    rows: tuple[Row, ...]

    def counts(self) -> dict[str, int]:
        found = dict.fromkeys((WAITING, SITTING, OFFLINE, PAUSED, DONE, VOID, AWAY), 0)
        for row in self.rows:
            found[row.standing] += 1
        return found


@dataclass(frozen=True, slots=True)
class BoardFilter:
    """What of the board is shown: a standing, words in name, number or unit, and only those who left the page."""

    standing: str = ""
    words: str = ""
    left_page: bool = False

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> BoardFilter:
        standing = query.get("state", "")
        known = (WAITING, SITTING, OFFLINE, PAUSED, DONE, VOID, AWAY)
        return cls(
            standing if standing in known else "",
            query.get("q", "").strip(),
            query.get("left") == "1",
        )

    def apply(self, rows: Iterable[Row]) -> list[Row]:
        words = self.words.casefold().split()
        return [
            row
            for row in rows
            if (not self.standing or row.standing == self.standing)
            and (not self.left_page or row.away_count)
            and all(word in f"{row.name} {row.number} {row.unit}".casefold() for word in words)
        ]


def board_for(exam: Exam, *, user: User, action: Action, now: datetime) -> Board:
    """The rows that the user may see: all of an exam owned in their scope, else those of candidates below them and of
    people of their groups. The snapshot behind it is at most 5 s old and shared by all viewers."""
    key = f"exam-board:{exam.pk}"
    whole: Board | None = cache.get(key)
    # A snapshot "from the future" comes from a test's clock or a second server's; it is not trusted.
    if whole is None or not timedelta(0) <= now - whole.as_of < timedelta(seconds=SNAPSHOT_LIFE_S):
        whole = read_board(exam.pk, now=now)
        cache.set(key, whole, SNAPSHOT_LIFE_S)
    paths = scopes(user, action)
    if any(exam.owner_unit.path.startswith(path) for path in paths):
        return whole
    theirs: set[int] = set()
    if groups_allowing(user, action):
        people = Candidate.objects.filter(group_q(user, action), exam=exam)
        theirs.update(people.values_list("pk", flat=True))
    rows = tuple(
        row
        for row in whole.rows
        if row.candidate_id in theirs or any(row.unit_path.startswith(path) for path in paths)
    )
    return replace(whole, rows=rows)


def forget_board(exam_id: int) -> None:
    """After an act on the exam's attempts: whoever did it sees it at once."""
    cache.delete(f"exam-board:{exam_id}")


def read_board(exam_id: int, *, now: datetime) -> Board:
    """The whole board; four queries, whatever the number of candidates."""
    candidates = (
        Candidate.objects.filter(exam=exam_id)
        .order_by("unit__path", "user__number")
        .values_list("pk", "user__number", "user__full_name", "unit__name", "unit__path", "state")
    )
    attempts = _latest_attempts(exam_id)
    open_ids = [a["pk"] for a in attempts.values() if a["state"] in OPEN]
    answered = dict(
        AttemptItem.objects.filter(attempt__exam=exam_id, attempt__state__in=OPEN, answer__isnull=False)
        .values_list("attempt")
        .annotate(n=Count("pk"))
        if open_ids
        else ()
    )
    clients = dict(
        AttemptClient.objects.filter(attempt__exam=exam_id).values_list("attempt").annotate(n=Count("pk"))
        if attempts
        else ()
    )
    rows = []
    for pk, number, name, unit, path, state in candidates:
        row = Row(pk, number, name, unit, path, state)
        attempt = attempts.get(pk)
        if attempt is not None:
            row = _with_attempt(row, attempt, answered, clients, now)
        elif state != Candidate.State.ELIGIBLE:
            row = replace(row, standing=AWAY)
        rows.append(row)
    return Board(now, tuple(rows))


OPEN = (Attempt.State.IN_PROGRESS, Attempt.State.PAUSED)


def _latest_attempts(exam_id: int) -> dict[int, dict[str, Any]]:
    rows = (
        Attempt.objects.filter(exam=exam_id)
        .order_by("no")
        .annotate(total=JSONLength("paper"))
        .values(
            "pk", "candidate_id", "no", "state", "total", "started_at", "deadline_at", "accept_until", "paused_at",
            "submitted_at", "finish_kind", "answered", "receipt_number", "away_count", "away_ms",
            "presence__last_seen_at",
        )
    )  # fmt: skip
    latest: dict[int, dict[str, Any]] = {}
    for row in rows:
        latest[row["candidate_id"]] = dict(row)
    return latest


def _with_attempt(
    row: Row,
    attempt: Mapping[str, Any],
    answered: Mapping[int, int],
    clients: Mapping[int, int],
    now: datetime,
) -> Row:
    is_open = attempt["state"] in OPEN
    seen_at = attempt["presence__last_seen_at"] or attempt["started_at"]
    left = attempt["deadline_at"] - (attempt["paused_at"] or now)
    return replace(
        row,
        standing=_standing(attempt, seen_at, now),
        attempt_id=attempt["pk"],
        no=attempt["no"],
        answered=answered.get(attempt["pk"], 0) if is_open else attempt["answered"] or 0,
        total=attempt["total"],
        left_ms=max(0, left // timedelta(milliseconds=1)) if is_open else 0,
        seen_at=seen_at if is_open else None,
        submitted_at=None if is_open else attempt["submitted_at"],
        finish_kind="" if is_open else attempt["finish_kind"],
        away_count=attempt["away_count"],
        away_ms=attempt["away_ms"],
        takeovers=max(0, clients.get(attempt["pk"], 0) - 1),
        receipt="" if is_open else attempt["receipt_number"],
    )


def _standing(attempt: Mapping[str, Any], seen_at: datetime, now: datetime) -> str:
    match attempt["state"]:
        case Attempt.State.PAUSED:
            return PAUSED
        case Attempt.State.VOID:
            return VOID
        case Attempt.State.IN_PROGRESS:
            return OFFLINE if now - seen_at > OFFLINE_AFTER else SITTING
        case _:
            return DONE


def chosen(rows: Sequence[Row], wanted: Iterable[str]) -> list[Row]:
    """Those rows whose candidate id is among the ids a form sent; what is not a number or not on the board is left
    out."""
    ids = {int(each) for each in wanted if each.isdecimal() and len(each) <= 18}
    return [row for row in rows if row.candidate_id in ids]


def sitting_now(exams: Any, user: User) -> dict[int, int]:
    """How many attempts are open that the user may watch, by exam id."""
    rows = (
        Attempt.objects.allowing(user, Action.EXAM_MONITOR)
        .filter(exam__in=exams)
        .values_list("exam")
        .annotate(n=Count("pk", filter=Q(state__in=OPEN)))
    )
    return dict(rows)
