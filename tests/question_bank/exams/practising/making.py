"""What the tests of practice and notebook share: a member of a branch, a bank open to them, an exam handed in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from learning.organisation.models import Unit, User
from question_bank.exams.models import Attempt, AttemptItem, Exam, PracticeAnswer, PracticeRun
from question_bank.exams.practising import runs
from question_bank.exams.taking.closing import close_attempts, locked_attempt
from question_bank.exams.taking.start import start_attempt
from question_bank.questions.models import Bank, QuestionVersion
from tests.factories import NOW, make_bank, make_candidate, make_unit, make_user

MINUTE = timedelta(minutes=1)
DAY = timezone.localdate(NOW)


def make_member(unit: Unit | None = None) -> User:
    return make_user(unit=unit or make_unit(make_unit()))


def make_open_bank(member: User, name: str = "") -> Bank:
    bank = make_bank(member.memberships.get().unit, name=name)
    bank.open_for_practice = True
    bank.save()
    return bank


def start(member: User, bank: Bank, *, mode: str = "order", n: int = 100, now: datetime = NOW) -> PracticeRun:
    return runs.start_run(choice=runs.Choice(bank, mode, n), by=member, seed=1, day=DAY, now=now)


def answer(run: PracticeRun, slot: int, given: Any, *, now: datetime = NOW) -> PracticeAnswer:
    return runs.answer_slot(
        run_id=run.pk, slot=slot, version_id=run.paper[slot - 1]["v"], answer=given, by=run.user, now=now
    )


def key_of(run: PracticeRun, slot: int) -> Any:
    return QuestionVersion.objects.get(pk=run.paper[slot - 1]["v"]).key


def sit(exam: Exam, member: User, answers: dict[int, Any], *, now: datetime = NOW) -> Attempt:
    """The attempt, handed in with these answers by slot."""
    if not exam.candidates.filter(user=member).exists():
        make_candidate(exam, member)
    attempt = start_attempt(exam_id=exam.pk, user=member, password="", now=now).attempt
    AttemptItem.objects.bulk_create(
        AttemptItem(attempt=attempt, slot=slot, answer=given, answer_rev=1) for slot, given in answers.items()
    )
    with transaction.atomic():
        attempt = locked_attempt(attempt.pk)
        close_attempts([attempt], finish_kind="self", by=member, now=now + MINUTE)
    return attempt
