"""The exams' JSON: shapes as API.md has them, every refusal by its code, nobody else's attempt, no key
before release."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from learning.organisation.models import User
from learning.project.api import api
from question_bank.exams import schemas
from question_bank.exams.models import AnswerEvent, Attempt, Exam
from question_bank.exams.releasing import release
from question_bank.exams.taking.adjusting import Scope, pause, void_attempt
from question_bank.exams.tokens import VIEWER, attempt_token
from tests.factories import make_candidate, make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def member() -> User:
    return make_user(unit=make_unit())


@pytest.fixture
def exam(member: User) -> Exam:
    """Open for an hour to either side of the real now: these tests go through the views' own clock."""
    now = timezone.now()
    return make_exam(
        candidates=[member],
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(hours=1),
        max_attempts=2,
    )


@pytest.fixture
def signed_in(client: Client, member: User) -> Client:
    client.force_login(member, backend="learning.organisation.backends.NumberBackend")
    return client


def post(client: Client, path: str, body: Any = None, token: str = "") -> Any:
    headers = {"X-Attempt-Token": token} if token else {}
    return client.post(path, orjson.dumps(body or {}), content_type="application/json", headers=headers)


def begin(signed_in: Client, exam: Exam, **body: Any) -> dict[str, Any]:
    return dict(post(signed_in, f"/api/exams/{exam.pk}/attempts", body).json())


def answer(slot: int, value: Any, seq: int = 1, base: int = 0) -> dict[str, Any]:
    return {
        "id": f"op-{slot}-{seq}",
        "seq": seq,
        "kind": "answer",
        "slot": slot,
        "base": base,
        "answer": value,
        "active_ms": 1000,
    }


def submit(signed_in: Client, said: dict[str, Any], *ops: dict[str, Any], **more: Any) -> Any:
    body = {"client": "page-1", "ops": list(ops), **more}
    return post(signed_in, f"/api/attempts/{said['attempt']}/submit", body, said["token"])


def code(response: Any, status: int) -> str:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert {"code", "title", "detail"} <= set(response.json())
    return str(response.json()["code"])


def test_start_answers_201_with_the_paper_then_200_with_the_same_attempt(
    signed_in: Client, exam: Exam
) -> None:
    first = post(signed_in, f"/api/exams/{exam.pk}/attempts")
    assert first.status_code == 201
    said = first.json()
    schemas.StartedOut.model_validate(said, strict=True)
    assert set(said) == {"attempt", "token", "remaining_ms", "clock_rev", "sections", "items"}
    assert said["sections"] == [{"id": "1", "title": "一", "instructions": ""}]
    assert said["items"][0]["max_mark"] == "2.00"
    assert said["items"][0]["answer_rev"] == 0
    assert 1_790_000 < said["remaining_ms"] <= 1_800_000
    again = post(signed_in, f"/api/exams/{exam.pk}/attempts")
    assert again.status_code == 200
    assert again.json()["attempt"] == said["attempt"]


def test_key_is_in_no_answer_before_its_release(signed_in: Client, exam: Exam) -> None:
    said = begin(signed_in, exam)
    submitted = post(signed_in, f"/api/attempts/{said['attempt']}/submit", {"client": "p", "ops": []})
    read = signed_in.get(f"/api/attempts/{said['attempt']}")
    for text in (orjson.dumps(said).decode(), submitted.content.decode(), read.content.decode()):
        assert '"key"' not in text
        assert '"explanation"' not in text
        assert '"pinned"' not in text
    assert "result" not in read.json()


def test_submit_carries_the_outbox_and_gives_the_same_receipt_again(signed_in: Client, exam: Exam) -> None:
    said = begin(signed_in, exam)
    path = f"/api/attempts/{said['attempt']}"
    body = {"client": "page-1", "ops": [answer(1, "o1"), answer(3, True)], "reason": "self"}
    first = post(signed_in, f"{path}/submit", body, said["token"])
    assert first.status_code == 200
    schemas.ReceiptOut.model_validate_json(first.content)
    assert (first.json()["answered"], first.json()["total"]) == (2, 3)
    late = {"client": "page-1", "ops": [answer(2, ["o0", "o2"], seq=9)]}
    assert post(signed_in, f"{path}/submit", late, said["token"]).json() == first.json()
    assert list(AnswerEvent.objects.order_by("id").values_list("slot", "verdict")) == [
        (1, "applied"),
        (3, "applied"),
        (2, "late"),
    ]
    attempt = Attempt.objects.get()
    assert (attempt.state, str(attempt.score)) == ("marked", "4.00")
    assert attempt.finish_kind == Attempt.Finish.SELF


def test_time_up_with_time_left_is_refused_and_nothing_is_applied(signed_in: Client, exam: Exam) -> None:
    said = begin(signed_in, exam)
    body = {"client": "p", "ops": [answer(1, "o1")], "reason": "time_up"}
    response = post(signed_in, f"/api/attempts/{said['attempt']}/submit", body, said["token"])
    assert code(response, 409) == "time_remains"
    assert response.json()["remaining_ms"] > 0
    assert not AnswerEvent.objects.exists()


def test_submit_before_the_earliest_time_is_too_early(signed_in: Client, exam: Exam) -> None:
    Exam.objects.update(earliest_submit_s=600)
    said = begin(signed_in, exam)
    response = post(
        signed_in, f"/api/attempts/{said['attempt']}/submit", {"client": "p", "ops": []}, said["token"]
    )
    assert code(response, 409) == "too_early"


def test_submit_after_the_server_closed_returns_its_receipt_and_keeps_the_ops_as_late(
    signed_in: Client, exam: Exam
) -> None:
    said = begin(signed_in, exam)
    hour_ago = timezone.now() - timedelta(minutes=50)
    Attempt.objects.update(
        started_at=hour_ago, deadline_at=hour_ago + 30 * MINUTE, accept_until=hour_ago + 31 * MINUTE
    )
    body = {"client": "p", "ops": [answer(1, "o1")], "reason": "time_up"}
    response = post(signed_in, f"/api/attempts/{said['attempt']}/submit", body, said["token"])
    assert response.status_code == 200
    assert response.json()["answered"] == 0
    attempt = Attempt.objects.get()
    assert attempt.finish_kind == Attempt.Finish.AUTO
    assert attempt.submitted_at == attempt.deadline_at
    assert AnswerEvent.objects.get().verdict == "late"


@pytest.mark.parametrize("path", ["ops", "submit"])
def test_essay_with_an_emoji_cut_in_two_is_saved_also_where_the_lane_is_passed_by(
    signed_in: Client, member: User, path: str
) -> None:
    now = timezone.now()
    essay = make_exam(candidates=[member], kinds=("essay",), closes_at=now + timedelta(hours=1), opens_at=now)
    said = begin(signed_in, essay)
    cut = json.dumps(
        {"client": "p", "ops": [answer(1, "学习\ud83d")]}
    )  # as a browser's JSON.stringify writes it
    response = signed_in.post(
        f"/api/attempts/{said['attempt']}/{path}",
        cut,
        content_type="application/json",
        headers={"X-Attempt-Token": said["token"]},
    )
    assert response.status_code == 200
    assert Attempt.objects.get().items.get().answer == "学习"


def test_submit_of_a_paused_or_void_attempt_is_refused(signed_in: Client, exam: Exam) -> None:
    said = begin(signed_in, exam)
    path = f"/api/attempts/{said['attempt']}/submit"
    pause(scope=Scope(exam.pk), reason="火警", by=None, now=timezone.now())
    assert code(post(signed_in, path, {"client": "p", "ops": []}, said["token"]), 403) == "not_open"
    void_attempt(attempt_id=int(said["attempt"]), reason="替考", by=None, now=timezone.now())
    body = {"client": "p", "ops": [answer(1, "o1")]}
    assert code(post(signed_in, path, body, said["token"]), 409) == "attempt_closed"
    assert AnswerEvent.objects.get().verdict == "late"


def test_attempt_shows_answers_then_receipt_then_the_released_result(signed_in: Client, exam: Exam) -> None:
    said = begin(signed_in, exam)
    path = f"/api/attempts/{said['attempt']}"
    fresh = signed_in.get(path).json()
    schemas.AttemptOut.model_validate_json(orjson.dumps(fresh))
    assert fresh["state"] == "in_progress"
    assert fresh["items"][0] == {
        "slot": 1,
        "answer": None,
        "answer_rev": 0,
        "flagged": False,
        "active_ms": 0,
    }
    receipt = post(
        signed_in, f"{path}/submit", {"client": "p", "ops": [answer(1, "o1")]}, said["token"]
    ).json()
    done = signed_in.get(path).json()
    assert (done["state"], done["remaining_ms"], done["receipt"]) == ("marked", 0, receipt)
    assert done["items"][0]["answer"] == "o1"
    office, now = make_user(), timezone.now()
    release(exam_id=exam.pk, what=["score"], at=now, by=office, now=now)
    assert signed_in.get(path).json()["result"] == {
        "score": "2.00",
        "max": "6.00",
        "passed": False,
        "items": [],
    }
    release(exam_id=exam.pk, what=["answers"], at=now, by=office, now=now)
    assert signed_in.get(path).json()["result"]["items"][0] == {"slot": 1, "mark": "2.00"}
    release(exam_id=exam.pk, what=["key"], at=now, by=office, now=now)
    result = signed_in.get(path).json()
    schemas.AttemptOut.model_validate_json(orjson.dumps(result))
    assert result["result"]["items"][0] == {"slot": 1, "mark": "2.00", "key": "o1", "explanation": ""}


def test_as_often_as_one_likes_stays_so_after_an_attempt(signed_in: Client, exam: Exam) -> None:
    Exam.objects.filter(pk=exam.pk).update(max_attempts=999)
    submit(signed_in, begin(signed_in, exam))
    assert [line["attempts_left"] for line in signed_in.get("/api/exams").json()] == [999]


def test_list_says_where_the_member_stands(signed_in: Client, exam: Exam, member: User) -> None:
    now = timezone.now()
    upcoming = make_exam(
        candidates=[member], opens_at=now + timedelta(hours=1), closes_at=now + timedelta(hours=2)
    )
    closed = make_exam(
        candidates=[member], opens_at=now - timedelta(hours=3), closes_at=now - timedelta(hours=2)
    )
    make_exam()
    make_exam(candidates=[member], published=False)

    def states() -> dict[str, str]:
        lines = signed_in.get("/api/exams").json()
        for line in lines:
            schemas.ExamLine.model_validate_json(orjson.dumps(line))
        return {line["id"]: line["state"] for line in lines}

    others = {str(upcoming.pk): "upcoming", str(closed.pk): "closed"}
    assert states() == others | {str(exam.pk): "open"}
    said = begin(signed_in, exam)
    assert states() == others | {str(exam.pk): "in_progress"}
    submit(signed_in, said)
    assert states() == others | {str(exam.pk): "open"}
    said = begin(signed_in, exam)
    submit(signed_in, said)
    assert states() == others | {str(exam.pk): "done"}
    line = next(each for each in signed_in.get("/api/exams").json() if each["id"] == str(exam.pk))
    assert (line["attempts_left"], [a["no"] for a in line["attempts"]]) == (0, [1, 2])


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"opens_at": timezone.now() + 10 * MINUTE}, (403, "not_open")),
        ({"password": "开门"}, (403, "wrong_password")),
        ({"state": "withdrawn"}, (404, "not_found")),
    ],
)
def test_start_refused_says_why(
    signed_in: Client, exam: Exam, fields: dict[str, Any], refusal: tuple[int, str]
) -> None:
    Exam.objects.filter(pk=exam.pk).update(**fields)
    response = post(signed_in, f"/api/exams/{exam.pk}/attempts", {"password": "关门"})
    assert (response.status_code, code(response, refusal[0])) == refusal


def test_start_again_too_soon_or_too_often_is_a_conflict(signed_in: Client, exam: Exam) -> None:
    Exam.objects.update(delay_s=3600)
    path = f"/api/exams/{exam.pk}/attempts"
    submit(signed_in, begin(signed_in, exam))
    assert code(post(signed_in, path), 409) == "too_soon"
    Exam.objects.update(delay_s=0)
    submit(signed_in, begin(signed_in, exam))
    assert code(post(signed_in, path), 409) == "no_attempts_left"


def test_nobody_reads_or_submits_the_attempt_of_another(signed_in: Client, exam: Exam) -> None:
    said = begin(signed_in, exam)
    other = make_user(unit=make_unit())
    make_candidate(exam, other)
    signed_in.force_login(other, backend="learning.organisation.backends.NumberBackend")
    path = f"/api/attempts/{said['attempt']}"
    assert code(signed_in.get(path), 404) == "not_found"
    assert code(post(signed_in, f"{path}/submit", {"client": "p", "ops": []}), 404) == "not_found"
    mine = begin(signed_in, exam)
    assert (
        code(post(signed_in, f"{path}/submit", {"client": "p", "ops": []}, mine["token"]), 401) == "bad_token"
    )


@pytest.mark.parametrize("path", [f"/api/exams/{exam_id}/attempts" for exam_id in ("x", "0", 10**30)])
def test_ids_that_are_none_are_not_found(signed_in: Client, path: str) -> None:
    assert code(post(signed_in, path), 404) == "not_found"


def test_attempt_token_opens_its_attempt_without_signing_in(signed_in: Client, exam: Exam) -> None:
    said = begin(signed_in, exam)
    stranger = Client()
    path = f"/api/attempts/{said['attempt']}"
    assert code(stranger.get(path), 401) == "not_signed_in"
    assert code(stranger.get(path, headers={"X-Attempt-Token": "forged"}), 401) == "bad_token"
    assert stranger.get(path, headers={"X-Attempt-Token": said["token"]}).status_code == 200
    beacon = {"client": "p", "ops": [], "token": said["token"]}
    assert post(stranger, f"{path}/submit", beacon).status_code == 200


def test_viewers_token_reads_and_never_submits(signed_in: Client, exam: Exam) -> None:
    said = begin(signed_in, exam)
    token = attempt_token(Attempt.objects.get(), now=timezone.now(), extra=VIEWER)
    path = f"/api/attempts/{said['attempt']}"
    assert Client().get(path, headers={"X-Attempt-Token": token}).status_code == 200
    assert code(post(Client(), f"{path}/submit", {"client": "p", "ops": []}, token), 401) == "bad_token"


def test_session_needs_its_csrf_token_to_submit_and_the_attempt_token_needs_none(
    member: User, exam: Exam
) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(member, backend="learning.organisation.backends.NumberBackend")
    assert post(careful, f"/api/exams/{exam.pk}/attempts").status_code in (401, 403)
    plain = Client()
    plain.force_login(member, backend="learning.organisation.backends.NumberBackend")
    said = begin(plain, exam)
    path = f"/api/attempts/{said['attempt']}/submit"
    assert post(careful, path, {"client": "p", "ops": []}).status_code in (401, 403)
    assert post(careful, path, {"client": "p", "ops": []}, said["token"]).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b"{", 400, "malformed"),
        (b"[]", 400, "malformed"),
        (b"{}", 400, "malformed"),
        (b'{"client": "p", "ops": [{"id": "a"}]}', 400, "malformed"),
        (b'{"client": "p", "ops": [], "reason": "tired"}', 400, "malformed"),
        (
            orjson.dumps(
                {"client": "p", "ops": [{"id": str(n), "seq": n, "kind": "away"} for n in range(257)]}
            ),
            413,
            "too_large",
        ),
    ],
)
def test_what_cannot_be_read_is_malformed(
    signed_in: Client, exam: Exam, body: bytes, status: int, expected: str
) -> None:
    said = begin(signed_in, exam)
    path = f"/api/attempts/{said['attempt']}/submit"
    assert code(signed_in.post(path, body, content_type="application/json"), status) == expected
    assert Attempt.objects.get().state == Attempt.State.IN_PROGRESS


@pytest.mark.parametrize("kinds", [3, 30])
def test_reads_cost_the_same_whatever_the_length_of_the_paper(
    member: User, signed_in: Client, kinds: int
) -> None:
    now = timezone.now()
    exam = make_exam(
        candidates=[member],
        kinds=["single"] * kinds,
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(hours=1),
    )
    said = begin(signed_in, exam)
    with CaptureQueriesContext(connection) as reading:
        Client().get(f"/api/attempts/{said['attempt']}", headers={"X-Attempt-Token": said["token"]})
    with CaptureQueriesContext(connection) as listing:
        signed_in.get("/api/exams")
    assert len(reading) <= 2
    assert len(listing) <= 5


def test_openapi_describes_every_operation() -> None:
    paths = api.get_openapi_schema()["paths"]
    found = {(path, method) for path, operations in paths.items() for method in operations}
    assert {
        ("/api/exams", "get"),
        ("/api/exams/{exam_id}/attempts", "post"),
        ("/api/attempts/{attempt_id}", "get"),
        ("/api/attempts/{attempt_id}/submit", "post"),
    } <= found
