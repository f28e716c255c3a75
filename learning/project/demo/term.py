"""The demo's term: the courses are published, a class begins, a month goes by, the figures are folded."""

from __future__ import annotations

from datetime import datetime, timedelta

from learning.organisation.models import Membership, Unit, User
from question_bank.exams.models import Exam
from reports.folding.worker import fold_requests

from .coursework import build_courses
from .studying import Month, School
from .training import chosen, open_class

MONTH = timedelta(days=33)


def began(now: datetime) -> datetime:
    """When the term began that has lasted until now."""
    return (now - MONTH).replace(minute=0, second=0, microsecond=0)


def spend_term(
    *,
    root: Unit,
    organiser: User,
    practice: Exam,
    formal: Exam,
    past: Exam,
    numbers: list[str],
    now: datetime,
) -> None:
    """`practice` is open all the time. `numbers`: of the members, the first first; everybody else studies as well."""
    start = began(now)
    work = build_courses(
        root=root, organiser=organiser, exams={"practice": practice, "formal": formal}, began=start, now=now
    )
    people = {user.number: user for user in User.objects.order_by("number")}
    members = [people.pop(number) for number in numbers]
    in_class = chosen(members)
    open_class(root=root, members=in_class, coursework=work, exam=past, by=organiser, began=start, now=now)
    first = members[0]
    month = Month(
        School(
            coursework=work,
            practice=practice,
            organiser=organiser,
            first=first,
            in_class=frozenset(user.pk for user in in_class),
            began=start,
            now=now,
        )
    )
    branches = dict(Membership.objects.filter(to_date=None).values_list("user", "unit__code"))
    month.pass_by([*members, *people.values()], branches)
    fold_requests(now=now)
