"""Marking by question: what waits for a person, who gets which answer, and the mark itself. Names never come here."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learning.organisation.models import User
from learning.organisation.services.audit import record
from question_bank.exams.errors import NotFound, NotPossible
from question_bank.exams.marks import given_marks, settle_marks
from question_bank.exams.models import (
    Attempt,
    AttemptEvent,
    AttemptItem,
    Mark,
    MarkClaim,
    SavedComment,
)
from question_bank.exams.taking.closing import locked_attempt
from question_bank.questions.models import QuestionVersion

CLAIM_LIFE = timedelta(minutes=10)
BUTTON_STEP = Decimal("0.5")
MOST_BUTTONS = 41  # 0 … 20 by halves; above that whole points, above 40 the field alone
CLOSED_STATES = (Attempt.State.MARKING, Attempt.State.MARKED)


class MarkedMeanwhile(NotPossible):
    """The answer got a mark or changed after the page was loaded; nothing was written."""

    message = gettext_lazy("这份作答刚刚已由他人评分，或答案有了变动，您的评分没有保存。")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer for a person to mark: a slot of an attempt. `seen_mark` is the id of its latest mark, 0 for none."""

    attempt_id: int
    slot: int
    max_mark: Decimal
    mark: Decimal | None = None
    seen_mark: int = 0


@dataclass(frozen=True, slots=True)
class QuestionQueue:
    """The answers to one question version in the order they are handed out: no order of names, numbers or time."""

    version_id: int
    kind: str
    max_mark: Decimal
    answers: tuple[Answer, ...]

    @property
    def total(self) -> int:
        return len(self.answers)

    @property
    def done(self) -> int:
        return sum(answer.mark is not None for answer in self.answers)

    @property
    def waiting(self) -> int:
        return self.total - self.done


def queues(attempts: QuerySet[Attempt]) -> list[QuestionQueue]:
    """What these attempts hold for a person, by question in the order of first appearance; two queries, whatever their
    number. The attempts are those of one exam that the viewer may mark."""
    closed = list(
        attempts.filter(state__in=CLOSED_STATES)
        .only("pk", "submitted_at", "paper", "auto_marks")
        .order_by("pk")
    )
    given = given_marks(closed)
    by_version: dict[int, list[Answer]] = {}
    first: dict[int, dict[str, Any]] = {}
    for attempt in closed:
        marks = given.get(attempt.pk, {})
        for slot, item in _for_a_person(attempt):
            mark = marks.get(slot)
            first.setdefault(item["v"], item)
            by_version.setdefault(item["v"], []).append(
                Answer(
                    attempt.pk,
                    slot,
                    Decimal(item["m"]),
                    mark.value if mark else None,
                    mark.pk if mark else 0,
                )
            )
    return [
        QuestionQueue(
            version, first[version]["k"], Decimal(first[version]["m"]), tuple(sorted(answers, key=_shuffled))
        )
        for version, answers in by_version.items()
    ]


def waiting_count(attempts: QuerySet[Attempt]) -> int:
    """How many attempts still wait for a marker."""
    return attempts.filter(state=Attempt.State.MARKING).count()


def claim_next(
    *, queue: QuestionQueue, by: User, now: datetime, after: Answer | None = None
) -> Answer | None:
    """The next answer without a mark that nobody else has before them, claimed for `by`; the one they already hold
    comes first. None when nothing is left to take."""
    unmarked = [answer for answer in queue.answers if answer.mark is None]
    if after is not None:
        later = _shuffled(after)
        unmarked.sort(key=lambda answer: (_shuffled(answer) <= later, _shuffled(answer)))
    claims = {
        (claim.attempt_id, claim.slot): claim
        for claim in MarkClaim.objects.filter(attempt__in={answer.attempt_id for answer in unmarked})
    }
    if after is None:
        unmarked.sort(key=lambda answer: not _held_by(claims.get((answer.attempt_id, answer.slot)), by, now))
    for answer in unmarked:
        claim = claims.get((answer.attempt_id, answer.slot))
        if claim and claim.until > now and claim.by_id != by.pk:
            continue
        if take_claim(answer=answer, by=by, now=now):
            return answer
    return None


def take_claim(*, answer: Answer, by: User, now: datetime) -> bool:
    """Whether the answer is now before `by`: free, expired, or theirs. The unique row decides between two."""
    until = now + CLAIM_LIFE
    rows = MarkClaim.objects.filter(attempt=answer.attempt_id, slot=answer.slot)
    if rows.filter(Q(by=by) | Q(until__lte=now)).update(by=by, until=until):
        return True
    claim = MarkClaim(attempt_id=answer.attempt_id, slot=answer.slot, by=by, until=until)
    MarkClaim.objects.bulk_create([claim], ignore_conflicts=True)
    return rows.filter(by=by).exists()


def others_at_work(queue: QuestionQueue, *, by: User, now: datetime) -> int:
    """How many other people have an answer to this question before them."""
    held = MarkClaim.objects.filter(
        attempt__in={answer.attempt_id for answer in queue.answers},
        slot__in={answer.slot for answer in queue.answers},
        until__gt=now,
    )
    return held.exclude(by=by).values("by").distinct().count()


def give_mark(
    *,
    attempt_id: int,
    slot: int,
    value: Decimal,
    comment: str,
    seen_mark: int,
    by: User,
    now: datetime,
    seen_rev: int | None = None,
) -> Mark:
    """Writes the mark and, with the last one, makes the attempt marked with score and Result.

    `seen_mark` is the latest mark that the marker's page showed (0 = none), `seen_rev` the answer's revision there
    (None = whichever is stored); where one is no more the latest, MarkedMeanwhile: somebody else has marked, or a late
    answer was accepted. Raises NotFound for a slot that no person marks, NotPossible for points outside 0 … full mark.
    """
    with transaction.atomic():
        attempt = locked_attempt(attempt_id)
        if attempt.state not in CLOSED_STATES:
            raise NotPossible(_("这次作答还没有交卷，不能评分。"))
        items = dict(_for_a_person(attempt))
        if slot not in items:
            raise NotFound
        if not 0 <= value <= Decimal(items[slot]["m"]):
            raise NotPossible(_("分数应在 0 到 %(max)s 之间。") % {"max": items[slot]["m"]})
        latest = given_marks([attempt]).get(attempt.pk, {}).get(slot)
        if (latest.pk if latest else 0) != seen_mark:
            raise MarkedMeanwhile
        if seen_rev is not None and written(attempt_id=attempt_id, slot=slot).rev != seen_rev:
            raise MarkedMeanwhile
        mark = Mark.objects.create(
            attempt=attempt,
            slot=slot,
            value=value.quantize(Decimal("0.01")),
            source=Mark.Source.MANUAL,
            version_id=items[slot]["v"],
            by=by,
            at=now,
            comment=comment.strip(),
        )
        MarkClaim.objects.filter(attempt=attempt, slot=slot).delete()
        if latest is not None:
            _note_change(attempt, slot, latest, mark, by, now)
        if settle_marks(attempt=attempt, now=now):
            score = str(attempt.score)
            AttemptEvent.objects.create(
                attempt=attempt, type="marked", at=now, by=by, data={"score": score, "slot": slot}
            )
    return mark


def _note_change(attempt: Attempt, slot: int, old: Mark, new: Mark, by: User, now: datetime) -> None:
    data = {"slot": slot, "from": str(old.value), "to": str(new.value)}
    record(actor=by, action="mark.change", obj=attempt, unit=attempt.exam.owner_unit, data=data, now=now)


def history_of(*, attempt_id: int, slot: int) -> list[Mark]:
    """Every mark the answer ever got, the newest first."""
    return list(
        Mark.objects.filter(attempt=attempt_id, slot=slot).select_related("by").order_by("-at", "-pk")
    )


class Written(NamedTuple):
    """What the member wrote, and how often the stored answer has changed."""

    text: str
    rev: int


def written(*, attempt_id: int, slot: int) -> Written:
    """The stored answer; an empty text where there is none."""
    rows = AttemptItem.objects.filter(attempt=attempt_id, slot=slot).values_list("answer", "answer_rev")
    answer, rev = rows.first() or ("", 0)
    return Written(answer if isinstance(answer, str) else "", rev)


def save_comment(*, by: User, version: QuestionVersion, text: str) -> SavedComment:
    """Keeps a phrase for this marker and question; the same phrase is kept once."""
    saved, _made = SavedComment.objects.get_or_create(by=by, version=version, text=text.strip()[:500])
    return saved


def count_use(*, by: User, version_id: int, comment: str) -> None:
    """Counts those saved phrases of the marker that the comment holds."""
    used = [
        saved.pk
        for saved in SavedComment.objects.filter(by=by, version=version_id)
        if saved.text and saved.text in comment
    ]
    SavedComment.objects.filter(pk__in=used).update(used=F("used") + 1)


def mark_buttons(max_mark: Decimal) -> list[Decimal]:
    """The marks offered as buttons: 0 … full mark by halves, by whole points where that would be too many; [] where
    even these are."""
    for step in (BUTTON_STEP, Decimal(1)):
        count = int(max_mark / step) + 1
        if count <= MOST_BUTTONS:
            marks = [step * n for n in range(count)]
            return marks if marks[-1] == max_mark else [*marks, max_mark]
    return []


def find(answers: Sequence[Answer], attempt_id: int, slot: int) -> Answer | None:
    return next((a for a in answers if a.attempt_id == attempt_id and a.slot == slot), None)


def neighbours(queue: QuestionQueue, answer: Answer) -> tuple[Answer | None, Answer | None]:
    """The answers before and after this one in the queue's order."""
    here = next(i for i, each in enumerate(queue.answers) if _same(each, answer))
    before = queue.answers[here - 1] if here else None
    after = queue.answers[here + 1] if here + 1 < len(queue.answers) else None
    return before, after


def _same(one: Answer, other: Answer) -> bool:
    return (one.attempt_id, one.slot) == (other.attempt_id, other.slot)


def _for_a_person(attempt: Attempt) -> Iterator[tuple[int, dict[str, Any]]]:
    """Slots that the automatic marks left open; a blank essay has its 0 already."""
    marks: Collection[Any] = attempt.auto_marks or ()
    for slot, (item, automatic) in enumerate(zip(attempt.paper, marks, strict=False), start=1):
        if automatic is None:
            yield slot, item


def _held_by(claim: MarkClaim | None, by: User, now: datetime) -> bool:
    return claim is not None and claim.by_id == by.pk and claim.until > now


def _shuffled(answer: Answer) -> bytes:
    """A fixed order that says nothing about who or when."""
    return hashlib.sha256(f"{answer.slot}:{answer.attempt_id}".encode()).digest()
