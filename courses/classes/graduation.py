"""Graduation: what it would decide of everybody, then the same decided, frozen, and the class closed with it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from courses.errors import NotPossible
from courses.models import Graduation
from learning.organisation.models import ClassMember, TrainingClass, User
from learning.organisation.services.classes import close_class, locked

from .graduating import Part, Reason, Rules
from .planning import items_of, plan_of, problems, rules_of
from .standing import MemberStanding, standings


def preview(*, training_class: TrainingClass, now: datetime) -> tuple[list[MemberStanding], str]:
    """What graduation would decide of each active member, and a mark of exactly this outcome, which the confirmation
    must bring back."""
    items = items_of(training_class)
    rules = rules_of(plan_of(training_class), items)
    members = training_class.members.filter(state=ClassMember.State.ACTIVE)
    rows = list(members.select_related("user", "unit").order_by("unit__path", "user__number"))
    found = standings(training_class=training_class, members=rows, items=items, rules=rules, now=now)
    return found, _mark_of(found, rules)


@transaction.atomic
def graduate(*, class_id: int, seen: str, by: User, now: datetime) -> list[Graduation]:
    """Freezes the outcome of every active member and closes the class. Raises NotPossible where the outcome is no more
    the one that was seen or the plan has problems, ClassNotOpen for the second of two who do it at once."""
    training_class = locked(class_id)
    if training_class.state == TrainingClass.State.RUNNING:
        plan, items = plan_of(training_class), items_of(training_class)
        if found_problems := problems(plan, items):
            raise NotPossible(found_problems[0].message)
        found, mark = preview(training_class=training_class, now=now)
        if not found:
            raise NotPossible(_("这个培训班没有在班学员。"))
        if mark != seen:
            raise NotPossible(_("成绩或名单已有变化，请看过新的结果后再确认。"))
        rules = rules_json(rules_of(plan, items))
    else:
        found, rules = [], {}
    graduates = [each.member.pk for each in found if each.verdict.graduates]
    others = [each.member.pk for each in found if not each.verdict.graduates]
    close_class(class_id=class_id, graduates=graduates, others=others, by=by, now=now)
    return Graduation.objects.bulk_create(
        [
            Graduation(
                member=each.member,
                graduated=each.verdict.graduates,
                exam=each.verdict.parts[Part.EXAM],
                study=each.verdict.parts[Part.STUDY],
                reflection=each.verdict.parts[Part.REFLECTION],
                total=each.verdict.total,
                hours=each.verdict.hours,
                reasons=[reason_json(reason) for reason in each.verdict.reasons],
                rules=rules,
                decided_at=now,
                decided_by=by,
            )
            for each in found
        ],
        batch_size=500,
    )


def reason_json(reason: Reason) -> dict[str, str]:
    said = {name: str(value) for name, value in asdict(reason).items() if value not in (None, "")}
    return {**said, "code": reason.code.value}


def rules_json(rules: Rules) -> dict[str, Any]:
    """{"weights": {part: percent}, "least": {part: points}, "pass_total", "least_hours"}."""
    return {
        "weights": {part.value: weight for part, weight in rules.weights.items()},
        "least": {part.value: str(points) for part, points in rules.least.items()},
        "pass_total": str(rules.pass_total),
        "least_hours": str(rules.least_hours),
    }


def _mark_of(found: list[MemberStanding], rules: Rules) -> str:
    outcome = [
        (each.member.pk, each.verdict.graduates, str(each.verdict.total), str(each.verdict.hours))
        for each in found
    ]
    return hashlib.sha256(json.dumps([outcome, rules_json(rules)]).encode()).hexdigest()[:32]
