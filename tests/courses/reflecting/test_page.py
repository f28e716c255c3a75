"""The member's page of a reflection: without scripts, and the address that drafts go to."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.models import PlanItem, Reflection, ReflectionTask
from learning.organisation.models import User
from tests.courses.classes.making import complete, make_course, make_task
from tests.courses.factories import activity_of, publish
from tests.courses.factories import make_course as course_page
from tests.courses.factories import make_lesson as lesson_page
from tests.factories import NOW, make_class, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def user() -> User:
    return make_user(unit=make_unit())


@pytest.fixture
def task(user: User) -> ReflectionTask:
    unit = user.memberships.get().unit
    made = make_task(unit, prompt="请结合<b>实际</b>谈体会")
    PlanItem.objects.create(training_class=make_class(unit, members=[user]), kind="reflection", task=made)
    return made


@pytest.fixture
def page(client: Client, user: User) -> Client:
    client.force_login(user, backend="learning.organisation.backends.NumberBackend")
    return client


def test_draft_is_saved_and_handed_in_by_plain_forms(page: Client, task: ReflectionTask) -> None:
    url = reverse("reflection", args=[task.pk])
    shown = page.get(url).content.decode()
    assert "&lt;b&gt;实际&lt;/b&gt;" in shown
    assert page.post(url, {"text": "一二三\r\n四五", "base": "0", "act": "save"}).status_code == 302
    assert Reflection.objects.get().text == "一二三\n四五"
    short = page.post(url, {"text": "一二三四五六", "base": "1", "act": "submit"})
    assert short.status_code == 422
    assert "还差 4 字" in short.content.decode()
    assert Reflection.objects.get().text == "一二三四五六"  # too short to hand in, long enough to keep
    done = page.post(url, {"text": "一二三四五六七八九十", "base": "2", "act": "submit"}, follow=True)
    text = done.content.decode()
    assert "已提交，等待评阅" in text
    assert "<textarea" not in text


def test_older_page_is_told_and_keeps_what_was_typed(page: Client, task: ReflectionTask) -> None:
    url = reverse("reflection", args=[task.pk])
    page.post(url, {"text": "甲", "base": "0", "act": "save"})
    page.post(url, {"text": "甲乙", "base": "1", "act": "save"})
    told = page.post(url, {"text": "丙丁", "base": "1", "act": "save"})
    text = told.content.decode()
    assert told.status_code == 409
    assert "丙丁</textarea>" in text
    assert "甲乙" in text
    assert 'name="base" value="2"' in text
    assert Reflection.objects.get().text == "甲乙"


def test_drafts_from_the_script_are_stored_or_told_what_stands(page: Client, task: ReflectionTask) -> None:
    url = reverse("reflection_draft", args=[task.pk])
    assert page.post(url, {"text": "学 习", "base": "0"}).json() == {"rev": 1, "count": 2}
    stale = page.post(url, {"text": "别的", "base": "0"})
    assert (stale.status_code, stale.json()) == (409, {"code": "stale", "rev": 1, "text": "学 习"})
    Reflection.objects.update(state="submitted", submitted_at=NOW)
    assert page.post(url, {"text": "别的", "base": "1"}).status_code == 410
    assert page.get(url).status_code == 405


def test_page_is_of_whoever_is_asked_and_signed_in(client: Client, task: ReflectionTask, user: User) -> None:
    url = reverse("reflection", args=[task.pk])
    draft = reverse("reflection_draft", args=[task.pk])
    assert client.get(url).status_code == 302
    other = make_user(unit=user.memberships.get().unit)
    client.force_login(other, backend="learning.organisation.backends.NumberBackend")
    assert client.get(url).status_code == 404
    assert client.post(draft, {"text": "x", "base": "0"}).status_code == 404
    assert not Reflection.objects.exists()


def test_one_never_sees_another_s_text(client: Client, task: ReflectionTask, user: User) -> None:
    unit = user.memberships.get().unit
    other = make_user(unit=unit)
    Reflection.objects.create(task=task, user=other, text="别人的心里话", rev=1, saved_at=NOW)
    client.force_login(user, backend="learning.organisation.backends.NumberBackend")
    assert "别人的心里话" not in client.get(reverse("reflection", args=[task.pk])).content.decode()


def test_block_of_a_lesson_leads_to_its_task_for_those_who_may_study_it(page: Client, user: User) -> None:
    unit = user.memberships.get().unit
    part = {"key": "b1", "kind": "reflection", "title": "课后", "required": True, "least_words": 5}
    lesson = make_course(unit, lessons=1, parts=[part]).children.get()
    answer = page.get(reverse("reflection_of_part", args=[lesson.pk, "b1"]))
    assert answer["Location"] == reverse("reflection", args=[ReflectionTask.objects.get(title="课后").pk])
    assert page.get(reverse("reflection_of_part", args=[lesson.pk, "nothing"])).status_code == 404
    foreign = make_course(make_unit(), lessons=1, parts=[part]).children.get()
    assert page.get(reverse("reflection_of_part", args=[foreign.pk, "b1"])).status_code == 404


@pytest.mark.parametrize("state", ["draft", "returned", "submitted", "marked"])
def test_what_was_written_is_shown_in_every_state_beside_what_the_page_says(
    page: Client, task: ReflectionTask, user: User, state: str
) -> None:
    ReflectionTask.objects.update(due_at=NOW)
    Reflection.objects.create(
        task=task, user=user, text="我写下的体会", rev=1, state=state, saved_at=NOW, comment="老师的话",
        submitted_at=None if state == "draft" else NOW, mark=80 if state == "marked" else None,
    )  # fmt: skip
    shown = page.get(reverse("reflection", args=[task.pk])).content.decode()
    if state in ("draft", "returned"):
        assert "我写下的体会</textarea>" in shown
        assert "仍可提交" in shown
    else:
        assert "<p>我写下的体会</p>" in shown
    assert ("老师的话" in shown) == (state in ("returned", "marked"))


def test_text_of_a_class_that_ended_can_still_be_read(page: Client, task: ReflectionTask, user: User) -> None:
    Reflection.objects.create(task=task, user=user, text="我写下的体会", rev=1, saved_at=NOW)
    PlanItem.objects.all().delete()
    shown = page.get(reverse("reflection", args=[task.pk])).content.decode()
    assert "<p>我写下的体会</p>" in shown
    assert "已经结束" in shown


def test_page_says_saved_only_once_something_is(page: Client, task: ReflectionTask) -> None:
    url = reverse("reflection", args=[task.pk])
    assert "data-nothing-saved>还没有保存过" in page.get(url).content.decode()
    page.post(url, {"text": "甲", "base": "0", "act": "save"})
    assert "data-nothing-saved hidden>" in page.get(url).content.decode()


def test_trail_leads_to_the_class_where_the_lesson_is_still_locked(page: Client, user: User) -> None:
    unit = user.memberships.get().unit
    course = course_page(unit, in_order=True)
    publish(course)
    first, lesson = lesson_page(course, title="第一课"), lesson_page(course, title="第二课")
    publish(first)
    publish(lesson)
    activity = activity_of(lesson)
    made = make_task(unit, key=f"{activity.key}/p1")
    url = reverse("reflection", args=[made.pk])
    term = make_class(unit, members=[user], name="发展对象培训班")
    PlanItem.objects.create(training_class=term, kind="reflection", task=made)
    shown = page.get(url).content.decode()
    assert f'<a href="{reverse("my_class", args=[term.pk])}">发展对象培训班</a>' in shown
    assert lesson.url not in shown
    complete(user, activity_of(first))
    shown = page.get(url).content.decode()
    assert f'<a href="{lesson.url}">{lesson.title}</a>' in shown
    assert "发展对象培训班" not in shown


def test_trail_of_a_task_that_only_a_class_asks_leads_to_the_class(
    page: Client, task: ReflectionTask
) -> None:
    asking = PlanItem.objects.get(task=task).training_class
    shown = page.get(reverse("reflection", args=[task.pk])).content.decode()
    assert f'<a href="{reverse("my_class", args=[asking.pk])}">{asking.name}</a>' in shown


def test_trail_leads_back_to_the_lesson(page: Client, user: User) -> None:
    unit = user.memberships.get().unit
    course = course_page(unit)
    publish(course)
    lesson = lesson_page(course)
    publish(lesson)
    activity = activity_of(lesson)
    made = make_task(unit, key=f"{activity.key}/p1")
    PlanItem.objects.create(training_class=make_class(unit, members=[user]), kind="reflection", task=made)
    shown = page.get(reverse("reflection", args=[made.pk])).content.decode()
    assert f'<a href="{lesson.url}">{lesson.title}</a>' in shown
    assert f'<a href="{course.url}">{course.title}</a>' in shown
    lesson.unpublish()
    shown = page.get(reverse("reflection", args=[made.pk])).content.decode()
    assert f'href="{lesson.url}"' not in shown
    assert lesson.title in shown
