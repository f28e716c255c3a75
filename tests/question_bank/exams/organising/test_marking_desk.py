"""Marking by question: the queue, the claim, the mark, the outcome; nobody's answer is marked twice by accident."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from learning.organisation.models import AuditEntry, User
from question_bank.exams.errors import NotFound, NotPossible
from question_bank.exams.models import Attempt, Exam, Mark, MarkClaim, Result, SavedComment
from question_bank.exams.organising import marking_desk
from question_bank.exams.organising.marking_desk import MarkedMeanwhile, QuestionQueue, claim_next, give_mark
from question_bank.exams.signals import attempts_marked
from tests.factories import NOW, make_candidate, make_user

from .conftest import School, handed_in, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def answers(school: School, exam: Exam) -> list[Attempt]:
    found = []
    for n in range(3):
        user = make_user(unit=school.branch)
        make_candidate(exam, user)
        found.append(handed_in(exam, user, text=f"回答{n}"))
    return found


def queue_of(exam: Exam) -> QuestionQueue:
    (queue,) = marking_desk.queues(Attempt.objects.filter(exam=exam))
    return queue


def mark(attempt: Attempt, value: str, by: User, seen: int = 0, comment: str = "") -> Mark:
    return give_mark(
        attempt_id=attempt.pk, slot=2, value=Decimal(value), comment=comment, seen_mark=seen, by=by, now=NOW
    )


def test_the_queue_holds_what_a_person_must_mark_and_blank_answers_are_not_in_it(
    school: School, exam: Exam, answers: list[Attempt]
) -> None:
    blank = make_user(unit=school.branch)
    make_candidate(exam, blank)
    handed_in(exam, blank, text=" ")
    queue = queue_of(exam)
    assert (queue.kind, queue.total, queue.waiting, queue.max_mark) == ("short", 3, 3, Decimal(10))


def test_the_last_mark_makes_the_attempt_marked_with_score_result_and_signal(
    school: School, exam: Exam, answers: list[Attempt]
) -> None:
    told = []
    attempts_marked.connect(receiver := lambda closed, **_rest: told.extend(closed))
    mark(answers[0], "7.5", school.people["marker"], comment="要点缺一")
    attempts_marked.disconnect(receiver)
    attempt = Attempt.objects.get(pk=answers[0].pk)
    assert (attempt.state, attempt.score, attempt.passed) == ("marked", Decimal("17.5"), True)
    result = Result.objects.get(candidate=attempt.candidate)
    assert result.score == Decimal("17.5")
    assert [closed.attempt.pk for closed in told] == [attempt.pk]
    assert attempt.events.filter(type="marked").exists()


def test_the_latest_mark_wins_and_the_earlier_one_stays_in_the_history(
    school: School, exam: Exam, answers: list[Attempt]
) -> None:
    first = mark(answers[0], "3", school.people["marker"])
    mark(answers[0], "8", school.people["office"], seen=first.pk)
    answers[0].refresh_from_db()
    assert answers[0].score == 18
    history = marking_desk.history_of(attempt_id=answers[0].pk, slot=2)
    assert [entry.value for entry in history] == [8, 3]
    assert AuditEntry.objects.get(action="mark.change").data == {"slot": 2, "from": "3.00", "to": "8.00"}


def test_a_mark_given_on_an_outdated_page_is_not_written(
    school: School, exam: Exam, answers: list[Attempt]
) -> None:
    mark(answers[0], "3", school.people["marker"])
    with pytest.raises(MarkedMeanwhile):
        mark(answers[0], "9", school.people["office"], seen=0)
    assert Mark.objects.count() == 1


def test_a_mark_for_an_answer_that_was_replaced_meanwhile_is_not_written(
    school: School, exam: Exam, answers: list[Attempt]
) -> None:
    """A late answer may be accepted while a marker reads the earlier one."""
    client = signed_in(school.people["marker"])
    queue = queue_of(exam)
    url = client.get(reverse("manage_marking_next", args=[exam.pk, queue.version_id]))["Location"]
    page = client.get(url)
    seen = page.context["form"]["seen_rev"].value()
    attempt = Attempt.objects.get(pk=page.context["answer"].attempt_id)
    attempt.items.filter(slot=2).update(answer="另一份答案", answer_rev=seen + 1)
    told = client.post(
        url, {"value": "6", "comment": "", "seen_mark": "0", "seen_rev": str(seen)}, follow=True
    )
    assert "答案有了变动" in told.content.decode()
    assert "另一份答案" in told.content.decode()
    assert not Mark.objects.exists()


@pytest.mark.parametrize("value", ["-0.5", "10.01"])
def test_points_outside_the_full_mark_are_refused(
    school: School, exam: Exam, answers: list[Attempt], value: str
) -> None:
    with pytest.raises(NotPossible):
        mark(answers[0], value, school.people["marker"])


def test_what_the_system_marked_is_not_marked_by_hand(
    school: School, exam: Exam, answers: list[Attempt]
) -> None:
    with pytest.raises(NotFound):
        give_mark(
            attempt_id=answers[0].pk,
            slot=1,
            value=Decimal(0),
            comment="",
            seen_mark=0,
            by=school.people["marker"],
            now=NOW,
        )


def test_two_markers_get_different_answers_until_a_claim_ends(
    school: School, exam: Exam, answers: list[Attempt]
) -> None:
    one, other = school.people["marker"], school.people["office"]
    queue = queue_of(exam)
    first = claim_next(queue=queue, by=one, now=NOW)
    second = claim_next(queue=queue, by=other, now=NOW)
    assert first
    assert second
    assert first.attempt_id != second.attempt_id
    assert claim_next(queue=queue, by=one, now=NOW) == first  # the one already before them
    assert marking_desk.others_at_work(queue, by=one, now=NOW) == 1
    later = NOW + marking_desk.CLAIM_LIFE
    assert marking_desk.take_claim(answer=first, by=other, now=later - timedelta(seconds=1)) is False
    assert marking_desk.take_claim(answer=first, by=other, now=later)


def test_nothing_is_left_when_others_hold_the_rest(
    school: School, exam: Exam, answers: list[Attempt]
) -> None:
    queue = queue_of(exam)
    for name in ("marker", "office", "teacher"):
        assert claim_next(queue=queue, by=school.people[name], now=NOW)
    assert claim_next(queue=queue, by=school.people["college_office"], now=NOW) is None


def test_the_desk_leads_from_answer_to_answer_and_says_when_all_is_done(
    school: School, exam: Exam, answers: list[Attempt]
) -> None:
    client = signed_in(school.people["marker"])
    queue = queue_of(exam)
    seen = set()
    for _each in range(3):
        page = client.get(reverse("manage_marking_next", args=[exam.pk, queue.version_id]), follow=True)
        answer = page.context["answer"]
        seen.add(answer.attempt_id)
        text = page.content.decode()
        assert "参考答案" in text
        assert page.context["text"] in text
        url = page.redirect_chain[-1][0]
        saved = client.post(url, {"value": "6", "comment": "", "seen_mark": "0", "seen_rev": "1"})
        assert saved.status_code == 302
    assert len(seen) == 3
    assert queue_of(exam).waiting == 0
    assert not MarkClaim.objects.exists()
    assert set(Attempt.objects.filter(exam=exam).values_list("state", flat=True)) == {"marked"}
    last = client.get(reverse("manage_marking_next", args=[exam.pk, queue.version_id]), follow=True)
    assert "已全部评完" in last.content.decode()


def test_a_wrong_mark_comes_back_with_what_was_typed(
    school: School, exam: Exam, answers: list[Attempt]
) -> None:
    client = signed_in(school.people["marker"])
    queue = queue_of(exam)
    url = client.get(reverse("manage_marking_next", args=[exam.pk, queue.version_id]))["Location"]
    refused = client.post(url, {"value": "11", "comment": "写得好", "seen_mark": "0", "seen_rev": "1"})
    assert refused.status_code == 422
    assert "写得好" in refused.content.decode()
    assert not Mark.objects.exists()


def test_comments_are_kept_once_and_their_use_is_counted(
    school: School, exam: Exam, answers: list[Attempt]
) -> None:
    marker = school.people["marker"]
    client = signed_in(marker)
    queue = queue_of(exam)
    for _each in range(2):
        url = client.get(reverse("manage_marking_next", args=[exam.pk, queue.version_id]))["Location"]
        client.post(
            url, {"value": "6", "comment": "要点齐全", "seen_mark": "0", "seen_rev": "1", "keep_comment": "1"}
        )
    saved = SavedComment.objects.get()
    assert (saved.by, saved.text, saved.used) == (marker, "要点齐全", 1)
    page = client.get(reverse("manage_marking_next", args=[exam.pk, queue.version_id]), follow=True)
    assert 'data-comment="要点齐全"' in page.content.decode()
    client.post(reverse("manage_comment_remove", args=[exam.pk, saved.pk]))
    assert not SavedComment.objects.exists()


def test_another_markers_answer_is_not_opened(school: School, exam: Exam, answers: list[Attempt]) -> None:
    queue = queue_of(exam)
    held = claim_next(queue=queue, by=school.people["office"], now=NOW)
    assert held
    url = reverse("manage_marking_item", args=[exam.pk, queue.version_id, held.attempt_id, held.slot])
    page = signed_in(school.people["marker"]).get(url)
    assert page.status_code == 302


def test_the_overview_costs_the_same_queries_for_three_and_for_twelve(
    school: School, exam: Exam, answers: list[Attempt]
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            marking_desk.queues(Attempt.objects.filter(exam=exam))
        return len(captured)

    few = count()
    for _n in range(9):
        user = make_user(unit=school.branch)
        make_candidate(exam, user)
        handed_in(exam, user)
    assert count() == few == 2


@pytest.mark.parametrize(
    ("full", "first", "last", "count"),
    [("2", "0", "2", 5), ("20", "0", "20", 41), ("25", "0", "25", 26), ("2.25", "0", "2.25", 6)],
)
def test_buttons_go_by_halves_and_by_points_where_that_is_too_many(
    full: str, first: str, last: str, count: int
) -> None:
    buttons = marking_desk.mark_buttons(Decimal(full))
    assert (buttons[0], buttons[-1], len(buttons)) == (Decimal(first), Decimal(last), count)


def test_too_large_a_mark_has_no_buttons() -> None:
    assert marking_desk.mark_buttons(Decimal(100)) == []
