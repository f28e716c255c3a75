"""What the reports' interface answers, for OpenAPI and for whoever reads it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Schema


class ActivityOut(Schema):
    id: str
    title: str
    active_ms: int
    coverage: float
    completed_at: datetime | None


class StudyOut(Schema):
    active_ms: int
    first_at: datetime | None
    last_at: datetime | None
    days: int
    credit_hours: str
    target: int
    activities: list[ActivityOut]


class ItemOut(Schema):
    slot: int
    version: str
    first_view_at: datetime | None
    first_answer_at: datetime | None
    last_answer_at: datetime | None
    active_ms: int | None
    changes: int
    answer: Any
    correct: bool | None
    mark: str | None
    max_mark: str
    median_ms: int | None


class AttemptReportOut(Schema):
    exam: str
    title: str
    no: int
    started_at: datetime
    submitted_at: datetime | None
    used_ms: int | None
    active_ms: int | None
    away_ms: int | None
    score: str | None
    max: str
    passed: bool | None
    items: list[ItemOut]


class MemberOut(Schema):
    as_of: datetime
    number: str
    name: str
    unit: str | None
    study: StudyOut
    attempts: list[AttemptReportOut]


class UnitOut(Schema):
    """Counts of candidates; `rate` and the pass rates are shares (0 to 1), mean and median points as decimal strings."""

    as_of: datetime
    id: str
    unit: str
    due: int
    sat: int
    absent: int
    exempt: int
    rate: float | None
    passed: int
    pass_rate_sat: float | None
    pass_rate_due: float | None
    mean: str | None
    median: str | None
    children: list[UnitOut]
