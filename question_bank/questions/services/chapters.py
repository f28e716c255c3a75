"""The chapter tree of a bank. `full_name` of a chapter and all below it is written here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Q

from learning.organisation.models import User
from learning.organisation.permissions import Action
from learning.organisation.services.audit import record
from question_bank.questions.errors import BadName, BadPlace, NameTaken, StillUsed
from question_bank.questions.models import Bank, Chapter
from question_bank.questions.signals import chapters_changed

from .references import is_referenced, repoint
from .rights import require

NAME_LENGTH = 80
FULL_NAME_LENGTH = 400


def chapter_names(path: str | Sequence[str]) -> tuple[str, ...]:
    """The clean names of a path such as "党章/总纲"; too long ones are cut, empty ones left out."""
    parts = path.split("/") if isinstance(path, str) else [part.replace("/", "／") for part in path]
    names = [part.strip()[:NAME_LENGTH].strip() for part in parts]
    return tuple(name for name in names if name)


def ensure_chapter(*, bank: Bank, path: str | Sequence[str]) -> Chapter | None:
    """The chapter at the path, made with all above it where missing; None for an empty path. Raises BadName when the
    whole is too long."""
    parent: Chapter | None = None
    for name in chapter_names(path):
        full_name = f"{parent.full_name}/{name}" if parent else name
        if len(full_name) > FULL_NAME_LENGTH:
            raise BadName
        chapter = Chapter.objects.filter(bank=bank, full_name=full_name).first()
        parent = chapter or Chapter.objects.create(
            bank=bank, parent=parent, name=name, full_name=full_name, order=_next_order(bank, parent)
        )
    return parent


def subtree(chapter: Chapter) -> Q:
    """A filter for the chapter itself and all chapters below it."""
    return Q(bank=chapter.bank_id) & (Q(pk=chapter.pk) | Q(full_name__startswith=chapter.full_name + "/"))


def add_chapter(*, bank: Bank, parent: Chapter | None, name: str, by: User, now: datetime) -> Chapter:
    """A new chapter below `parent` (None = at the top); raises BadName, NameTaken, BadPlace."""
    require(by, Action.BANK_EDIT, bank)
    if parent is not None and parent.bank_id != bank.pk:
        raise BadPlace
    with transaction.atomic():
        full_name = _free_name(bank, parent, name)
        chapter = Chapter.objects.create(
            bank=bank,
            parent=parent,
            name=full_name.rsplit("/", 1)[-1],
            full_name=full_name,
            order=_next_order(bank, parent),
        )
        _audit("chapter.add", chapter, by, now)
    return chapter


def rename_chapter(*, chapter: Chapter, name: str, by: User, now: datetime) -> Chapter:
    require(by, Action.BANK_EDIT, chapter.bank)
    return _replace(chapter, chapter.parent, name, "chapter.rename", by, now)


def move_chapter(*, chapter: Chapter, parent: Chapter | None, by: User, now: datetime) -> Chapter:
    """Puts the chapter with all below it under `parent`; raises BadPlace for a place below itself or in another bank."""
    require(by, Action.BANK_EDIT, chapter.bank)
    if parent is not None and (
        parent.bank_id != chapter.bank_id or Chapter.objects.filter(subtree(chapter), pk=parent.pk).exists()
    ):
        raise BadPlace
    return _replace(chapter, parent, chapter.name, "chapter.move", by, now)


def merge_chapter(*, chapter: Chapter, into: Chapter, by: User, now: datetime) -> Chapter:
    """Moves questions, lower chapters and quota cells of `chapter` to `into` and removes it; lower chapters with one name
    are merged too. Returns `into`."""
    require(by, Action.BANK_EDIT, chapter.bank)
    if into.bank_id != chapter.bank_id or Chapter.objects.filter(subtree(chapter), pk=into.pk).exists():
        raise BadPlace
    with transaction.atomic():
        _audit("chapter.merge", chapter, by, now, into=into.full_name)
        _merge(chapter, into)
        chapters_changed.send(Chapter, chapter_ids=[into.pk], now=now)
    return into


def delete_chapter(*, chapter: Chapter, by: User, now: datetime) -> None:
    """Removes an empty chapter; raises StillUsed when a question, a chapter or a quota cell points at it."""
    require(by, Action.BANK_EDIT, chapter.bank)
    with transaction.atomic():
        if is_referenced(chapter):
            raise StillUsed
        _audit("chapter.delete", chapter, by, now)
        chapter.delete()


def in_tree_order(chapters: Sequence[Chapter]) -> list[tuple[int, Chapter]]:
    """(depth from 0, chapter) with children after their parent, siblings by order and name."""
    children: dict[int | None, list[Chapter]] = {}
    for chapter in sorted(chapters, key=lambda chapter: (chapter.order, chapter.name)):
        children.setdefault(chapter.parent_id, []).append(chapter)
    found: list[tuple[int, Chapter]] = []
    waiting = [(0, chapter) for chapter in reversed(children.get(None, []))]
    while waiting:
        depth, chapter = waiting.pop()
        found.append((depth, chapter))
        waiting += [(depth + 1, child) for child in reversed(children.get(chapter.pk, []))]
    return found


def _merge(chapter: Chapter, into: Chapter) -> None:
    for child in Chapter.objects.filter(parent=chapter):
        twin = Chapter.objects.filter(bank=into.bank_id, full_name=f"{into.full_name}/{child.name}").first()
        if twin:
            _merge(child, twin)
        else:
            _rewrite(child, into, f"{into.full_name}/{child.name}")
    repoint(chapter, into)
    chapter.delete()


def _replace(
    chapter: Chapter, parent: Chapter | None, name: str, action: str, by: User, now: datetime
) -> Chapter:
    with transaction.atomic():
        old = chapter.full_name
        full_name = _free_name(chapter.bank, parent, name, but=chapter)
        if full_name != old:
            _rewrite(chapter, parent, full_name)
            chapters_changed.send(Chapter, chapter_ids=[chapter.pk], now=now)
            _audit(action, chapter, by, now, before=old)
    return chapter


def _rewrite(chapter: Chapter, parent: Chapter | None, full_name: str) -> None:
    below = list(Chapter.objects.filter(bank=chapter.bank_id, full_name__startswith=chapter.full_name + "/"))
    for each in below:
        each.full_name = full_name + each.full_name[len(chapter.full_name) :]
        if len(each.full_name) > FULL_NAME_LENGTH:
            raise BadName
    if parent and chapter.parent_id != parent.pk:
        chapter.order = _next_order(chapter.bank, parent)
    chapter.parent, chapter.full_name, chapter.name = parent, full_name, full_name.rsplit("/", 1)[-1]
    chapter.save(update_fields=["parent", "full_name", "name", "order"])
    Chapter.objects.bulk_update(below, ["full_name"], batch_size=200)


def _free_name(bank: Bank, parent: Chapter | None, name: str, *, but: Chapter | None = None) -> str:
    name = name.strip().replace("/", "／")
    full_name = f"{parent.full_name}/{name}" if parent else name
    if not name or len(name) > NAME_LENGTH or len(full_name) > FULL_NAME_LENGTH:
        raise BadName
    taken = Chapter.objects.filter(bank=bank, full_name=full_name)
    if taken.exclude(pk=but.pk if but else 0).exists():
        raise NameTaken
    return full_name


def _next_order(bank: Bank, parent: Chapter | None) -> int:
    last = Chapter.objects.filter(bank=bank, parent=parent).aggregate(last=Max("order"))["last"]
    return 0 if last is None else last + 1


def _audit(action: str, chapter: Chapter, by: User, now: datetime, **data: str) -> None:
    record(actor=by, action=action, obj=chapter, unit=chapter.bank.owner_unit, data=data, now=now)
