"""A teacher of a platform that we did not write chooses exams; its students open what was chosen."""

from __future__ import annotations

import pytest

from learning.organisation.models import Unit
from lti.models import Platform, PlatformUser
from question_bank.exams.models import Candidate, Exam
from tests.live_site import Site
from tests.lti.openedx.conftest import OpenEdx
from tests.lti.platforms.robot import Robot, form_with


@pytest.fixture
def exams(site: Site, school: Unit, registered: Platform) -> list[Exam]:
    with site.database():
        return [site.exam(unit=school) for _ in range(2)]


def chosen(openedx: OpenEdx, link: str, *exams: Exam) -> str:
    """What the platform says after its teacher has put the exams into the course."""
    openedx.link(link)
    robot = Robot()
    shelf = robot.launch(openedx.start_url("teach", link=link, dl=1))
    assert shelf.ok, shelf.text
    assert all(exam.title in shelf.text for exam in exams)
    items = "&".join(f"item=exam-{exam.pk}" for exam in exams)
    options = robot.visit(f"{shelf.url}?step=options&{items}", comes_from=shelf.url)
    answer = robot.submit(options, form_with(options, "item"), item=[f"exam-{exam.pk}" for exam in exams])
    back = robot.through(answer)
    assert back.ok, back.text
    assert back.url.startswith(openedx.url)
    return back.text


def test_chosen_exam_becomes_the_link_that_students_open(
    site: Site, openedx: OpenEdx, exams: list[Exam]
) -> None:
    exam, _ = exams
    chosen(openedx, "chosen-one", exam)
    (item,) = openedx.deep_links("chosen-one")
    told = (item["type"], item["title"], item["custom"]["exam"])
    assert told == ("ltiResourceLink", exam.title, str(exam.pk))
    assert item["lineItem"]["scoreMaximum"] == 6
    landed = Robot().launch(openedx.start_url("ana", link="chosen-one", item=item["id"]))
    assert landed.url == f"{site.url}/exams/{exam.pk}/"
    with site.database():
        ana = PlatformUser.objects.get(sub=openedx.sub("ana")).user
        assert Candidate.objects.filter(exam=exam, user=ana).exists()


def test_several_exams_are_chosen_at_once(openedx: OpenEdx, exams: list[Exam]) -> None:
    chosen(openedx, "chosen-two", *exams)
    assert [item["custom"]["exam"] for item in openedx.deep_links("chosen-two")] == [
        str(exam.pk) for exam in exams
    ]


def test_student_is_not_asked_to_choose(openedx: OpenEdx, exams: list[Exam]) -> None:
    openedx.link("not-chosen")
    refused = Robot().launch(openedx.start_url("ana", link="not-chosen", dl=1))
    assert refused.status_code == 403
    assert refused.url.startswith(openedx.url)
