"""Which banks a member may practise from, and their questions in reading order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from learning.organisation.models import Membership, User
from question_bank.questions.models import Bank, BankShare, Chapter, Question
from question_bank.questions.models.questions import QuestionQuerySet


def practice_banks(user: User, *, day: date) -> QuerySet[Bank]:
    """Banks open for practice that belong to, or are shared with, the member's unit of that day or one above
    it. Nothing for a person without a unit."""
    mine = Membership.objects.on(day).filter(user=user)
    shared = BankShare.objects.filter(
        Exists(mine.filter(unit__path__startswith=OuterRef("unit__path"))), bank=OuterRef("pk")
    )
    return Bank.objects.filter(
        Exists(mine.filter(unit__path__startswith=OuterRef("owner_unit__path"))) | Exists(shared),
        open_for_practice=True,
        archived_at=None,
    )


def practisable(banks: Collection[int], *, day: date) -> QuestionQuerySet:
    """The banks' questions that can be asked on that day."""
    return Question.objects.usable().filter(
        Q(valid_until_date=None) | Q(valid_until_date__gte=day), bank__in=banks
    )


@dataclass(frozen=True, slots=True)
class ChapterShelf:
    """A chapter as the page lists it: `depth` from 0, `questions` of itself and all below it in reading
    order, as (question id, version id)."""

    chapter: Chapter
    depth: int
    questions: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Shelves:
    """A bank's practisable questions. `questions` are all of them: chapter by chapter, then those without
    one."""

    questions: tuple[tuple[int, int], ...]
    chapters: tuple[ChapterShelf, ...]

    def within(self, chapter_id: int) -> ChapterShelf | None:
        return next((shelf for shelf in self.chapters if shelf.chapter.pk == chapter_id), None)


def shelves_of(bank: Bank, *, day: date) -> Shelves:
    """Two queries, whatever the size of the bank. Chapters without questions are left out."""
    own: dict[int | None, list[tuple[int, int]]] = {}
    rows = practisable([bank.pk], day=day).order_by("pk").values_list("pk", "current_id", "chapter_id")
    for question, version, chapter in rows:
        if version is not None:
            own.setdefault(chapter, []).append((question, version))
    below: dict[int | None, list[Chapter]] = {}
    for each in Chapter.objects.filter(bank=bank).order_by("order", "pk"):
        below.setdefault(each.parent_id, []).append(each)
    shelves = _shelves(below, own, parent=None, depth=0)
    in_chapters = [pair for shelf in shelves if shelf.depth == 0 for pair in shelf.questions]
    return Shelves((*in_chapters, *own.get(None, ())), tuple(shelf for shelf in shelves if shelf.questions))


def _shelves(
    below: dict[int | None, list[Chapter]],
    own: dict[int | None, list[tuple[int, int]]],
    *,
    parent: int | None,
    depth: int,
) -> list[ChapterShelf]:
    found = []
    for chapter in below.get(parent, ()):
        deeper = _shelves(below, own, parent=chapter.pk, depth=depth + 1)
        children = [pair for shelf in deeper if shelf.depth == depth + 1 for pair in shelf.questions]
        found += [ChapterShelf(chapter, depth, (*own.get(chapter.pk, ()), *children)), *deeper]
    return found
