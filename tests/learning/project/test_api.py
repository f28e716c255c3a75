"""The API as a stranger and an outside program meet it: the document, its examples, and errors in one form."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from learning.organisation.models import Role, RoleAssignment
from learning.project.api import api
from learning.study.services.sessions import open_session
from question_bank.exams.models import Attempt
from question_bank.exams.taking.start import start_attempt
from question_bank.exams.tokens import attempt_token
from tests.factories import make_exam, make_unit, make_user
from tests.learning.study.factories import make_course, make_lesson

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def now() -> datetime:
    """The site asks the real clock at its door, so the exam is laid around it."""
    return timezone.now()


@pytest.fixture
def attempt(now: datetime) -> Attempt:
    user = make_user("20260001", unit=make_unit())
    exam = make_exam(
        candidates=[user],
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(hours=2),
        max_attempts=3,
    )
    return start_attempt(exam_id=exam.pk, user=user, password="", now=now).attempt


def example_of(schema: dict[str, Any], definitions: dict[str, Any]) -> Any:
    """The least body the schema's own examples make."""
    if "$ref" in schema:
        return example_of(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [example_of(schema["items"], definitions)]
    if "properties" in schema:
        wanted = schema["properties"]
        return {
            name: example_of(each, definitions)
            for name, each in wanted.items()
            if name in schema.get("required", []) or "examples" in each
        }
    return schema.get("default", "")


def test_every_example_of_the_document_is_accepted(client: Client, attempt: Attempt, now: datetime) -> None:
    document = api.get_openapi_schema()
    token = attempt_token(attempt, now=now)
    client.force_login(attempt.user)
    lesson = make_lesson(make_course(attempt.candidate.unit, now=now), now=now)
    unit = attempt.candidate.unit
    grant = {"role": Role.SECRETARY, "unit": unit, "from_date": date(2020, 1, 1)}
    RoleAssignment.objects.create(user=attempt.user, **grant)
    session, study_token = open_session(user=attempt.user, activity_id=lesson.pk, tab="tab-1", now=now)
    posted = 0
    # Handing in comes last: it closes the attempt.
    for path, operations in sorted(document["paths"].items(), key=lambda each: each[0].endswith("/submit")):
        for method, operation in operations.items():
            body: Any = None
            content = operation.get("requestBody", {}).get("content", {}).get(JSON)
            if content:
                schema = content["schema"]
                definitions = document["components"]["schemas"] | schema.get("$defs", {})
                body = example_of(schema, definitions)
            url = path.format(
                exam_id=attempt.exam_id,
                attempt_id=attempt.pk,
                session_id=session.pk,
                number=attempt.user.number,
                unit_id=unit.pk,
            )
            if path == "/api/login":
                body = {"number": "20260001", "password": "secret-pass"}
            if path == "/api/study":
                body |= {"activity": str(lesson.pk)}
            headers = {"X-Attempt-Token": token, "X-Study-Token": study_token}
            answer = getattr(client, method)(
                url, data=json.dumps(body), content_type=JSON, headers=headers
            ) if method != "get" else client.get(url, headers=headers)  # fmt: skip
            assert answer.status_code in (200, 201), (path, body, answer.content)
            posted += 1
    assert posted == 11


def test_a_save_that_passes_the_lane_by_is_saved_all_the_same(
    client: Client, attempt: Attempt, now: datetime
) -> None:
    option = attempt.paper[0]["o"][0]
    op = {"id": "a", "seq": 1, "kind": "answer", "slot": 1, "base": 0, "answer": option, "active_ms": 5}
    answer = client.post(
        f"/api/attempts/{attempt.pk}/ops",
        data=json.dumps({"client": "page", "ops": [op], "token": attempt_token(attempt, now=now)}),
        content_type=JSON,
    )
    assert answer.json()["verdicts"] == {"a": "applied"}
    assert attempt.items.get(slot=1).answer == option


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/api/exams", 401, "not_signed_in"),
        ("get", "/api/nothing-here", 404, "not_found"),
        ("delete", "/api/exams", 405, "method_not_allowed"),
        ("get", "/api/attempts/1", 401, "not_signed_in"),
        ("post", "/api/attempts/1/ops", 401, "not_signed_in"),
    ],
)
def test_a_stranger_gets_a_problem_with_a_stable_code(
    client: Client, method: str, path: str, status: int, code: str
) -> None:
    answer = getattr(client, method)(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_browser_without_csrf_is_not_signed_in(attempt: Attempt) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(attempt.user)
    answer = client.post(f"/api/exams/{attempt.exam_id}/attempts", data="{}", content_type=JSON)
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_signed_in"


def test_a_token_ends_with_the_password_it_was_made_for(client: Client, attempt: Attempt) -> None:
    login = client.post(
        "/api/login", data=json.dumps({"number": "20260001", "password": "secret-pass"}), content_type=JSON
    )
    bearer = {"Authorization": f"Bearer {login.json()['token']}"}
    assert Client().get("/api/exams", headers=bearer).status_code == 200
    user = attempt.user
    user.set_password("another-pass")
    user.save()
    answer = Client().get("/api/exams", headers=bearer)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")
