"""Before people are admitted: how many a choice of units would bring, whose numbers a list holds; extra time."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from learning.organisation.models import Membership, PersonStatus, Unit, User
from learning.organisation.permissions import Action, any_path, people_allowing
from learning.organisation.services.audit import record
from question_bank.exams.errors import NotFound, NotPossible
from question_bank.exams.models import Attempt, Candidate, Exam
from question_bank.exams.taking.adjusting import follow_window

MOST_NUMBERS = 20_000
SEPARATORS = re.compile(r"[\s,;，；、]+")


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
        Membership.objects.on(day)
        .filter(any_path([unit.path for unit in units], "unit__path__startswith"), user__is_active=True)
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
        if status in found and (not person_statuses or status in person_statuses)
    ]


@dataclass(frozen=True, slots=True)
class NumberCheck:
    """What a list of numbers holds: people to admit, people who are candidates, numbers of nobody in the scope."""

    new: list[User]
    already: list[User]
    unknown: list[str]


def numbers_in(text: str) -> list[str]:
    """The numbers of a pasted text, each once, in order; at most 20,000."""
    return list(dict.fromkeys(part for part in SEPARATORS.split(text) if part))[:MOST_NUMBERS]


def first_column(content: bytes) -> str:
    """The first column of a CSV or text file, a line each; UTF-8 (with or without BOM) or GB18030."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    cells = (re.split(r"[,;\t，；]", line, maxsplit=1)[0].strip().strip('"') for line in text.splitlines())
    return "\n".join(cell for cell in cells if cell)


def check_numbers(*, exam: Exam, numbers: Sequence[str], by: User) -> NumberCheck:
    """People of the building person's own scope behind these numbers; whoever lies outside is as unknown as nobody."""
    people = people_allowing(by, Action.EXAM_BUILD).filter(number__in=numbers)
    by_number = {person.number: person for person in people}
    there = set(
        Candidate.objects.filter(exam=exam, user__number__in=numbers).values_list("user__number", flat=True)
    )
    known = [by_number[number] for number in numbers if number in by_number]
    return NumberCheck(
        [person for person in known if person.number not in there],
        [person for person in known if person.number in there],
        [number for number in numbers if number not in by_number],
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
