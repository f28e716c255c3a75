"""A school in a fresh database, made by bulk inserts; and the requests that wrk is to send, tokens signed offline.

Run in a process of its own with the settings of the servers: python -m benchmarks.world FOLDER SIZES."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).resolve().parents[1]
SLOTS = 50
POOL = 500
OPTIONS = ("k1", "k2", "k3", "k4")
BATCH = 2_000
LONG_AGO = date(2020, 1, 1)


@dataclass(frozen=True)
class Sizes:
    """Attempts to save into, members who may start, attempts to submit and attempts to close."""

    save: int = 0
    start: int = 0
    submit: int = 0
    close: int = 0


def make_world(sizes: Sizes, folder: Path, variables: Mapping[str, str]) -> None:
    """Migrates the database of `variables` and fills it; the plans of requests are FOLDER/<bench>.tsv."""
    folder.mkdir(parents=True, exist_ok=True)
    for command in (
        ["manage.py", "migrate", "--verbosity", "0"],
        ["-m", "benchmarks.world", str(folder), json.dumps(asdict(sizes))],
    ):
        subprocess.run([sys.executable, *command], cwd=ROOT, env=dict(variables), check=True)


def _fill(sizes: Sizes, folder: Path) -> None:
    # The models can be imported only once Django is set up.
    from django.db import connection

    from learning.organisation.models import Membership, PersonStatus, Unit, UnitClosure, User
    from learning.project.api import TOKEN_LIFE, session_mark, signer
    from learning.lane.token import Claims
    from question_bank.exams.clock import frozen_rules
    from question_bank.exams.models import (
        Attempt,
        AttemptItem,
        Blueprint,
        Candidate,
        Cell,
        Exam,
        ExamPool,
        Section,
    )
    from question_bank.exams.papers import paper_json, plan_for
    from question_bank.exams.publishing import plan_of
    from question_bank.exams.tokens import attempt_token
    from question_bank.questions.models import Bank, Question, QuestionVersion

    now = datetime.now(UTC)

    def create(model: Any, rows: Iterable[Any]) -> list[Any]:
        return list(model.objects.bulk_create(rows, batch_size=BATCH))

    unit = Unit.add_root(code="bench", name="党校", kind=Unit.Kind.COMMITTEE, opened_date=LONG_AGO)
    UnitClosure.objects.create(ancestor=unit, unit=unit, depth=0, from_date=LONG_AGO)
    bank = Bank.objects.create(name="题库", owner_unit=unit)
    body = {"options": [{"id": option, "text": f"选项 {option}", "pinned": False} for option in OPTIONS]}
    questions = create(Question, (Question(bank=bank, difficulty=3, fingerprint=f"b{n}") for n in range(POOL)))
    versions = create(
        QuestionVersion,
        (
            QuestionVersion(
                question=question, no=1, status=QuestionVersion.Status.READY, kind="single", created_at=now,
                stem=f"<p>第 {n} 题：下列说法正确的是？</p>", body=body, key=OPTIONS[n % 4],
            )
            for n, question in enumerate(questions)
        ),
    )  # fmt: skip
    for question, version in zip(questions, versions, strict=True):
        question.current = question.latest = version
    Question.objects.bulk_update(questions, ["current", "latest"], batch_size=BATCH)

    blueprint = Blueprint.objects.create(name="五十题", owner_unit=unit)
    section = Section.objects.create(
        blueprint=blueprint, order=1, title="一、单项选择", shuffle_questions=True, shuffle_options=True
    )
    cell = Cell.objects.create(section=section, order=1, bank=bank, kind="single", n=SLOTS, mark="2")
    plan = plan_of(blueprint)

    def make_exam(title: str) -> Exam:
        exam = Exam.objects.create(
            title=title, owner_unit=unit, blueprint=blueprint, opens_at=now - timedelta(days=1), limit_s=7200,
            closes_at=now + timedelta(days=1), state=Exam.State.PUBLISHED, pool_version=1, plan=plan,
        )  # fmt: skip
        create(ExamPool, (ExamPool(exam=exam, cell=cell, version=version) for version in versions))
        return exam

    def admit(exam: Exam, count: int) -> list[Candidate]:
        users = create(
            User, (User(number=f"{exam.pk}-{n}", full_name=f"学员{n}", password="!") for n in range(count))
        )
        create(
            Membership,
            (
                Membership(user=user, unit=unit, person_status=PersonStatus.FULL, from_date=LONG_AGO)
                for user in users
            ),
        )
        return create(
            Candidate,
            (
                Candidate(
                    exam=exam, user=user, unit=unit, unit_ancestors=[unit.key], person_status=PersonStatus.FULL,
                    admitted_at=now,
                )
                for user in users
            ),
        )  # fmt: skip

    def sit(exam: Exam, count: int, *, started: datetime) -> list[Attempt]:
        """Each with a paper of its own, drawn as a start draws it."""
        drawn = plan_for(exam.pk, 1, now)
        rules = frozen_rules(exam, drawn.sections)
        deadline = started + timedelta(seconds=exam.limit_s)
        return create(
            Attempt,
            (
                Attempt(
                    exam=exam, user=candidate.user, candidate=candidate, no=1, started_at=started, seed=n,
                    deadline_at=deadline, accept_until=deadline + timedelta(seconds=60), rules=rules,
                    paper=paper_json(drawn.draw(seed=n, seen_versions=set())), max_score=drawn.max_score,
                )
                for n, candidate in enumerate(admit(exam, count))
            ),
        )  # fmt: skip

    def answer_all(exam: Exam) -> None:
        """The first attempt's items by hand, everybody else's copied from them."""
        first = Attempt.objects.filter(exam=exam).order_by("pk")[0]
        create(
            AttemptItem,
            (
                AttemptItem(
                    attempt=first, slot=slot, answer=OPTIONS[slot % 4], answer_rev=1, first_view_at=now,
                    first_answer_at=now, last_answer_at=now, active_ms=20_000, visits=1, last_client="bench", last_seq=slot,
                )
                for slot in range(1, SLOTS + 1)
            ),
        )  # fmt: skip
        columns = [f.column for f in AttemptItem._meta.concrete_fields if f.column not in ("id", "attempt_id")]
        names = ", ".join(columns)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO exams_attemptitem (attempt_id, {names}) SELECT a.id, {', '.join(f't.{c}' for c in columns)} "
                "FROM exams_attempt a CROSS JOIN exams_attemptitem t "
                "WHERE a.exam_id = %s AND t.attempt_id = %s AND a.id <> t.attempt_id",
                [exam.pk, first.pk],
            )

    def write(name: str, lines: Iterator[Sequence[object]]) -> None:
        with (folder / f"{name}.tsv").open("w") as file:
            file.writelines("\t".join(map(str, line)) + "\n" for line in lines)

    if sizes.save:
        attempts = sit(make_exam("保存"), sizes.save, started=now)
        write(
            "save",
            (
                (a.pk, attempt_token(a, now=now), ";".join(",".join(item["o"]) for item in a.paper))
                for a in attempts
            ),
        )
    if sizes.start:
        exam = make_exam("开始")
        expires = now + TOKEN_LIFE
        users = [candidate.user for candidate in admit(exam, sizes.start)]
        tokens = (
            (user, signer.sign(Claims("login", "user", str(user.pk), expires, session_mark(user))))
            for user in users
        )
        path = f"/api/exams/{exam.pk}/attempts"
        write("start", ((path, "Authorization", f"Bearer {token}", "{}") for _user, token in tokens))
    if sizes.submit:
        exam = make_exam("交卷")
        attempts = sit(exam, sizes.submit, started=now)
        answer_all(exam)
        said = json.dumps({"client": "bench", "ops": [], "reason": "self"})
        write(
            "submit",
            (
                (f"/api/attempts/{a.pk}/submit", "X-Attempt-Token", attempt_token(a, now=now), said)
                for a in attempts
            ),
        )
    if sizes.close:
        exam = make_exam("收卷")
        sit(exam, sizes.close, started=now - timedelta(hours=3))
        answer_all(exam)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.project.settings.production")
    django.setup()
    _fill(Sizes(**json.loads(sys.argv[2])), Path(sys.argv[1]))
