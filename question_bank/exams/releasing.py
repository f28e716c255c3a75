"""What of an outcome may be seen, by whom, from when on: the exam's policies, and releases made by a
person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from learning.organisation.models import Unit, User
from learning.organisation.services.audit import record
from question_bank.engine.timing import AdjustmentKind

from .errors import NotFound, NotPossible
from .models import Attempt, Candidate, Exam, Release, TimeAdjustment
from .signals import release_changed

What = Release.What


@dataclass(frozen=True, slots=True)
class Visible:
    """Which parts the member may see of one attempt. Nothing of an attempt that is not marked, whatever was
    released: no partial score leaves the server."""

    score: bool = False
    answers: bool = False
    key: bool = False
    comments: bool = False


NOTHING = Visible()


def visible_part(*, attempt: Attempt, exam: Exam, candidate: Candidate, now: datetime) -> Visible:
    """What the candidate may see of the attempt at `now`; at most three queries."""
    if attempt.state != Attempt.State.MARKED:
        return NOTHING
    rows = Release.objects.filter(exam=exam, revoked_at=None, at__lte=now).select_related("unit")
    released = parts_released(rows, candidate)
    return _visible(exam, released, over=_waits_for_its_end(exam) and is_over(exam, now))


def visible_parts(*, attempts: Collection[Attempt], now: datetime) -> dict[int, Visible]:
    """The same for many attempts, which come with their exam and candidate, by attempt id; at most three
    queries."""
    marked = [attempt for attempt in attempts if attempt.state == Attempt.State.MARKED]
    rows: dict[int, list[Release]] = {attempt.exam_id: [] for attempt in marked}
    if marked:
        in_force = Release.objects.filter(exam__in=rows, revoked_at=None, at__lte=now)
        for row in in_force.select_related("unit"):
            rows[row.exam_id].append(row)
    over = _over(
        {attempt.exam_id: attempt.exam for attempt in marked if _waits_for_its_end(attempt.exam)}, now
    )
    found = {attempt.pk: NOTHING for attempt in attempts}
    for attempt in marked:
        released = parts_released(rows[attempt.exam_id], attempt.candidate)
        found[attempt.pk] = _visible(attempt.exam, released, over=attempt.exam_id in over)
    return found


def _visible(exam: Exam, released: Collection[str], *, over: bool) -> Visible:
    answers = _by_policy(exam.answer_release, over)
    return Visible(
        score=What.SCORE in released or _by_policy(exam.score_release, over),
        answers=answers or What.ANSWERS in released,
        key=answers or What.KEY in released,
        comments=answers or What.COMMENTS in released,
    )


def _waits_for_its_end(exam: Exam) -> bool:
    return Exam.ReleasePolicy.AT_CLOSE in (exam.score_release, exam.answer_release)


def parts_released(rows: Iterable[Release], candidate: Candidate) -> set[str]:
    """The parts that these releases (in force, with their unit) show to the candidate."""
    return {row.what for row in rows if row.unit is None or row.unit.key in candidate.unit_ancestors}


def is_over(exam: Exam, now: datetime) -> bool:
    """Whether nobody can still be sitting the exam: its window is past, moved ends included, and no attempt
    is open (one that is paused could still see a key)."""
    return exam.pk in _over({exam.pk: exam}, now)


def _over(exams: Mapping[int, Exam], now: datetime) -> set[int]:
    """Ids of the exams that are over; at most two queries."""
    past = {pk for pk, exam in exams.items() if now >= exam.closes_at}
    if not past:
        return past
    shifts = TimeAdjustment.objects.filter(
        exam__in=past, kind=AdjustmentKind.WINDOW.value, revoked_at=None, attempt=None, value__gt=0
    )
    later = dict.fromkeys(past, 0)
    for exam_id, value in shifts.values_list("exam_id", "value"):
        later[exam_id] += value
    ended = {pk for pk in past if now >= exams[pk].closes_at + timedelta(seconds=later[pk])}
    running = Attempt.objects.filter(exam__in=ended).open().values_list("exam_id", flat=True).distinct()
    return ended - set(running)


def _by_policy(policy: str, over: bool) -> bool:
    return policy == Exam.ReleasePolicy.AT_MARKED or (policy == Exam.ReleasePolicy.AT_CLOSE and over)


def release(
    *, exam_id: int, what: Collection[str], unit: Unit | None = None, at: datetime, by: User, now: datetime
) -> list[Release]:
    """Shows these parts from `at` on (now or later) to all candidates, or to those of a unit and below.
    Raises NotFound, NotPossible."""
    if not what or not set(what) <= set(What.values):
        raise NotPossible(_("请选择要公布的内容。"))
    with transaction.atomic():
        exam = Exam.objects.select_related("owner_unit").filter(pk=exam_id).first()
        if exam is None:
            raise NotFound
        rows = [
            Release.objects.create(exam=exam, unit=unit, what=part, at=max(at, now), by=by)
            for part in What.values
            if part in what
        ]
        record(
            actor=by,
            action="exam.release",
            obj=exam,
            unit=unit or exam.owner_unit,
            data={"what": [row.what for row in rows], "at": max(at, now).isoformat()},
            now=now,
        )
        for row in rows:
            release_changed.send(Release, release=row, now=now)
    return rows


def revoke_release(*, release_id: int, reason: str, by: User, now: datetime) -> Release:
    """Hides again what a release showed. Raises NotFound, NotPossible."""
    with transaction.atomic():
        row = (
            Release.objects.select_for_update(of=("self",))
            .select_related("exam__owner_unit", "unit")
            .filter(pk=release_id)
            .first()
        )
        if row is None:
            raise NotFound
        if row.revoked_at is not None:
            raise NotPossible(_("这次公布已经撤销。"))
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        record(
            actor=by,
            action="exam.release_revoked",
            obj=row.exam,
            unit=row.unit or row.exam.owner_unit,
            data={"what": row.what, "reason": reason.strip()},
            now=now,
        )
        release_changed.send(Release, release=row, now=now)
    return row
