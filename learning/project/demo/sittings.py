"""Simulated members sit exams through the real services, with a clock of their own: nobody writes rows here."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from learning.organisation.models import User
from question_bank.exams.models import Attempt, Candidate, Exam, Release
from question_bank.exams.organising.marking_desk import give_mark
from question_bank.exams.releasing import release
from question_bank.exams.saving import apply_ops, parse_ops
from question_bank.exams.taking.start import start_attempt
from question_bank.exams.taking.submitting import submit_attempt
from question_bank.questions.models import QuestionVersion

SEED = 1949
SITTERS = 190
SAVES = 2
TODAY = 12
SECONDS_EACH = {"single": 25, "multiple": 45, "true_false": 15, "fill": 40, "short": 240}
ESSAYS = (
    "我认为应当从三个方面把握：一是学习原文，二是联系实际，三是落实到行动。在支部学习中，我体会到只有反复学、反复用，才能真正理解。",
    "要坚持原原本本学，理解条文背后的道理，并且在班级和支部工作中带头做到。遇到问题时先查原文，再结合身边的事例思考。",
    "主要是认真学习，按要求参加组织生活，服务同学。",
    "首先要明确概念，其次说明依据，最后谈自己的做法。我平时每周整理一次笔记，按章节复习，效果比较好。",
)
COMMENTS = ("要点齐全，联系实际。", "思路清楚，依据可再具体。", "要点不全，请对照条文复习。")


class Simulation:
    """Everything random comes from one seed; `keys` are read once."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 — a simulation, no secret
        self.versions: dict[int, QuestionVersion] = {}

    def sit(self, exam: Exam, user: User, *, begins: datetime, ability: float) -> Attempt:
        """One sitting from start to submission."""
        now = begins
        attempt = start_attempt(exam_id=exam.pk, user=user, password="", now=now).attempt
        client = f"demo-{attempt.pk}"
        self._load(attempt)
        ops: list[dict[str, Any]] = []
        seq = 0
        for slot, item in enumerate(attempt.paper, 1):
            seconds = max(3.0, self.dice.lognormvariate(math.log(SECONDS_EACH[item["k"]]), 0.5))
            seconds = min(seconds, exam.limit_s / (len(attempt.paper) + 2))
            now += timedelta(seconds=seconds)
            seq += 2
            ops.append({"id": f"{client}-{seq}", "seq": seq, "kind": "view", "slot": slot, "active_ms": 0})
            answer = self._answer(item, ability)
            if answer is not None:
                ops.append(
                    {"id": f"{client}-{seq + 1}", "seq": seq + 1, "kind": "answer", "slot": slot, "base": 0,
                     "answer": answer, "active_ms": round(seconds * 1000)}
                )  # fmt: skip
            if slot % math.ceil(len(attempt.paper) / SAVES) == 0:
                self._save(attempt, client, ops, now)
                ops = []
        now += timedelta(seconds=self.dice.uniform(5, 40))
        submit_attempt(
            attempt_id=attempt.pk, by=user, client=client, ops=parse_ops(ops), reason="self", now=now
        )
        attempt.refresh_from_db()
        return attempt

    def mark_shorts(self, attempt: Attempt, marker: User, now: datetime) -> None:
        for slot, item in enumerate(attempt.paper, 1):
            if item["k"] == "short" and attempt.state == Attempt.State.MARKING:
                share = Decimal(self.dice.choice(("0.4", "0.6", "0.7", "0.8", "0.9", "1")))
                value = (Decimal(item["m"]) * share).quantize(Decimal("0.5"))
                give_mark(
                    attempt_id=attempt.pk, slot=slot, value=value, comment=self.dice.choice(COMMENTS), seen_mark=0,
                    by=marker, now=now,
                )  # fmt: skip

    def _load(self, attempt: Attempt) -> None:
        missing = {item["v"] for item in attempt.paper} - self.versions.keys()
        for version in QuestionVersion.objects.filter(pk__in=missing).select_related("question"):
            self.versions[version.pk] = version

    def _save(self, attempt: Attempt, client: str, ops: list[dict[str, Any]], now: datetime) -> None:
        with transaction.atomic():
            locked = Attempt.objects.select_for_update().get(pk=attempt.pk)
            apply_ops(attempt=locked, client=client, ops=parse_ops(ops), now=now)

    def _answer(self, item: dict[str, Any], ability: float) -> Any:
        version = self.versions[item["v"]]
        dice, kind = self.dice, item["k"]
        key: Any = version.key
        if dice.random() < 0.02:
            return None
        knows = dice.random() < 1 / (1 + math.exp(-(ability - (version.question.difficulty - 3) * 0.7)))
        if kind == "short":
            return dice.choice(ESSAYS)
        if kind == "fill":
            return [blank[0] if knows or dice.random() < 0.3 else "不清楚" for blank in key]
        if kind == "true_false":
            return key if knows else not key
        if kind == "single":
            return key if knows else dice.choice([each for each in item["o"] if each != key])
        if knows:
            return list(key)
        chosen = [each for each in item["o"] if dice.random() < (0.7 if each in key else 0.25)]
        return chosen or [dice.choice(item["o"])]


def sit_past_exam(exam: Exam, *, organiser: User, marker: User, first: str) -> None:
    """190 of the candidates sit it (`first` among them), the short answers are marked, everything is released."""
    simulation = Simulation(SEED)
    users = _candidates(exam)
    users.sort(key=lambda user: user.number != first)
    attempts = []
    for user in users[:SITTERS]:
        begins = exam.opens_at + timedelta(seconds=simulation.dice.uniform(5, 3600))
        attempts.append(simulation.sit(exam, user, begins=begins, ability=simulation.dice.gauss(1.2, 0.8)))
    marked_at = exam.closes_at + timedelta(days=1)
    for attempt in attempts:
        simulation.mark_shorts(attempt, marker, marked_at)
    what = [Release.What.SCORE, Release.What.ANSWERS, Release.What.KEY, Release.What.COMMENTS]
    at = marked_at + timedelta(hours=1)
    release(exam_id=exam.pk, what=what, at=at, by=organiser, now=at)


def hand_in_today(exam: Exam, *, now: datetime) -> None:
    """A dozen members have handed in the open exam: their short answers wait for a marker."""
    simulation = Simulation(SEED + 1)
    for user in _candidates(exam)[-TODAY:]:
        begins = now - timedelta(minutes=simulation.dice.uniform(50, 110))
        simulation.sit(exam, user, begins=begins, ability=simulation.dice.gauss(1.0, 0.8))


def _candidates(exam: Exam) -> list[User]:
    """In the order of their numbers; officers (G…) do not sit."""
    found: Iterable[Candidate] = exam.candidates.select_related("user").order_by("user__number")
    return [candidate.user for candidate in found if not candidate.user.number.startswith("G")]
