"""Who searches, as keys: an entry is found by whoever holds one of its keys. The keys are asked anew for each search, by
the live rules; of an entry they may be a worker's delay old, which is why doors are asked before anything is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from learning.organisation.models import Membership, Unit, UnitClosure, User
from learning.organisation.models.units import paths_above
from learning.organisation.permissions import Action, groups_allowing, scope_q, scopes
from learning.study.models import Enrolment
from question_bank.exams.models import Exam
from question_bank.questions.models import Bank
from search.sources import keys
from search.sources.base import may_pass
from search.sources.exams import has_candidates_of
from search.sources.topics import titles_hidden_from

OVERSEEING = (
    (Action.COURSE_VIEW, keys.courses_of),
    (Action.EXAM_VIEW, keys.exams_of),
    (Action.MEMBER_VIEW, keys.members_of),
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """`keys` None: finds everything there is. `user` None: nobody's door is asked, which is for commands alone."""

    user: User | None
    keys: frozenset[str] | None


EVERYTHING = Viewer(None, None)


def viewer_of(user: User, *, now: datetime) -> Viewer:
    """At most seven queries, for a member without roles six. Who is not signed in finds nothing."""
    if not may_pass(user):
        return Viewer(user, frozenset())
    if scopes(user, Action.COURSE_VIEW) == [""]:
        return Viewer(user, None)
    held = {*_membership(user, now), *_enrolments(user), *_exams(user), *_banks(user)}
    held.update(keys.teaching(group) for group in groups_allowing(user, Action.EXAM_VIEW))
    return Viewer(user, frozenset(held))


def _membership(user: User, now: datetime) -> Iterator[str]:
    """Of today's unit and all above it, as open_to and topics_for see them; and of the units of the person's roles."""
    day = timezone.localdate(now)
    rows = Membership.objects.on(day).filter(user=user).order_by("pk")
    places = list(rows.values_list("unit_id", "unit__path", "person_status"))
    above = paths_above(places[0][1]) if places else []
    ids = _ids_by_path({*above, *(path for action, _ in OVERSEEING for path in scopes(user, action))})
    for path in above:
        yield keys.member(ids[path])
        yield keys.member(ids[path], places[0][2])
    for action, key in OVERSEEING:
        yield from (key(ids[path]) for path in scopes(user, action))
    if places:
        closure = UnitClosure.objects.on(day).filter(unit__in=[unit for unit, _, _ in places])
        yield from map(keys.reader, closure.values_list("ancestor_id", flat=True))


def _ids_by_path(paths: Iterable[str]) -> dict[str, int]:
    wanted = sorted(paths)
    return dict(Unit.objects.filter(path__in=wanted).values_list("path", "pk")) if wanted else {}


def _enrolments(user: User) -> Iterator[str]:
    rows = Enrolment.objects.filter(user=user, activity__parent=None, activity__is_open=True)
    yield from map(keys.enrolled, rows.values_list("activity_id", flat=True))


def _exams(user: User) -> Iterator[str]:
    """Published ones that the person sits; for organisers, those of other units with candidates in their scope."""
    found = Exam.objects.for_member(user).order_by().values_list("pk", flat=True)
    if scopes(user, Action.EXAM_VIEW):
        own = scope_q(user, Action.EXAM_VIEW, "owner_unit")
        others = Exam.objects.exclude(own).exclude(state=Exam.State.DRAFT).filter(has_candidates_of(user))
        found = found.union(others.order_by().values_list("pk", flat=True))
    yield from map(keys.sitting, found)


def _banks(user: User) -> Iterator[str]:
    if scopes(user, Action.BANK_VIEW):
        rows = Bank.objects.allowing(user, Action.BANK_VIEW)
        yield from map(keys.bank, rows.values_list("pk", flat=True))


def hidden_topics(viewer: Viewer, *, now: datetime) -> frozenset[str]:
    """Titles of topics that the viewer is not to learn of from the courses in them (sources/topics.py)."""
    return titles_hidden_from(viewer.user, now=now) if viewer.keys is not None else frozenset()
