"""What a person may do with one bank. `by` None is the system itself (a command on the server), which may do all."""

from __future__ import annotations

from learning.organisation.models import User
from learning.organisation.permissions import Action
from question_bank.questions.errors import NotAllowed
from question_bank.questions.models import Bank, QuestionVersion


def holds(by: User | None, action: Action, bank: Bank) -> bool:
    """Whether the person may do the action on the bank, by owning scope or by a share."""
    return by is None or Bank.objects.allowing(by, action).filter(pk=bank.pk).exists()


def require(by: User | None, action: Action, bank: Bank) -> None:
    """Raises NotAllowed where `holds` is false."""
    if not holds(by, action, bank):
        raise NotAllowed


def granted_status(by: User | None, bank: Bank, wanted: str) -> str:
    """The status a version really gets: ready only from a person who may review, otherwise a draft."""
    if wanted == QuestionVersion.Status.READY and holds(by, Action.BANK_REVIEW, bank):
        return QuestionVersion.Status.READY
    return QuestionVersion.Status.DRAFT
