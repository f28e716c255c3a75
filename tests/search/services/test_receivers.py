"""Every change that may be found is noted in its own transaction, by one statement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from courses.models import ChapterPage, Material
from courses.models.topics import TopicBook, TopicCourse
from courses.processing import process
from learning.organisation.models import Unit, User
from learning.organisation.roster import RosterRow
from learning.organisation.services import accounts, memberships, units
from learning.organisation.services.roster import apply_roster
from question_bank.exams.candidates import admit_group
from question_bank.exams.models import Exam
from question_bank.exams.organising.building import change_exam
from question_bank.questions.models import Chapter
from question_bank.questions.services import bulk, chapters, questions
from search import receivers
from search.models import Kind, Pending, Reach
from search.services import reaching
from tests.courses.factories import make_course, make_lesson, make_material, make_topic, publish
from tests.factories import (
    NOW,
    make_bank,
    make_chapter,
    make_exam,
    make_group,
    make_question,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 1)

Noted = set[tuple[str, int]]


def noted(act: Callable[[], object]) -> Noted:
    Pending.objects.all().delete()
    act()
    return set(Pending.objects.values_list("kind", "object_id"))


def reached(reach: Reach, *ids: int) -> dict[Kind, set[int]]:
    return {kind: set(found) for kind, found in reaching.reached(reach, ids, now=NOW) if set(found)}


@pytest.fixture
def unit() -> Unit:
    return make_unit(name="校党委")


@pytest.fixture
def administrator() -> User:
    return make_user(is_superuser=True)


# Courses


def test_publishing_a_course_tells_of_its_outline_and_that_reaches_its_lessons() -> None:
    course = make_course()
    lesson = make_lesson(course)
    assert (Reach.OUTLINE, course.pk) in noted(lambda: publish(course))
    assert (Reach.OUTLINE, course.pk) in noted(lambda: publish(lesson))
    assert reached(Reach.OUTLINE, course.pk) == {Kind.COURSE: {course.pk}, Kind.LESSON: {lesson.pk}}


def test_withdrawing_moving_and_deleting_tell_too() -> None:
    course, other = make_course(live=True, lessons=2), make_course(live=True)
    first, second = course.get_children()
    assert (Reach.OUTLINE, course.pk) in noted(first.specific.unpublish)
    told = noted(lambda: second.move(other, pos="last-child"))
    assert (Reach.OUTLINE, other.pk) in told
    second.refresh_from_db()
    assert (Kind.LESSON, second.pk) in noted(second.specific.delete)
    course.refresh_from_db()
    assert {(Kind.COURSE, course.pk), (Kind.LESSON, first.pk)} <= noted(course.delete)


def test_a_chapter_that_is_withdrawn_tells_of_its_course() -> None:
    course = make_course(live=True)
    chapter = ChapterPage(title="第一章")
    course.add_child(instance=chapter)
    make_lesson(chapter, live=True)
    chapter.refresh_from_db()
    assert (Reach.OUTLINE, course.pk) in noted(chapter.unpublish)


def test_a_draft_of_a_page_tells_nothing() -> None:
    course = make_course(live=True)
    assert noted(course.save_revision) == set()


def test_material_that_was_processed_or_changed_reaches_the_lessons_that_show_it() -> None:
    material = make_material(kind="pdf", state=Material.State.PROCESSING)
    course = make_course(live=True)
    lesson = make_lesson(course, blocks=[("pdf", {"material": material.pk})], live=True)
    assert noted(lambda: process(material_id=material.pk, now=NOW)) == {(Reach.MATERIAL, material.pk)}
    material.title = "新名称"
    told = noted(lambda: material.save(update_fields=["title", "subtitles"]))
    assert told == {(Reach.MATERIAL, material.pk)}
    assert reached(Reach.MATERIAL, material.pk) == {Kind.LESSON: {lesson.pk}}


# Topics


def test_publishing_a_topic_reaches_its_books_and_its_courses_with_their_lessons() -> None:
    course = make_course(live=True, lessons=1)
    topic = make_topic()
    topic.courses.add(TopicCourse(course=course))
    topic.books.add(TopicBook(title="党史"))
    assert (Reach.LISTING, topic.pk) in noted(lambda: publish(topic))
    [lesson] = course.get_children()
    assert reached(Reach.LISTING, topic.pk) == {
        Kind.TOPIC: {topic.pk},
        Kind.BOOK: {TopicBook.objects.get().pk},
        Kind.COURSE: {course.pk},
        Kind.LESSON: {lesson.pk},
    }
    assert (Reach.LISTING, topic.pk) in noted(topic.unpublish)


def test_what_a_topic_lists_no_more_is_told() -> None:
    course, topic = make_course(live=True), make_topic()
    topic.courses.add(TopicCourse(course=course))
    topic.books.add(TopicBook(title="党史"))
    publish(topic)
    book = TopicBook.objects.get()
    topic.courses.clear()
    topic.books.clear()
    told = noted(lambda: publish(topic))
    assert {(Reach.OUTLINE, course.pk), (Kind.BOOK, book.pk)} <= told


def test_deleting_a_topic_tells_of_it_and_its_books() -> None:
    topic = make_topic()
    topic.books.add(TopicBook(title="党史"))
    publish(topic)
    book = TopicBook.objects.get()
    assert {(Kind.TOPIC, topic.pk), (Kind.BOOK, book.pk)} <= noted(topic.delete)


# Exams


def test_an_exam_tells_when_what_is_shown_of_it_changes_and_only_then(administrator: User) -> None:
    exam = make_exam()

    def change(**changes: object) -> Noted:
        return noted(lambda: change_exam(exam_id=exam.pk, changes=changes, by=administrator, now=NOW))

    assert change(title="期末考试") == {(Kind.EXAM, exam.pk)}
    assert change(watermark=not exam.watermark) == set()
    exam.corrections = {"1": {"void": True}}
    assert noted(lambda: exam.save(update_fields=["corrections"])) == set()
    exam.state = Exam.State.WITHDRAWN
    assert noted(lambda: exam.save(update_fields=["state"])) == {(Kind.EXAM, exam.pk)}


def test_an_exam_that_a_group_sits_is_told() -> None:
    exam = make_exam()
    assert (Kind.EXAM, exam.pk) in noted(
        lambda: admit_group(exam_id=exam.pk, group=make_group(), by=None, now=NOW)
    )


# Questions


def test_a_question_tells_when_it_is_edited_retired_and_restored(administrator: User) -> None:
    question = make_question(make_bank())
    known = {(Kind.QUESTION, question.pk)}
    assert noted(lambda: questions.retire(question_id=question.pk, by=administrator, now=NOW)) == known
    assert noted(lambda: questions.restore(question_id=question.pk, by=administrator, now=NOW)) == known


def test_acts_on_many_questions_tell_of_all_by_one_statement(administrator: User) -> None:
    bank = make_bank()
    chapter = make_chapter(bank)
    ids = [make_question(bank).pk for _ in range(3)]
    known = {(Kind.QUESTION, pk) for pk in ids}
    with CaptureQueriesContext(connection) as captured:
        told = noted(
            lambda: bulk.place_in_chapter(question_ids=ids, chapter=chapter, by=administrator, now=NOW)
        )
    assert told == known
    assert sum("search_pending" in query["sql"] and "INSERT" in query["sql"] for query in captured) == 1
    assert noted(lambda: bulk.retire_many(question_ids=ids, by=administrator, now=NOW)) == known


def test_a_chapter_renamed_moved_or_merged_reaches_the_questions_below_it(administrator: User) -> None:
    bank = make_bank()
    top = make_chapter(bank, "党章")
    below, other = make_chapter(bank, "总纲", top), make_chapter(bank, "党史")
    question, elsewhere = make_question(bank, chapter=below), make_question(bank, chapter=other)
    act = {"by": administrator, "now": NOW}
    assert noted(lambda: chapters.rename_chapter(chapter=top, name="新党章", **act)) == {
        (Reach.CHAPTER, top.pk)
    }
    assert reached(Reach.CHAPTER, top.pk) == {Kind.QUESTION: {question.pk}}
    below.refresh_from_db()
    assert noted(lambda: chapters.move_chapter(chapter=below, parent=None, **act)) == {
        (Reach.CHAPTER, below.pk)
    }
    below = Chapter.objects.get(pk=below.pk)
    assert noted(lambda: chapters.merge_chapter(chapter=below, into=other, **act)) == {
        (Reach.CHAPTER, other.pk)
    }
    assert reached(Reach.CHAPTER, other.pk) == {Kind.QUESTION: {question.pk, elsewhere.pk}}


# People and units


def test_a_person_tells_when_name_standing_or_place_change(unit: Unit, administrator: User) -> None:
    user = make_user(unit=unit)
    other, known = make_unit(unit), {(Kind.MEMBER, user.pk)}
    act = {"by": administrator, "now": NOW}
    edited = {"user": user, "full_name": "王芳", "email": "", "phone": ""}
    assert noted(lambda: accounts.edit_user(**edited, **act)) == known
    assert noted(lambda: memberships.transfer(user=user, unit=other, on=TODAY, **act)) == known
    assert noted(lambda: accounts.switch_off(user=user, **act)) == known


def test_signing_in_and_settings_tell_nothing(unit: Unit) -> None:
    user = make_user(unit=unit)
    user.last_login = NOW
    assert noted(lambda: user.save(update_fields=["last_login"])) == set()
    assert noted(lambda: accounts.keep_settings(user=user, large_print=True, language="en")) == set()


def test_a_roster_tells_of_all_new_people_by_one_statement(unit: Unit) -> None:
    rows = [
        RosterRow(
            row=n, full_name=f"学员{n}", number=f"R{n}", unit=unit.code, status="正式党员", on="2026-05-01"
        )
        for n in range(2, 22)
    ]
    with CaptureQueriesContext(connection) as captured:
        told = noted(lambda: apply_roster(rows, file_name="花名册.xlsx", by=None, now=NOW))
    assert told == {
        (Kind.MEMBER, pk) for pk in User.objects.filter(number__startswith="R").values_list("pk", flat=True)
    }
    assert sum("INSERT INTO search_pending" in query["sql"] for query in captured) == 1


def test_a_unit_that_opens_moves_or_is_renamed_reaches_what_it_owns_what_is_meant_for_it_and_its_members(
    unit: Unit,
) -> None:
    college = make_unit(unit, kind=Unit.Kind.GENERAL_BRANCH)
    branch = make_unit(college)
    act = {"by": None, "now": NOW}
    told = noted(lambda: units.rename_unit(unit=college, name="文学院", code=college.code, **act))
    assert told == {(Reach.UNIT, college.pk)}
    second = make_unit(unit, kind=Unit.Kind.GENERAL_BRANCH)
    assert noted(lambda: units.move_unit(unit=branch, parent=second, on=TODAY, **act)) == {
        (Reach.UNIT, branch.pk)
    }
    opened = noted(
        lambda: units.open_unit(
            name="新支部", code="NEW", kind=Unit.Kind.BRANCH, parent=second, opened_date=TODAY, **act
        )
    )
    assert {reach for reach, _pk in opened} == {Reach.UNIT}

    member = make_user(unit=branch)
    make_user(unit=college)
    bank = make_bank(branch)
    question, exam, topic = (
        make_question(bank),
        make_exam(unit=branch, bank=bank, kinds=()),
        make_topic(branch),
    )
    topic.books.add(TopicBook(title="党史"))
    publish(topic)
    own, meant = make_course(branch, live=True, lessons=1), make_course(unit, live=True, lessons=1)
    meant.audience_units.add(branch)
    publish(meant)
    make_course(college, live=True, lessons=1)
    assert reached(Reach.UNIT, second.pk) == {
        Kind.COURSE: {own.pk, meant.pk},
        Kind.LESSON: {page.pk for course in (own, meant) for page in course.get_children()},
        Kind.TOPIC: {topic.pk},
        Kind.BOOK: {TopicBook.objects.get().pk},
        Kind.EXAM: {exam.pk},
        Kind.QUESTION: {question.pk},
        Kind.MEMBER: {member.pk},
    }


def test_units_of_one_name_are_told_apart_together(unit: Unit) -> None:
    one, two = make_unit(unit, name="第一党支部"), make_unit(unit, name="第一党支部")
    people = {make_user(unit=place).pk for place in (one, two)}
    assert reached(Reach.UNIT, two.pk) == {Kind.MEMBER: people}


# The transaction


def test_one_task_a_transaction(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> None:
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        for n in range(3):
            receivers.tell(Kind.QUESTION, [n], NOW)
    assert callbacks == [receivers.wake]


def test_a_savepoint_that_is_rolled_back_takes_no_later_change_along(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        try:
            with transaction.atomic():
                receivers.tell(Kind.QUESTION, [1], NOW)
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        receivers.tell(Kind.QUESTION, [2], NOW)
    assert callbacks == [receivers.wake]
    assert list(Pending.objects.values_list("object_id", flat=True)) == [2]


def test_noting_nothing_asks_the_database_nothing(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with (
        django_capture_on_commit_callbacks() as callbacks,
        CaptureQueriesContext(connection) as captured,
    ):
        receivers.tell(Kind.QUESTION, [], timezone.now())
    assert (len(captured), callbacks) == (0, [])
