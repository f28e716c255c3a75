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
# Key and comments stand beside the own answer: without it there is nothing to read them by.
NEEDS_ANSWERS = frozenset({What.KEY.value, What.COMMENTS.value})


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


def score_comes_at(*, exam: Exam, candidate: Candidate, now: datetime) -> datetime | None:
    """The moment from which a release, made ahead, shows the score to the candidate; None where none is set.
    One query."""
    rows = Release.objects.filter(exam=exam, revoked_at=None, at__gt=now, what=What.SCORE).select_related(
        "unit"
    )
    return min((row.at for row in rows if parts_released([row], candidate)), default=None)


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


def with_answers(what: Collection[str]) -> list[str]:
    """These parts, and the own answers where one of them needs those; in the order of the screens."""
    brought = {What.ANSWERS.value} if NEEDS_ANSWERS.intersection(what) else set()
    return [part for part in What.values if part in what or part in brought]


def _visible(exam: Exam, released: Collection[str], *, over: bool) -> Visible:
    answers = _by_policy(exam.answer_release, over)
    return Visible(
        score=What.SCORE in released or _by_policy(exam.score_release, over),
        answers=answers or What.ANSWERS in with_answers(released),
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
    """Shows these parts from `at` on (now or later) to all candidates, or to those of a unit and below; key
    and comments bring the own answers along. Raises NotFound, NotPossible."""
    if not what or not set(what) <= set(What.values):
        raise NotPossible(_("请选择要公布的内容。"))
    with transaction.atomic():
        exam = Exam.objects.select_related("owner_unit").filter(pk=exam_id).first()
        if exam is None:
            raise NotFound
        rows = [
            Release.objects.create(exam=exam, unit=unit, what=part, at=max(at, now), by=by)
            for part in with_answers(what)
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


def leaning_on(row: Release) -> list[Release]:
    """The releases in force that cannot be read without this one, made for the same people: taking back the
    own answers takes back their key and comments, unless another release still shows these answers."""
    if row.what != What.ANSWERS:
        return []
    in_force = Release.objects.filter(exam=row.exam_id, unit=row.unit_id, revoked_at=None).exclude(pk=row.pk)
    if in_force.filter(what=What.ANSWERS, at__lte=row.at).exists():
        return []
    return list(in_force.filter(what__in=NEEDS_ANSWERS).select_related("unit").order_by("pk"))


def revoke_release(*, release_id: int, reason: str, by: User, now: datetime) -> Release:
    """Hides again what a release showed, and what leans on it. Raises NotFound, NotPossible."""
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
        for each in (row, *leaning_on(row)):
            each.revoked_at = now
            each.save(update_fields=["revoked_at"])
            record(
                actor=by,
                action="exam.release_revoked",
                obj=row.exam,
                unit=row.unit or row.exam.owner_unit,
                data={"what": each.what, "reason": reason.strip()},
                now=now,
            )
            release_changed.send(Release, release=each, now=now)
    return row
