"""Every address of this room, under both mounts: who is let in, who is sent to the log-in, who finds nothing."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learning.organisation.models import User
from question_bank.exams import manage_urls
from question_bank.exams.models import Attempt, Exam, FixedItem, RegradeRun, Release, SavedComment, Section
from tests.conftest import WrittenOnce
from tests.factories import NOW, make_candidate, make_question, make_user

from .conftest import School, handed_in, make_final_exam, make_school, signed_in

pytestmark = pytest.mark.django_db

NAMES = [pattern.name for pattern in manage_urls.urlpatterns]
# What changes something answers to POST only; for the others a GET must do.
POSTS = {
    "manage_exam_settings",
    "manage_section_move",
    "manage_section_remove",
    "manage_cell_remove",
    "manage_fixed_remove",
    "manage_candidates_act",
    "manage_monitor_act",
    "manage_attempt_late",
    "manage_comment_remove",
    "manage_release",
    "manage_regrade_go_on",
}
READS_OF_AUDITOR = {
    "manage_exams",
    "manage_exams_export",
    "manage_exam",
    "manage_candidates",
    "manage_candidates_export",
    "manage_results",
    "manage_results_export",
    "manage_attempt",
}
FOR_NOBODY_IN_PARTICULAR = {"manage_exams", "manage_exams_export", "manage_exam_new"}


@dataclass
class World:
    school: School
    exam: Exam
    args: dict[str, list[Any]]


@pytest.fixture(scope="module")
def world_of_all(written_once: WrittenOnce) -> World:
    with pytest.MonkeyPatch.context() as standing_clock:
        standing_clock.setattr(timezone, "now", lambda: NOW)
        made: World = written_once(make_world)
    return made


@pytest.fixture
def world(world_of_all: World, db: None) -> World:
    return deepcopy(world_of_all)


@pytest.fixture
def school(world: World) -> School:
    return world.school


@pytest.fixture
def exam(world: World) -> Exam:
    return world.exam


def make_world() -> World:
    """One object of every kind in an exam of the school, so that no 404 is for want of an object."""
    school = make_school()
    exam = make_final_exam(school)
    sitter = make_user(unit=school.branch)
    make_candidate(exam, sitter)
    attempt = handed_in(exam, sitter)
    section = Section.objects.get(blueprint=exam.blueprint)
    cell = section.cells.first()
    question = make_question(cell.bank)
    item = FixedItem.objects.create(section=section, order=9, version=question.current, mark=1)
    version = attempt.paper[1]["v"]
    comment = SavedComment.objects.create(by=school.people["office"], version_id=version, text="要点齐全")
    release = Release.objects.create(exam=exam, what="score", at=NOW)
    run = RegradeRun.objects.create(
        exam=exam, version_id=version, remedy="void", reason="有误", at=NOW, finished_at=NOW
    )
    known = {
        "run_id": run.pk,
        "section_id": section.pk,
        "cell_id": cell.pk,
        "item_id": item.pk,
        "version_id": version,
        "attempt_id": attempt.pk,
        "slot": 2,
        "comment_id": comment.pk,
        "release_id": release.pk,
        "exam_id": exam.pk,
        "part": "basics",
    }
    args = {
        pattern.name: [known[name] for name in pattern.pattern.converters]
        for pattern in manage_urls.urlpatterns
    }
    return World(school, exam, args)


def visit(client: Client, world: World, name: str, mount: str) -> int:
    url = reverse(f"{mount}{name}", args=world.args[name])
    act = "void" if name == "manage_monitor_act" else "state"
    response = client.post(url, {"act": act}) if name in POSTS else client.get(url)
    return int(response.status_code)


MOUNTS = ["", "exams_admin:"]


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("name", NAMES)
def test_a_stranger_is_sent_to_the_log_in(world: World, name: str, mount: str) -> None:
    url = reverse(f"{mount}{name}", args=world.args[name])
    for response in (Client().get(url), Client().post(url)):
        assert response.status_code == 302
        assert response["Location"].split("?")[0].endswith(("/login/", "/admin/login/"))


@pytest.mark.parametrize("name", NAMES)
def test_a_member_finds_nothing(world: World, school: School, name: str) -> None:
    assert visit(signed_in(school.people["member"]), world, name, "") == 404
    # The admin's own door stands before ours.
    assert visit(signed_in(school.people["member"]), world, name, "exams_admin:") in (302, 403, 404)


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("name", sorted(set(NAMES) - FOR_NOBODY_IN_PARTICULAR))
def test_an_organiser_of_another_unit_finds_nothing(
    world: World, school: School, name: str, mount: str
) -> None:
    assert visit(signed_in(school.people["other_office"]), world, name, mount) == 404


@pytest.mark.parametrize("name", NAMES)
def test_the_auditor_reads_and_changes_nothing(world: World, school: School, name: str) -> None:
    status = visit(signed_in(school.people["auditor"]), world, name, "")
    assert status == (200 if name in READS_OF_AUDITOR else 404)


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("name", NAMES)
def test_the_office_of_the_school_is_let_in_everywhere(
    world: World, school: School, name: str, mount: str
) -> None:
    status = visit(signed_in(school.people["office"]), world, name, mount)
    # A bare POST is refused with its form (422), or led back to the page (302); nothing is missing.
    assert status in (200, 302, 422)


OPEN_TO = {
    "marker": {"manage_marking", "manage_marking_next", "manage_marking_item"},
    "releaser": {"manage_results", "manage_release", "manage_release_revoke", "manage_attempt"},
    "invigilator": {"manage_monitor", "manage_monitor_board"},
}


@pytest.mark.parametrize("role", sorted(OPEN_TO))
def test_marking_releasing_and_watching_are_different_hands(world: World, school: School, role: str) -> None:
    client = signed_in(school.people[role])
    for others, names in OPEN_TO.items():
        for name in names:
            status = visit(client, world, name, "")
            assert (status == 404) == (others != role), (name, status)


def test_a_marker_never_learns_names(world: World, school: School) -> None:
    sitter = Attempt.objects.get(exam=world.exam).user
    client = signed_in(school.people["marker"])
    for name in OPEN_TO["marker"]:
        page = client.get(reverse(name, args=world.args[name]), follow=True).content.decode()
        assert sitter.full_name not in page
        assert sitter.number not in page
    assert visit(client, world, "manage_results", "") == 404
    assert visit(client, world, "manage_attempt", "") == 404


def test_the_same_view_wears_the_frame_of_its_mount(world: World, school: School) -> None:
    client = signed_in(school.people["office"])
    outside = client.get(reverse("manage_exam", args=[world.exam.pk])).content.decode()
    inside = client.get(reverse("exams_admin:manage_exam", args=[world.exam.pk])).content.decode()
    assert "site-header" in outside
    assert "data-wagtail-sidebar" not in outside
    assert "data-wagtail-sidebar" in inside
    assert f"/admin/exams/{world.exam.pk}/monitor/" in inside
    assert f'href="/manage/exams/{world.exam.pk}/monitor/"' in outside


TABS = ["manage_candidates", "manage_monitor", "manage_marking", "manage_results", "manage_trial"]


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("name", TABS)
def test_every_screen_of_an_exam_says_which(world: World, school: School, name: str, mount: str) -> None:
    client = signed_in(school.people["office"])
    text = client.get(reverse(f"{mount}{name}", args=world.args[name])).content.decode()
    # Wagtail hides its breadcrumbs until one points at them.
    seen = '<p class="exam-name">结业考试</p>' if mount else ">结业考试</a> › "
    assert text.count(seen) == 1


def test_the_builder_and_the_list_say_their_name_once(world: World, school: School) -> None:
    client = signed_in(school.people["office"])
    builder = client.get(reverse("exams_admin:manage_exam", args=[world.exam.pk])).content.decode()
    assert 'class="exam-name"' not in builder
    outside = client.get(reverse("manage_exams"))
    assert 'class="breadcrumbs"' not in outside.content.decode()
    assert "<h1>考试管理</h1>" in outside.content.decode()
    inside = client.get(reverse("exams_admin:manage_exams"))
    assert [str(crumb["label"]) for crumb in inside.context["breadcrumbs_items"]] == ["首页", "考试管理"]


def test_pages_outside_the_admin_hold_no_inline_script_or_style(world: World, school: School) -> None:
    client = signed_in(school.people["office"])
    for name in sorted(set(NAMES) - POSTS - {"manage_exams_export"}):
        if name.endswith("export"):
            continue
        page = client.get(reverse(name, args=world.args[name]), follow=True).content.decode()
        assert "<style" not in page, name
        assert ' style="' not in page, name
        assert "<script>" not in page, name
        assert " onclick=" not in page, name


@pytest.fixture
def watcher(school: School) -> User:
    """Of another college, which has a candidate in the school's exam."""
    return school.people["other_office"]


def test_an_organiser_sees_candidates_of_the_own_subtree_in_an_exam_owned_above(
    world: World, school: School, watcher: User
) -> None:
    ours = make_user(unit=school.other_branch, name="本院考生")
    make_candidate(world.exam, ours)
    foreign = Attempt.objects.get(exam=world.exam)
    own = handed_in(world.exam, ours)
    client = signed_in(watcher)
    for name in ("manage_monitor", "manage_monitor_board", "manage_results", "manage_candidates"):
        page = client.get(reverse(name, args=[world.exam.pk])).content.decode()
        assert "本院考生" in page
        assert foreign.user.full_name not in page
    assert client.get(reverse("manage_attempt", args=[world.exam.pk, own.pk])).status_code == 200
    assert client.get(reverse("manage_attempt", args=[world.exam.pk, foreign.pk])).status_code == 404
    # The exam itself is not theirs.
    assert client.get(reverse("manage_exam", args=[world.exam.pk])).status_code == 404


def test_acts_on_foreign_rows_find_nothing(world: World, school: School, watcher: User) -> None:
    make_candidate(world.exam, make_user(unit=school.other_branch))
    foreign = Attempt.objects.get(exam=world.exam)
    url = reverse("manage_monitor_act", args=[world.exam.pk])
    data = {"act": "void", "candidate": foreign.candidate_id, "reason": "试试", "confirm": "1"}
    assert signed_in(watcher).post(url, data).status_code == 404
    whole = {"act": "pause", "whole": "1", "reason": "试试", "confirm": "1"}
    assert signed_in(watcher).post(url, whole).status_code == 404
    foreign.refresh_from_db()
    assert foreign.state == Attempt.State.MARKING


def test_a_draft_of_another_unit_is_nobody_elses_business(school: School, exam: Exam) -> None:
    make_candidate(exam, make_user(unit=school.other_branch))
    Exam.objects.filter(pk=exam.pk).update(state=Exam.State.DRAFT)
    client = signed_in(school.people["other_office"])
    for name in ("manage_monitor", "manage_candidates", "manage_results"):
        assert client.get(reverse(name, args=[exam.pk])).status_code == 404
    assert exam.title not in client.get(reverse("manage_exams")).content.decode()
