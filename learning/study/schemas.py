"""Study's JSON as outside programs see it; one source for the site's operations and the lane's."""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

Milliseconds = Annotated[
    float, Field(ge=0, description="Milliseconds since the session began, in all.", examples=[15000])
]
Seconds = Annotated[float, Field(ge=0, description="Seconds of the recording.")]


class OpenIn(Schema):
    activity: str = Field(max_length=20, description="A lesson.", examples=["1"])
    tab: str = Field(
        min_length=1,
        max_length=64,
        pattern=r"^[\x21-\x7e]+$",
        description="New for every load.",
        examples=["tab-1"],
    )


class OpenedOut(Schema):
    session: str
    token: str = Field(description="Study token, for the header X-Study-Token.")


class BeatIn(Schema):
    seq: int = Field(ge=0, description="Rises with every beat; one seen before adds nothing.", examples=[1])
    elapsed_ms: Milliseconds
    active_ms: Milliseconds
    visible_ms: Milliseconds | None = None
    media: list[tuple[Seconds, Seconds]] | None = Field(
        None,
        max_length=256,
        description="What was played, [from, to] each; again does no harm.",
        examples=[[[0, 14.5]]],
    )
    part: str | None = Field(
        None, max_length=40, description="Which part `media` and `position` are of; the first, if none."
    )
    rate: float | None = Field(None, gt=0, le=16, examples=[1.5])
    read: dict[str, list[float]] | None = Field(
        None, description="Part → active milliseconds per block or page since the session began, in all."
    )
    position: Seconds | None = Field(None, description="Where to resume.")
    late: bool = Field(False, description="Kept while offline and sent now.", examples=[False])
    token: str | None = Field(None, description="The study token, where no header can be sent (sendBeacon).")


class BeatOut(Schema):
    credited_ms: int = Field(description="Study time credited to this session, in all.")
    coverage: float = Field(description="0 to 1, of what the lesson requires.")
    completed: bool
    lease: Literal["held", "lost"] = Field(
        description="Lost: another page of the same person was opened later."
    )


class ProblemOut(Schema):
    """application/problem+json."""

    code: str = Field(examples=["not_open"])
    title: str
    detail: str
