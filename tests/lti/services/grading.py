"""A course whose learners sat an exam, its column, and a platform that is only a function: what it answers is a script, and
what it was sent is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from learning.organisation.models import User
from lti.core import claims
from lti.http.fetching import Answer, Unreachable
from lti.models import Context, GradeDelivery, LineItem, Platform, PlatformUser
from lti.services.delivering import send_due
from question_bank.exams.models import Attempt, Candidate, Exam, ExamGroup
from question_bank.exams.taking.adjusting import force_submit
from tests.factories import NOW, make_attempt, make_candidate, make_exam
from tests.lti.factories import make_context, make_person, make_platform

SCOPES = [claims.SCOPE_SCORE, claims.SCOPE_RESULT, claims.SCOPE_LINE_ITEM]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
Script = Callable[["Post"], Answer]


@dataclass(frozen=True)
class Post:
    method: str
    url: str
    body: Any
    platform: int


def said(status: int, text: str = "", **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, text)


def told(data: Any) -> Answer:
    return Answer(200, {}, json.dumps(data))


@dataclass
class Gradebook:
    """Stands for lti.http.tokens.call. Answers 200 unless `script` says otherwise, or what stands in `answers` first."""

    script: Script | None = None
    answers: list[Answer | Unreachable] = field(default_factory=list)
    asked: list[Post] = field(default_factory=list)

    def __call__(self, platform: Platform, method: str, url: str, *, json: Any = None, **_: Any) -> Answer:
        post = Post(method, url, json, platform.pk)
        self.asked.append(post)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Unreachable):
                raise answer
            return answer
        return self.script(post) if self.script else said(200)

    @property
    def scores(self) -> list[dict[str, Any]]:
        return [post.body for post in self.asked if post.method == "POST"]


class Inline(Executor):
    """Work is done by whoever hands it in, in order."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def send(book: Gradebook, now: datetime) -> int:
    return send_due(clock=lambda: now, call=book, pool=Inline())


def make_column(exam: Exam, context: Context | None = None, **fields: Any) -> LineItem:
    context = context or make_context(make_platform(), scopes=SCOPES)
    number = LineItem.objects.count() + 1
    return LineItem.objects.create(
        **{
            "context": context,
            "url": f"{context.platform.issuer}/items/{number}?type_id=3",
            "label": exam.title,
            "maximum": Decimal(6),
            "exam": exam,
            "made_by": LineItem.MadeBy.PLATFORM,
            "created_at": NOW,
            **fields,
        }
    )


@dataclass
class Course:
    """One exam, one column, learners admitted."""

    exam: Exam
    column: LineItem
    learners: Sequence[User]

    @property
    def context(self) -> Context:
        return self.column.context

    @property
    def platform(self) -> Platform:
        return Platform.objects.get(pk=self.column.context.platform_id)

    def sub(self, user: User) -> str:
        return PlatformUser.objects.get(platform=self.platform, user=user).sub

    def row(self) -> GradeDelivery:
        return GradeDelivery.objects.latest("sequence")


def make_course(learners: int = 1, **fields: Any) -> Course:
    """Scores are shown as soon as they are there, unless `fields` of the exam say otherwise."""
    exam = make_exam(**{"score_release": Exam.ReleasePolicy.AT_MARKED, **fields})
    column = make_column(exam, make_context(make_platform(exam.owner_unit), scopes=SCOPES))
    ExamGroup.objects.create(exam=exam, group=column.context.group, at=NOW)
    people = [make_person(column.context) for _ in range(learners)]
    for user in people:
        make_candidate(exam, user)
    return Course(exam, column, people)


def sit(exam: Exam, user: User, *, answers: dict[int, Any] | None = None, now: datetime = NOW) -> Attempt:
    """Handed in at `now` and, unless something waits for a person, marked. Answer "o1" of slot 1 gives 2 of 6."""
    if not Candidate.objects.filter(exam=exam, user=user).exists():
        make_candidate(exam, user)
    attempt = make_attempt(exam, user, now=now, answers={1: "o1"} if answers is None else answers)
    force_submit(attempt_id=attempt.pk, reason="交卷", by=None, now=now)
    attempt.refresh_from_db()
    return attempt
