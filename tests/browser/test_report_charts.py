"""The charts of a member and of a course in a real browser: what is drawn is what the table says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from learning.organisation.models import Role, User
from learning.study.models import Coverage
from question_bank.exams.models import AttemptItem
from question_bank.exams.taking.submitting import submit_attempt
from tests.browser.conftest import NewContext, Site, axe
from tests.browser.test_exam_reports import drawn_in, numbers, opened, table_of
from tests.factories import make_attempt, make_bank, make_candidate, make_unit, make_user
from tests.learning.study.factories import make_course, make_lesson, video
from tests.reports.school import enrol

pytestmark = pytest.mark.browser
WIDTHS = (1280, 360)
VIEWERS = 6


@dataclass
class World:
    office: User
    member: str
    course: str


@pytest.fixture(scope="module")
def world(site: Site) -> World:
    with site.database():
        now = timezone.now()
        root = make_unit(name="中共某某大学委员会")
        office = make_user(name="党校办公室", roles=[(Role.SCHOOL_OFFICE, root)])
        people = [make_user(unit=root) for _ in range(VIEWERS)]
        exam = site.exam(unit=root, bank=make_bank(root), title="结业考试", mark="10")
        make_candidate(exam, people[0])
        start = now - timedelta(minutes=9)
        attempt = make_attempt(exam, people[0], now=start, answers={1: "o1", 2: ["o0"], 3: True})
        for slot, seconds in {1: (3, 65, 200), 2: (70, 90, 90), 3: (95, 95, 300)}.items():
            names = ("first_view_at", "first_answer_at", "last_answer_at")
            moments = {name: start + timedelta(seconds=at) for name, at in zip(names, seconds, strict=True)}
            AttemptItem.objects.filter(attempt=attempt, slot=slot).update(**moments)
        submit_attempt(attempt_id=attempt.pk, by=people[0], client="c1", ops=(), reason="self", now=now)
        course = make_course(root)
        lesson = make_lesson(course, video(100))
        for n, user in enumerate(people):
            enrol(course, user)
            spans = [[0, 10_000 * (n + 1)]]
            Coverage.objects.create(
                user=user, activity=lesson, part="v", spans=spans, covered_ms=spans[0][1], total_ms=100_000,
                updated_at=now,
            )  # fmt: skip
        return World(
            office, f"/admin/reports/members/{people[0].pk}/", f"/admin/reports/courses/{course.pk}/"
        )


def seconds(text: str) -> int:
    """1分05秒, 52秒, 2分钟."""
    minutes, rest = re.fullmatch(r"(?:(\d+)分钟?)?(?:(\d+)秒)?", text).groups()
    return int(minutes or 0) * 60 + int(rest or 0)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_course_of_an_attempt_is_drawn_as_its_table_says(
    new_context: NewContext, world: World, width: int, complaints: list[str]
) -> None:
    page = opened(new_context, world, f"{world.member}?chart=timeline", width, complaints)
    rows = table_of(page)
    assert drawn_in(page)[1:] == [[seconds(row[5]) for row in rows], [seconds(row[6]) for row in rows]]
    assert [[seconds(cell) for cell in row[2:]] for row in rows] == [
        [3, 65, 200, 62, 135],
        [70, 90, 90, 20, 0],
        [95, 95, 300, 0, 205],
    ]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe(page) == []
    assert complaints == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_strip_of_a_film_is_drawn_as_its_table_says(
    new_context: NewContext, world: World, width: int, complaints: list[str]
) -> None:
    page = opened(new_context, world, f"{world.course}?chart=strip", width, complaints)
    (row,) = table_of(page)
    watched = [
        100 * sum(10 * (n + 1) > 5 * zone + 2.5 for n in range(VIEWERS)) / VIEWERS for zone in range(20)
    ]
    assert numbers(row[2:]) == pytest.approx(watched, abs=0.05)
    assert drawn_in(page)[0] == [[zone, 0, share] for zone, share in enumerate(numbers(row[2:]))]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe(page) == []
    assert complaints == []
