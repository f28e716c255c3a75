"""Banks: made, renamed, shared with other units, archived. A bank is never deleted: exams keep what they drew from it."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from learning.organisation.models import Unit, User
from learning.organisation.permissions import Action, may
from learning.organisation.services.audit import record
from question_bank.questions.errors import BadName, NameTaken, NotAllowed
from question_bank.questions.models import Bank, BankShare

from .rights import require

NAME_LENGTH = 120


def create_bank(
    *,
    name: str,
    owner_unit: Unit,
    by: User | None,
    description: str = "",
    open_for_practice: bool = False,
    now: datetime,
) -> Bank:
    """The new bank; raises NotAllowed, BadName, NameTaken."""
    if by is not None and not may(by, Action.BANK_EDIT, owner_unit):
        raise NotAllowed
    bank = Bank(
        name=_checked(name),
        owner_unit=owner_unit,
        description=description.strip(),
        open_for_practice=open_for_practice,
        created_by=by,
    )
    try:
        with transaction.atomic():
            bank.save(force_insert=True)
            record(actor=by, action="bank.create", obj=bank, unit=owner_unit, now=now)
    except IntegrityError as error:
        raise NameTaken from error
    return bank


def change_bank(
    *, bank: Bank, name: str, description: str, open_for_practice: bool, by: User | None, now: datetime
) -> Bank:
    """Renames the bank and sets what members may do with it; raises NotAllowed, BadName, NameTaken."""
    require(by, Action.BANK_EDIT, bank)
    bank.name, bank.description, bank.open_for_practice = (
        _checked(name),
        description.strip(),
        open_for_practice,
    )
    try:
        with transaction.atomic():
            bank.save(update_fields=["name", "description", "open_for_practice"])
            record(
                actor=by,
                action="bank.change",
                obj=bank,
                unit=bank.owner_unit,
                data={"open_for_practice": open_for_practice},
                now=now,
            )
    except IntegrityError as error:
        raise NameTaken from error
    return bank


def share_bank(*, bank: Bank, unit: Unit, may_edit: bool, by: User, now: datetime) -> BankShare:
    """Lets organisers of the unit and below use the bank (or also edit it). Only those in charge of the owner unit may."""
    _require_owner(by, bank)
    with transaction.atomic():
        share, _made = BankShare.objects.update_or_create(
            bank=bank, unit=unit, defaults={"may_edit": may_edit}
        )
        data = {"unit": unit.name, "may_edit": may_edit}
        record(actor=by, action="bank.share", obj=bank, unit=bank.owner_unit, data=data, now=now)
    return share


def withdraw_share(*, share: BankShare, by: User, now: datetime) -> None:
    """Ends a share; what was drawn from the bank before stays in its exams."""
    bank = share.bank
    _require_owner(by, bank)
    with transaction.atomic():
        data = {"unit": share.unit.name}
        share.delete()
        record(actor=by, action="bank.withdraw_share", obj=bank, unit=bank.owner_unit, data=data, now=now)


def archive_bank(*, bank: Bank, archived: bool, by: User, now: datetime) -> None:
    """Takes the bank out of new work (or back in); published exams keep their questions."""
    _require_owner(by, bank)
    bank.archived_at = now if archived else None
    with transaction.atomic():
        bank.save(update_fields=["archived_at"])
        action = "bank.archive" if archived else "bank.unarchive"
        record(actor=by, action=action, obj=bank, unit=bank.owner_unit, now=now)


def _require_owner(by: User, bank: Bank) -> None:
    if not may(by, Action.BANK_EDIT, bank.owner_unit):
        raise NotAllowed


def _checked(name: str) -> str:
    name = name.strip()
    if not name or len(name) > NAME_LENGTH:
        raise BadName
    return name
