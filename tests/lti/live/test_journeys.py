"""Whole journeys from each kind of platform, over HTTP: registered, launched, sat, in the gradebook."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from learning.organisation.models import Unit, User
from lti.models import Context, GradeDelivery, Invitation, PlatformUser, ResourceLink
from lti.models import Platform as Registered
from lti.services import outbox, registering
from lti.services.delivering import send_due
from question_bank.exams.models import Exam
from question_bank.exams.taking.adjusting import force_submit
from tests.factories import make_attempt
from tests.live_site import Site
from tests.lti.live.conftest import Campuses
from tests.lti.platforms.base import Platform
from tests.lti.platforms.blackboard import Blackboard
from tests.lti.platforms.campus import LEARNER
from tests.lti.platforms.canvas import Canvas
from tests.lti.platforms.d2l import D2L
from tests.lti.platforms.launching import DEEP_LINKING
from tests.lti.platforms.moodle import Moodle
from tests.lti.platforms.robot import Robot, form_with, forms_of
from tests.lti.platforms.sakai import Sakai

KINDS: dict[str, type[Platform]] = {
    "other": Platform,
    "moodle": Moodle,
    "canvas": Canvas,
    "blackboard": Blackboard,
    "d2l": D2L,
    "sakai": Sakai,
}


@pytest.fixture
def exam(site: Site, school: Unit) -> Exam:
    with site.database():
        return site.exam(unit=school, score_release="at_marked")


def opens(exam: Exam) -> dict[str, str]:
    return {"exam": str(exam.pk)}


def person(fake: Platform, sub: str, *, client_id: str | None = None) -> User:
    """Within site.database()."""
    row = Registered.objects.get(issuer=fake.issuer, client_id=client_id or fake.client.client_id)
    return PlatformUser.objects.get(platform=row, sub=sub).user


def sit(exam: Exam, user: User) -> None:
    """Within site.database(): one of three questions right, handed in and marked."""
    now = timezone.now()
    outbox.forget()  # the column was made in the site's process
    attempt = make_attempt(exam, user, now=now - timedelta(minutes=5), answers={1: "o1"})
    force_submit(attempt_id=attempt.pk, reason="交卷", by=None, now=now)


def percent(result: dict[str, Any] | None) -> float | None:
    return result and round(100 * result["resultScore"] / result["resultMaximum"], 1)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_student_goes_from_the_course_to_the_exam_and_the_score_comes_back(
    site: Site, campuses: Campuses, exam: Exam, kind: str
) -> None:
    fake = campuses.join(KINDS[kind], dialect=kind)
    fake.links["exam"].custom = opens(exam)
    landed = Robot().launch(f"{fake.url}/start?user=ana")
    assert (landed.status_code, landed.url) == (200, f"{site.url}/exams/{exam.pk}/"), landed.text
    (column,) = fake.gradebook.items.values()
    assert (column.made_by_tool, column.link_id, column.maximum) == (True, "exam", 6)
    with site.database():
        sit(exam, person(fake, "ana"))
        assert GradeDelivery.objects.get(line_item__exam=exam).state == GradeDelivery.State.SENT
    assert percent(fake.gradebook.shown("ana")) == 33.3
    assert not fake.granting.refusals


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_teacher_lands_on_the_course_with_its_roster(
    site: Site, campuses: Campuses, exam: Exam, kind: str
) -> None:
    fake = campuses.join(KINDS[kind], dialect=kind)
    fake.links["exam"].custom = opens(exam)
    robot = Robot()
    landed = robot.launch(f"{fake.url}/start?user=teach")
    assert landed.ok
    assert "/lti/contexts/" in landed.url
    sync = next(form for form in forms_of(landed) if form.action.endswith("/roster/"))
    synced = robot.submit(landed, sync)
    assert all(fake.people[sub].name in synced.text for sub in ("ana", "bo", "cy")), synced.text


def test_two_tenants_of_one_issuer_are_told_apart(site: Site, campuses: Campuses, exam: Exam) -> None:
    canvas = campuses.join(Canvas, dialect="canvas")
    campuses.register(canvas, dialect="canvas", client=canvas.second)
    for link in ("exam", "exam-b"):
        canvas.links[link].custom = opens(exam)
        assert Robot().launch(canvas.begin("ana", link)).ok
    with site.database():
        first, second = person(canvas, "ana"), person(canvas, "ana", client_id="client-2")
        assert first != second
        sit(exam, second)
    shown = {
        item.context.id: percent(canvas.gradebook.shown("ana", item))
        for item in canvas.gradebook.items.values()
    }
    assert shown == {"course": None, "course-b": 33.3}


def test_link_that_opens_another_exam_takes_its_column_along(
    site: Site, campuses: Campuses, exam: Exam
) -> None:
    fake = campuses.join(Platform)
    with site.database():
        before = site.exam(unit=exam.owner_unit)
    for each in (before, exam):
        fake.links["exam"].custom = opens(each)
        assert Robot().launch(fake.begin("ana")).url == f"{site.url}/exams/{each.pk}/"
        fake.links["exam"].item = None  # its messages never name the column
    with site.database():
        sit(exam, person(fake, "ana"))
    assert percent(fake.gradebook.shown("ana")) == 33.3


def test_message_without_its_link_is_refused_and_the_next_one_is_not(
    site: Site, campuses: Campuses, exam: Exam
) -> None:
    blackboard = campuses.join(Blackboard, dialect="blackboard")
    blackboard.links["exam"].custom = opens(exam)
    blackboard.forgets_link = True
    refused = Robot().launch(blackboard.begin("ana"))
    assert refused.status_code == 400
    assert refused.headers["X-Error-Code"]
    assert Robot().launch(blackboard.begin("ana")).url.endswith(f"/exams/{exam.pk}/")


def test_launch_without_its_cookie_goes_nowhere(site: Site, campuses: Campuses, exam: Exam) -> None:
    fake = campuses.join(Platform)
    fake.links["exam"].custom = opens(exam)
    stopped = Robot(keeps_cookies=False).launch(fake.begin("ana"))
    assert "/exams/" not in stopped.url
    assert "no_cookie" in stopped.text
    with site.database():
        row = Registered.objects.get(issuer=fake.issuer)
        assert not PlatformUser.objects.filter(platform=row).exists()


def test_key_that_nobody_has_seen_is_fetched(campuses: Campuses, exam: Exam) -> None:
    fake = campuses.join(Platform)
    fake.links["exam"].custom = opens(exam)
    assert Robot().launch(fake.begin("ana")).ok
    fake.rotate_key(keep_old=False)
    assert Robot().launch(fake.begin("bo")).url.endswith(f"/exams/{exam.pk}/")


def test_moodle_guards_its_token_and_gets_the_grade_later(site: Site, campuses: Campuses, exam: Exam) -> None:
    moodle = campuses.join(Moodle, dialect="moodle", needs_user_agent=True)
    moodle.add_link("graded", custom=opens(exam), maximum=10)
    assert Robot().launch(moodle.begin("ana", "graded")).ok
    moodle.curl_guard = True
    with site.database():
        sit(exam, person(moodle, "ana"))
        row = GradeDelivery.objects.get(line_item__exam=exam)
        assert row.state == GradeDelivery.State.PENDING
        moodle.curl_guard = False
        send_due(clock=lambda: timezone.now() + timedelta(seconds=5))
    assert percent(moodle.gradebook.shown("ana")) == 33.3


def test_chosen_exam_is_saved_by_the_teacher_and_opened_by_students(
    site: Site, campuses: Campuses, exam: Exam
) -> None:
    moodle = campuses.join(Moodle, dialect="moodle")
    robot = Robot()
    shelf = robot.launch(moodle.begin("teach", message=DEEP_LINKING))
    options = robot.visit(f"{shelf.url}?step=options&item=exam-{exam.pk}", comes_from=shelf.url)
    assert robot.through(robot.submit(options, form_with(options, "item"))).url.startswith(moodle.url)
    moodle.choosing.save()
    (link,) = moodle.choosing.made
    assert link.item
    assert (link.title, link.custom["exam"], link.item.maximum) == (exam.title, str(exam.pk), 6)
    assert Robot().launch(moodle.begin("ana", link.id)).url == f"{site.url}/exams/{exam.pk}/"
    with site.database():
        sit(exam, person(moodle, "ana"))
    assert percent(moodle.gradebook.shown("ana", link.item)) == 33.3


def test_our_addresses_may_be_typed_with_a_slash_at_the_end(
    site: Site, campuses: Campuses, exam: Exam
) -> None:
    fake = campuses.join(Platform)
    fake.client.login_url, fake.client.redirect_uris = f"{site.url}/lti/login/", [f"{site.url}/lti/launch/"]
    fake.client.jwks_url = f"{site.url}/lti/jwks/"
    fake.links["exam"].target = f"{site.url}/lti/launch/"
    robot = Robot()
    shelf = robot.launch(fake.begin("teach", message=DEEP_LINKING))
    options = robot.visit(f"{shelf.url}?step=options&item=exam-{exam.pk}", comes_from=shelf.url)
    robot.through(robot.submit(options, form_with(options, "item")))
    (link,) = fake.choosing.made
    assert Robot().launch(fake.begin("ana", link.id)).url == f"{site.url}/exams/{exam.pk}/"
    with site.database():
        sit(exam, person(fake, "ana"))
    assert percent(fake.gradebook.shown("ana", link.item)) == 33.3


def test_platform_registers_itself_and_waits_on_both_sides(
    site: Site, campuses: Campuses, exam: Exam
) -> None:
    moodle = campuses.start(Moodle)
    with site.database():
        made = registering.invite(
            name="Moodle", unit=exam.owner_unit, allow_insecure_loopback=True, by=None, now=timezone.now()
        )
    invitation = f"{site.url}/lti/register/{made.token}"
    done = Robot(framed_in=moodle.url).visit(moodle.registering.url(invitation), comes_from=moodle.url)
    assert done.status_code == 200, done.text
    again = Robot().visit(moodle.registering.url(invitation))
    assert again.status_code == 400
    (told,) = moodle.registering.received
    assert told["redirect_uris"] == [f"{site.url}/lti/launch"]
    client = next(client for client in moodle.clients.values() if not client.active)
    moodle.contexts["course"].client, moodle.contexts["course"].deployment_id = client, client.deployments[0]
    moodle.links["exam"].custom = opens(exam)
    moodle.registering.approve(client.client_id)
    assert Robot().launch(moodle.begin("ana")).status_code in (400, 403)
    with site.database():
        assert Invitation.objects.get(pk=made.invitation.pk).used_at
        row = Registered.objects.get(client_id=client.client_id)
        assert row.state == Registered.State.PENDING
        registering.enter_platform(
            platform=row, deployments=client.deployments, unit=exam.owner_unit, by=None, now=timezone.now()
        )
    assert Robot().launch(moodle.begin("ana")).url == f"{site.url}/exams/{exam.pk}/"


def test_links_of_a_copied_course_open_what_they_opened_before(
    site: Site, campuses: Campuses, exam: Exam
) -> None:
    fake = campuses.join(Platform)
    fake.links["exam"].custom = opens(exam)
    Robot().launch(fake.begin("teach"))
    told = fake.notifying.tell(fake.add_context("copy"), "course")
    assert told.status_code == 200, told.text
    # The platform copied the link without what only we had told it.
    fake.enrol("ana", LEARNER, context_id="copy")
    fake.add_link("exam-copied", context_id="copy").title = fake.links["exam"].title
    assert Robot().launch(fake.begin("ana", "exam-copied")).url == f"{site.url}/exams/{exam.pk}/"
    with site.database():
        row = Registered.objects.get(issuer=fake.issuer)
        copied = Context.objects.get(platform=row, context_id="copy")
        assert copied.copied_from == Context.objects.get(platform=row, context_id="course")
        assert ResourceLink.objects.filter(context=copied.copied_from, exam=exam).exists()
