"""What a teacher of a platform's course sees and settles here: its links and what they open, where its people stand with
them, who its people are. Marks and names of other courses' people never come into it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.urls import reverse

from learning.organisation.models import GroupMember, GroupRole, GroupStaff, User
from learning.organisation.searching import holding
from learning.organisation.services.audit import record
from learning.study.models import Completion, Enrolment
from lti.core.claims import Message
from lti.core.reading import read_message
from lti.core.refusals import Refusal, Refused
from lti.models import Context, ContextMember, Launch, LineItem, PlatformUser, ResourceLink
from question_bank.exams.candidates import admit_group
from question_bank.exams.models import Attempt, Exam, Result
from question_bank.exams.releasing import visible_parts

from . import columns, contexts, targets
from .targets import Target

Standing = ContextMember.Standing
SAT = (Attempt.State.MARKING, Attempt.State.MARKED)
ORDER = {Standing.INSTRUCTOR: 0, Standing.ASSISTANT: 1, Standing.LEARNER: 2}


People = QuerySet[GroupMember, Any]  # the ids of users


@dataclass(frozen=True, slots=True)
class Taught:
    """A course of a platform as one of its staff has it."""

    context: Context
    role: str

    @property
    def leads(self) -> bool:
        """Teachers choose content and see the roster; assistants look and mark."""
        return self.role == GroupRole.TEACHER


@dataclass(frozen=True, slots=True)
class Row:
    """A link of the course. Of an exam: how many of the course's people handed in, attempts that wait for marks, people
    who may see their score. Of a course: how many began and completed it; of a lesson only the latter."""

    link: ResourceLink
    target: Target | None
    sat: int = 0
    marking: int = 0
    released: int = 0
    begun: int = 0
    done: int = 0

    @property
    def lost(self) -> bool:
        """Something was chosen that is open no more."""
        return self.target is None and bool(self.link.exam_id or self.link.page_id)


def taught_by(user: User, context_id: int) -> Taught | None:
    """The course, if the person teaches it or assists there now."""
    staff = GroupStaff.objects.filter(user=user, removed_at=None, group__lti_context=context_id)
    row = staff.select_related("group__lti_context__platform__unit").first()
    return Taught(row.group.lti_context, row.role) if row else None


def link_taught_by(user: User, link_id: int) -> tuple[Taught, ResourceLink] | None:
    """The link with its course, if the person teaches that."""
    link = ResourceLink.objects.filter(pk=link_id).first()
    taught = taught_by(user, link.context_id) if link else None
    if link is None or taught is None:
        return None
    link.context = taught.context
    return taught, link


def people_of(context: Context) -> QuerySet[GroupMember]:
    """The learners of the course now."""
    return GroupMember.objects.filter(group=context.group_id, removed_at=None)


def rows_of(context: Context, *, now: datetime) -> list[Row]:
    """The links of the course by title, with the figures of its present learners; a fixed number of queries."""
    links = list(context.links.select_related("exam", "page").order_by("title", "pk"))
    opened = targets.targets_of(context.platform, links)
    people = people_of(context).values("user")
    exams = [target.exam for target in opened.values() if target.exam]
    sat, marking, released = _exam_figures(exams, people, now)
    begun, done = _study_figures(opened.values(), people)
    rows = []
    for link in links:
        target = opened.get(link.pk)
        exam = target.exam.pk if target and target.exam else 0
        activity = target.activity.pk if target and target.activity else 0
        figures = (sat, exam), (marking, exam), (released, exam), (begun, activity), (done, activity)
        rows.append(Row(link, target, *(counts.get(pk, 0) for counts, pk in figures)))
    return rows


def _exam_figures(
    exams: list[Exam], people: People, now: datetime
) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
    if not exams:
        return {}, {}, {}
    attempts = Attempt.objects.filter(exam__in=exams, user__in=people, state__in=SAT)
    counted = attempts.values("exam").annotate(
        sat=Count("user", distinct=True), marking=Count("pk", filter=Q(state=Attempt.State.MARKING))
    )
    sat, marking = {}, {}
    for row in counted:
        sat[row["exam"]], marking[row["exam"]] = row["sat"], row["marking"]
    marked = attempts.filter(state=Attempt.State.MARKED).select_related("exam", "candidate")
    needed = ("score_release", "answer_release", "closes_at")
    marked = marked.only("state", "user", "candidate__unit_ancestors", *(f"exam__{name}" for name in needed))
    found = list(marked)
    visible = visible_parts(attempts=found, now=now)
    seen = {(each.exam_id, each.user_id) for each in found if visible[each.pk].score}
    released: dict[int, int] = {}
    for exam, _user in seen:
        released[exam] = released.get(exam, 0) + 1
    return sat, marking, released


def _study_figures(opened: Iterable[Target], people: People) -> tuple[dict[int, int], dict[int, int]]:
    ids = [target.activity.pk for target in opened if target.activity]
    if not ids:
        return {}, {}
    begun = Enrolment.objects.filter(activity__in=ids, user__in=people).exclude(begun_at=None)
    done = Completion.objects.filter(activity__in=ids, user__in=people)
    return (
        dict(begun.values_list("activity").annotate(n=Count("pk"))),
        dict(done.values_list("activity").annotate(n=Count("pk"))),
    )


def members_of(context: Context, words: str = "") -> QuerySet[ContextMember]:
    """Everybody whom launch or roster named, with person and user: teachers first, those who left last."""
    rows = ContextMember.objects.filter(context=context).select_related("person__user")
    place = Case(
        *(When(standing=standing, then=Value(at)) for standing, at in ORDER.items()),
        default=Value(len(ORDER)),
        output_field=IntegerField(),
    )
    named = holding(rows, words, "person__name", "person__user__full_name", "person__user__number")
    return named.order_by(F("removed_at").asc(nulls_first=True), place, "person__user__full_name", "pk")


def named_by_platform(link: ResourceLink) -> Target | None:
    """What the link itself names, as it was placed in the platform: each launch opens that, whatever is chosen here."""
    launch = _latest_launch(link)
    if launch is None:
        return None
    message = read_message(launch.claims, ours=lambda url: True)
    return targets.find_target(link.context.platform, message.custom, message.target_link_uri)


def bind_link(*, link: ResourceLink, target: Target, by: User, now: datetime) -> int:
    """The link opens this from now on; the course's learners become candidates where it is an exam. Returns how many
    people the course has. The column of the gradebook that the platform made for the link follows."""
    with transaction.atomic():
        ResourceLink.objects.select_for_update().get(pk=link.pk)
        before = targets.target_of(link)
        contexts.bind(link, target, now=now)
        if target.exam is not None:
            admit_group(exam_id=target.exam.pk, group=link.context.group, by=by, now=now)
        launch = _latest_launch(link)
        ags = read_message(launch.claims, ours=lambda url: True).ags if launch else None
        if ags is not None:
            columns.remember(link=link, ags=ags, now=now)
        data = {"to": target.title, "from": before.title if before else "", "course": str(link.context)}
        _note("lti.link_bound", link, by, data, now)
    return people_of(link.context).count()


def clear_link(*, link: ResourceLink, by: User, now: datetime) -> None:
    """The link opens nothing until something is chosen again. Candidates, attempts and scores stay."""
    with transaction.atomic():
        ResourceLink.objects.select_for_update().get(pk=link.pk)
        data = {"from": str(link.exam or link.page or ""), "course": str(link.context)}
        link.exam = link.page = link.line_item = None
        link.save(update_fields=["exam", "page", "line_item"])
        _note("lti.link_cleared", link, by, data, now)


def _note(action: str, link: ResourceLink, by: User, data: dict[str, str], now: datetime) -> None:
    record(actor=by, action=action, obj=link, unit=link.context.platform.unit, data=data, now=now)


def _latest_launch(link: ResourceLink) -> Launch | None:
    return Launch.objects.filter(resource_link=link, code="ok").order_by("-at").first()


def review_address(message: Message, context: Context | None, person: PlatformUser, *, now: datetime) -> str:
    """Where a Submission Review launch leads: teachers to the attempt that counts of the person whom the gradebook named
    (or to their page of the course, where there is none yet), learners to their own result. Raises Refused."""
    if context is None or message.for_user is None:
        raise Refused(Refusal.MISSING_CLAIMS, "a submission review names a course and a person")
    exam = _reviewed_exam(context, message)
    if exam is None:
        raise Refused(Refusal.NOTHING_LINKED, "the column of the gradebook belongs to no exam here")
    teaches = message.standing in targets.TEACHING
    if not teaches and message.for_user.user_id != person.sub:
        raise Refused(Refusal.NOT_ALLOWED, "learners look at their own submission only")
    places = ContextMember.objects.filter(context=context, person__sub=message.for_user.user_id)
    place = places.select_related("person").first()
    attempt = _counting_attempt(exam, place.person.user_id) if place else None
    if teaches:
        if attempt is None:
            return reverse("lti_context", args=[context.pk])
        return reverse("manage_attempt", args=[exam.pk, attempt])
    return reverse("attempt_result", args=[attempt]) if attempt else reverse("exam_start", args=[exam.pk])


def _reviewed_exam(context: Context, message: Message) -> Exam | None:
    """That of the column; of a column that we do not know, what the launch itself names."""
    columns_here = LineItem.objects.filter(context=context, url=message.line_item_of_review)
    column = columns_here.select_related("exam").first() if message.line_item_of_review else None
    if column is not None:
        return column.exam
    target = targets.find_target(context.platform, message.custom, message.target_link_uri)
    if target is None and message.link is not None:
        link = context.links.filter(link_id=message.link.id).select_related("context__platform").first()
        target = targets.target_of(link) if link else None
    return target.exam if target else None


def _counting_attempt(exam: Exam, user_id: int) -> int | None:
    """The attempt whose score counts; where several do together or none is marked yet, the last that was handed in."""
    result = Result.objects.filter(candidate__exam=exam, candidate__user=user_id).first()
    if result is not None and result.attempt_id:
        return result.attempt_id
    sat = Attempt.objects.filter(exam=exam, user=user_id, state__in=SAT).order_by("-no")
    return sat.values_list("pk", flat=True).first()
