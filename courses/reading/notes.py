"""What rooms above say on a member's page of a completed course: where that was told, and whether it has arrived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from courses.models import CoursePage
from learning.organisation.models import User
from question_bank.exams.notes import Note

# Told the page, who has completed its course, and the moment. The member reads what comes back.
CourseNote = Callable[[CoursePage, User, datetime], Sequence[Note]]
_notes: list[CourseNote] = []


def add_course_note(note: CourseNote) -> None:
    """Asks the function for its lines whenever a member opens a course that they have completed; called from an app's
    `ready`. The same function twice is asked once."""
    if note not in _notes:
        _notes.append(note)


def notes_on(page: CoursePage, user: User, now: datetime) -> list[Note]:
    """The lines of all rooms, in the order in which these have announced themselves."""
    return [line for note in _notes for line in note(page, user, now)]
