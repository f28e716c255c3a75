"""What teachers gave back: told wherever the member passes by, until it is handed in again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import BooleanField, Exists, F, OuterRef, Value
from django.urls import reverse

from courses.models import Reflection
from learning.organisation.models import TrainingClass, User
from learning.study.models import Activity

from .tasks import asked_by_classes, key_of_part


@dataclass(frozen=True, slots=True)
class Returned:
    """A reflection that waits for its author; `key` is that of the lesson's part it was written for, or ""."""

    task_id: int
    title: str
    key: str = ""

    @property
    def url(self) -> str:
        return reverse("reflection", args=[self.task_id])


def any_returned(user: User) -> Exists:
    """Whether there is anything to ask `returned_in` for; goes along with another query, since most have nothing."""
    return Exists(Reflection.objects.filter(user=user, state=Reflection.State.RETURNED))


def returned_in(*, user: User, lessons: Iterable[Activity]) -> dict[str, Returned]:
    """What was returned of the reflections that these lessons ask for, by the key of the part (key_of_part); no query
    where they ask for none, else one."""
    wanted = _parts_of(lessons)
    if not wanted:
        return {}
    rows = Reflection.objects.filter(user=user, state=Reflection.State.RETURNED, task__key__in=wanted)
    found = rows.order_by("pk").values_list("task", "task__title", "task__key")
    return {key: Returned(task, title, key) for task, title, key in found}


def classes_and_returned(
    *, user: User, lessons: Iterable[Activity]
) -> tuple[list[tuple[int, str]], list[Returned]]:
    """Id and name of the running classes of the user, and what was returned and can still be written: asked by one of
    them or by one of the lessons, which are those open to the user. One query, for a page that counts them."""
    yes, no = (Value(each, output_field=BooleanField()) for each in (True, False))
    running = TrainingClass.objects.of_member(user).filter(state=TrainingClass.State.RUNNING)
    given_back = Reflection.objects.filter(user=user, state=Reflection.State.RETURNED)
    classes = running.order_by().annotate(own=yes, key=F("code"), asked=yes)
    texts = given_back.order_by().annotate(
        own=no, asked=Exists(asked_by_classes(user).filter(pk=OuterRef("task")))
    )
    rows = classes.values_list("own", "pk", "name", "key", "asked").union(
        texts.values_list("own", "task", "task__title", "task__key", "asked"), all=True
    )
    found = sorted(rows)
    open_parts = _parts_of(lessons)
    return (
        [(pk, name) for own, pk, name, _code, _asked in found if own],
        [
            Returned(task, title, key)
            for own, task, title, key, asked in found
            if not own and (asked or key in open_parts)
        ],
    )


def _parts_of(lessons: Iterable[Activity]) -> set[str]:
    return {
        key_of_part(lesson, str(part["key"]))
        for lesson in lessons
        for part in lesson.parts
        if part["kind"] == "reflection"
    }
