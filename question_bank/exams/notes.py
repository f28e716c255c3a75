"""What rooms above say beside a member's handed-in attempt: where its score went, and whether it has arrived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .models import Attempt


@dataclass(frozen=True, slots=True)
class Note:
    """A quiet line on receipt and result, one full sentence. `kind` is its icon; the words say everything."""

    text: str
    kind: Literal["success", "info", "warning"] = "info"


# Told the attempt (with exam and candidate) and the moment. The member reads what comes back.
ResultNote = Callable[[Attempt, datetime], Sequence[Note]]
_notes: list[ResultNote] = []


def add_result_note(note: ResultNote) -> None:
    """Asks the function for its lines whenever a member opens a receipt or a result; called from an app's `ready`. The
    same function twice is asked once."""
    if note not in _notes:
        _notes.append(note)


def notes_on(attempt: Attempt, now: datetime) -> list[Note]:
    """The lines of all rooms, in the order in which these have announced themselves."""
    return [line for note in _notes for line in note(attempt, now)]
