"""成绩回传 in a real Chromium: nothing cut off, nothing that axe finds, and a failed grade sent again by a press."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from learning.organisation.models import Role, User
from lti.models import GradeDelivery, Platform
from tests.browser.conftest import PHONE, NewContext, Site, axe, misfits, watch
from tests.factories import NOW, make_user
from tests.lti.services.grading import Course, Gradebook, make_course, said, send, sit

pytestmark = pytest.mark.browser
DESK = {"width": 1280, "height": 900}
ANSWER = '{"error": "Invalid user for the requested course; see https://lms.example.edu/mod/lti/services.php/2/lineitems/4"}'


@pytest.fixture
def course(site: Site, monkeypatch: pytest.MonkeyPatch) -> Course:
    """One grade of each fate; its platform is nowhere, so no worker is woken."""
    monkeypatch.setattr("lti.receivers._wake", lambda rows: None)
    with site.database():
        course = make_course(learners=4)
        book = Gradebook(answers=[said(200), said(403, ANSWER), said(503, "<h1>Maintenance</h1>")])
        for user in course.learners[:3]:
            sit(course.exam, user)
            send(book, NOW)
        return course


@pytest.fixture
def office(site: Site, course: Course) -> User:
    with site.database():
        return make_user(roles=[(Role.SCHOOL_OFFICE, course.exam.owner_unit)])


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("mount", ["lti_grades", "lti_admin_grades"], ids=["site", "admin"])
def test_the_page_fits_and_is_accessible(
    new_context: NewContext,
    course: Course,
    office: User,
    size: dict[str, int],
    mount: str,
    complaints: list[str],
) -> None:
    page = watch(new_context(office, viewport=size).new_page(), complaints)
    for query in ("", "?state=failed", "?q=无此人"):
        page.goto(reverse(mount, args=[course.exam.pk]) + query)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), query
        # Wagtail's own parts are not ours to mend.
        assert mount == "lti_admin_grades" or misfits(page) == [], query
        assert (axe(page), complaints) == ([], []), query


def test_a_failed_grade_is_sent_again_by_a_press(
    site: Site, new_context: NewContext, course: Course, office: User
) -> None:
    with site.database():
        Platform.objects.update(state=Platform.State.OFF)
    page = new_context(office).new_page()
    page.goto(reverse("lti_grades", args=[course.exam.pk]) + "?state=failed")
    expect(page.locator("tbody tr")).to_have_count(1)
    name = course.learners[1].full_name
    page.get_by_role("button", name=f"重新发送 {name} 的成绩").click()
    expect(page.get_by_text("已安排重新发送 1 条成绩。")).to_be_visible()
    assert page.url.endswith("?state=failed")
    with site.database():
        Platform.objects.update(state=Platform.State.ACTIVE)
        again = GradeDelivery.objects.get(cause=GradeDelivery.Cause.RESENT)
        assert again.person.user == course.learners[1]
