"""What was given back is told where its author passes by, as long as it can be mended."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from courses.models import LessonPage, PlanItem, Reflection, ReflectionTask
from courses.reflecting.returned import classes_and_returned, returned_in
from courses.reflecting.tasks import key_of_part
from learning.organisation.models import TrainingClass, User
from learning.study.models import Activity
from tests.courses.classes.making import make_course, make_task
from tests.courses.factories import activity_of, make_lesson, publish
from tests.courses.factories import make_course as course_page
from tests.factories import NOW, make_class, make_unit, make_user

pytestmark = pytest.mark.django_db
WORDS = "已退回，请修改后再提交"
PART = {"key": "b1", "kind": "reflection", "title": "课后", "required": True, "least_words": 5}


@pytest.fixture
def user() -> User:
    return make_user(unit=make_unit())


def write(user: User, task: ReflectionTask, state: str = "returned") -> Reflection:
    return Reflection.objects.create(
        task=task, user=user, text="体会", rev=1, state=state, saved_at=NOW, submitted_at=NOW,
        mark=80 if state == "marked" else None,
    )  # fmt: skip


@pytest.fixture
def lesson(user: User) -> LessonPage:
    """Published, in a course open to the user, with one reflection that was returned."""
    course = course_page(user.memberships.get().unit, title="党章导读")
    made = make_lesson(course, blocks=[("reflection", {"title": "读后", "prompt": "谈谈"})])
    publish(course)
    publish(made)
    activity = activity_of(made)
    task = make_task(
        course.owner_unit, title="读后", key=key_of_part(activity, str(activity.parts[0]["key"]))
    )
    write(user, task)
    return made


def test_home_outline_and_lesson_say_so_with_a_link(client: Client, user: User, lesson: LessonPage) -> None:
    client.force_login(user)
    url = reverse("reflection", args=[ReflectionTask.objects.get().pk])
    home = client.get(reverse("home")).content.decode()
    assert home.count(WORDS) == 2  # the sentence on top, and the line of the list
    assert "“读后”已退回" in home
    assert home.count(url) == 2
    outline = client.get(lesson.get_parent().url).content.decode()
    assert WORDS in outline
    assert url in outline
    page = client.get(lesson.url).content.decode()
    assert WORDS in page
    assert "修改心得" in page
    assert "写心得" not in page


@pytest.mark.parametrize("state", ["draft", "submitted", "marked"])
def test_nothing_is_said_of_what_was_not_returned(
    client: Client, user: User, lesson: LessonPage, state: str
) -> None:
    Reflection.objects.all().delete()
    write(user, ReflectionTask.objects.get(), state)
    write(make_user(unit=user.memberships.get().unit), ReflectionTask.objects.get())  # somebody else's
    client.force_login(user)
    for url in (reverse("home"), lesson.get_parent().url, lesson.url):
        assert WORDS not in client.get(url).content.decode()


def test_what_a_running_class_asks_is_listed_and_no_more_when_it_is_over(user: User) -> None:
    unit = user.memberships.get().unit
    task, term = make_task(unit, title="我的体会"), make_class(unit, members=[user], name="培训班")
    PlanItem.objects.create(training_class=term, kind="reflection", task=task)
    write(user, task)
    classes, returned = classes_and_returned(user=user, lessons=[])
    assert classes == [(term.pk, "培训班")]
    assert [(each.task_id, each.title) for each in returned] == [(task.pk, "我的体会")]
    TrainingClass.objects.update(state=TrainingClass.State.CLOSED, closed_at=NOW)
    assert classes_and_returned(user=user, lessons=[]) == ([], [])


def test_what_a_lesson_asks_is_listed_as_long_as_the_lesson_is_open_and_asks_it(user: User) -> None:
    unit = user.memberships.get().unit
    lesson: Activity = make_course(unit, lessons=1, parts=[PART]).children.get()
    write(user, make_task(unit, key=key_of_part(lesson, "b1")))
    write(user, make_task(unit, key=key_of_part(lesson, "gone")))
    assert [each.key for each in classes_and_returned(user=user, lessons=[lesson])[1]] == [f"{lesson.key}/b1"]
    assert list(returned_in(user=user, lessons=[lesson])) == [f"{lesson.key}/b1"]
    assert classes_and_returned(user=user, lessons=[])[1] == []
    lesson.parts = []
    assert returned_in(user=user, lessons=[lesson]) == {}
