"""The course a message comes from: its row, who the person is in it, the link that was opened, and what that admits
them to. The rooms below know only the teaching group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import IntegrityError, transaction

from learning.organisation.models import GroupRole, TeachingGroup, User
from learning.organisation.services import groups
from learning.study.services.groups import studied_by_group
from lti.core import claims
from lti.core.claims import Message, Standing
from lti.models import Context, ContextMember, Deployment, PlatformUser, ResourceLink
from question_bank.exams.candidates import admit_users
from question_bank.exams.models import Candidate, Exam, ExamGroup

from . import columns, copying, targets

TEXT_LENGTH = 255
NOTED_EVERY = timedelta(minutes=5)
STAFF = {Standing.INSTRUCTOR: GroupRole.TEACHER, Standing.ASSISTANT: GroupRole.ASSISTANT}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a launch happens. `context` is None for a message that names neither a course nor a link."""

    context: Context | None
    link: ResourceLink | None
    target: targets.Target | None
    standing: Standing


def enter(deployment: Deployment, message: Message, person: PlatformUser, *, now: datetime) -> Place:
    """Writes down what the message tells of its course, the person's standing in it and the link; a learner is admitted
    to what the link opens."""
    context = context_of(deployment, message, now=now)
    if context is None:
        return Place(None, None, None, message.standing)
    keep_standing(context, person, message.standing, now=now)
    if message.link is None or message.message_type == claims.DEEP_LINKING:
        return Place(context, None, None, message.standing)
    link = link_of(context, message, now=now)
    target = targets.find_target(deployment.platform, message.custom, message.target_link_uri)
    if target is not None:
        bind(link, target, now=now)
    elif link.exam_id is None and link.page_id is None:
        target = copying.target_before(context, message)
        if target is not None:
            bind(link, target, now=now)
    else:
        target = targets.target_of(link)
    if target is not None:
        if message.ags is not None:
            columns.remember(link=link, ags=message.ags, now=now)
        if message.standing is Standing.LEARNER:
            admit(context, target, [person.user], now=now)
    return Place(context, link, target, message.standing)


def context_of(deployment: Deployment, message: Message, *, now: datetime) -> Context | None:
    """The course's row, made with its teaching group where it is new. A launch without a course stands for itself: the
    people of one link never meet those of another."""
    if message.context is not None:
        key, title, label = message.context.id, message.context.title, message.context.label
    elif message.link is not None:
        key, title, label = _key_of_link(message.link.id), message.link.title, ""
    else:
        return None
    told = {"title": title[:TEXT_LENGTH], "label": label[:TEXT_LENGTH]}
    if message.nrps is not None:
        told["roster_url"] = message.nrps.url
    rows = Context.objects.filter(deployment=deployment, context_id=key).select_related("group", "platform")
    context = rows.first()
    if context is None:
        try:
            with transaction.atomic():
                group = groups.create_group(title=title or label or key.strip(), now=now)
                context = Context.objects.create(
                    platform=deployment.platform,
                    deployment=deployment,
                    context_id=key,
                    group=group,
                    created_at=now,
                    **told,
                )
        except IntegrityError:  # another launch of the same course was first
            context = rows.get()
        else:
            return context
    changed = [name for name, value in told.items() if value and getattr(context, name) != value]
    if changed:
        for name in changed:
            setattr(context, name, told[name])
        context.save(update_fields=changed)
    if "title" in changed:
        context.group.title = context.title[:200]
        context.group.save(update_fields=["title"])
    return context


def _key_of_link(link_id: str) -> str:
    """What stands for the course where there is none; never cut, for two long ids might become one."""
    key = f"link:{link_id}"
    return key if len(key) <= TEXT_LENGTH else f"link:{sha256(link_id.encode()).hexdigest()}"


def keep_standing(context: Context, person: PlatformUser, standing: Standing, *, now: datetime) -> None:
    """The person is this in the course from now on; group and teachers follow."""
    row, new = ContextMember.objects.get_or_create(
        context=context, person=person, defaults={"standing": standing.value, "seen_at": now}
    )
    if not new:
        if row.standing == standing and row.removed_at is None:
            return
        row.standing, row.seen_at, row.removed_at = standing.value, now, None
        row.save(update_fields=["standing", "seen_at", "removed_at"])
    follow(context, person.user, standing, now=now)


def follow(context: Context, user: User, standing: Standing, *, now: datetime) -> None:
    """Group and teachers of the context, as this standing wants them."""
    if standing in STAFF:
        groups.keep_staff(group=context.group, user=user, role=STAFF[standing], now=now)
        groups.remove_member(group=context.group, user=user, now=now)
        return
    groups.remove_staff(group=context.group, user=user, now=now)
    if standing is Standing.LEARNER:
        groups.keep_member(group=context.group, user=user, now=now)
    else:
        groups.remove_member(group=context.group, user=user, now=now)


def link_of(context: Context, message: Message, *, now: datetime) -> ResourceLink:
    given = message.link
    if given is None:
        raise ValueError("Only of a message with a link.")
    link, new = ResourceLink.objects.get_or_create(
        context=context,
        link_id=given.id,
        defaults={"title": given.title[:TEXT_LENGTH], "created_at": now, "last_launch_at": now},
    )
    link.context = context
    title = given.title[:TEXT_LENGTH] or link.title
    # Hundreds open one link in the same minute: they need not wait for each other's turn at its row.
    old = link.last_launch_at is None or now - link.last_launch_at >= NOTED_EVERY
    if not new and (old or title != link.title):
        link.last_launch_at, link.title = now, title
        link.save(update_fields=["last_launch_at", "title"])
    return link


def bind(link: ResourceLink, target: targets.Target, *, now: datetime) -> None:
    """The link opens this from now on, and its course's group sits the exam or studies the course."""
    exam_id = target.exam.pk if target.exam else None
    page_id = target.page.pk if target.page else None
    if (link.exam_id, link.page_id) != (exam_id, page_id):
        link.exam_id, link.page_id, link.line_item = exam_id, page_id, None
        link.column_asked_at = None  # that was for what it opened before
        link.save(update_fields=["exam", "page", "line_item", "column_asked_at"])
    group = link.context.group
    if target.exam is not None:
        _sat_by(group, target.exam, now=now)
    elif target.course is not None:
        studied_by_group(course=target.course, group=group, by=None, now=now)


def _sat_by(group: TeachingGroup, exam: Exam, *, now: datetime) -> None:
    """The group sits the exam from now on. Not one that is over: else whoever may link anything read what their people
    once wrote elsewhere."""
    if exam.closes_at > now:
        ExamGroup.objects.get_or_create(exam=exam, group=group, defaults={"at": now})


def admit(context: Context, target: targets.Target, users: list[User], *, now: datetime) -> None:
    """Opens to these learners what a link of the course opens: the exam as its candidates; a page as its students, and
    the exams that its lessons ask for."""
    if target.exam is not None:
        _admit_to(target.exam, context, users, now=now)
    elif targets.enrol_learners(target, users, now=now):
        for exam in targets.exams_asked_for(target, context.platform):
            _sat_by(context.group, exam, now=now)
            _admit_to(exam, context, users, now=now)


def _admit_to(exam: Exam, context: Context, users: list[User], *, now: datetime) -> None:
    known = set(Candidate.objects.filter(exam=exam, user__in=users).values_list("user", flat=True))
    fresh = [user for user in users if user.pk not in known]
    if fresh:
        admit_users(exam_id=exam.pk, users=fresh, by=None, now=now, group=context.group)
