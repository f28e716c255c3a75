"""The grade outbox as organisers and teachers read it: which rows are theirs, filtered and counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Q

from learning.organisation.models import User
from learning.organisation.permissions import Action, groups_allowing, scope_q
from learning.organisation.searching import holding
from lti.models import Context, GradeDelivery, LineItem
from lti.models.grades import GradeDeliveryQuerySet
from question_bank.exams.models import Exam

State = GradeDelivery.State
# What the screen tells apart, and the states of rows behind each.
SHOWN: dict[str, tuple[str, ...]] = {
    "pending": (State.PENDING, State.SENDING),
    "waiting": (State.WAITING,),
    "sent": (State.SENT,),
    "failed": (State.FAILED,),
    "superseded": (State.SUPERSEDED,),
}


def readable(user: User, exam: Exam | None = None) -> GradeDeliveryQuerySet:
    """Rows of exams that the person releases, and of the courses whose group they teach."""
    groups = groups_allowing(user, Action.MEMBER_VIEW)
    rows = GradeDelivery.objects.filter(
        scope_q(user, Action.EXAM_RELEASE, "line_item__exam__owner_unit")
        | Q(line_item__context__group__in=groups)
    )
    return rows if exam is None else rows.filter(line_item__exam=exam)


def of_courses(user: User, context: Context) -> GradeDeliveryQuerySet:
    """Rows of the completion columns of the platform's course, if the person teaches that."""
    if context.group_id not in groups_allowing(user, Action.MEMBER_VIEW):
        return GradeDelivery.objects.none()
    return GradeDelivery.objects.filter(line_item__context=context, line_item__page__isnull=False)


def reads_grades_of(user: User, exam: Exam) -> bool:
    """Whether the exam fills a column whose rows the person may read."""
    groups = groups_allowing(user, Action.MEMBER_VIEW)
    columns = LineItem.objects.filter(exam=exam)
    mine = scope_q(user, Action.EXAM_RELEASE, "exam__owner_unit") | Q(context__group__in=groups)
    return columns.filter(mine).exists()


def counts(rows: GradeDeliveryQuerySet) -> dict[str, int]:
    """Cells by the names of SHOWN: of each person and column the last telling counts."""
    by_state = dict(rows.newest().order_by().values_list("state").annotate(Count("pk")))
    return {name: sum(by_state.get(state, 0) for state in states) for name, states in SHOWN.items()}


def failed_count(user: User) -> int:
    """Of the exams whose scores the person releases: rows that reached no gradebook."""
    mine = scope_q(user, Action.EXAM_RELEASE, "line_item__exam__owner_unit")
    return GradeDelivery.objects.filter(mine, state=State.FAILED).newest().count()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for. No state: how each cell stands; `superseded`: what was told before."""

    state: str = ""
    words: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Wanted:
        state = query.get("state", "")
        return cls(state if state in SHOWN else "", query.get("q", "").strip()[:100])

    def apply(self, rows: GradeDeliveryQuerySet) -> GradeDeliveryQuerySet:
        if self.state == "superseded":
            rows = rows.overtaken()
        else:
            states = SHOWN[self.state] if self.state else [each for each in State if each != State.SUPERSEDED]
            rows = rows.newest().filter(state__in=states)
        return holding(rows, self.words, "person__user__full_name", "person__user__number")
