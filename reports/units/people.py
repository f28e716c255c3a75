"""The people behind a unit's numbers: who is missing from an exam, who has not started a course, who is overdue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from learning.organisation.models import Membership
from learning.study.models import Enrolment
from question_bank.exams.models import Attempt, Candidate
from reports.shape import Column, Kind, Table

from .numbers import UnitNumbers
from .places import people_q

MOST_ROWS = 1000  # a longer list is read unit by unit
ON_PAPER = 60  # names: those of a branch, which a secretary works through; the units above read counts
LinkToPerson = Callable[[int], str]


def people_tables(numbers: UnitNumbers, link_to: LinkToPerson) -> list[Table]:
    """At most 1,000 people each; two queries where there is anybody to list. A list of nobody is left out."""
    exam, study = numbers.exam, numbers.study
    titles = {
        "absent": (_("缺考名单"), exam.absent),
        "not-begun": (_("未开始学习名单"), study.not_begun),
        "overdue": (_("逾期未学完名单"), study.overdue),
    }
    wanted = {key for key, (_title, count) in titles.items() if 0 < count <= MOST_ROWS}
    rows: dict[str, list[_Person]] = {key: [] for key in titles}
    if "absent" in wanted:
        rows["absent"] = [_Person.of(each, each.exam.title, each.exam.closes_at) for each in absent(numbers)]
    if wanted & {"not-begun", "overdue"}:
        for each in unfinished(numbers, not_begun="not-begun" in wanted, overdue="overdue" in wanted):
            person = _Person.of(each, each.activity.title, each.until)  # type: ignore[attr-defined]  # annotated
            if not each.begun:  # type: ignore[attr-defined]
                rows["not-begun"].append(person)
            if each.late:  # type: ignore[attr-defined]
                rows["overdue"].append(person)
    what = {"absent": (_("考试"), _("截止")), "": (_("课程"), _("应学完"))}
    return [
        _table(title, key, what.get(key, what[""]), rows[key] if key in wanted else [], count, link_to)
        for key, (title, count) in titles.items()
        if count
    ]


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    number: str
    unit: str
    what: str
    until: date | None
    id: int

    @classmethod
    def of(cls, row: Candidate | Enrolment, what: str, until: datetime | None) -> _Person:
        day = timezone.localdate(until) if until else None
        return cls(row.user.full_name, row.user.number, row.unit.name, what, day, row.user_id)


def absent(numbers: UnitNumbers) -> QuerySet[Candidate]:
    """Those that the tally counts as absent, by unit and number."""
    over = [exam.pk for exam in numbers.exams if exam.closes_at <= numbers.as_of]
    came = Attempt.objects.filter(candidate=OuterRef("pk")).exclude(state=Attempt.State.VOID)
    people = Candidate.objects.filter(
        people_q(numbers.places, numbers.leaves), exam__in=[exam.pk for exam in numbers.exams]
    )
    people = people.filter(
        Q(state=Candidate.State.ABSENT) | (Q(state=Candidate.State.ELIGIBLE, exam__in=over) & ~Exists(came))
    )
    return _of_status(people, numbers).select_related("user", "unit", "exam").defer(
        "exam__plan", "exam__corrections", "unit_ancestors"
    ).order_by("unit__path", "user__number", "exam_id")  # fmt: skip


def unfinished(numbers: UnitNumbers, *, not_begun: bool, overdue: bool) -> QuerySet[Enrolment]:
    """Enrolments not finished that have not begun, or are overdue, each with `begun` and `late`."""
    people = Enrolment.objects.filter(
        people_q(numbers.places, numbers.leaves),
        activity__in=[course.pk for course in numbers.courses],
        completed_at=None,
    ).exclude(source=Enrolment.Source.SELF)
    people = people.annotate(until=Coalesce("due_at", F("activity__due_at"))).annotate(
        begun=Q(begun_at__isnull=False), late=Q(until__lt=numbers.as_of, until__isnull=False)
    )
    chosen = (Q(begun=False) if not_begun else Q(pk__in=[])) | (Q(late=True) if overdue else Q(pk__in=[]))
    listed = _of_status(people.filter(chosen), numbers)
    return listed.select_related("user", "unit", "activity").order_by(
        "unit__path", "user__number", "activity_id"
    )


def _of_status(people: QuerySet[Any], numbers: UnitNumbers) -> QuerySet[Any]:
    if not numbers.wanted.status:
        return people
    if numbers.places.now:
        members = Membership.objects.on(numbers.places.day).filter(
            person_status=numbers.wanted.status, user=OuterRef("user")
        )
        return people.filter(Exists(members))
    return people.filter(person_status=numbers.wanted.status)


def _table(
    title: str, key: str, what: tuple[str, str], people: list[_Person], count: int, link_to: LinkToPerson
) -> Table:
    columns = (
        Column("name", _("姓名")),
        Column("number", _("学号/工号")),
        Column("unit", _("党组织")),
        Column("what", what[0]),
        Column("until", what[1], Kind.DATE),
    )
    return Table(
        title,
        columns,
        [(each.name, each.number, each.unit, each.what, each.until) for each in people],
        links=[link_to(each.id) for each in people],
        key=key,
        paper_rows=ON_PAPER,
        empty=_("共 %(count)d 人次，超过 %(most)d，请在下级党组织的报告中查看名单。")
        % {"count": count, "most": MOST_ROWS},
    )
