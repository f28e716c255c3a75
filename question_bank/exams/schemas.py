"""The exams' JSON as outside programs see it; one source for the site's operations and the lane's."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

Answer = str | bool | list[str] | dict[str, str] | None
Mark = Annotated[str, Field(description="Points as a decimal string.", examples=["2.00"])]
Milliseconds = Annotated[int, Field(ge=0, description="Milliseconds.", examples=[1800000])]


class AttemptRef(Schema):
    id: str
    no: int
    state: Literal["in_progress", "paused", "marking", "marked", "void"]


class ExamLine(Schema):
    id: str
    title: str
    kind: Literal["practice", "mock", "formal", "resit", "daily"]
    opens_at: datetime
    closes_at: datetime
    attempts_left: int = Field(description="999 stands for as often as one likes.", examples=[3])
    state: Literal["upcoming", "open", "in_progress", "done", "closed"]
    attempts: list[AttemptRef]


class StartIn(Schema):
    password: str = Field("", max_length=200)


class SectionOut(Schema):
    id: str
    title: str
    instructions: str


class OptionOut(Schema):
    id: str
    text: str = Field(description="Sanitised HTML.")


class ItemOut(Schema):
    slot: int = Field(ge=1)
    section: str
    kind: Literal["single", "multiple", "true_false", "fill", "short", "essay", "order", "match"]
    stem: str = Field(description="Sanitised HTML.")
    options: list[OptionOut]
    left: list[OptionOut] | None = None
    blanks: int | None = None
    max_mark: Mark
    answer: Answer = None
    answer_rev: int
    active_ms: Milliseconds


class StartedOut(Schema):
    attempt: str
    token: str = Field(description="Attempt token, for the header X-Attempt-Token.")
    remaining_ms: Milliseconds
    clock_rev: int
    sections: list[SectionOut]
    items: list[ItemOut]


class OpIn(Schema):
    """`base` and `answer` only with `answer`, `flagged` with `flag`, `away_*` and `other_ms` with `away`,
    which has no slot."""

    id: str = Field(min_length=1, max_length=64, examples=["4c1f-1"])
    seq: int = Field(ge=0, examples=[1])
    kind: Literal["answer", "view", "leave", "flag", "away"]
    slot: int | None = Field(None, examples=[1])
    base: int | None = Field(
        None, ge=0, description="The slot's answer_rev last seen, 0 = none.", examples=[0]
    )
    answer: Answer = Field(None, examples=["k3f9"])
    flagged: bool | None = None
    active_ms: Milliseconds | None = None
    away_ms: Milliseconds | None = None
    other_ms: Milliseconds | None = None
    away_count: int | None = Field(None, ge=0)


class OpsIn(Schema):
    client: str = Field(
        min_length=1, max_length=64, description="One load of the player.", examples=["page-1"]
    )
    ops: list[OpIn] = Field(max_length=256)
    token: str | None = Field(
        None, description="The attempt token, where no header can be sent (sendBeacon)."
    )


class SlotOut(Schema):
    answer_rev: int
    answer: Answer = Field(None, description="Only where an op was stale: what is stored.")


class OpsOut(Schema):
    acked: list[str] = Field(description="Ops that may leave the outbox.")
    verdicts: dict[str, Literal["applied", "stale", "duplicate", "grace", "late", "invalid", "readonly"]]
    slots: dict[str, SlotOut]
    lease: Literal["held", "lost"]
    remaining_ms: Milliseconds
    clock_rev: int


class SubmitIn(OpsIn):
    reason: Literal["self", "time_up"] = "self"


class ReceiptOut(Schema):
    number: str
    submitted_at: datetime
    answered: int
    total: int
    hash: str


class StoredItemOut(Schema):
    slot: int
    answer: Answer
    answer_rev: int
    flagged: bool
    active_ms: Milliseconds


class ResultItemOut(Schema):
    slot: int
    mark: Mark | None
    key: Any = None
    explanation: str | None = None


class ResultOut(Schema):
    """As far as released."""

    score: Mark | None = None
    max: Mark | None = None
    passed: bool | None = None
    items: list[ResultItemOut]


class AttemptOut(Schema):
    state: Literal["in_progress", "paused", "marking", "marked", "void"]
    remaining_ms: Milliseconds
    clock_rev: int
    items: list[StoredItemOut]
    receipt: ReceiptOut | None = None
    result: ResultOut | None = None


class ProblemOut(Schema):
    """application/problem+json; some codes add members, such as remaining_ms."""

    code: str = Field(examples=["attempt_closed"])
    title: str
    detail: str
