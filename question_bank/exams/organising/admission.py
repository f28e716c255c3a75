"""Before people are admitted: how many a choice of units would bring, whose numbers a list holds; extra time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from learning.organisation.admin import admitting
from learning.organisation.admin.admitting import NumberCheck, belonging
from learning.organisation.models import PersonStatus, Unit, User
from learning.organisation.permissions import Action, people_allowing
from learning.organisation.services.audit import record
from question_bank.exams.errors import NotFound, NotPossible
from question_bank.exams.models import Attempt, Candidate, Exam
from question_bank.exams.taking.adjusting import follow_window


@dataclass(frozen=True, slots=True)
class Headcount:
    """Of one person status: how many belong to the units, and how many of them are candidates already."""

    status: str
    label: str
    people: int
    already: int

    @property
    def new(self) -> int:
        return self.people - self.already


def counts_before(
    *, exam: Exam, units: Sequence[Unit], person_statuses: Collection[str], day: date
) -> list[Headcount]:
    """Who would be admitted from these units and all below them, by person status, in the order of the statuses; one
    query."""
    rows = (
        belonging(units=units, person_statuses=person_statuses, day=day)
        .annotate(there=Exists(Candidate.objects.filter(exam=exam, user=OuterRef("user"))))
        .values("person_status")
        .annotate(
            people=Count("user", distinct=True), already=Count("user", distinct=True, filter=Q(there=True))
        )
    )
    found = {row["person_status"]: row for row in rows}
    return [
        Headcount(status, str(label), found[status]["people"], found[status]["already"])
        for status, label in PersonStatus.choices
        if status in found
    ]


def check_numbers(*, exam: Exam, numbers: Sequence[str], by: User) -> NumberCheck:
    """Of the building person's own scope: a candidate who lies outside is as unknown as nobody."""
    people = people_allowing(by, Action.EXAM_BUILD)
    there = Candidate.objects.filter(exam=exam, user__number__in=numbers, user__in=people)
    return admitting.check_numbers(
        numbers, people=people, there=set(there.values_list("user__number", flat=True))
    )


def set_extra_time(*, candidate_id: int, percent: int, reason: str, by: User, now: datetime) -> Candidate:
    """The candidate's own extra time in percent, for running attempts too. Raises NotFound, NotPossible."""
    with transaction.atomic():
        # The exam before the candidate: the order in which every act on clocks locks (taking.adjusting).
        row = Candidate.objects.filter(pk=candidate_id).values_list("exam", flat=True).first()
        if row is None:
            raise NotFound
        list(Exam.objects.select_for_update().filter(pk=row).values_list("pk"))
        candidate = (
            Candidate.objects.select_for_update(of=("self",)).select_related("unit").get(pk=candidate_id)
        )
        if not reason.strip():
            raise NotPossible
        data = {"from": candidate.extra_percent, "to": percent, "reason": reason.strip()}
        candidate.extra_percent = percent
        candidate.save(update_fields=["extra_percent"])
        if Attempt.objects.filter(candidate=candidate).open().exists():
            follow_window(exam_id=row, reason=reason, by=by, now=now)
        record(actor=by, action="candidate.extra", obj=candidate, unit=candidate.unit, data=data, now=now)
    return candidate
