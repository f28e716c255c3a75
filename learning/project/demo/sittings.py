"""Simulated members sit exams through the real services, with a clock of their own: nobody writes rows here."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from django.db import transaction

from learning.organisation.models import User
from question_bank.exams.models import Attempt, Candidate, Exam, Release
from question_bank.exams.organising.marking_desk import give_mark
from question_bank.exams.releasing import release
from question_bank.exams.saving import Memory, apply_ops, parse_ops
from question_bank.exams.taking.start import start_attempt
from question_bank.exams.taking.submitting import submit_attempt
from question_bank.questions.models import QuestionVersion

from .short_answers import short_answer

SEED = 1949
SITTERS = 190
STEEPNESS = 1.3  # how sharply a question parts those who know from those who do not
TODAY = 12
SECONDS_EACH = {"single": 25, "multiple": 45, "true_false": 15, "fill": 40, "short": 240}
AT_MOST = 0.8  # of the time limit, before the last look; nobody runs out of time
# (from which share of the points on, what the marker may write)
COMMENTS = (
    (Decimal("0.85"), ("要点齐全。", "回答完整，表述准确。", "")),
    (Decimal("0.5"), ("思路清楚，还有要点没有写到。", "基本正确，依据可再具体。", "")),
    (Decimal(0), ("要点不全，请对照条文复习。", "只写到一部分，请再看教材。")),
)


@cache
def own_hardness(question_id: int) -> float:
    """No question is exactly as hard as its author thought; each is off by as much at every sitting."""
    return random.Random(f"{SEED} {question_id}").gauss(0, 0.6)  # noqa: S311 — a simulation, no secret


class Page:
    """A member's page of an attempt: what it counts and tells. `at` is the member's time."""

    def __init__(self, attempt: Attempt, begins: datetime) -> None:
        self.attempt, self.at = attempt, begins
        self.client = f"demo-{attempt.pk}"
        self._memory = Memory(papers={}, seen_at={})
        self._seq = self._away_ms = self._away_count = 0
        self._active_ms = [0] * (len(attempt.paper) + 1)
        self._rev = [0] * (len(attempt.paper) + 1)

    def stay(self, slot: int, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self._active_ms[slot] += round(seconds * 1000)

    def view(self, slot: int) -> dict[str, Any]:
        return self._op("view", slot=slot, active_ms=self._active_ms[slot])

    def answer(self, slot: int, answer: Any) -> dict[str, Any]:
        base = self._rev[slot]
        self._rev[slot] += 1
        return self._op("answer", slot=slot, base=base, answer=answer, active_ms=self._active_ms[slot])

    def leave(self, slot: int) -> dict[str, Any]:
        return self._op("leave", slot=slot, active_ms=self._active_ms[slot])

    def leave_for(self, seconds: float) -> dict[str, Any]:
        self.at += timedelta(seconds=seconds)
        self._away_ms += round(seconds * 1000)
        self._away_count += 1
        return self._op("away", away_ms=self._away_ms, away_count=self._away_count)

    def save(self, *ops: dict[str, Any]) -> None:
        """Within the sitting's transaction; nobody else writes the attempt that it began."""
        apply_ops(
            attempt=self.attempt,
            client=self.client,
            ops=parse_ops(list(ops)),
            now=self.at,
            memory=self._memory,
        )

    def _op(self, kind: str, **fields: Any) -> dict[str, Any]:
        self._seq += 1
        return {"id": f"{self.client}-{self._seq}", "seq": self._seq, "kind": kind, **fields}


class Simulation:
    """Everything random comes from one seed; `keys` are read once."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 — a simulation, no secret
        self.versions: dict[int, QuestionVersion] = {}
        self._words: list[str] = []  # what somebody fills in who does not know
        self._shares: dict[
            tuple[int, int], Decimal
        ] = {}  # (attempt, slot) → share of a short question's points told

    @transaction.atomic
    def sit(self, exam: Exam, user: User, *, begins: datetime, ability: float) -> Attempt:
        """One sitting from start to submission. As from a real page an answer is saved when it is given, with the view
        of the question after it; some go back to a question at the end, some leave the page for a moment."""
        attempt = start_attempt(exam_id=exam.pk, user=user, password="", now=begins).attempt
        self._load(attempt)
        page = Page(attempt, begins)
        page.save(page.view(1))
        pace = self._pace(attempt, exam.limit_s * AT_MOST)
        for slot, item in enumerate(attempt.paper, 1):
            page.stay(slot, pace[slot - 1])
            answer = self._answer(item, ability)
            if item["k"] == "short" and answer is not None:
                answer, self._shares[attempt.pk, slot] = answer
            told = [page.leave(slot) if answer is None else page.answer(slot, answer)]
            if self.dice.random() < 0.005:
                told.append(page.leave_for(self.dice.uniform(4, 30)))
            if slot < len(attempt.paper):
                told.append(page.view(slot + 1))
            page.save(*told)
        self._look_again(page, attempt, ability)
        page.at += timedelta(seconds=self.dice.uniform(5, 40))
        submit_attempt(attempt_id=attempt.pk, by=user, client=page.client, ops=[], reason="self", now=page.at)
        attempt.refresh_from_db(fields=["state", "submitted_at"])
        return attempt

    def _look_again(self, page: Page, attempt: Attempt, ability: float) -> None:
        """At up to two questions; the answer is changed or not."""
        wanted = min(len(attempt.paper), self.dice.choice((0, 0, 0, 1, 2)))
        for slot in self.dice.sample(range(1, len(attempt.paper) + 1), wanted):
            page.save(page.view(slot))
            page.stay(slot, self.dice.uniform(4, 20))
            item = attempt.paper[slot - 1]
            answer = None if item["k"] == "short" else self._answer(item, ability + 0.5)
            page.save(page.leave(slot) if answer is None else page.answer(slot, answer))

    def _pace(self, attempt: Attempt, most: float) -> list[float]:
        """Seconds for each question: some people are quick; `most` for all together."""
        own = self.dice.lognormvariate(0, 0.25)
        seconds = [
            max(3.0, own * self.dice.lognormvariate(math.log(SECONDS_EACH[item["k"]]), 0.45))
            for item in attempt.paper
        ]
        share = min(1.0, most / sum(seconds))
        return [each * share for each in seconds]

    def mark_shorts(self, attempt: Attempt, marker: User, now: datetime) -> None:
        """By the points that the answer has, give or take half a point."""
        for slot, item in enumerate(attempt.paper, 1):
            if item["k"] == "short" and attempt.state == Attempt.State.MARKING:
                told = self._shares.get((attempt.pk, slot), Decimal(0))
                off = Decimal(self.dice.choice((-10, 0, 0, 0, 5))) / 100 if told else Decimal(0)
                share = min(Decimal(1), max(Decimal(0), told + off))
                half_points = (Decimal(item["m"]) * share * 2).quantize(Decimal(1), ROUND_HALF_UP)
                comment = self.dice.choice(next(said for least, said in COMMENTS if share >= least))
                give_mark(
                    attempt_id=attempt.pk, slot=slot, value=half_points / 2, comment=comment, seen_mark=0, by=marker,
                    now=now,
                )  # fmt: skip

    def _load(self, attempt: Attempt) -> None:
        """All questions of the school at once: papers of every kind are drawn from them."""
        if any(item["v"] not in self.versions for item in attempt.paper):
            found = QuestionVersion.objects.select_related("question").only(
                "kind", "key", "stem", "question__difficulty"
            )
            self.versions = {version.pk: version for version in found.order_by("pk")}
            blanks = [blank for version in found if version.kind == "fill" for blank in version.key or ()]
            self._words = ["", "不清楚", *(word for blank in blanks for word in blank)]

    def _answer(self, item: dict[str, Any], ability: float) -> Any:
        version = self.versions[item["v"]]
        dice, kind = self.dice, item["k"]
        key: Any = version.key
        if dice.random() < 0.02:
            return None
        hardness = (version.question.difficulty - 3) * 0.7 + own_hardness(version.question_id)
        knows = dice.random() < 1 / (1 + math.exp(-STEEPNESS * (ability - hardness)))
        if kind == "short":
            return short_answer(version.stem, ability=ability - hardness / 2, dice=dice)
        if kind == "fill":
            return [
                dice.choice(blank) if knows or dice.random() < 0.3 else dice.choice(self._words)
                for blank in key
            ]
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
    absent = simulation.dice.sample([user for user in users if user.number != first], len(users) - SITTERS)
    attempts = []
    for user in users:
        if user in absent:
            continue
        begins = exam.opens_at + timedelta(seconds=simulation.dice.uniform(5, 3600))
        ability = simulation.dice.gauss(1.2, 1.1)
        attempts.append(simulation.sit(exam, user, begins=begins, ability=ability))
    marked_at = exam.closes_at + timedelta(hours=19)
    for attempt in attempts:
        marked_at += timedelta(seconds=simulation.dice.uniform(15, 70))
        simulation.mark_shorts(attempt, marker, marked_at)
    what = [Release.What.SCORE, Release.What.ANSWERS, Release.What.KEY, Release.What.COMMENTS]
    at = marked_at + timedelta(hours=1)
    release(exam_id=exam.pk, what=what, at=at, by=organiser, now=at)


def hand_in_today(exam: Exam, *, first: str, now: datetime) -> None:
    """A dozen members, not the `first`, have handed in the open exam: their short answers wait for a marker."""
    simulation = Simulation(SEED + 1)
    others = [user for user in _candidates(exam) if user.number != first]
    for user in simulation.dice.sample(others, TODAY):
        begins = now - timedelta(minutes=simulation.dice.uniform(50, 110))
        simulation.sit(exam, user, begins=begins, ability=simulation.dice.gauss(1.0, 0.8))


def _candidates(exam: Exam) -> list[User]:
    """In the order of their numbers; officers (G…) do not sit."""
    found: Iterable[Candidate] = exam.candidates.select_related("user").order_by("user__number")
    return [candidate.user for candidate in found if not candidate.user.number.startswith("G")]
