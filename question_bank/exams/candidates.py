"""Who is admitted to an exam: units by person status, single people, a teaching group; and what becomes of a candidate."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from learning.organisation.models import GroupMember, Membership, TeachingGroup, Unit, User
from learning.organisation.services.audit import record
from learning.organisation.services.units import keys_above

from .errors import NotFound, NotPossible
from .models import AdmissionRule, Attempt, Candidate, Exam, ExamGroup

CHUNK = 1000


def admit_units(
    *, exam_id: int, units: Sequence[Unit], person_statuses: Sequence[str], by: User | None, now: datetime
) -> int:
    """Admits the members of these units and all below them who have one of the statuses today ([] = any);
    returns how many were new. Who is a candidate already stays as they are. The rule is kept, so that it
    can be applied again."""
    day = timezone.localdate(now)
    with transaction.atomic():
        exam = _exam(exam_id)
        before = exam.candidates.count()
        for unit in units:
            members = Membership.objects.on(day).within(unit).filter(user__is_active=True)
            if person_statuses:
                members = members.filter(person_status__in=person_statuses)
            _admit(exam, members.order_by("pk"), by, now, day)
            AdmissionRule.objects.update_or_create(
                exam=exam,
                unit=unit,
                defaults={"person_statuses": list(person_statuses), "by": by, "at": now},
            )
        admitted = exam.candidates.count() - before
        record(
            actor=by,
            action="exam.admit_units",
            obj=exam,
            unit=exam.owner_unit,
            data={
                "units": [unit.name for unit in units],
                "person_statuses": list(person_statuses),
                "admitted": admitted,
            },
            now=now,
        )
    return admitted


def admit_users(
    *,
    exam_id: int,
    users: Sequence[User],
    by: User | None,
    now: datetime,
    group: TeachingGroup | None = None,
) -> list[User]:
    """Admits these people with the unit they belong to today; returns those who belong to none and were
    left out. `group`: they come with this group, and may be left out again when they leave it (`leave_out`)."""
    day = timezone.localdate(now)
    with transaction.atomic():
        exam = _exam(exam_id)
        members = Membership.objects.on(day).filter(user__in=users).order_by("pk")
        placed = set(members.values_list("user_id", flat=True))
        before = exam.candidates.count()
        _admit(exam, members, by, now, day, group)
        admitted = exam.candidates.count() - before
        record(
            actor=by,
            action="exam.admit_users",
            obj=exam,
            unit=exam.owner_unit,
            data={"admitted": admitted},
            now=now,
        )
    return [user for user in users if user.pk not in placed]


def admit_group(*, exam_id: int, group: TeachingGroup, by: User | None, now: datetime) -> list[User]:
    """The exam is sat by the group from now on, and its current members are admitted with the unit they belong to today;
    returns those who belong to none and were left out. May be done again, for whoever has come since. Raises NotFound."""
    day = timezone.localdate(now)
    with transaction.atomic():
        exam = _exam(exam_id)
        ExamGroup.objects.get_or_create(exam=exam, group=group, defaults={"by": by, "at": now})
        people = GroupMember.objects.filter(group=group, removed_at=None, user__is_active=True)
        members = Membership.objects.on(day).filter(user__in=people.values("user")).order_by("pk")
        before = exam.candidates.count()
        _admit(exam, members, by, now, day, group)
        admitted = exam.candidates.count() - before
        if admitted:
            data = {"group": group.title, "admitted": admitted}
            record(actor=by, action="exam.admit_group", obj=exam, unit=exam.owner_unit, data=data, now=now)
        placed = members.values("user")
        return list(User.objects.filter(pk__in=people.values("user")).exclude(pk__in=placed).order_by("pk"))


def leave_out(
    *, exam_id: int, group: TeachingGroup, users: Collection[User], by: User | None, now: datetime
) -> int:
    """Takes back the admission of people who came with the group, are in it no more and have not begun; returns of how
    many. Stays: whom somebody else has admitted too, whoever has an attempt, a state or extra time given by an organiser,
    and who is in another group of the exam, with which they are there from now on. Raises NotFound."""
    with transaction.atomic():
        exam = _exam(exam_id)
        groups_now: dict[int, set[int]] = {}
        sitting = GroupMember.objects.filter(
            removed_at=None, user__in=users, group__exam_groups__exam=exam
        ).values_list("user", "group")
        for user_id, group_id in sitting:
            groups_now.setdefault(user_id, set()).add(group_id)
        rows = Candidate.objects.filter(
            exam=exam, group=group, user__in=users, state=Candidate.State.ELIGIBLE, extra_percent=0
        )
        locked = list(rows.select_for_update(of=("self",)).order_by("pk"))
        # Asked under the lock: a start that came before has its attempt, one that comes later finds no candidate.
        begun = set(Attempt.objects.filter(candidate__in=locked).values_list("candidate", flat=True))
        gone = []
        for row in locked:
            theirs = groups_now.get(row.user_id, set())
            if theirs and group.pk not in theirs:
                Candidate.objects.filter(pk=row.pk).update(group=min(theirs))
            elif not theirs and row.pk not in begun:
                gone.append(row.pk)
        if gone:
            Candidate.objects.filter(pk__in=gone).delete()
            data = {"group": group.title, "removed": len(gone)}
            record(actor=by, action="exam.leave_out", obj=exam, unit=exam.owner_unit, data=data, now=now)
    return len(gone)


def set_candidate_state(*, candidate_id: int, state: str, reason: str, by: User, now: datetime) -> Candidate:
    """Exempt, deferred, absent, barred, or eligible again. Raises NotFound; NotPossible without a reason,
    or for one who is sitting the exam: an attempt is paused, submitted or made void for itself."""
    with transaction.atomic():
        candidate = _locked_candidate(candidate_id)
        if state not in Candidate.State.values:
            raise NotPossible(_("没有这种考生状态。"))
        if state != Candidate.State.ELIGIBLE and not reason.strip():
            raise NotPossible(_("请填写原因。"))
        if state != Candidate.State.ELIGIBLE and Attempt.objects.filter(candidate=candidate).open().exists():
            raise NotPossible(_("该考生正在作答，请先处理这次作答。"))
        data = {"from": candidate.state, "to": state, "reason": reason.strip()}
        candidate.state, candidate.reason = state, reason.strip()
        candidate.save(update_fields=["state", "reason"])
        record(actor=by, action="candidate.state", obj=candidate, unit=candidate.unit, data=data, now=now)
    return candidate


def remove_candidate(*, candidate_id: int, by: User, now: datetime) -> None:
    """Takes back an admission. Raises NotFound; NotPossible once there is an attempt."""
    with transaction.atomic():
        candidate = _locked_candidate(candidate_id)
        if candidate.attempts.exists():
            raise NotPossible(_("该考生已有作答记录，不能移除。"))
        record(
            actor=by,
            action="candidate.remove",
            obj=candidate,
            unit=candidate.unit,
            data={"user": str(candidate.user)},
            now=now,
        )
        candidate.delete()


def _exam(exam_id: int) -> Exam:
    exam = Exam.objects.select_related("owner_unit").filter(pk=exam_id).first()
    if exam is None:
        raise NotFound
    return exam


def _locked_candidate(candidate_id: int) -> Candidate:
    candidate = (
        Candidate.objects.select_for_update(of=("self",))
        .select_related("unit")
        .filter(pk=candidate_id)
        .first()
    )
    if candidate is None:
        raise NotFound
    return candidate


def _admit(
    exam: Exam,
    members: Iterable[Membership],
    by: User | None,
    now: datetime,
    day: date,
    group: TeachingGroup | None = None,
) -> None:
    members = list(members)
    ancestors = keys_above((member.unit_id for member in members), day)
    Candidate.objects.bulk_create(
        (
            Candidate(
                exam=exam,
                user_id=member.user_id,
                unit_id=member.unit_id,
                unit_ancestors=ancestors.get(member.unit_id, []),
                person_status=member.person_status,
                admitted_by=by,
                admitted_at=now,
                group=group,
            )
            for member in members
        ),
        batch_size=CHUNK,
        ignore_conflicts=True,
    )
    if group is None:
        _no_longer_by_a_group(exam, {member.user_id for member in members})


def _no_longer_by_a_group(exam: Exam, users: set[int]) -> None:
    """Whoever was there by a group alone is now there in their own right."""
    rows = exam.candidates.filter(group__isnull=False).values_list("pk", "user")
    theirs = [pk for pk, user in rows if user in users]
    for start in range(0, len(theirs), CHUNK):
        Candidate.objects.filter(pk__in=theirs[start : start + CHUNK]).update(group=None)
