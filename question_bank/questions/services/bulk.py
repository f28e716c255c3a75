"""One act on many questions of a listing; rows the person has no right to are left alone."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.db import transaction
from django.db.models import F, Q

from learning.organisation.models import User
from learning.organisation.permissions import Action
from learning.organisation.services.audit import record
from question_bank.questions.errors import BadPlace
from question_bank.questions.models import Bank, Chapter, Question, QuestionVersion
from question_bank.questions.models.questions import QuestionQuerySet
from question_bank.questions.signals import questions_changed


def place_in_chapter(*, question_ids: Collection[int], chapter: Chapter, by: User, now: datetime) -> int:
    """How many questions now stand in the chapter; those of other banks are not touched."""
    with transaction.atomic():
        rows = _rows(question_ids, by, Action.BANK_EDIT).filter(bank=chapter.bank_id)
        return _acted("question.place", rows, by, now, lambda found: found.update(chapter=chapter))


def set_difficulty(*, question_ids: Collection[int], difficulty: int, by: User, now: datetime) -> int:
    """How many questions now have the difficulty (1–5)."""
    if difficulty not in Question.Difficulty.values:
        raise BadPlace
    with transaction.atomic():
        rows = _rows(question_ids, by, Action.BANK_EDIT)
        return _acted("question.difficulty", rows, by, now, lambda found: found.update(difficulty=difficulty))


def set_ready_many(*, question_ids: Collection[int], by: User, now: datetime) -> int:
    """How many drafts became ready; they were judged sound when they were saved."""
    with transaction.atomic():
        rows = _rows(question_ids, by, Action.BANK_REVIEW).filter(
            latest__status=QuestionVersion.Status.DRAFT, retired_at=None
        )

        def make_ready(found: QuestionQuerySet) -> None:
            versions = found.values_list("latest", flat=True)
            QuestionVersion.objects.filter(pk__in=list(versions)).update(status=QuestionVersion.Status.READY)
            found.update(current=F("latest"))

        return _acted("question.ready", rows, by, now, make_ready)


def retire_many(*, question_ids: Collection[int], by: User, now: datetime) -> int:
    """How many questions were taken out of new exams."""
    with transaction.atomic():
        editable = Bank.objects.allowing(by, Action.BANK_EDIT)
        reviewable = Bank.objects.allowing(by, Action.BANK_REVIEW)
        rows = Question.objects.filter(
            Q(bank__in=reviewable) | Q(bank__in=editable, current=None), pk__in=question_ids, retired_at=None
        )
        return _acted("question.retire", rows, by, now, lambda found: found.update(retired_at=now))


def _rows(question_ids: Collection[int], by: User, action: Action) -> QuestionQuerySet:
    rows: QuestionQuerySet = Question.objects.allowing(by, action).filter(pk__in=question_ids)
    return rows


def _acted(
    action: str, rows: QuestionQuerySet, by: User, now: datetime, act: Callable[[QuestionQuerySet], object]
) -> int:
    """Locks the rows, lets `act` change them and writes one audit entry a bank."""
    touched = sorted(rows.select_for_update(of=("self",)).values_list("bank", "pk"))
    everything = [pk for _bank, pk in touched]
    act(Question.objects.filter(pk__in=everything))
    questions_changed.send(Question, question_ids=everything, now=now)
    banks = Bank.objects.select_related("owner_unit").in_bulk({bank for bank, _pk in touched})
    for bank_id, group in groupby(touched, key=itemgetter(0)):
        ids = [pk for _bank, pk in group]
        bank = banks[bank_id]
        record(actor=by, action=action, obj=bank, unit=bank.owner_unit, data={"questions": ids}, now=now)
    return len(touched)
