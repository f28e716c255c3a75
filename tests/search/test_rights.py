"""Nobody learns by searching of what is not theirs: not by hits, counts, facets, suggestions or what comes near. The whole
way, from objects through the index of the site's database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from courses.models import CoursePage, LessonPage
from courses.models.topics import TopicBook, TopicCourse
from learning.organisation.models import Membership, Role, Unit, User
from learning.study.models import Activity
from learning.study.services.enrolling import enrol
from learning.study.services.finishing import record_by_hand
from question_bank.exams.models import Exam
from question_bank.questions.models import QuestionVersion
from search.models import Kind
from search.services.rebuilding import rebuild_all
from search.services.results import Results
from search.services.searching import find
from search.services.suggesting import suggest
from search.services.viewers import EVERYTHING, Viewer, viewer_of
from tests.courses.factories import make_course, make_lesson, make_topic, publish
from tests.factories import make_bank, make_chapter, make_exam, make_question, make_unit, make_user
from tests.launching import allow_launching, launched

pytestmark = pytest.mark.django_db

SECRET = "紫荆花"  # every thing of the other unit is called so, and no other thing
NEAR = "紫晶花"  # sounds the same
OWN = "木棉树"


def index() -> None:
    rebuild_all(clock=timezone.now)


def seen_by(user: User) -> Viewer:
    """As a fresh session of theirs."""
    fresh = User.objects.get(pk=user.pk)
    fresh.launched = user.launched
    return viewer_of(fresh, now=timezone.now())


def look(viewer: Viewer, text: str = "", **filters: Iterable[str]) -> Results:
    asked = {facet: list(values) for facet, values in filters.items()}
    return find(text=text, filters=asked, viewer=viewer, page=1, now=timezone.now())


def kinds(results: Results) -> set[Kind]:
    return {hit.kind for hit in results.hits}


def everything(unit: Unit, name: str) -> dict[Kind, int]:
    """One thing of each kind, all of them called by that name and filed under it."""
    course = make_course(unit, live=True, title=f"{name}课程", teacher=f"{name}老师")
    lesson = make_lesson(course, live=True, title=f"{name}课时")
    topic = make_topic(unit, title=f"{name}专题")
    topic.books = [TopicBook(title=f"{name}书目", author=f"{name}作者")]
    topic.courses = [TopicCourse(course=course)]
    publish(topic)
    person = make_user(name=f"{name}人", unit=unit)
    bank = make_bank(unit)
    exam = make_exam(unit=unit, bank=bank, title=f"{name}考试", kinds=(), candidates=[person])
    question = make_question(bank, stem=f"{name}试题", chapter=make_chapter(bank, f"{name}章"))
    return {
        Kind.COURSE: course.pk,
        Kind.LESSON: lesson.pk,
        Kind.TOPIC: topic.pk,
        Kind.BOOK: TopicBook.objects.get(topic=topic).pk,
        Kind.EXAM: exam.pk,
        Kind.QUESTION: question.pk,
        Kind.MEMBER: person.pk,
    }


class TwoUnits:
    def __init__(self) -> None:
        root = make_unit(name="校党委")
        self.here, self.there = make_unit(root, name=f"{OWN}支部"), make_unit(root, name=f"{SECRET}支部")
        self.own, self.others = everything(self.here, OWN), everything(self.there, SECRET)


@pytest.fixture
def school() -> TwoUnits:
    return TwoUnits()


def assert_learns_nothing(viewer: Viewer) -> None:
    for text in (SECRET, SECRET[0], "zjh", NEAR, f"{SECRET}课程", ""):
        results = look(viewer, text)
        shown = repr((results.hits, results.facets))
        assert SECRET not in shown, text
        assert not any(hit.kind != Kind.MEMBER and SECRET in hit.title for hit in results.hits)
        suggestions = suggest(text=text, viewer=viewer, now=timezone.now())
        assert not [each for each in suggestions if SECRET in each.title]
        if text:
            assert (results.total, results.without_filters or 0) == (0, 0), text
            assert not any(results.facets.values()), text
    for facet, value in (
        ("topic", f"{SECRET}专题"),
        ("topic", f"{SECRET}章"),
        ("teacher", f"{SECRET}老师"),
        ("unit", f"{SECRET}支部"),
    ):
        results = look(viewer, **{facet: [value]})
        assert (results.total, list(results.hits)) == (0, [])
        assert [each.count for each in results.facets[facet] if SECRET in each.value] in ([], [0])


def test_control_administrator_finds_all_of_both_units(school: TwoUnits) -> None:
    index()
    for viewer in (EVERYTHING, seen_by(make_user(roles=[(Role.ADMINISTRATOR, school.here)]))):
        results = look(viewer, SECRET)
        assert results.total == 7
        assert kinds(results) == set(Kind)
        assert {each.value for each in results.facets["topic"]} == {f"{SECRET}专题", f"{SECRET}章"}
        for text in (SECRET[0], "zjh", f"{SECRET}课程", ""):
            assert look(viewer, text).total, text
        assert look(viewer, NEAR).similar
        assert suggest(text=SECRET, viewer=viewer, now=timezone.now())


def test_member_finds_nothing_of_another_unit(school: TwoUnits) -> None:
    member = make_user(unit=school.here)
    index()
    viewer = seen_by(member)
    assert_learns_nothing(viewer)
    assert kinds(look(viewer, OWN)) == {Kind.COURSE, Kind.LESSON, Kind.TOPIC, Kind.BOOK}
    assert look(viewer).total == look(viewer, OWN).total == 4


def test_organiser_of_another_unit_finds_nothing_of_it(school: TwoUnits) -> None:
    organiser = make_user(roles=[(Role.SCHOOL_OFFICE, school.here)])
    index()
    viewer = seen_by(organiser)
    assert_learns_nothing(viewer)
    assert kinds(look(viewer, OWN)) == set(Kind)


def test_who_belongs_nowhere_finds_nothing_at_all(school: TwoUnits) -> None:
    stray = make_user()
    index()
    viewer = seen_by(stray)
    assert_learns_nothing(viewer)
    assert look(viewer).total == 0


def test_candidate_finds_the_exam_and_no_question_of_it(school: TwoUnits) -> None:
    candidate = make_user(unit=school.here)
    elsewhere = make_unit(name="考务处")
    bank = make_bank(elsewhere)
    exam = make_exam(unit=elsewhere, bank=bank, title="期末考试", candidates=[candidate])
    QuestionVersion.objects.filter(question__bank=bank).update(stem=SECRET, explanation=SECRET)
    index()
    viewer = seen_by(candidate)
    assert_learns_nothing(viewer)
    assert [(hit.kind, hit.id) for hit in look(viewer, "期末考试").hits] == [(Kind.EXAM, str(exam.pk))]
    assert look(EVERYTHING, SECRET, kind=["question"]).total == 4


def test_topic_of_another_unit_that_lists_a_common_course_is_not_named(school: TwoUnits) -> None:
    course = make_course(school.here.get_parent(), live=True, title="公共课", lessons=1)
    topic = make_topic(school.there, title=f"{SECRET}选课")
    topic.courses = [TopicCourse(course=course)]
    publish(topic)
    here, there = make_user(unit=school.here), make_user(unit=school.there)
    index()
    viewer = seen_by(here)
    assert_learns_nothing(viewer)
    assert look(viewer, "公共课").total == 1
    assert look(viewer, topic=[f"{SECRET}选课"]).total == 0
    assert look(viewer, "公共课", topic=[f"{SECRET}选课"]).without_filters == 1
    theirs = look(seen_by(there), topic=[f"{SECRET}选课"])
    assert kinds(theirs) == {Kind.COURSE, Kind.LESSON, Kind.TOPIC}


def test_who_is_enrolled_from_outside_finds_the_course_alone(school: TwoUnits) -> None:
    guest = make_user(unit=school.here)
    activity = Activity.objects.get(key=f"page:{school.others[Kind.COURSE]}")
    enrol(activity=activity, users=[guest], source="class", now=timezone.now())
    index()
    viewer = seen_by(guest)
    results = look(viewer, SECRET)
    assert kinds(results) == {Kind.COURSE, Kind.LESSON}
    assert results.total == 2
    assert list(results.facets["topic"]) == []
    assert not any(hit.topic for hit in results.hits)


def test_launched_session_finds_as_a_member_whatever_roles_the_person_has(
    school: TwoUnits, settings: Any
) -> None:
    office = make_user(
        unit=school.here, roles=[(Role.ADMINISTRATOR, school.here), (Role.SCHOOL_OFFICE, school.there)]
    )
    index()
    assert look(seen_by(office), SECRET).total == 7
    office.launched = True
    viewer = seen_by(office)
    assert_learns_nothing(viewer)
    assert look(viewer).total == 4
    allow_launching(settings)
    said = launched(office).get("/api/search", {"q": SECRET})
    assert said.status_code == 200
    assert said.json()["total"] == 0
    urls = [hit["url"] for hit in launched(office).get("/api/search", {"q": OWN}).json()["hits"]]
    assert len(urls) == 4
    assert not [url for url in urls if url.startswith("/admin/")]


def test_of_a_lesson_whose_turn_has_not_come_the_title_alone_is_shown(school: TwoUnits) -> None:
    member, guest = make_user(unit=school.here), make_user(unit=school.there)
    organiser = make_user(roles=[(Role.SCHOOL_OFFICE, school.here)])
    course = make_course(school.here, live=True, title="按序学习", in_order=True)
    make_lesson(course, live=True, title="第一讲")
    blocks = [("reflection", {"title": "心得", "prompt": "谈谈蓝花楹"})]
    make_lesson(course, live=True, title="第二讲", blocks=blocks)
    first, _second = Activity.objects.filter(parent__key=f"page:{course.pk}").order_by("position")
    enrol(
        activity=Activity.objects.get(key=f"page:{course.pk}"),
        users=[guest],
        source="class",
        now=timezone.now(),
    )
    index()

    def snippets(user: User) -> list[str]:
        found = look(seen_by(user), "蓝花楹")
        assert [hit.title for hit in found.hits] == ["第二讲"]
        return [hit.snippet for hit in found.hits]

    assert snippets(member) == snippets(guest) == [""]
    assert "<mark>蓝花楹</mark>" in snippets(organiser)[0]
    record_by_hand(activity=first, users=[member], by=organiser, reason="面授", now=timezone.now())
    assert "<mark>蓝花楹</mark>" in snippets(member)[0]
    assert snippets(guest) == [""]


def test_who_has_signed_out_is_told_nothing(school: TwoUnits) -> None:
    member = make_user(unit=school.there)
    index()
    client = Client()
    client.force_login(member)
    assert client.get("/api/search", {"q": SECRET}).json()["total"] == 4
    client.logout()
    for path in ("/api/search", "/search/", "/search/suggest/"):
        said = client.get(path, {"q": SECRET})
        assert said.status_code in (302, 401, 403), path
        assert SECRET not in said.content.decode()


def test_withdrawn_things_are_not_shown_while_the_worker_sleeps(school: TwoUnits) -> None:
    member = make_user(unit=school.there)
    Exam.objects.get(pk=school.others[Kind.EXAM]).candidates.update(user=member)
    index()
    viewer = seen_by(member)
    assert kinds(look(viewer, SECRET)) == {Kind.COURSE, Kind.LESSON, Kind.TOPIC, Kind.BOOK, Kind.EXAM}
    CoursePage.objects.get(pk=school.others[Kind.COURSE]).unpublish()
    Exam.objects.filter(pk=school.others[Kind.EXAM]).update(state=Exam.State.WITHDRAWN)
    for stale in (viewer, seen_by(member)):
        assert kinds(look(stale, SECRET)) == {Kind.TOPIC, Kind.BOOK}
        offered = suggest(text=SECRET, viewer=stale, now=timezone.now())
        assert {each.kind for each in offered} == {Kind.TOPIC, Kind.BOOK}


def test_audience_that_was_narrowed_counts_before_the_worker_wakes(school: TwoUnits) -> None:
    member = make_user(unit=school.there)
    index()
    activity = Activity.objects.get(key=f"page:{school.others[Kind.COURSE]}")
    activity.audience_units.set([school.here])
    assert kinds(look(seen_by(member), SECRET)) == {Kind.TOPIC, Kind.BOOK}


def test_who_moves_to_another_unit_finds_its_things_at_once_and_the_old_ones_no_more(
    school: TwoUnits,
) -> None:
    member = make_user(unit=school.there)
    index()
    Membership.objects.filter(user=member).update(unit=school.here)
    viewer = seen_by(member)
    assert_learns_nothing(viewer)
    assert look(viewer, OWN).total == 4


def test_role_that_ended_finds_nothing_more(school: TwoUnits) -> None:
    organiser = make_user(roles=[(Role.SCHOOL_OFFICE, school.there)])
    index()
    assert look(seen_by(organiser), SECRET).total == 7
    organiser.role_assignments.update(to_date=timezone.localdate())
    assert_learns_nothing(seen_by(organiser))


def test_lesson_deleted_while_the_worker_sleeps_is_not_shown(school: TwoUnits) -> None:
    index()
    Activity.objects.filter(key=f"page:{school.others[Kind.LESSON]}").update(is_open=False)
    LessonPage.objects.get(pk=school.others[Kind.LESSON]).delete()
    results = look(EVERYTHING, SECRET)
    assert Kind.LESSON not in kinds(results)
    assert Kind.COURSE in kinds(results)
