"""A member's own classes: what is shown, what is missing, what stays hidden."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.classes import mine, planning
from courses.classes.graduation import graduate, preview
from learning.organisation.models import ClassMember, TrainingClass, Unit, User
from question_bank.exams.models import Attempt
from question_bank.exams.taking.submitting import submit_attempt
from tests.courses.classes.making import (
    complete,
    complete_course,
    make_course,
    make_mark,
    make_result,
    make_task,
)
from tests.factories import NOW, make_attempt, make_class, make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def unit() -> Unit:
    return make_unit()


@pytest.fixture
def user(unit: Unit) -> User:
    return make_user(unit=unit)


@pytest.fixture
def office() -> User:
    return make_user()


@pytest.fixture
def term(unit: Unit, user: User) -> TrainingClass:
    return make_class(unit, members=[user], name="发展对象培训班", rules="不得代学")


@pytest.fixture
def page(client: Client, user: User) -> Client:
    client.force_login(user, backend="learning.organisation.backends.NumberBackend")
    return client


def test_page_tells_each_item_the_rules_and_what_is_missing(
    page: Client, user: User, unit: Unit, office: User, term: TrainingClass
) -> None:
    course, task = make_course(unit, title="党章课"), make_task(unit, title="我的体会")
    planning.add_item(class_id=term.pk, kind="course", activity=course, by=office, now=NOW)
    planning.add_item(class_id=term.pk, kind="reflection", task=task, by=office, now=NOW)
    complete_course(user, course)
    text = page.get(reverse("my_class", args=[term.pk])).content.decode()
    for words in (
        "发展对象培训班",
        "党章课",
        "必学课时 2/2",
        "我的体会",
        "还没有写",
        "已完成 1/2 项",
        "不得代学",
    ):
        assert words in text
    assert "“我的体会”未完成" in text
    assert reverse("reflection", args=[task.pk]) in text
    listed = page.get(reverse("my_classes")).content.decode()
    assert reverse("my_class", args=[term.pk]) in listed


def test_whoever_multiplies_the_shown_scores_by_their_weights_gets_the_shown_total(
    page: Client, user: User, unit: Unit, office: User, term: TrainingClass
) -> None:
    exam, task = make_exam(unit=unit), make_task(unit)
    long, short = make_course(unit, lessons=5), make_course(unit, lessons=4)
    for kind, thing in (
        ("exam", {"exam": exam}),
        ("course", {"activity": long}),
        ("course", {"activity": short}),
        ("reflection", {"task": task}),
    ):
        planning.add_item(class_id=term.pk, kind=kind, by=office, now=NOW, **thing)  # type: ignore[arg-type]
    complete_course(user, long)
    complete(user, short.children.order_by("position")[0])
    make_result(exam, user, "61.5")
    make_mark(user, task, "90")
    answer = page.get(reverse("my_class", args=[term.pk]))
    shown = [(each["weight"], str(each["reached"])) for each in answer.context["parts"]]
    assert shown == [(70, "61.50"), (10, "66.67"), (20, "90.00")]
    text = answer.content.decode()
    for words in ("61.5</td>", "66.67</td>", "90</td>", "<b>67.72</b>", "课时 6 ÷", "课时 9 ×"):
        assert words in text  # 43.05 + 6.667 + 18 = 67.717


def test_exam_result_that_is_not_released_shows_nowhere(
    page: Client, user: User, unit: Unit, office: User, term: TrainingClass
) -> None:
    exam = make_exam(unit=unit, kinds=["single"], score_release="manual")
    planning.add_item(class_id=term.pk, kind="exam", exam=exam, by=office, now=NOW)
    attempt = make_attempt(exam, user, answers={1: "o1"})
    submit_attempt(attempt_id=attempt.pk, by=user, client="c1", ops=(), reason="self", now=NOW)
    assert Attempt.objects.get().state == Attempt.State.MARKED
    text = page.get(reverse("my_class", args=[term.pk])).content.decode()
    assert "成绩待公布" in text
    assert "得分" not in text
    assert "综合成绩 70" not in text
    assert "<b>" not in text  # the total would betray it
    assert text.count("待公布</td>") == 2
    found = mine.class_of(user=user, class_id=term.pk, now=NOW)
    assert found.standing.deeds[0].score is None
    exam.score_release = "at_marked"
    exam.save()
    assert "得分 100" in page.get(reverse("my_class", args=[term.pk])).content.decode()


def test_class_is_of_its_members_only(client: Client, unit: Unit, term: TrainingClass) -> None:
    url = reverse("my_class", args=[term.pk])
    assert client.get(url).status_code == 302
    other = make_user(unit=unit)
    make_class(unit, members=[other])
    client.force_login(other, backend="learning.organisation.backends.NumberBackend")
    assert client.get(url).status_code == 404
    gone = make_user(unit=unit)
    ClassMember.objects.create(
        training_class=term, user=gone, unit=unit, person_status="full", state="withdrawn", admitted_at=NOW,
        left_at=NOW,
    )  # fmt: skip
    client.force_login(gone, backend="learning.organisation.backends.NumberBackend")
    assert client.get(url).status_code == 404


def test_result_stays_to_read_after_the_class_is_closed(
    page: Client, unit: Unit, office: User, term: TrainingClass, user: User
) -> None:
    course = make_course(unit)
    rules = {"w_exam": 0, "w_study": 100, "w_reflection": 0}
    planning.set_rules(
        class_id=term.pk, fields={**rules, "least_exam": 0, "least_reflection": 0}, by=office, now=NOW
    )
    planning.add_item(class_id=term.pk, kind="course", activity=course, by=office, now=NOW)
    complete_course(user, course)
    _found, seen = preview(training_class=term, now=NOW)
    graduate(class_id=term.pk, seen=seen, by=office, now=NOW)
    text = page.get(reverse("my_class", args=[term.pk])).content.decode()
    assert "您已结业" in text
    assert "综合成绩 100 分" in text
    assert "<b>100</b>" in text
    assert mine.classes_of(user, NOW) == []
    assert term.name in page.get(reverse("my_classes")).content.decode()


def test_what_is_required_and_due_first_is_named_first(
    unit: Unit, user: User, office: User, term: TrainingClass
) -> None:
    later, sooner, extra = (make_course(unit, title=title) for title in ("晚", "早", "选"))
    for course, days, required in ((later, 9, True), (sooner, 3, True), (extra, 1, False)):
        planning.add_item(
            class_id=term.pk, kind="course", activity=course, required=required,
            due_at=NOW + timedelta(days=days), by=office, now=NOW,
        )  # fmt: skip
    found = mine.classes_of(user, NOW)[0]
    assert found.next_deed is not None
    assert found.next_deed.item.activity == sooner
    assert (found.done, found.total) == (0, 3)
