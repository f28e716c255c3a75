"""Live pages are what members may study; the records of what was withdrawn stay."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import timezone
from wagtail.models import Page, Site

from courses.examining import finish_by_earlier_attempts, finish_by_releases
from courses.index import index_page, make_index_after_migrating
from courses.models import CoursePage, CoursesPage, ExamUse, LessonPage
from courses.models.pages import SLUG_LENGTH
from courses.tasks import publish_scheduled
from learning.organisation.models import PersonStatus, User
from learning.organisation.models.units import KEY_ALPHABET
from learning.study.models import Activity, Completion, Enrolment
from question_bank.exams.models import Attempt, Exam, Release
from question_bank.exams.releasing import release
from question_bank.exams.taking.submitting import submit_attempt
from tests.courses.factories import (
    activity_of,
    make_chapter,
    make_course,
    make_lesson,
    make_material,
    publish,
)
from tests.factories import NOW, make_attempt, make_exam, make_membership, make_unit, make_user

pytestmark = pytest.mark.django_db


class TestTheIndex:
    def test_a_fresh_installation_has_one_index_under_courses(self) -> None:
        index = index_page()
        assert index.url == "/courses/"
        assert make_course(slug="dangzhang").url == "/courses/dangzhang/"
        make_index_after_migrating(None)
        assert CoursesPage.objects.count() == 1

    def test_any_host_finds_it(self) -> None:
        index = index_page()
        for host in ("localhost", "dangxiao.example.edu.cn", "10.0.0.7"):
            assert Site.find_for_request(RequestFactory().get("/", HTTP_HOST=host)).root_page_id == index.pk

    @pytest.mark.parametrize("live", [True, False])
    def test_an_address_is_random_for_public_pages_and_drafts_alike(self, live: bool) -> None:
        course = make_course()
        lesson = LessonPage(title="党章的总纲", live=live)
        course.add_child(instance=lesson)
        assert re.fullmatch(f"[{KEY_ALPHABET}]{{{SLUG_LENGTH}}}", lesson.slug)
        made, lesson.title = lesson.slug, "党章的总纲（修订）"
        lesson.save()
        assert lesson.slug == made

    def test_the_welcome_page_of_wagtail_is_gone(self) -> None:
        assert not Page.objects.filter(slug="home").exists()


class TestPublishing:
    def test_a_live_course_opens_with_its_live_lessons_in_the_order_of_the_outline(self) -> None:
        course = make_course()
        second = make_chapter(course, title="第二章")
        first = make_chapter(course, title="第一章")
        later, earlier = make_lesson(second, live=True), make_lesson(first, live=True)
        make_lesson(first)  # a draft
        first.refresh_from_db()
        second.refresh_from_db()
        first.move(second, pos="left")
        publish(course)
        activity = activity_of(course)
        assert activity.is_open
        assert activity.kind == "course"
        lessons = activity.children.order_by("position")
        assert [each.key for each in lessons] == [f"page:{earlier.pk}", f"page:{later.pk}"]

    def test_moving_a_chapter_changes_the_order_of_lessons(self) -> None:
        course = make_course()
        one, two = make_chapter(course), make_chapter(course)
        a, b = make_lesson(one, live=True), make_lesson(two, live=True)
        publish(course)
        two.refresh_from_db()
        one.refresh_from_db()
        two.move(one, pos="left")
        assert activity_of(b).position < activity_of(a).position

    def test_rules_credit_and_audience_are_those_of_the_page(self) -> None:
        unit = make_unit()
        branch = make_unit(unit)
        due = timezone.now() + timedelta(days=30)
        course = make_course(
            unit,
            threshold_percent=95,
            no_skip=True,
            rate_max="1.5",
            idle_s=90,
            in_order=True,
            credit_kind="fixed",
            fixed_hours=Decimal("4.5"),
            audience_statuses=[PersonStatus.ACTIVIST],
            due_at=due,
        )
        lesson = make_lesson(course, live=True, nominal_minutes=45)
        course.audience_units = [branch]
        publish(course)
        activity = activity_of(course)
        rules = {"threshold_percent": 95, "no_skip": True, "rate_max": 1.5, "idle_s": 90, "in_order": True}
        assert activity.rules == rules
        assert activity_of(lesson).rules == rules
        assert activity_of(lesson).nominal_minutes == 45
        assert activity.credit == {"kind": "fixed", "hours": "4.5"}
        assert list(activity.audience_units.all()) == [branch]
        assert activity.audience_statuses == ["activist"]
        assert activity.due_at == due

    def test_the_audience_of_a_required_course_is_expected_and_of_an_offer_is_not(self) -> None:
        unit = make_unit()
        member, other = make_user(unit=unit), make_user()
        make_membership(other, unit, status=PersonStatus.APPLICANT)
        offered = make_course(unit, lessons=1, live=True)
        assert not Enrolment.objects.filter(activity=activity_of(offered)).exists()
        required = make_course(unit, lessons=1, live=True, required=True, audience_statuses=["full"])
        enrolments = Enrolment.objects.filter(activity=activity_of(required))
        assert [(each.user, each.source) for each in enrolments] == [(member, "audience")]

    def test_a_course_without_end_is_withdrawn_and_its_records_stay(self) -> None:
        unit = make_unit()
        make_user(unit=unit)
        course = make_course(unit, lessons=2, live=True, required=True)
        course.unpublish()
        assert not activity_of(course).is_open
        assert Enrolment.objects.filter(activity=activity_of(course)).count() == 1
        publish(course)
        assert activity_of(course).is_open

    def test_a_withdrawn_lesson_closes_and_the_rest_move_up(self) -> None:
        course = make_course(lessons=3, live=True)
        first, second, third = course.get_children().specific()
        second.unpublish()
        assert not activity_of(second).is_open
        assert [activity_of(each).position for each in (first, third)] == [1, 2]

    def test_a_withdrawn_chapter_closes_its_lessons(self) -> None:
        course = make_course()
        chapter = make_chapter(course)
        lesson = make_lesson(chapter, live=True)
        publish(course)
        chapter.refresh_from_db()
        assert chapter.live, "it is public with its first public lesson"
        chapter.unpublish()
        assert not activity_of(lesson).is_open

    def test_lessons_of_a_draft_course_are_not_open(self) -> None:
        make_course(lessons=0)
        course = make_course()
        make_lesson(course, live=True)
        assert not Activity.objects.exists()

    def test_a_page_goes_live_and_ends_by_its_dates(self) -> None:
        course = make_course(lessons=1, live=True)
        lesson = make_lesson(course, go_live_at=timezone.now() + timedelta(hours=1))
        publish(lesson)
        assert not lesson.live
        later = timezone.now() - timedelta(minutes=1)
        revision = lesson.latest_revision
        revision.approved_go_live_at = later
        revision.content["go_live_at"] = later.isoformat()
        revision.save()
        publish_scheduled()
        assert activity_of(lesson).is_open
        type(lesson).objects.filter(pk=lesson.pk).update(expire_at=later)
        publish_scheduled()
        assert not activity_of(lesson).is_open

    def test_doing_it_twice_changes_nothing(self) -> None:
        course = make_course(lessons=2, live=True)
        before = list(Activity.objects.order_by("pk").values("pk", "key", "parts", "position"))
        publish(course)
        assert list(Activity.objects.order_by("pk").values("pk", "key", "parts", "position")) == before

    def test_an_unpublished_course_deleted_leaves_nothing(self) -> None:
        course = make_course(lessons=1)
        course.delete()
        assert not CoursePage.objects.exists()


class TestParts:
    def test_each_block_is_a_part_under_its_own_id(self) -> None:
        unit = make_unit()
        practice, formal = make_exam(unit=unit, kind="practice"), make_exam(unit=unit)
        blocks = [
            ("article", {"text": f"<h2>一</h2><p>{'学' * 1200}</p><h2>二</h2><p>短</p>"}),
            ("video", {"material": make_material(unit).pk}),
            ("audio", {"material": make_material(unit, kind="audio").pk, "title": "朗读"}),
            ("pdf", {"material": make_material(unit, kind="pdf", pages=2).pk}),
            ("book", {"title": "书", "url": "https://library.example/b", "required": False}),
            ("link", {"title": "片", "url": "https://video.example/v", "required": False}),
            ("practice", {"exam": practice.pk}),
            ("exam", {"exam": formal.pk}),
            ("reflection", {"title": "心得", "least_words": 500}),
        ]
        course = make_course(unit)
        lesson = make_lesson(course, blocks=blocks, live=True)
        publish(course)
        parts = activity_of(lesson).parts
        assert [part["key"] for part in parts] == [block.id for block in lesson.body]
        kinds = ["text", "video", "audio", "pdf", "book", "link", "exam", "exam", "reflection"]
        assert [part["kind"] for part in parts] == kinds
        assert parts[0]["least_ms"] == [120_100, 5_000]
        assert parts[1]["length_ms"] == 600_000
        assert parts[2]["title"] == "朗读"
        assert parts[3]["least_ms"] == [10_000, 10_000]
        assert not parts[4]["required"]
        assert [(part["exam"], part["pass"]) for part in parts[6:8]] == [
            (practice.pk, False),
            (formal.pk, True),
        ]
        # 125.1 s of reading, 20 s of pages, twice ten minutes, rounded up
        assert activity_of(lesson).nominal_minutes == 23

    def test_material_that_failed_is_no_part(self) -> None:
        blocks = [("video", {"material": make_material(state="failed").pk})]
        course = make_course()
        lesson = make_lesson(course, blocks=blocks, live=True)
        publish(course)
        assert activity_of(lesson).parts == []


def is_finished(member: User, lesson: Activity) -> bool:
    return Completion.objects.filter(user=member, activity=lesson).exists()


class TestExams:
    def sitting(
        self, kind: str, answers: dict[int, object], score_release: str = "at_marked"
    ) -> tuple[User, Activity, Exam]:
        unit = make_unit()
        member = make_user(unit=unit)
        exam = make_exam(unit=unit, kinds=("single",), candidates=[member], score_release=score_release)
        course = make_course(unit)
        lesson = make_lesson(course, blocks=[(kind, {"exam": exam.pk})], live=True)
        publish(course)
        attempt = make_attempt(exam, member, answers=answers)
        submit_attempt(
            attempt_id=attempt.pk,
            by=member,
            client="tab",
            ops=[],
            reason="self",
            now=attempt.started_at + timedelta(minutes=5),
        )
        return member, activity_of(lesson), exam

    def test_a_practice_handed_in_finishes_its_part(self) -> None:
        member, lesson, _exam = self.sitting("practice", {}, "manual")
        assert is_finished(member, lesson)

    def test_an_exam_counts_only_when_passed(self) -> None:
        member, lesson, _exam = self.sitting("exam", {})
        assert not is_finished(member, lesson)
        member, lesson, _exam = self.sitting("exam", {1: "o1"})
        assert is_finished(member, lesson)

    def test_an_exam_passed_before_it_was_in_the_lesson_counts_when_the_lesson_is_opened(self) -> None:
        member, lesson, _exam = self.sitting("exam", {1: "o1"})
        Completion.objects.all().delete()
        lesson.coverages.all().delete()
        assert finish_by_earlier_attempts(user=member, activity=lesson, now=timezone.now()) == 1
        assert is_finished(member, lesson)

    def test_a_pass_that_is_not_released_finishes_nothing(self) -> None:
        member, lesson, _exam = self.sitting("exam", {1: "o1"}, "manual")
        assert finish_by_earlier_attempts(user=member, activity=lesson, now=NOW) == 0
        assert finish_by_releases(now=NOW) == 0
        assert not is_finished(member, lesson)

    def test_released_answers_without_the_score_finish_nothing(self) -> None:
        member, lesson, exam = self.sitting("exam", {1: "o1"}, "manual")
        release(exam_id=exam.pk, what=[Release.What.ANSWERS], at=NOW, by=make_user(), now=NOW)
        assert finish_by_releases(now=NOW) == 0
        assert finish_by_earlier_attempts(user=member, activity=lesson, now=NOW) == 0

    def test_the_release_of_the_score_finishes_it(
        self, django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[list[Any]]]
    ) -> None:
        member, lesson, exam = self.sitting("exam", {1: "o1"}, "manual")
        failed, other_lesson, _exam = self.sitting("exam", {}, "manual")
        with django_capture_on_commit_callbacks(execute=True):
            release(exam_id=exam.pk, what=[Release.What.SCORE], at=NOW, by=make_user(), now=NOW)
        assert is_finished(member, lesson)
        assert not is_finished(failed, other_lesson)

    def test_a_release_to_other_people_finishes_nothing(self) -> None:
        member, lesson, exam = self.sitting("exam", {1: "o1"}, "manual")
        elsewhere = make_unit()
        release(exam_id=exam.pk, what=[Release.What.SCORE], unit=elsewhere, at=NOW, by=make_user(), now=NOW)
        assert finish_by_releases(now=NOW) == 0
        assert finish_by_earlier_attempts(user=member, activity=lesson, now=NOW) == 0

    def test_a_release_for_later_is_found_by_the_sweep_when_its_time_has_come(self) -> None:
        member, lesson, exam = self.sitting("exam", {1: "o1"}, "manual")
        release(
            exam_id=exam.pk, what=[Release.What.SCORE], at=NOW + timedelta(days=1), by=make_user(), now=NOW
        )
        assert finish_by_releases(now=NOW + timedelta(hours=23)) == 0
        assert finish_by_releases(now=NOW + timedelta(hours=24)) == 1
        assert finish_by_releases(now=NOW + timedelta(hours=25)) == 0
        assert is_finished(member, lesson)

    def test_a_score_shown_at_the_end_of_the_exam_is_found_when_the_lesson_is_opened(self) -> None:
        member, lesson, exam = self.sitting("exam", {1: "o1"}, "at_close")
        assert not is_finished(member, lesson)
        assert finish_by_earlier_attempts(user=member, activity=lesson, now=exam.closes_at) == 1
        assert is_finished(member, lesson)

    def test_an_attempt_taken_back_does_not_undo_what_it_finished(self) -> None:
        member, lesson, _exam = self.sitting("exam", {1: "o1"})
        Attempt.objects.update(state=Attempt.State.VOID)
        assert finish_by_releases(now=NOW) == 0
        assert is_finished(member, lesson)

    def test_what_a_lesson_asked_for_earlier_is_forgotten(self) -> None:
        _member, lesson, _exam = self.sitting("exam", {})
        assert ExamUse.objects.filter(activity=lesson).count() == 1
        page = CoursePage.objects.get().get_children().specific().get()
        page.body = []
        publish(page)
        assert not ExamUse.objects.filter(activity=lesson).exists()
