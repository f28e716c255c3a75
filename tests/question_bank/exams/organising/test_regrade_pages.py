"""The screen that puts a question right: choose, see what it would do, confirm; and who may not."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from learning.organisation.models import AuditEntry, User
from question_bank.exams.models import Attempt, Exam, Mark, RegradeRun
from question_bank.exams.regrading import start_regrade
from question_bank.exams.releasing import Visible
from question_bank.exams.views.review import review_items
from question_bank.questions.models import QuestionVersion
from tests.factories import NOW, make_attempt, make_candidate, make_exam, make_user

from .conftest import School, handed_in, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def sitters(school: School, exam: Exam) -> list[User]:
    """Two have handed in, one rightly and one wrongly, and a third sits."""
    people = [make_user(unit=school.branch) for _n in range(3)]
    for user in people:
        make_candidate(exam, user)
    handed_in(exam, people[0], right=True)
    handed_in(exam, people[1], right=False)
    make_attempt(exam, people[2])
    return people


@pytest.fixture
def office(school: School) -> Client:
    return signed_in(school.people["office"])


@pytest.fixture
def version(exam: Exam) -> QuestionVersion:
    return QuestionVersion.objects.get(pk__in=exam.pool.values("version"), kind="single")


def newer(version: QuestionVersion, key: object = "o0") -> QuestionVersion:
    made = QuestionVersion.objects.create(
        question=version.question, no=2, kind="single", status="ready", stem=version.stem, body=version.body,
        key=key, created_at=NOW,
    )  # fmt: skip
    version.question.current = version.question.latest = made
    version.question.save()
    return made


def url(exam: Exam, version: QuestionVersion) -> str:
    return reverse("manage_regrade_question", args=[exam.pk, version.pk])


def test_the_preview_counts_and_writes_nothing_then_confirming_does_it(
    office: Client, exam: Exam, sitters: list[User], version: QuestionVersion
) -> None:
    new = newer(version)
    listed = office.get(reverse("manage_regrade", args=[exam.pk]), {"changed": "1"}).content.decode()
    assert "题库中已有第 2 版" in listed
    assert url(exam, version) in listed
    data = {"remedy": "key", "corrected": new.pk, "reason": "答案登记错误"}
    answer = office.post(url(exam, version), data)
    tally = answer.context["tally"]
    assert (tally.attempts, tally.raised, tally.lowered, tally.open) == (2, 1, 1, 1)
    assert "确认重评 2 份答卷" in answer.content.decode()
    assert not Mark.objects.exists()
    assert not RegradeRun.objects.exists()
    done = office.post(url(exam, version), {**data, "confirm": "1"}, follow=True).content.decode()
    assert "1 份得分上升，1 份得分下降" in done
    assert "按第 2 版的答案" in done
    assert "答案登记错误" in done
    assert sorted(Mark.objects.values_list("value", flat=True)) == [0, 10]
    entry = AuditEntry.objects.get(action="exam.regrade")
    assert (entry.data["remedy"], entry.data["reason"]) == ("key", "答案登记错误")


def test_without_a_fitting_version_only_voiding_is_offered(
    office: Client, exam: Exam, sitters: list[User], version: QuestionVersion
) -> None:
    page = office.get(url(exam, version))
    assert [value for value, _label in page.context["form"].fields["remedy"].choices] == ["void"]
    assert "先在题库里改这道题" in page.content.decode()
    newer(version, "o9")
    page = office.get(url(exam, version))
    assert "不能用它的答案评当时的作答" in page.content.decode()
    assert office.post(url(exam, version), {"remedy": "key", "reason": "x"}).status_code == 422
    assert office.post(url(exam, version), {"remedy": "void", "reason": ""}).status_code == 422


def test_a_run_left_unfinished_is_shown_and_finished_by_its_button(
    office: Client, exam: Exam, sitters: list[User], version: QuestionVersion
) -> None:
    run = start_regrade(
        exam_id=exam.pk, version_id=version.pk, remedy="void", corrected_id=None, only_up=True, reason="有误",
        by=None, now=NOW,
    )  # fmt: skip
    page = office.get(reverse("manage_regrade", args=[exam.pk])).content.decode()
    assert "还没有完成" in page
    assert "已作废，人人满分" in page
    other = office.post(url(exam, version), {"remedy": "undo", "reason": "x", "confirm": "1"})
    assert "上一次重评还没有完成" in other.content.decode()
    office.post(reverse("manage_regrade_go_on", args=[exam.pk, run.pk]))
    run.refresh_from_db()
    assert (run.finished_at, run.raised) == (NOW, 1)


@pytest.mark.parametrize(
    "who", ["other_office", "college_office", "teacher", "releaser", "marker", "auditor"]
)
def test_only_who_may_publish_the_exam_may_regrade_it(
    school: School, exam: Exam, version: QuestionVersion, sitters: list[User], who: str
) -> None:
    client = signed_in(school.people[who])
    assert client.get(reverse("manage_regrade", args=[exam.pk])).status_code == 404
    data = {"remedy": "void", "reason": "x", "confirm": "1"}
    assert client.post(url(exam, version), data).status_code == 404
    exam.refresh_from_db()
    assert exam.corrections == {}


def test_a_question_of_another_exam_and_a_draft_are_not_found(
    office: Client, school: School, exam: Exam, version: QuestionVersion
) -> None:
    draft = make_exam(unit=school.root, published=False)
    assert office.get(reverse("manage_regrade", args=[draft.pk])).status_code == 404
    stranger = make_exam(unit=school.root, kinds=["single"]).pool.get().version
    assert office.get(url(exam, stranger)).status_code == 404


def test_the_member_reads_what_became_of_the_question(
    office: Client, exam: Exam, sitters: list[User], version: QuestionVersion
) -> None:
    office.post(url(exam, version), {"remedy": "void", "reason": "有误", "confirm": "1"})
    attempt = Attempt.objects.select_related("exam").get(user=sitters[1])
    items = review_items(attempt, Visible(answers=True), {})
    assert [bool(item.note) for item in items] == [True, False]
    assert "人人满分" in items[0].note


def test_the_list_reads_as_much_for_many_papers(
    office: Client, school: School, exam: Exam, sitters: list[User], django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(40) as few:  # type: ignore[operator]
        office.get(reverse("manage_regrade", args=[exam.pk]))
        first = len(few)
    for _n in range(5):
        user = make_user(unit=school.branch)
        make_candidate(exam, user)
        handed_in(exam, user)
    with django_assert_max_num_queries(first):  # type: ignore[operator]
        office.get(reverse("manage_regrade", args=[exam.pk]))
