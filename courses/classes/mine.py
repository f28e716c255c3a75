"""A member's own classes, for the home page, the courses' page and the page of the class."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from courses.errors import NotFound
from courses.models import Graduation, PlanItem
from learning.organisation.models import ClassMember, TrainingClass, User
from question_bank.exams.models import Attempt
from question_bank.exams.releasing import visible_parts

from .graduating import Rules
from .planning import items_of, plan_of, rules_of
from .standing import Deed, MemberStanding, standings


@dataclass(frozen=True, slots=True)
class MyClass:
    """One class of the member with its own progress. `standing` holds no exam result that is not released."""

    training_class: TrainingClass
    member: ClassMember
    standing: MemberStanding
    rules: Rules
    unreleased: frozenset[int]  # exams whose result waits for its release
    graduation: Graduation | None

    @property
    def done(self) -> int:
        return self.standing.done

    @property
    def total(self) -> int:
        return len(self.standing.deeds)

    @property
    def next_deed(self) -> Deed | None:
        """What is due first among what is still to be done."""
        left = [
            deed for deed in self.standing.deeds if not deed.done and deed.item.exam_id not in self.unreleased
        ]
        return min(
            left,
            key=lambda deed: (
                not deed.item.required,
                deed.item.due_at is None,
                deed.item.due_at and deed.item.due_at.timestamp(),
            ),
            default=None,
        )


def classes_of(user: User, now: datetime) -> list[MyClass]:
    """The running classes of the member, the one that ends first leading; some ten queries a class."""
    running = TrainingClass.objects.of_member(user).filter(state=TrainingClass.State.RUNNING)
    rows = running.select_related("owner_unit").order_by("to_date", "pk")
    return [_mine(each, user, now) for each in rows]


def past_classes_of(user: User) -> list[TrainingClass]:
    closed = TrainingClass.objects.of_member(user).filter(state=TrainingClass.State.CLOSED)
    return list(closed.order_by("-to_date", "pk"))


def class_of(*, user: User, class_id: int, now: datetime) -> MyClass:
    """Raises NotFound for a class that the person is not in, or that has not begun."""
    found = TrainingClass.objects.of_member(user).select_related("owner_unit").filter(pk=class_id).first()
    if found is None:
        raise NotFound
    return _mine(found, user, now)


def _mine(training_class: TrainingClass, user: User, now: datetime) -> MyClass:
    member = ClassMember.objects.select_related("unit", "user").get(training_class=training_class, user=user)
    items = items_of(training_class)
    rules = rules_of(plan_of(training_class), items)
    hidden = _unreleased(user, items, now)
    found = standings(training_class=training_class, members=[member], items=items, rules=rules, now=now)[0]
    shown = MemberStanding(
        member,
        [Deed(deed.item, done=False) if deed.item.exam_id in hidden else deed for deed in found.deeds],
        found.verdict,
    )
    graduation = Graduation.objects.filter(member=member).first()
    return MyClass(training_class, member, shown, rules, frozenset(hidden), graduation)


def _unreleased(user: User, items: list[PlanItem], now: datetime) -> set[int]:
    """The exams of the plan with a result that the member may not see yet."""
    exams = [item.exam_id for item in items if item.exam_id]
    sat = Attempt.objects.filter(user=user, exam__in=exams, state=Attempt.State.MARKED).order_by("no")
    # Of several attempts the last one speaks for all: releases are of exams, not of attempts.
    last = {
        each.exam_id: each for each in sat.select_related("exam", "candidate__unit").defer("paper", "rules")
    }
    seen = visible_parts(attempts=list(last.values()), now=now)
    return {exam for exam, attempt in last.items() if not seen[attempt.pk].score}
