from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from learning.organisation.models import AuditEntry, User
from learning.study.models import Completion
from lti.core import claims
from lti.core.claims import Message
from lti.core.reading import read_message
from lti.core.refusals import Refusal, Refused
from lti.models import Context, LineItem, PlatformUser
from lti.services import teaching
from lti.services.targets import Target, address_of, enrol_learners, find_target, target_of
from lti.services.teaching import Row, bind_link, clear_link, review_address, rows_of
from question_bank.exams.models import Attempt, Exam, ExamGroup
from question_bank.exams.taking.submitting import submit_attempt
from tests.courses.factories import activity_of, make_course
from tests.factories import NOW, make_attempt, make_candidate, make_exam, make_unit
from tests.lti.factories import Standing, make_context, make_link, make_person, make_platform
from tests.lti.launching import claims_of, make_launch

pytestmark = pytest.mark.django_db
COLUMN = "https://lms1.example.edu/items/3"


@pytest.fixture
def course() -> Context:
    return make_context()


@pytest.fixture
def exam(course: Context) -> Exam:
    return make_exam(unit=course.platform.unit)


def sat(exam: Exam, user: User) -> Attempt:
    """An attempt that was handed in, and marked where a machine can."""
    if not exam.candidates.filter(user=user).exists():
        make_candidate(exam, user)
    attempt = make_attempt(exam, user, answers={1: "o1"})
    at = NOW + timedelta(minutes=5)
    submit_attempt(attempt_id=attempt.pk, by=user, client="a", ops=[], reason="self", now=at)
    attempt.refresh_from_db()
    return attempt


def message(course: Context, by: User, **more: Any) -> Message:
    person = PlatformUser.objects.get(user=by, platform=course.platform)
    kind = more.pop("message_type", claims.SUBMISSION_REVIEW)
    return read_message(claims_of(course, person.sub, message_type=kind, **more), ours=lambda url: True)


def person_of(user: User) -> PlatformUser:
    return PlatformUser.objects.get(user=user)


# ---- where a launch leads


@pytest.mark.parametrize("standing", [Standing.INSTRUCTOR, Standing.ASSISTANT])
def test_teachers_land_on_their_page_of_the_course(course: Context, exam: Exam, standing: str) -> None:
    link = make_link(course, exam=exam)
    address = address_of(Target(exam=exam), standing=standing, link=link)
    assert address == reverse("lti_context", args=[course.pk])


def test_learners_land_on_the_thing_itself(course: Context, exam: Exam) -> None:
    page = make_course(course.platform.unit, live=True, lessons=1)
    lesson = page.get_children().get()
    to_exam = address_of(Target(exam=exam), standing=Standing.LEARNER, link=make_link(course))
    assert to_exam == reverse("exam_start", args=[exam.pk])
    for name, place in (("course", page), ("lesson", lesson)):
        target = find_target(course.platform, {name: str(place.pk)})
        assert address_of(target, standing=Standing.LEARNER, link=make_link(course)) == place.url


def test_with_nothing_chosen_a_teacher_chooses_and_others_read_why(course: Context) -> None:
    link = make_link(course)
    waiting = reverse("lti_link", args=[link.pk])
    assert address_of(None, standing=Standing.INSTRUCTOR, link=link) == reverse(
        "lti_link_choose", args=[link.pk]
    )
    assert address_of(None, standing=Standing.ASSISTANT, link=link) == reverse(
        "lti_context", args=[course.pk]
    )
    assert address_of(None, standing=Standing.LEARNER, link=link) == waiting


def test_whoever_is_nothing_in_the_course_is_led_to_no_exam(course: Context, exam: Exam) -> None:
    link = make_link(course, exam=exam)
    address = address_of(Target(exam=exam), standing=Standing.NONE, link=link)
    assert address == reverse("lti_link", args=[link.pk])


# ---- figures


def test_the_figures_are_those_of_the_courses_present_learners(course: Context, exam: Exam) -> None:
    here, gone = make_person(course), make_person(course)
    make_person(course)
    neighbour = make_person(make_context(course.platform))
    for user in (here, gone, neighbour):
        sat(exam, user)
    teaching.people_of(course).filter(user=gone).update(removed_at=NOW)
    link = make_link(course, exam=exam)
    assert rows_of(course, now=NOW) == [Row(link, Target(exam=exam), sat=1)]


def test_scores_count_as_released_when_their_candidates_may_see_them(course: Context, exam: Exam) -> None:
    sat(exam, make_person(course))
    make_link(course, exam=exam)
    assert rows_of(course, now=NOW)[0].released == 0
    Exam.objects.update(score_release=Exam.ReleasePolicy.AT_CLOSE)
    assert rows_of(course, now=exam.closes_at - timedelta(seconds=1))[0].released == 0
    assert rows_of(course, now=exam.closes_at)[0].released == 1


def test_essays_wait_for_marks(course: Context) -> None:
    exam = make_exam(unit=course.platform.unit, kinds=("essay",))
    make_link(course, exam=exam)
    for _ in range(2):
        sat(exam, make_person(course))
    row = rows_of(course, now=NOW)[0]
    assert (row.sat, row.marking, row.released) == (2, 2, 0)


def test_a_course_tells_who_began_and_who_completed_it(course: Context) -> None:
    page = make_course(course.platform.unit, live=True, lessons=1)
    make_link(course, page=page)
    target = find_target(course.platform, {"course": str(page.pk)})
    assert target is not None
    users = [make_person(course) for _ in range(3)]
    enrol_learners(target, users, now=NOW)
    activity = activity_of(page)
    activity.enrolments.filter(user__in=users[:2]).update(begun_at=NOW)
    Completion.objects.create(activity=activity, user=users[0], completed_at=NOW)
    row = rows_of(course, now=NOW)[0]
    assert (row.begun, row.done) == (2, 1)


def test_what_was_withdrawn_is_told_from_what_was_never_chosen(course: Context, exam: Exam) -> None:
    make_link(course, exam=exam, title="a")
    make_link(course, title="b")
    Exam.objects.update(state=Exam.State.WITHDRAWN)
    assert [row.lost for row in rows_of(course, now=NOW)] == [True, False]


def test_more_links_and_people_take_no_more_queries(course: Context) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            rows_of(course, now=NOW)
        return len(asked)

    def add() -> None:
        exam = make_exam(unit=course.platform.unit)
        make_link(course, exam=exam)
        make_link(course, page=make_course(course.platform.unit, live=True, lessons=1))
        sat(exam, make_person(course))

    add()
    few = queries()
    for _ in range(4):
        add()
    assert queries() == few


def test_members_stand_in_order_and_are_found_by_name_and_number(course: Context) -> None:
    learner, teacher, gone = (
        make_person(course),
        make_person(course, Standing.INSTRUCTOR),
        make_person(course),
    )
    course.members.filter(person__user=gone).update(removed_at=NOW)
    make_person(make_context(course.platform))
    rows = teaching.members_of(course)
    assert [row.person.user for row in rows] == [teacher, learner, gone]
    for words in (learner.full_name, learner.number):
        assert [row.person.user for row in teaching.members_of(course, words)] == [learner]


# ---- choosing and clearing


def test_binding_admits_the_courses_learners_and_opens_the_exam_to_its_teachers(
    course: Context, exam: Exam
) -> None:
    teacher, learner = make_person(course, Standing.INSTRUCTOR), make_person(course)
    link = make_link(course)
    assert bind_link(link=link, target=Target(exam=exam), by=teacher, now=NOW) == 1
    link.refresh_from_db()
    assert target_of(link) == Target(exam=exam)
    assert [candidate.user for candidate in exam.candidates.all()] == [learner]
    assert ExamGroup.objects.get().group == course.group
    entry = AuditEntry.objects.get(action="lti.link_bound")
    assert (entry.actor, entry.data["to"]) == (teacher, exam.title)


def test_the_column_of_the_link_follows_the_new_exam(course: Context, exam: Exam) -> None:
    teacher = make_person(course, Standing.INSTRUCTOR)
    before = make_exam(unit=course.platform.unit)
    column = LineItem.objects.create(
        context=course, url=COLUMN, maximum=6, exam=before, made_by="platform", created_at=NOW
    )
    link = make_link(course, exam=before, line_item=column)
    ags = {"lineitem": COLUMN, "scope": [claims.SCOPE_SCORE]}
    make_launch(course, teacher, message_type=claims.RESOURCE_LINK, link=link, ags=ags)
    bind_link(link=link, target=Target(exam=exam), by=teacher, now=NOW)
    column.refresh_from_db()
    link.refresh_from_db()
    assert (column.exam, link.line_item) == (exam, column)


def test_clearing_keeps_candidates_and_attempts(course: Context, exam: Exam) -> None:
    teacher, learner = make_person(course, Standing.INSTRUCTOR), make_person(course)
    link = make_link(course)
    bind_link(link=link, target=Target(exam=exam), by=teacher, now=NOW)
    sat(exam, learner)
    clear_link(link=link, by=teacher, now=NOW)
    link.refresh_from_db()
    assert (link.exam, link.page, link.line_item) == (None, None, None)
    assert exam.candidates.count() == 1
    assert Attempt.objects.count() == 1
    assert AuditEntry.objects.filter(action="lti.link_cleared", actor=teacher).exists()


def test_what_the_link_names_itself_is_known_from_its_latest_launch(course: Context, exam: Exam) -> None:
    teacher = make_person(course, Standing.INSTRUCTOR)
    link = make_link(course, exam=exam)
    assert teaching.named_by_platform(link) is None
    make_launch(course, teacher, message_type=claims.RESOURCE_LINK, link=link, custom={"exam": str(exam.pk)})
    assert teaching.named_by_platform(link) == Target(exam=exam)
    later = NOW + timedelta(hours=1)
    make_launch(course, teacher, message_type=claims.RESOURCE_LINK, link=link, at=later)
    assert teaching.named_by_platform(link) is None


# ---- submission review


def review(course: Context, by: User, of: User, exam: Exam, *, role: str) -> str:
    LineItem.objects.get_or_create(
        context=course,
        url=COLUMN,
        defaults={"maximum": 6, "exam": exam, "made_by": "platform", "created_at": NOW},
    )
    said = message(
        course,
        by,
        roles=[role],
        for_user={"user_id": person_of(of).sub},
        ags={"lineitem": COLUMN, "scope": []},
    )
    return review_address(said, course, person_of(by), now=NOW)


def test_a_teacher_opens_the_attempt_that_counts(course: Context, exam: Exam) -> None:
    teacher, learner = make_person(course, Standing.INSTRUCTOR), make_person(course)
    attempt = sat(exam, learner)
    address = review(course, teacher, learner, exam, role=claims.MEMBERSHIP_INSTRUCTOR)
    assert address == reverse("manage_attempt", args=[exam.pk, attempt.pk])


def test_a_learner_opens_their_own_result_and_nobody_elses(course: Context, exam: Exam) -> None:
    learner, other = make_person(course), make_person(course)
    attempt = sat(exam, learner)
    own = review(course, learner, learner, exam, role=claims.MEMBERSHIP_LEARNER)
    assert own == reverse("attempt_result", args=[attempt.pk])
    with pytest.raises(Refused) as refused:
        review(course, other, learner, exam, role=claims.MEMBERSHIP_LEARNER)
    assert refused.value.code is Refusal.NOT_ALLOWED


def test_before_anything_was_handed_in_there_is_the_course_or_the_start(course: Context, exam: Exam) -> None:
    teacher, learner = make_person(course, Standing.INSTRUCTOR), make_person(course)
    seen = review(course, teacher, learner, exam, role=claims.MEMBERSHIP_INSTRUCTOR)
    assert seen == reverse("lti_context", args=[course.pk])
    own = review(course, learner, learner, exam, role=claims.MEMBERSHIP_LEARNER)
    assert own == reverse("exam_start", args=[exam.pk])


def test_people_of_another_course_are_not_reviewed_from_here(course: Context, exam: Exam) -> None:
    teacher = make_person(course, Standing.INSTRUCTOR)
    elsewhere = make_person(make_context(course.platform))
    sat(exam, elsewhere)
    seen = review(course, teacher, elsewhere, exam, role=claims.MEMBERSHIP_INSTRUCTOR)
    assert seen == reverse("lti_context", args=[course.pk])


def test_a_review_of_an_unknown_column_goes_by_what_the_launch_names(course: Context, exam: Exam) -> None:
    teacher, learner = make_person(course, Standing.INSTRUCTOR), make_person(course)
    attempt = sat(exam, learner)
    link = make_link(course, exam=exam)
    who = {"user_id": person_of(learner).sub}
    address = reverse("manage_attempt", args=[exam.pk, attempt.pk])
    column = {"lineitem": f"{COLUMN}9", "scope": []}
    by_claim = message(course, teacher, for_user=who, ags=column, custom={"exam": str(exam.pk)})
    assert review_address(by_claim, course, person_of(teacher), now=NOW) == address
    by_link = message(course, teacher, for_user=who, ags=column, resource_link_claim={"id": link.link_id})
    assert review_address(by_link, course, person_of(teacher), now=NOW) == address
    neither = message(course, teacher, for_user=who, ags=column)
    with pytest.raises(Refused) as refused:
        review_address(neither, course, person_of(teacher), now=NOW)
    assert refused.value.code is Refusal.NOTHING_LINKED


def test_a_column_of_another_course_tells_nothing_here(course: Context, exam: Exam) -> None:
    teacher, learner = make_person(course, Standing.INSTRUCTOR), make_person(course)
    sat(exam, learner)
    LineItem.objects.create(
        context=make_context(make_platform(make_unit())),
        url=COLUMN,
        maximum=6,
        exam=exam,
        made_by="platform",
        created_at=NOW,
    )
    who = {"user_id": person_of(learner).sub}
    said = message(course, teacher, for_user=who, ags={"lineitem": COLUMN, "scope": []})
    with pytest.raises(Refused):
        review_address(said, course, person_of(teacher), now=NOW)
