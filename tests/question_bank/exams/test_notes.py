"""Rooms above say a line beside a receipt and a result; nobody else reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import pytest
from django.urls import reverse

from question_bank.exams import notes
from question_bank.exams.models import Attempt
from question_bank.exams.notes import Note, add_result_note, notes_on
from question_bank.exams.taking.submitting import submit_attempt
from tests.factories import NOW, make_attempt, make_candidate, make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """No room speaks but those of the test."""
    before, notes._notes[:] = list(notes._notes), []
    yield
    notes._notes[:] = before


@pytest.fixture
def attempt() -> Attempt:
    exam = make_exam(unit=make_unit())
    user = make_user(unit=make_unit())
    make_candidate(exam, user)
    made = make_attempt(exam, user)
    submit_attempt(attempt_id=made.pk, by=user, client="c1", ops=(), reason="self", now=NOW)
    made.refresh_from_db()
    return made


def said(attempt: Attempt, now: datetime) -> Sequence[Note]:
    return [Note(f"{attempt.exam.title}已发送到校园平台<b>", "success")]


def silent(attempt: Attempt, now: datetime) -> Sequence[Note]:
    return []


def test_lines_come_in_order_and_each_room_is_asked_once(attempt: Attempt) -> None:
    add_result_note(said)
    add_result_note(silent)
    add_result_note(said)
    assert [note.kind for note in notes_on(attempt, NOW)] == ["success"]


@pytest.mark.parametrize("page", ["attempt_receipt", "attempt_result"])
def test_receipt_and_result_show_the_line_to_the_member(attempt: Attempt, page: str, client: object) -> None:
    url = reverse(page, args=[attempt.pk])
    client.force_login(attempt.user)  # type: ignore[attr-defined]
    assert "校园平台" not in client.get(url).content.decode()  # type: ignore[attr-defined]
    add_result_note(said)
    text = client.get(url).content.decode()  # type: ignore[attr-defined]
    assert f"{attempt.exam.title}已发送到校园平台&lt;b&gt;" in text
    assert "#icon-success" in text
