"""The organiser's preview shows the draft as members would see it, and counts nothing."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from courses.models import LessonPage
from learning.organisation.models import Role
from learning.study.models import Activity, Enrolment, StudySession
from tests.courses.factories import index_page, make_chapter, make_course, make_lesson, make_topic
from tests.factories import make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    index_page()
    client = Client()
    unit = make_unit()
    client.force_login(
        make_user(unit=unit, roles=[(Role.SCHOOL_OFFICE, unit)]),
        backend="learning.organisation.backends.NumberBackend",
    )
    client.unit = unit  # type: ignore[attr-defined]  # where the pages below belong
    return client


def shown(client: Client, page_id: int) -> str:
    answer = client.get(reverse("wagtailadmin_pages:view_draft", args=[page_id]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_draft_lesson_is_previewed_with_its_content(client: Client) -> None:
    course = make_course(client.unit)  # type: ignore[attr-defined]
    lesson = make_lesson(course, blocks=[("article", {"text": "<p>党的性质和宗旨</p>"})])
    lesson.save_revision()
    text = shown(client, lesson.pk)
    assert "党的性质和宗旨" in text
    assert "预览：不记录学习时间" in text
    assert "不在这门课的学习对象之内" not in text
    assert not any(model.objects.exists() for model in (Activity, Enrolment, StudySession))


def test_preview_of_a_live_lesson_shows_the_draft_and_not_what_is_public(client: Client) -> None:
    course = make_course(client.unit, live=True, lessons=1)  # type: ignore[attr-defined]
    lesson = LessonPage.objects.get()
    lesson.title = "改过的名称"
    lesson.save_revision()
    assert course.live
    assert "改过的名称" in shown(client, lesson.pk)


def test_courses_and_topics_have_a_preview(client: Client) -> None:
    course = make_course(client.unit, title="党章导读", teacher="周慎之")  # type: ignore[attr-defined]
    topic = make_topic(client.unit, title="专题一")  # type: ignore[attr-defined]
    for page in (course, topic):
        page.save_revision()
        assert page.title in shown(client, page.pk)
    assert "主讲人：周慎之" in shown(client, course.pk)


def test_chapter_has_no_page_to_preview(client: Client) -> None:
    chapter = make_chapter(make_course(client.unit))  # type: ignore[attr-defined]
    chapter.save_revision()
    assert client.get(reverse("wagtailadmin_pages:view_draft", args=[chapter.pk])).status_code in (
        302,
        403,
        404,
    )
    assert client.get(reverse("wagtailadmin_pages:edit", args=[chapter.pk])).status_code == 200
