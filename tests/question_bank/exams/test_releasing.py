"""What may be seen when: policies, releases by hand, for all or for a unit; and nothing before the marking
is done."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from learning.organisation.models import Unit, User
from question_bank.exams.errors import NotPossible
from question_bank.exams.models import Attempt, Exam, Release
from question_bank.exams.releasing import NOTHING, Visible, release, revoke_release, visible_part
from question_bank.exams.signals import release_changed
from question_bank.exams.taking.adjusting import Scope, extend, force_submit
from tests.factories import NOW, make_attempt, make_candidate, make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
DONE = NOW + 5 * MINUTE


@pytest.fixture
def unit() -> Unit:
    return make_unit()


@pytest.fixture
def office() -> User:
    return make_user()


def finished(unit: Unit, **fields: Any) -> Attempt:
    member = make_user(unit=unit)
    exam = make_exam(candidates=[member], **fields)
    attempt = make_attempt(exam, member, answers={1: "o1", 2: "文章"})
    force_submit(attempt_id=attempt.pk, reason="交卷", by=None, now=DONE)
    return Attempt.objects.select_related("exam", "candidate").get()


def seen(attempt: Attempt, now: datetime = DONE) -> Visible:
    return visible_part(attempt=attempt, exam=attempt.exam, candidate=attempt.candidate, now=now)


def test_nothing_is_seen_until_somebody_releases_it(unit: Unit, office: User) -> None:
    attempt = finished(unit)
    assert seen(attempt) == NOTHING
    release(exam_id=attempt.exam_id, what=["score"], at=DONE + MINUTE, by=office, now=DONE)
    assert seen(attempt) == NOTHING
    assert seen(attempt, DONE + MINUTE) == Visible(score=True)


def test_policy_at_marked_shows_score_or_answers_with_their_key(unit: Unit) -> None:
    attempt = finished(unit, score_release="at_marked")
    assert seen(attempt) == Visible(score=True)
    attempt.exam.answer_release = Exam.ReleasePolicy.AT_MARKED
    assert seen(attempt) == Visible(score=True, answers=True, key=True, comments=True)


def test_nothing_of_an_attempt_that_waits_for_a_marker_is_seen(unit: Unit, office: User) -> None:
    attempt = finished(unit, kinds=["single", "essay"], score_release="at_marked")
    release(exam_id=attempt.exam_id, what=["score", "key"], at=DONE, by=office, now=DONE)
    assert attempt.state == Attempt.State.MARKING
    assert seen(attempt) == NOTHING


def test_policy_at_close_waits_for_the_moved_end_and_for_the_last_open_attempt(unit: Unit) -> None:
    attempt = finished(unit, answer_release="at_close")
    exam = attempt.exam
    late = make_user(unit=unit)
    make_candidate(exam, late)
    sitting = make_attempt(exam, late, now=exam.closes_at - MINUTE)
    assert not seen(attempt, exam.closes_at).key
    force_submit(attempt_id=sitting.pk, reason="交卷", by=None, now=exam.closes_at)
    assert seen(attempt, exam.closes_at).key
    extend(scope=Scope(exam.pk), kind="window", value=600, reason="推迟", by=None, now=exam.closes_at)
    assert not seen(attempt, exam.closes_at + 9 * MINUTE).key
    assert seen(attempt, exam.closes_at + 10 * MINUTE).key


def test_release_for_a_unit_is_for_it_and_those_below(office: User) -> None:
    committee = make_unit()
    branch = make_unit(committee)
    attempt = finished(branch)
    release(exam_id=attempt.exam_id, what=["score"], unit=make_unit(), at=DONE, by=office, now=DONE)
    assert seen(attempt) == NOTHING
    release(exam_id=attempt.exam_id, what=["score"], unit=committee, at=DONE, by=office, now=DONE)
    assert seen(attempt) == Visible(score=True)


@pytest.mark.parametrize("part", ["key", "comments"])
def test_key_and_comments_bring_the_own_answers_along(unit: Unit, office: User, part: str) -> None:
    attempt = finished(unit)
    rows = release(exam_id=attempt.exam_id, what=[part], at=DONE, by=office, now=DONE)
    assert [row.what for row in rows] == ["answers", part]
    assert seen(attempt) == Visible(**{"answers": True, part: True})


def test_a_key_released_without_the_answers_before_this_rule_shows_them_too(unit: Unit) -> None:
    attempt = finished(unit)
    Release.objects.create(exam=attempt.exam, what="key", at=DONE)
    assert seen(attempt) == Visible(answers=True, key=True)


def test_taking_back_the_answers_takes_back_what_cannot_be_read_without_them(
    unit: Unit, office: User
) -> None:
    attempt = finished(unit)
    rows = release(exam_id=attempt.exam_id, what=["score", "key"], at=DONE, by=office, now=DONE)
    revoke_release(release_id=rows[1].pk, reason="过早", by=office, now=DONE)
    assert seen(attempt) == Visible(score=True)
    assert list(Release.objects.filter(revoked_at=None).values_list("what", flat=True)) == ["score"]


def test_taking_back_the_answers_for_one_unit_leaves_what_everybody_was_shown(
    unit: Unit, office: User
) -> None:
    attempt = finished(unit)
    release(exam_id=attempt.exam_id, what=["key"], at=DONE, by=office, now=DONE)
    (own,) = release(exam_id=attempt.exam_id, what=["answers"], unit=unit, at=DONE, by=office, now=DONE)
    revoke_release(release_id=own.pk, reason="重复", by=office, now=DONE)
    assert seen(attempt) == Visible(answers=True, key=True)


def test_revoked_release_hides_again_and_is_revoked_once(unit: Unit, office: User) -> None:
    attempt = finished(unit)
    heard: list[tuple[str, bool]] = []

    def hear(release: Release, **_: object) -> None:
        heard.append((release.what, release.revoked_at is None))

    release_changed.connect(hear)
    try:
        rows = release(exam_id=attempt.exam_id, what=["score", "answers"], at=DONE, by=office, now=DONE)
        revoke_release(release_id=rows[0].pk, reason="有误", by=office, now=DONE)
    finally:
        release_changed.disconnect(hear)
    assert seen(attempt) == Visible(answers=True)
    assert heard == [("score", True), ("answers", True), ("score", False)]
    with pytest.raises(NotPossible):
        revoke_release(release_id=rows[0].pk, reason="再撤", by=office, now=DONE)
    with pytest.raises(NotPossible):
        release(exam_id=attempt.exam_id, what=["everything"], at=DONE, by=office, now=DONE)
