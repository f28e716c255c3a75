"""A month of study, simulated: who studies what, on which days, at which hours. Everything goes through the services
that members use, with a clock of its own; the same at every load but for the day it is loaded on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from courses.certifying.services import claim_due
from courses.models import Reflection
from courses.reflecting.marking import give_back, mark
from courses.reflecting.writing import submit
from learning.organisation.models import User
from learning.study.models import Activity, Coverage, Enrolment
from learning.study.services.finishing import finish_part
from question_bank.exams.models import Exam

from .coursework import Coursework
from .essays import COMMENTS, RETURNED, essay
from .sittings import Simulation
from .training import reflection_task
from .visits import Visit

SEED = 1992
MARKED_AFTER = timedelta(days=2)
STOP_MS = 96_000  # where the first member stopped in the film
RATES = (1.0, 1.0, 1.0, 1.25, 1.5, 2.0)
# Quarter hours after midnight at which somebody sits down to study, the evenings most often.
MOMENTS = (28, 30, 49, 51, 52, 64, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87)


@dataclass(frozen=True)
class Habit:
    """How a member studies: the share of lessons reached in the first and in the second course that is asked of them, and
    between which shares of the month."""

    first: float
    second: float
    begins: float = 0.0
    ends: float = 1.0


DILIGENT = Habit(1, 1, 0.05, 0.7)
STEADY = Habit(1, 0.5, 0.2, 0.95)
FIRST_ONLY = Habit(1, 0, 0.1, 0.9)
BEGINNER = Habit(0.5, 0, 0.3, 1)
LATE = Habit(0.8, 0.25, 0.85, 1)
ABSENT = Habit(0, 0)
HABITS = (DILIGENT, STEADY, FIRST_ONLY, BEGINNER, LATE, ABSENT)
USUAL = (15, 10, 10, 8, 6, 51)
IN_CLASS = (60, 22, 10, 4, 4, 0)
WEAK = (2, 3, 4, 6, 7, 78)
WEAK_BRANCH = "JX01"


@dataclass(frozen=True)
class School:
    """What the simulation needs to know of the place."""

    coursework: Coursework
    practice: Exam
    organiser: User
    first: User
    in_class: frozenset[int]
    began: datetime
    now: datetime


def dice_of(user: User, purpose: str = "") -> random.Random:
    """Everybody's own, so that what one does depends neither on the others nor on the hour of the load."""
    return random.Random(f"{SEED} {user.number}{purpose}")  # noqa: S311 — a simulation, no secret


class Month:
    def __init__(self, school: School) -> None:
        self.school = school
        self.dice = dice_of(school.first)
        self.exams = Simulation(SEED)
        self.task = reflection_task(school.coursework.branch, now=school.began)
        self.lessons = {
            course.pk: list(course.children.filter(is_open=True).order_by("position"))
            for course in (school.coursework.constitution, school.coursework.branch)
        }
        self.zone = timezone.get_default_timezone()

    def pass_by(self, users: list[User], branches: dict[int, str]) -> None:
        """Everybody's month, one person after the other. `branches`: user id → code of the branch."""
        for user in users:
            self.dice = dice_of(user)
            if user.pk == self.school.first.pk:
                self._first_member(user)
                continue
            weights = (
                IN_CLASS
                if user.pk in self.school.in_class
                else (WEAK if branches[user.pk] == WEAK_BRANCH else USUAL)
            )
            (habit,) = self.dice.choices(HABITS, weights)
            self._member(user, habit)
        self._mark_reflections()

    def _member(self, user: User, habit: Habit) -> None:
        wanted = self._wanted(user, habit)
        if not wanted:
            return
        pace, rate, ability = self.dice.uniform(1.05, 2.4), self.dice.choice(RATES), self.dice.gauss(1.1, 0.7)
        sittings = self._sittings(habit, max(1, round(len(wanted) / self.dice.uniform(1.2, 2.8))))
        per_sitting = -(-len(wanted) // len(sittings))
        at = self.school.began
        for number, begins in enumerate(sittings):
            at = begins
            for lesson in wanted[number * per_sitting : (number + 1) * per_sitting]:
                at = self._lesson(user, lesson, at, pace=pace, rate=rate, ability=ability)
                at += timedelta(seconds=self.dice.randrange(10, 90))
        if self.dice.random() < 0.5:
            claim_due(user=user, now=min(at + timedelta(hours=1), self.school.now))

    def _wanted(self, user: User, habit: Habit) -> list[Activity]:
        """The lessons this member reaches, in order; of the courses that the member is expected to study."""
        expected = set(Enrolment.objects.filter(user=user).values_list("activity", flat=True))
        shares = [habit.first, habit.second]
        found: list[Activity] = []
        for course, lessons in self.lessons.items():
            if course in expected:
                found += lessons[: round(len(lessons) * shares.pop(0))]
        return found

    def _sittings(self, habit: Habit, n: int) -> list[datetime]:
        """Up to `n` evenings or noons on different days between the habit's first day and its last, never after now."""
        began, now = self.school.began, self.school.now
        whole = (now - began).days
        first, last = (
            round(whole * habit.begins),
            max(round(whole * habit.ends), round(whole * habit.begins) + 1),
        )
        days = sorted(self.dice.sample(range(first, last + 1), min(n, last + 1 - first)))
        found = []
        for day in days:
            date = timezone.localtime(began + timedelta(days=day)).date()
            minutes = 15 * self.dice.choice(MOMENTS) + self.dice.randrange(15)
            at = datetime.combine(date, time(), self.zone) + timedelta(
                minutes=minutes, seconds=self.dice.randrange(60)
            )
            if began <= at <= now - timedelta(hours=3):
                found.append(at)
        evening = datetime.combine(timezone.localdate(now) - timedelta(days=2), time(19, 30), self.zone)
        return found or [evening + timedelta(seconds=self.dice.randrange(5400))]

    def _lesson(
        self, user: User, lesson: Activity, begins: datetime, *, pace: float, rate: float, ability: float
    ) -> datetime:
        """Studies the whole lesson once; when it was left."""
        visit = Visit(user, lesson, begins=begins)
        later: list[dict[str, object]] = []
        for part in lesson.parts:
            if part["kind"] in ("text", "pdf"):
                visit.read(
                    part["key"], part["least_ms"], (), pace=max(1.02, pace * self.dice.uniform(0.8, 1.25))
                )
            elif part["kind"] == "video":
                self._film(visit, part["key"], part["length_ms"], rate)
            else:
                later.append(part)
        visit.leave()
        at = visit.at
        for part in later:
            at = self._deed(user, lesson, part, at + timedelta(seconds=self.dice.randrange(5, 30)), ability)
        return at

    def _film(self, visit: Visit, key: str, length_ms: int, rate: float) -> None:
        """Most watch it through; some go back a little, some jump over the beginning."""
        kind = self.dice.random()
        if kind < 0.2:
            turn = round(length_ms * self.dice.uniform(0.4, 0.8))
            visit.watch(key, 0, turn, rate=rate)
            visit.watch(key, max(0, turn - 20_000), length_ms, rate=rate)
        elif kind < 0.35:
            visit.watch(key, 8_000, length_ms, rate=rate)
        else:
            visit.watch(key, 0, length_ms, rate=rate)

    def _deed(
        self, user: User, lesson: Activity, part: dict[str, object], at: datetime, ability: float
    ) -> datetime:
        if part["kind"] in ("book", "link"):
            if self.dice.random() < 0.4:
                finish_part(user=user, activity=lesson, part=str(part["key"]), now=at)
            return at
        if part["kind"] == "exam" and part["exam"] == self.school.practice.pk and self.dice.random() < 0.92:
            attempt = self.exams.sit(self.school.practice, user, begins=at, ability=ability)
            return attempt.submitted_at or at
        if part["kind"] == "reflection" and self.dice.random() < 0.85:
            at += timedelta(minutes=self.dice.randrange(20, 60))
            submit(user=user, task=self.task, text=essay(self.dice), base=0, now=min(at, self.school.now))
        return at

    def _mark_reflections(self) -> None:
        """What was handed in two days ago or earlier is marked, here and there returned; the rest waits."""
        waiting = Reflection.objects.filter(task=self.task, state=Reflection.State.SUBMITTED)
        waiting = waiting.exclude(user=self.school.organiser).select_related("user")
        for row in waiting.order_by("submitted_at", "pk"):
            self.dice = dice_of(row.user, "marking")
            at = (row.submitted_at or self.school.now) + MARKED_AFTER
            if at >= self.school.now or self.dice.random() < 0.1:
                continue
            seen, by = row.rev, self.school.organiser
            if self.dice.random() < 0.08:
                give_back(reflection_id=row.pk, reason=RETURNED, seen_rev=seen, by=by, now=at)
            else:
                points = Decimal(self.dice.choice((75, 80, 82, 85, 88, 90, 92, 95)))
                comment = self.dice.choice(COMMENTS)
                mark(reflection_id=row.pk, mark=points, comment=comment, seen_rev=seen, by=by, now=at)

    def _first_member(self, user: User) -> None:
        """Finished the first course with its certificate, then one lesson of the second, and stopped in the film."""
        first, second = self.lessons.values()
        days = iter(self._days_of_the_first())
        for lesson in first:
            at = self._lesson(user, lesson, next(days), pace=1.4, rate=1.0, ability=1.6)
        # Whatever the dice said of the practice: this member did it.
        self._finish_practice(user, first, at + timedelta(seconds=self.dice.randrange(60, 240)))
        claim_due(user=user, now=at + timedelta(hours=1))
        self._lesson(user, second[0], next(days), pace=1.3, rate=1.0, ability=1.6)
        film = next(part for part in second[1].parts if part["kind"] == "video")
        visit = Visit(user, second[1], begins=next(days))
        visit.watch(film["key"], 0, STOP_MS)
        visit.leave()

    def _days_of_the_first(self) -> Iterator[datetime]:
        """Evenings, the last one yesterday."""
        today = timezone.localtime(self.school.now).date()
        for ago in (24, 21, 17, 14, 12, 5, 1):
            evening = datetime.combine(today - timedelta(days=ago), time(19, 20), self.zone)
            at = evening + timedelta(seconds=self.dice.randrange(7200))
            yield min(at, self.school.now - timedelta(hours=ago))

    def _finish_practice(self, user: User, lessons: list[Activity], at: datetime) -> None:
        for lesson in lessons:
            for part in lesson.parts:
                done = Coverage.objects.filter(user=user, activity=lesson, part=part["key"]).exists()
                if part["kind"] == "exam" and part["required"] and not done:
                    self.exams.sit(self.school.practice, user, begins=at, ability=1.6)
