"""Outcomes reach the gradebook of a platform that we did not write, and stay right when things go wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from learning.organisation.models import Unit, User
from lti.core import ags, claims
from lti.http import tokens
from lti.models import GradeDelivery, LineItem, Platform, PlatformUser
from lti.services import outbox
from lti.services.delivering import send_due
from question_bank.exams.models import Attempt, Exam
from question_bank.exams.releasing import release
from question_bank.exams.taking.adjusting import force_submit
from tests.factories import make_attempt, make_user
from tests.live_site import Site
from tests.lti.openedx.conftest import OpenEdx
from tests.lti.platforms.robot import Robot

State = GradeDelivery.State
RIGHT = {1: "o1"}  # of three questions worth two points each


@pytest.fixture
def exam(site: Site, school: Unit, registered: Platform, openedx: OpenEdx) -> Exam:
    """An exam behind a link of its own, whose scores are public once marked."""
    with site.database():
        exam = site.exam(unit=school, score_release="at_marked")
    openedx.link(link_of(exam), custom={"exam": str(exam.pk)})
    return exam


def link_of(exam: Exam) -> str:
    return f"graded-{exam.pk}"


def launched(site: Site, openedx: OpenEdx, exam: Exam, who: str = "ana") -> User:
    """Within site.database(). The person after a launch: a candidate."""
    landed = Robot().launch(openedx.start_url(who, link=link_of(exam)))
    assert landed.ok, landed.text
    outbox.forget()  # the column was made in the site's process; this one need not wait to hear of it
    return PlatformUser.objects.get(sub=openedx.sub(who)).user


def sat(exam: Exam, user: User, answers: dict[int, object] = RIGHT) -> Attempt:
    """An attempt that was handed in; two of six points."""
    now = timezone.now()
    attempt = make_attempt(exam, user, now=now - timedelta(minutes=5), answers=dict(answers))
    force_submit(attempt_id=attempt.pk, reason="交卷", by=None, now=now)
    return attempt


def delivery(exam: Exam) -> GradeDelivery:
    return GradeDelivery.objects.filter(line_item__exam=exam).latest("sequence")


def in_a_moment() -> datetime:
    """Later than every pause that a first failure brings."""
    return timezone.now() + timedelta(seconds=5)


def test_first_launch_makes_the_column(site: Site, openedx: OpenEdx, exam: Exam) -> None:
    with site.database():
        launched(site, openedx, exam)
        column = LineItem.objects.get(exam=exam)
    (item,) = openedx.line_items(link_of(exam))
    assert column.url.endswith(f"/lti-ags/{item['id']}")
    assert item["scoreMaximum"] == 6
    assert item["resourceId"] == f"exam-{exam.pk}"


def test_column_that_the_platform_has_made_is_used(site: Site, openedx: OpenEdx, exam: Exam) -> None:
    openedx.link(link_of(exam), custom={"exam": str(exam.pk)}, ags="declarative")
    with site.database():
        sat(exam, launched(site, openedx, exam))
    assert len(openedx.line_items(link_of(exam))) == 1
    assert [(grade["user"], round(grade["score"], 4)) for grade in openedx.grades(link_of(exam))] == [
        ("ana", 0.3333)
    ]


def test_exam_of_half_points_and_a_long_name_has_its_column(
    site: Site, openedx: OpenEdx, school: Unit, registered: Platform
) -> None:
    with site.database():
        exam = site.exam(
            unit=school, score_release="at_marked", mark="2.5", title="入党积极分子培训结业考试" * 10
        )
        openedx.link(link_of(exam), custom={"exam": str(exam.pk)})
        sat(exam, launched(site, openedx, exam))
        assert delivery(exam).maximum == Decimal("7.5")
    (item,) = openedx.line_items(link_of(exam))
    assert item["scoreMaximum"] == 100
    assert [round(grade["score"], 4) for grade in openedx.grades(link_of(exam))] == [0.3333]


def test_marked_exam_is_in_the_gradebook_with_its_comment(site: Site, openedx: OpenEdx, exam: Exam) -> None:
    with site.database():
        sat(exam, launched(site, openedx, exam))
        assert delivery(exam).state == State.SENT
        assert delivery(exam).sent_at
    (grade,) = openedx.grades(link_of(exam))
    assert (grade["user"], round(grade["score"], 4)) == ("ana", 0.3333)
    assert grade["comment"]


def test_unreleased_score_waits_and_goes_when_it_is_released(
    site: Site, openedx: OpenEdx, school: Unit, registered: Platform
) -> None:
    with site.database():
        exam = site.exam(unit=school)
        openedx.link(link_of(exam), custom={"exam": str(exam.pk)})
        sat(exam, launched(site, openedx, exam))
        assert not openedx.grades(link_of(exam))
        now = timezone.now()
        release(exam_id=exam.pk, what=["score"], at=now, by=make_user(), now=now)
    assert len(openedx.grades(link_of(exam))) == 1


def test_result_is_read_back(site: Site, openedx: OpenEdx, registered: Platform, exam: Exam) -> None:
    with site.database():
        sat(exam, launched(site, openedx, exam))
        column = LineItem.objects.get(exam=exam)
        answer = tokens.call(
            registered,
            "GET",
            ags.results_url(column.url, user_id=openedx.sub("ana")),
            scopes=[claims.SCOPE_RESULT],
            accept=ags.RESULTS_TYPE,
            now=timezone.now(),
        )
    (result,) = ags.read_results(answer.json())
    assert (result.user_id, result.score, result.maximum) == (openedx.sub("ana"), 2, 6)


def test_stale_timestamp_is_read_again_and_told_later(
    site: Site, openedx: OpenEdx, registered: Platform, exam: Exam
) -> None:
    with site.database():
        ana = launched(site, openedx, exam)
        column, now = LineItem.objects.get(exam=exam), timezone.now()
        # Somebody has written into our column, with a clock that is ahead.
        body = ags.score_body(
            user_id=openedx.sub("ana"),
            score=Decimal(1),
            maximum=Decimal(6),
            timestamp=now + timedelta(seconds=3),
            activity=ags.ActivityProgress.COMPLETED,
            grading=ags.GradingProgress.FULLY_GRADED,
        )
        written = tokens.call(
            registered,
            "POST",
            ags.scores_url(column.url),
            scopes=[claims.SCOPE_SCORE],
            headers={"Content-Type": ags.SCORE_TYPE},
            json=body,
            now=now,
        )
        assert written.ok
        sat(exam, ana)
        row = delivery(exam)
        assert (row.state, row.status) == (State.PENDING, 400)
        send_due(clock=in_a_moment)
        assert delivery(exam).state == State.SENT
    assert [round(grade["score"], 4) for grade in openedx.grades(link_of(exam))] == [0.1667, 0.3333]


def test_key_of_the_platform_is_changed_between_launch_and_score(
    site: Site, openedx: OpenEdx, exam: Exam
) -> None:
    with site.database():
        ana = launched(site, openedx, exam)
        sat(exam, ana)
        bo = launched(site, openedx, exam, "bo")
        openedx.tell(rotate_key=True)
        # Its old tokens are worth nothing now, which it says with 403; a launch has a key that nobody has seen.
        sat(exam, bo)
        launched(site, openedx, exam, "cy")
        assert delivery(exam).state == State.SENT
    assert [grade["user"] for grade in openedx.grades(link_of(exam))] == ["ana", "bo"]


def test_grade_without_the_scope_fails_and_goes_when_it_is_resent(
    site: Site, openedx: OpenEdx, registered: Platform, exam: Exam
) -> None:
    with site.database():
        ana = launched(site, openedx, exam)
        openedx.tell(scopes=[claims.SCOPE_MEMBERS])
        tokens.forget_token(registered, [claims.SCOPE_SCORE])
        try:
            sat(exam, ana)
        finally:
            openedx.tell(scopes=None)
        assert delivery(exam).state == State.FAILED
        assert not openedx.grades(link_of(exam))
        failed = GradeDelivery.objects.filter(line_item__exam=exam)
        assert outbox.resend(rows=failed, of=exam, by=make_user(), now=timezone.now()) == 1
        send_due(clock=timezone.now)
    assert len(openedx.grades(link_of(exam))) == 1
