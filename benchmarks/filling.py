"""The school, by bulk inserts, and the requests that wrk is to send, their tokens signed offline.

Run with the settings of the servers: python -m benchmarks.filling FOLDER SIZES."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.project.settings.production")
django.setup()

from django.db import connection  # noqa: E402 — what follows needs Django set up

from learning.lane.token import Claims  # noqa: E402
from learning.organisation.models import Membership, PersonStatus, Unit, UnitClosure, User  # noqa: E402
from learning.project.api import TOKEN_LIFE, session_mark, signer  # noqa: E402
from learning.study.models import StudyPace, StudySession  # noqa: E402
from learning.study.tokens import study_token  # noqa: E402
from question_bank.exams.clock import frozen_rules  # noqa: E402
from question_bank.exams.models import (  # noqa: E402
    Attempt,
    AttemptItem,
    Blueprint,
    Candidate,
    Cell,
    Exam,
    ExamPool,
    Section,
)
from question_bank.exams.papers import paper_json, plan_for  # noqa: E402
from question_bank.exams.publishing import plan_of  # noqa: E402
from question_bank.exams.tokens import attempt_token  # noqa: E402
from question_bank.questions.models import Bank, Question, QuestionVersion  # noqa: E402

from .lessons import make_courses  # noqa: E402
from .world import SLOTS, Sizes  # noqa: E402

POOL = 500
OPTIONS = ("k1", "k2", "k3", "k4")
BATCH = 2_000
LONG_AGO = date(2020, 1, 1)


class Filling:
    """One unit, one bank of POOL questions, one blueprint of SLOTS of them; an exam a bench."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self.folder, self.now = folder, now
        self.unit = Unit.add_root(code="bench", name="党校", kind=Unit.Kind.COMMITTEE, opened_date=LONG_AGO)
        UnitClosure.objects.create(ancestor=self.unit, unit=self.unit, depth=0, from_date=LONG_AGO)
        bank = Bank.objects.create(name="题库", owner_unit=self.unit)
        self.versions = self._questions(bank)
        self.blueprint = Blueprint.objects.create(name="五十题", owner_unit=self.unit)
        section = Section.objects.create(
            blueprint=self.blueprint,
            order=1,
            title="一、单项选择",
            shuffle_questions=True,
            shuffle_options=True,
        )
        self.cell = Cell.objects.create(section=section, order=1, bank=bank, kind="single", n=SLOTS, mark="2")

    def save(self, count: int) -> None:
        attempts = self._sit(self._exam("保存"), count, started=self.now)
        self._write(
            "save",
            (
                (a.pk, attempt_token(a, now=self.now), ";".join(",".join(item["o"]) for item in a.paper))
                for a in attempts
            ),
        )

    def start(self, count: int) -> None:
        exam, expires = self._exam("开始"), self.now + TOKEN_LIFE
        path = f"/api/exams/{exam.pk}/attempts"
        users = [candidate.user for candidate in self._admit(exam, count)]
        tokens = (
            signer.sign(Claims("login", "user", str(user.pk), expires, session_mark(user))) for user in users
        )
        self._write("start", ((path, "Authorization", f"Bearer {token}", "{}") for token in tokens))

    def submit(self, count: int) -> None:
        exam = self._exam("交卷")
        attempts = self._sit(exam, count, started=self.now)
        self._answer_all(exam)
        said = json.dumps({"client": "bench", "ops": [], "reason": "self"})
        self._write(
            "submit",
            (
                (
                    f"/api/attempts/{a.pk}/submit",
                    "X-Attempt-Token",
                    attempt_token(a, now=self.now),
                    said,
                )
                for a in attempts
            ),
        )

    def close(self, count: int) -> None:
        exam = self._exam("收卷")
        self._sit(exam, count, started=self.now - timedelta(hours=3))
        self._answer_all(exam)

    def beats(self, count: int) -> None:
        """Everybody watches the same video of 20 minutes, each in a session of their own."""
        (lesson,) = make_courses(self.unit, courses=1, lessons=1, now=self.now)
        users = self._people("看课", count)
        sessions = create(
            StudySession,
            (
                StudySession(
                    user=user,
                    activity=lesson,
                    unit=self.unit,
                    tab="bench",
                    started_at=self.now,
                    last_recv_at=self.now,
                )
                for user in users
            ),
        )
        create(StudyPace, (StudyPace(user=each.user, session=each, covered_at=self.now) for each in sessions))
        self._write("beats", ((each.pk, study_token(each, now=self.now)) for each in sessions))

    def _questions(self, bank: Bank) -> list[QuestionVersion]:
        body = {"options": [{"id": each, "text": f"选项 {each}", "pinned": False} for each in OPTIONS]}
        questions = create(
            Question, (Question(bank=bank, difficulty=3, fingerprint=f"b{n}") for n in range(POOL))
        )
        versions = create(
            QuestionVersion,
            (
                QuestionVersion(
                    question=question,
                    no=1,
                    status=QuestionVersion.Status.READY,
                    kind="single",
                    stem=f"<p>第 {n} 题：下列说法正确的是？</p>",
                    body=body,
                    key=OPTIONS[n % 4],
                    created_at=self.now,
                )
                for n, question in enumerate(questions)
            ),
        )
        for question, version in zip(questions, versions, strict=True):
            question.current = question.latest = version
        Question.objects.bulk_update(questions, ["current", "latest"], batch_size=BATCH)
        return versions

    def _exam(self, title: str) -> Exam:
        exam = Exam.objects.create(
            title=title,
            owner_unit=self.unit,
            blueprint=self.blueprint,
            opens_at=self.now - timedelta(days=1),
            closes_at=self.now + timedelta(days=1),
            limit_s=7200,
            state=Exam.State.PUBLISHED,
            pool_version=1,
            plan=plan_of(self.blueprint),
        )
        create(ExamPool, (ExamPool(exam=exam, cell=self.cell, version=version) for version in self.versions))
        return exam

    def _admit(self, exam: Exam, count: int) -> list[Candidate]:
        return create(
            Candidate,
            (
                Candidate(
                    exam=exam,
                    user=user,
                    unit=self.unit,
                    unit_ancestors=[self.unit.key],
                    person_status=PersonStatus.FULL,
                    admitted_at=self.now,
                )
                for user in self._people(str(exam.pk), count)
            ),
        )

    def _people(self, name: str, count: int) -> list[User]:
        users = create(
            User, (User(number=f"{name}-{n}", full_name=f"学员{n}", password="!") for n in range(count))
        )
        full = PersonStatus.FULL
        create(
            Membership,
            (Membership(user=user, unit=self.unit, person_status=full, from_date=LONG_AGO) for user in users),
        )
        return users

    def _sit(self, exam: Exam, count: int, *, started: datetime) -> list[Attempt]:
        """Each with a paper of its own, drawn as a start draws it."""
        drawn = plan_for(exam.pk, 1, self.now)
        rules = frozen_rules(exam, drawn.sections)
        deadline = started + timedelta(seconds=exam.limit_s)
        return create(
            Attempt,
            (
                Attempt(
                    exam=exam,
                    user=candidate.user,
                    candidate=candidate,
                    no=1,
                    started_at=started,
                    deadline_at=deadline,
                    accept_until=deadline + timedelta(seconds=60),
                    seed=n,
                    paper=paper_json(drawn.draw(seed=n, seen_versions=set())),
                    rules=rules,
                    max_score=drawn.max_score,
                )
                for n, candidate in enumerate(self._admit(exam, count))
            ),
        )

    def _answer_all(self, exam: Exam) -> None:
        """The first attempt's items by hand, everybody else's copied from them."""
        first, now = Attempt.objects.filter(exam=exam).order_by("pk")[0], self.now
        create(
            AttemptItem,
            (
                AttemptItem(
                    attempt=first,
                    slot=slot,
                    answer=OPTIONS[slot % 4],
                    answer_rev=1,
                    first_view_at=now,
                    first_answer_at=now,
                    last_answer_at=now,
                    active_ms=20_000,
                    visits=1,
                    last_client="bench",
                    last_seq=slot,
                )
                for slot in range(1, SLOTS + 1)
            ),
        )
        names = [f.column for f in AttemptItem._meta.concrete_fields if f.column not in ("id", "attempt_id")]
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO exams_attemptitem (attempt_id, {', '.join(names)}) "
                f"SELECT a.id, {', '.join(f't.{name}' for name in names)} "
                "FROM exams_attempt a CROSS JOIN exams_attemptitem t "
                "WHERE a.exam_id = %s AND t.attempt_id = %s AND a.id <> t.attempt_id",
                [exam.pk, first.pk],
            )

    def _write(self, name: str, lines: Iterable[Iterable[object]]) -> None:
        with (self.folder / f"{name}.tsv").open("w") as file:
            file.writelines("\t".join(map(str, line)) + "\n" for line in lines)


def create(model: Any, rows: Iterable[Any]) -> list[Any]:
    return list(model.objects.bulk_create(rows, batch_size=BATCH))


def main() -> None:
    sizes = Sizes(**json.loads(sys.argv[2]))
    filling = Filling(Path(sys.argv[1]), datetime.now(UTC))
    for make, count in (
        (filling.save, sizes.save),
        (filling.start, sizes.start),
        (filling.submit, sizes.submit),
        (filling.close, sizes.close),
        (filling.beats, sizes.beats),
    ):
        if count:
            make(count)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


if __name__ == "__main__":
    main()
