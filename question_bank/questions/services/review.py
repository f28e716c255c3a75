"""The review's way back: a draft returned to its author with a comment, and sent to review again. Approving is `set_ready`."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from learning.organisation.models import User
from learning.organisation.permissions import Action
from learning.organisation.services.audit import record
from question_bank.questions.errors import EditConflict, NoComment, NotWaiting
from question_bank.questions.models import Question, QuestionVersion, ReviewReturn

from .rights import require

COMMENT_CHARS = 2000


def return_to_author(
    *, question_id: int, seen_no: int, comment: str, by: User, now: datetime
) -> ReviewReturn:
    """Takes the draft out of the queue until it is mended or sent again. `seen_no` is the version the reviewer read.
    Raises NotAllowed, NoComment, EditConflict, NotWaiting."""
    comment = comment.strip()[:COMMENT_CHARS]
    with transaction.atomic():
        question, latest = _locked(question_id)
        require(by, Action.BANK_REVIEW, question.bank)
        if not comment:
            raise NoComment
        if latest.no != seen_no:
            raise EditConflict
        if not Question.objects.filter(pk=question.pk).awaiting_review().exists():
            raise NotWaiting
        made = ReviewReturn.objects.create(version=latest, comment=comment, returned_by=by, returned_at=now)
        data = {"version": latest.no, "comment": comment}
        record(
            actor=by,
            action="question.return",
            obj=question,
            unit=question.bank.owner_unit,
            data=data,
            now=now,
        )
    return made


def resubmit(*, question_id: int, by: User, now: datetime) -> Question:
    """Puts a returned draft into the queue again as it stands. Raises NotAllowed, NotWaiting."""
    with transaction.atomic():
        question, latest = _locked(question_id)
        require(by, Action.BANK_EDIT, question.bank)
        if not Question.objects.filter(pk=question.pk).returned().exists():
            raise NotWaiting
        latest.returns.filter(resubmitted_at=None).update(resubmitted_at=now)
        record(
            actor=by, action="question.resubmit", obj=question, unit=question.bank.owner_unit,
            data={"version": latest.no}, now=now,
        )  # fmt: skip
    return question


def _locked(question_id: int) -> tuple[Question, QuestionVersion]:
    rows = Question.objects.select_for_update(of=("self",)).select_related("bank__owner_unit", "latest")
    question = rows.get(pk=question_id)
    if question.latest is None:
        raise NotWaiting
    return question, question.latest
