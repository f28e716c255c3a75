"""Late answers on the page of one attempt: who sees them, who may count them, what the form refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from learning.organisation.models import Role
from question_bank.exams.models import Attempt, AttemptItem, Exam
from question_bank.exams.saving import Op, apply_ops
from question_bank.exams.saving.ops import OpKind
from question_bank.exams.taking.late import late_answers
from tests.factories import NOW, make_candidate, make_user

from .conftest import School, handed_in, signed_in

pytestmark = pytest.mark.django_db
BUTTON = "计入所选答案"


@pytest.fixture
def attempt(school: School, exam: Exam) -> Attempt:
    """Wrong when handed in; the right choice came a minute later."""
    user = make_user(unit=school.branch)
    make_candidate(exam, user)
    made = handed_in(exam, user, right=False)
    op = Op("late", 1, OpKind.ANSWER, 1, base=1, answer="o1")
    apply_ops(attempt=made, client="c1", ops=[op], now=NOW + timedelta(minutes=1))
    return made


def post(client: Client, attempt: Attempt, **changed: object) -> int:
    late = late_answers(attempt)[0]
    data = {"late": f"{late.slot}-{late.event_id}", "reason": "断网"} | changed
    url = reverse("manage_attempt_late", args=[attempt.exam_id, attempt.pk])
    return int(client.post(url, data).status_code)


def page(client: Client, attempt: Attempt) -> str:
    return client.get(reverse("manage_attempt", args=[attempt.exam_id, attempt.pk])).content.decode()


def stored(attempt: Attempt) -> object:
    return AttemptItem.objects.get(attempt=attempt, slot=1).answer


def test_the_office_sees_what_came_late_and_counts_it(school: School, attempt: Attempt) -> None:
    client = signed_in(school.people["office"])
    text = page(client, attempt)
    assert "迟到的答案" in text
    assert "2026年6月1日 09:01:00" in text
    assert BUTTON in text
    assert post(client, attempt) == 302
    assert stored(attempt) == "o1"
    attempt.refresh_from_db()
    assert attempt.auto_marks == ["10.00", None]
    after = page(client, attempt)
    assert "已计入" in after
    assert "断网" in after
    assert BUTTON not in after


@pytest.mark.parametrize("changed", [{"reason": " "}, {"late": []}])
def test_nothing_is_counted_without_a_reason_or_a_tick(
    school: School, attempt: Attempt, changed: dict[str, object]
) -> None:
    assert post(signed_in(school.people["office"]), attempt, **changed) == 422
    assert stored(attempt) == "o0"


def test_the_auditor_reads_and_has_no_button(school: School, attempt: Attempt) -> None:
    client = signed_in(school.people["auditor"])
    text = page(client, attempt)
    assert "迟到的答案" in text
    assert BUTTON not in text
    assert post(client, attempt) == 404
    assert stored(attempt) == "o0"


@pytest.mark.parametrize("who", ["other_office", "releaser", "marker", "invigilator", "teacher", "member"])
def test_whoever_may_not_both_read_and_adjust_finds_nothing(
    school: School, attempt: Attempt, who: str
) -> None:
    assert post(signed_in(school.people[who]), attempt) == 404
    assert stored(attempt) == "o0"


def test_the_office_of_the_candidates_college_may_count_it(school: School, attempt: Attempt) -> None:
    assert post(signed_in(school.people["college_office"]), attempt) == 302
    assert stored(attempt) == "o1"


def test_an_invigilator_who_may_also_read_results_may_count_it(school: School, attempt: Attempt) -> None:
    both = make_user(roles=[(Role.INVIGILATOR, school.root), (Role.RELEASER, school.root)])
    assert post(signed_in(both), attempt) == 302


@pytest.mark.parametrize("value", ["1", "x-y", "1-", "-1", "9" * 40 + "-1"])
def test_what_no_page_of_ours_sends_is_not_found(school: School, attempt: Attempt, value: str) -> None:
    assert post(signed_in(school.people["office"]), attempt, late=value) == 404


def test_an_attempt_of_another_exam_is_not_found(school: School, attempt: Attempt, exam: Exam) -> None:
    url = reverse("manage_attempt_late", args=[exam.pk + 1, attempt.pk])
    assert signed_in(school.people["office"]).post(url, {"late": "1-1", "reason": "断网"}).status_code == 404


def test_an_attempt_without_late_answers_has_no_such_section(school: School, exam: Exam) -> None:
    user = make_user(unit=school.branch)
    make_candidate(exam, user)
    assert "迟到的答案" not in page(signed_in(school.people["office"]), handed_in(exam, user))
