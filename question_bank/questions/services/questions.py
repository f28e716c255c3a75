"""Questions: made, edited by adding versions, reviewed, retired, restored. A saved version's content never changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from learning.organisation.models import User
from learning.organisation.permissions import Action
from learning.organisation.services.audit import record
from question_bank.questions.content import (
    Placement,
    QuestionContent,
    cleaned,
    content_of,
    fingerprint_of,
    key_fingerprint_of,
    problems_of,
)
from question_bank.questions.errors import BadPlace, DuplicateQuestion, EditConflict, InvalidQuestion
from question_bank.questions.models import Bank, Question, QuestionVersion

from .rights import granted_status, holds, require

Status = QuestionVersion.Status


@dataclass(frozen=True)
class Edited:
    """`version` is the question's newest one; `made` says whether this edit made it."""

    question: Question
    version: QuestionVersion
    made: bool


def create_question(
    *,
    bank: Bank,
    by: User | None,
    content: QuestionContent,
    status: str = Status.DRAFT,
    place: Placement | None = None,
    change_note: str = "",
    now: datetime,
) -> Question:
    """A question with its first version; ready only where `by` may review, otherwise a draft.

    Raises NotAllowed, InvalidQuestion, DuplicateQuestion, BadPlace.
    """
    require(by, Action.BANK_EDIT, bank)
    content, place = _sound(content), place or Placement()
    with transaction.atomic():
        question = Question(bank=bank, created_by=by)
        _mark(question, content)
        _put(question, place)
        _save_or_duplicate(question)
        question.knowledge_points.set(place.knowledge_points)
        granted = granted_status(by, bank, status)
        _add_version(question, 1, content, status=granted, note=change_note, by=by, now=now)
    return question


def edit_question(
    *,
    question_id: int,
    by: User | None,
    content: QuestionContent,
    status: str = Status.DRAFT,
    place: Placement | None = None,
    change_note: str = "",
    base_no: int | None = None,
    now: datetime,
) -> Edited:
    """Adds a version where the content differs from the newest one; `place` (None = leave) changes without a version.

    A version asked ready by a person who may review becomes what exams draw at once; otherwise the draft waits and the
    ready version before it stays in use. `base_no` is the version the editor saw. Raises NotAllowed, InvalidQuestion,
    DuplicateQuestion, EditConflict, BadPlace.
    """
    content = _sound(content)
    with transaction.atomic():
        question = _locked(question_id)
        require(by, Action.BANK_EDIT, question.bank)
        latest = question.latest
        if latest is None or (base_no is not None and latest.no != base_no):
            raise EditConflict
        granted = granted_status(by, question.bank, status)
        made = content != content_of(latest)
        _mark(question, content)
        if place is not None:
            _put(question, place)
        _save_or_duplicate(question)
        if place is not None:
            question.knowledge_points.set(place.knowledge_points)
        if made:
            latest = _add_version(
                question, latest.no + 1, content, status=granted, note=change_note, by=by, now=now
            )
        elif granted == Status.READY and latest.status == Status.DRAFT:
            _make_current(question, latest)
    return Edited(question, latest, made)


def set_ready(*, question_id: int, by: User | None, seen_no: int | None = None, now: datetime) -> Question:
    """Lets exams draw the newest version; `seen_no` is the one the reviewer read (None = whichever it is).
    Raises NotAllowed, InvalidQuestion, EditConflict."""
    with transaction.atomic():
        question = _locked(question_id)
        require(by, Action.BANK_REVIEW, question.bank)
        latest = question.latest
        if latest is None or (seen_no is not None and latest.no != seen_no):
            raise EditConflict
        if latest.status != Status.READY:
            _sound(content_of(latest))
            _make_current(question, latest)
            _audit("question.ready", question, by, now, version=latest.no)
    return question


def retire(*, question_id: int, by: User | None, now: datetime) -> Question:
    """Takes the question out of new exams; those published keep it. An author may drop a question that never was ready.
    Raises NotAllowed."""
    with transaction.atomic():
        question = _locked(question_id)
        own_draft = question.current_id is None
        require(
            by,
            Action.BANK_EDIT if own_draft and not _reviews(by, question) else Action.BANK_REVIEW,
            question.bank,
        )
        if question.retired_at is None:
            question.retired_at = now
            question.save(update_fields=["retired_at"])
            _audit("question.retire", question, by, now)
    return question


def restore(*, question_id: int, by: User | None, now: datetime) -> Question:
    """Brings a retired question back as it was. Raises NotAllowed, DuplicateQuestion."""
    with transaction.atomic():
        question = _locked(question_id)
        require(by, Action.BANK_REVIEW, question.bank)
        if question.retired_at is not None:
            question.retired_at = None
            _save_or_duplicate(question)
            _audit("question.restore", question, by, now)
    return question


def _locked(question_id: int) -> Question:
    locked: Question = (
        Question.objects.select_for_update(of=("self",))
        .select_related("bank__owner_unit", "latest")
        .get(pk=question_id)
    )
    return locked


def _reviews(by: User | None, question: Question) -> bool:
    return holds(by, Action.BANK_REVIEW, question.bank)


def _sound(content: QuestionContent) -> QuestionContent:
    content = cleaned(content)
    fatal = [problem for problem in problems_of(content) if problem.fatal]
    if fatal:
        raise InvalidQuestion(fatal)
    return content


def _mark(question: Question, content: QuestionContent) -> None:
    question.fingerprint, question.key_fingerprint = fingerprint_of(content), key_fingerprint_of(content)


def _put(question: Question, place: Placement) -> None:
    strangers = [point for point in place.knowledge_points if point.bank_id != question.bank_id]
    if strangers or (place.chapter is not None and place.chapter.bank_id != question.bank_id):
        raise BadPlace
    question.chapter, question.difficulty = place.chapter, place.difficulty
    question.tags, question.valid_until_date = list(place.tags), place.valid_until_date


def _save_or_duplicate(question: Question) -> None:
    try:
        with transaction.atomic():
            question.save()
    except IntegrityError as error:
        twin = Question.objects.filter(
            bank=question.bank_id, fingerprint=question.fingerprint, retired_at=None
        ).exclude(pk=question.pk)
        if found := twin.values_list("pk", flat=True).first():
            raise DuplicateQuestion(found) from error
        raise


def _add_version(
    question: Question,
    no: int,
    content: QuestionContent,
    *,
    status: str,
    note: str,
    by: User | None,
    now: datetime,
) -> QuestionVersion:
    version = QuestionVersion.objects.create(
        question=question,
        no=no,
        status=status,
        kind=content.kind,
        stem=content.stem,
        body=content.body,
        key=content.key,
        rule=content.rule,
        explanation=content.explanation,
        citation=content.citation,
        change_note=note.strip()[:200],
        created_by=by,
        created_at=now,
    )
    question.latest = version
    if status == Status.READY:
        question.current = version
    question.save(update_fields=["latest", "current"])
    return version


def _make_current(question: Question, version: QuestionVersion) -> None:
    version.status = Status.READY
    version.save(update_fields=["status"])
    question.current = version
    question.save(update_fields=["current"])


def _audit(action: str, question: Question, by: User | None, now: datetime, **data: int) -> None:
    record(actor=by, action=action, obj=question, unit=question.bank.owner_unit, data=data, now=now)
