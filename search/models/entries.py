"""What can be found: one row a searchable thing. Engines keep its tokens beside it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import pgettext_lazy

TITLE_LENGTH = 300
BODY_LENGTH = 50_000


class Kind(models.TextChoices):
    COURSE = "course", pgettext_lazy("kinds of hits", "课程")
    LESSON = "lesson", pgettext_lazy("kinds of hits", "课时")
    TOPIC = "topic", pgettext_lazy("kinds of hits", "专题")
    BOOK = "book", pgettext_lazy("kinds of hits", "书目")
    EXAM = "exam", pgettext_lazy("kinds of hits", "考试")
    QUESTION = "question", pgettext_lazy("kinds of hits", "试题")
    MEMBER = "member", pgettext_lazy("kinds of hits", "人员")


# Among equals the higher comes first; it stands in front of the object's id in the id of its entry, so that "by kind,
# the newest first" is the order of ids on every engine.
ORDER = {
    Kind.COURSE: 7,
    Kind.TOPIC: 6,
    Kind.LESSON: 5,
    Kind.EXAM: 4,
    Kind.BOOK: 3,
    Kind.QUESTION: 2,
    Kind.MEMBER: 1,
}
_BY_ORDER = {order: kind for kind, order in ORDER.items()}
SPAN = 10**12  # object ids are below it


def entry_id(kind: Kind, object_id: int) -> int:
    return ORDER[kind] * SPAN + object_id


def origin_of(pk: int) -> tuple[Kind, int]:
    """The kind and the object's id that an entry's id was made of."""
    order, object_id = divmod(pk, SPAN)
    return _BY_ORDER[order], object_id


class Shelf(models.Model):
    """A combination of facet values, shared by the entries that have it: counting the shelves of the hits counts every
    facet at once. `values`: {"kind": [one], "topic": […], "teacher": […], "year": […], "unit": […]}, strings as the
    screen and the URL say them (the kind as Kind's value); `key` is their hash."""

    key = models.CharField(max_length=32, unique=True)
    values = models.JSONField()

    def __str__(self) -> str:
        return self.key


class Entry(models.Model):
    """`id` is entry_id(kind, object_id). `audience`: keys of services/viewers.py; who holds one of them may find the
    entry. `digest` of all that is indexed: the same again is not written."""

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    object_id = models.BigIntegerField()
    shelf = models.ForeignKey(Shelf, on_delete=models.PROTECT, related_name="entries")
    title = models.CharField(max_length=TITLE_LENGTH)
    audience = models.JSONField(default=list)
    digest = models.CharField(max_length=32)
    indexed_at = models.DateTimeField()
    body = models.TextField(
        blank=True
    )  # plain text, at most BODY_LENGTH characters; last: rows are read without it

    def __str__(self) -> str:
        return self.title
