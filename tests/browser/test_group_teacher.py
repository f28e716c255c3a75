"""The teacher of a teaching group, who has no role and no admin: from the home page to the exam's screens and its report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from learning.organisation.models import GroupRole, User
from learning.organisation.services.groups import keep_staff
from learning.study.services.groups import studied_by_group
from question_bank.exams.candidates import admit_group
from question_bank.exams.taking.submitting import submit_attempt
from reports.folding.worker import fold_requests
from tests.browser.conftest import NewContext, Site, axe, misfits, watch
from tests.factories import make_attempt, make_bank, make_candidate, make_group, make_unit, make_user
from tests.learning.study.factories import make_course, make_lesson
from tests.reports.school import enrol

pytestmark = pytest.mark.browser
TITLE = "2026 年秋季入党积极分子培训班结业考试"


@dataclass
class World:
    teacher: User
    title: str
    exam: int
    course: int


@pytest.fixture(scope="module")
def world(site: Site) -> World:
    with site.database():
        now = timezone.now()
        root = make_unit(name="中共某某大学委员会")
        branch = make_unit(root, name="电子工程学院学生第一党支部")
        teacher = make_user(name="任课教师", unit=branch)
        exam = site.exam(
            unit=root, bank=make_bank(root), title=TITLE, mark="10", kinds=["single", "multiple", "short"]
        )
        course = make_course(root)
        make_lesson(course)
        people = [make_user(name=f"本班学员{n}", unit=branch) for n in range(6)]
        group = make_group(*people, title="党课提高班")
        keep_staff(group=group, user=teacher, role=GroupRole.TEACHER, now=now)
        admit_group(exam_id=exam.pk, group=group, by=None, now=now)
        studied_by_group(course=course, group=group, by=None, now=now)
        outsider = make_user(name="班外考生", unit=branch)
        make_candidate(exam, outsider)
        for user in [*people, outsider]:
            enrol(course, user)
            answers = {1: "o1", 2: ["o0"], 3: "论述要点" if user == people[0] else ""}
            attempt = make_attempt(exam, user, now=now - timedelta(minutes=9), answers=answers)
            submit_attempt(attempt_id=attempt.pk, by=user, client="c1", ops=(), reason="self", now=now)
        fold_requests(now=now)
        return World(teacher, exam.title, exam.pk, course.pk)


@pytest.mark.parametrize("width", [360, 1280])
def test_way_from_home_through_every_screen(
    new_context: NewContext, world: World, width: int, complaints: list[str]
) -> None:
    page = watch(new_context(world.teacher, viewport={"width": width, "height": 900}).new_page(), complaints)
    page.goto(reverse("home"))
    page.get_by_role("link", name="考务台").click()
    page.get_by_role("link", name=world.title).click()
    tabs = page.get_by_role("navigation", name="考试的各个页面")
    names = tabs.get_by_role("link").all_inner_texts()
    assert names == ["考生", "监考", "阅卷", "成绩", "报告"]
    for name in names:
        tabs.get_by_role("link", name=name, exact=True).click()
        page.wait_for_selector(f'.tabs a[aria-current="page"]:has-text("{name}")')
        assert "班外考生" not in page.inner_text("main"), name
        assert axe(page) == [], name
        assert misfits(page) == [], name
    assert "应考 6，实考 6" in page.inner_text(".report__sentence")
    assert complaints == []


@pytest.mark.parametrize("width", [360, 1280])
def test_course_report_stands_outside_the_admin(
    new_context: NewContext, world: World, width: int, complaints: list[str]
) -> None:
    page = watch(new_context(world.teacher, viewport={"width": width, "height": 900}).new_page(), complaints)
    page.goto(reverse("course_report", args=[world.course]))
    assert "加入 6 人" in page.inner_text(".report__sentence")
    assert axe(page) == []
    assert misfits(page) == []
    assert complaints == []


def test_answer_of_the_own_people_is_marked(new_context: NewContext, world: World) -> None:
    page = new_context(world.teacher).new_page()
    page.goto(reverse("manage_marking", args=[world.exam]))
    page.get_by_role("link", name="开始评").click()
    page.get_by_text("论述要点").wait_for()
    page.locator("[data-mark='8']").click()
    page.get_by_role("button", name="评分，下一份").click()
    page.get_by_text("这道题已全部评完。").wait_for()
