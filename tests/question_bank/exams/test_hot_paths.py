"""What starting and submitting ask of the database, however long the paper: hundreds do it in the same second."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from learning.lane.token import Claims
from learning.organisation.models import User
from learning.project.api import session_mark, signer
from question_bank.exams.models import Attempt, Exam, Result
from tests.factories import make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
KINDS = {3: ("single", "multiple", "fill"), 12: ("single", "multiple", "fill", "match") * 3}
START = [
    "SELECT organisation_user",
    "SELECT exams_candidate",
    "SELECT exams_timeadjustment",
    "SELECT exams_attempt",
    "INSERT exams_attempt",
    "INSERT exams_attemptevent",
]
SUBMIT = [
    "SELECT exams_attempt",
    "SELECT exams_exam",
    "SELECT exams_attemptitem",
    "UPDATE exams_attempt",
    "INSERT exams_attemptevent",
    "SELECT exams_candidate",
    "SELECT exams_attempt",
    "INSERT exams_result",
    "INSERT reports_foldrequest",
]


@pytest.fixture
def members() -> list[User]:
    unit = make_unit()
    return [make_user(unit=unit) for _ in range(2)]


@pytest.fixture(params=KINDS)
def exam(request: pytest.FixtureRequest, members: list[User]) -> Exam:
    now = timezone.now()
    kinds: Sequence[str] = KINDS[request.param]
    return make_exam(candidates=members, kinds=kinds, opens_at=now - HOUR, closes_at=now + HOUR)


def begin(client: Client, exam: Exam, member: User) -> dict[str, Any]:
    claims = Claims("login", "user", str(member.pk), timezone.now() + HOUR, session_mark(member))
    headers = {"Authorization": f"Bearer {signer.sign(claims)}"}
    reply = client.post(
        f"/api/exams/{exam.pk}/attempts", b"{}", content_type="application/json", headers=headers
    )
    assert reply.status_code == 201
    return dict(reply.json())


def submit(client: Client, said: dict[str, Any]) -> None:
    reply = client.post(
        f"/api/attempts/{said['attempt']}/submit",
        orjson.dumps({"client": "page", "ops": []}),
        content_type="application/json",
        headers={"X-Attempt-Token": said["token"]},
    )
    assert reply.status_code == 200


def statements(queries: CaptureQueriesContext) -> list[str]:
    """Verb and table of each, without the savepoints that stand for a test's transactions."""
    found = []
    for query in queries.captured_queries:
        words = query["sql"].replace('"', "").split()
        if words[0] not in ("SAVEPOINT", "RELEASE"):
            before = {"SELECT": "FROM", "INSERT": "INTO", "UPDATE": "UPDATE"}[words[0]]
            found.append(f"{words[0]} {words[words.index(before) + 1]}")
    return found


def test_a_start_takes_six_statements_once_the_worker_knows_the_exam(
    client: Client, exam: Exam, members: list[User]
) -> None:
    begin(client, exam, members[0])
    with CaptureQueriesContext(connection) as queries:
        begin(client, exam, members[1])
    assert statements(queries) == START


def test_a_submission_takes_nine_statements_once_the_worker_knows_the_keys(
    client: Client, exam: Exam, members: list[User]
) -> None:
    submit(client, begin(client, exam, members[0]))
    said = begin(client, exam, members[1])
    with CaptureQueriesContext(connection) as queries:
        submit(client, said)
    assert statements(queries) == SUBMIT
    assert Attempt.objects.filter(state=Attempt.State.MARKED).count() == Result.objects.count() == 2
