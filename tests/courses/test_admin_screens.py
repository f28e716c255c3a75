"""Organisers build a course without knowing Wagtail, and each sees only what is theirs."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import resolve, reverse
from django.utils.html import strip_tags
from PIL import Image
from wagtail.images import get_image_model
from wagtail.models import Page
from wagtail.permissions import policy_registry

from courses.admin.guards import choosable
from courses.index import index_page
from courses.models import ChapterPage, CoursePage, LessonPage, Material, TopicPage
from learning.organisation.admin.doors import is_open
from learning.organisation.models import AuditEntry, Role, Unit, User
from learning.study.models import Activity
from tests.courses.factories import make_chapter, make_course, make_lesson, make_material, make_topic, publish
from tests.factories import make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def unit() -> Unit:
    return make_unit()


@pytest.fixture
def office(unit: Unit) -> User:
    return make_user(unit=unit, roles=[(Role.SCHOOL_OFFICE, unit)])


@pytest.fixture
def teacher(unit: Unit) -> User:
    return make_user(unit=unit, roles=[(Role.TEACHER, unit)])


@pytest.fixture
def foreign() -> User:
    other = make_unit()
    return make_user(unit=other, roles=[(Role.SCHOOL_OFFICE, other)])


def picture_bytes() -> bytes:
    made = BytesIO()
    Image.new("RGB", (40, 30), "#b3191f").save(made, "PNG")
    return made.getvalue()


def stream(name: str, blocks: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """The fields that the editor of a StreamField posts."""
    data: dict[str, Any] = {f"{name}-count": str(len(blocks))}
    for n, (kind, value) in enumerate(blocks):
        data |= {
            f"{name}-{n}-type": kind,
            f"{name}-{n}-order": str(n),
            f"{name}-{n}-deleted": "",
            f"{name}-{n}-id": "",
        }
        data |= {f"{name}-{n}-value-{key}": text for key, text in value.items()}
    return data


def formset(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """The fields that the editor posts of one new row."""
    counts = {"TOTAL": "1", "INITIAL": "0", "MIN_NUM": "0", "MAX_NUM": "1000"}
    data = {f"{name}-{count}_FORMS": number for count, number in counts.items()}
    return data | {f"{name}-0-{key}": value for key, value in {**row, "ORDER": "1", "id": ""}.items()}


COURSE = {
    "title": "党章专题",
    "summary": "十二讲",
    "teacher": "周慎之、柳青",
    "threshold_percent": "90",
    "rate_max": "2.0",
    "idle_s": "120",
    "credit_kind": "nominal",
    "minutes_per_hour": "45",
    "fixed_hours": "0",
}


class TestBuilding:
    def test_from_a_new_course_to_a_published_one(self, office: User, unit: Unit) -> None:
        client = signed_in(office)
        page = client.get(reverse("course_list"))
        add = reverse("wagtailadmin_pages:add", args=["courses", "coursepage", index_page().pk])
        assert add in page.content.decode()
        assert client.get(add).status_code == 200
        made = client.post(add, {**COURSE, "owner_unit": unit.pk})
        course = CoursePage.objects.get()
        outline = reverse("course_outline", args=[course.pk])
        assert (made.status_code, made["Location"]) == (302, outline)
        edit = reverse("wagtailadmin_pages:edit", args=[course.pk])
        assert client.post(edit, {**COURSE, "owner_unit": unit.pk})["Location"] == outline
        text = client.get(outline).content.decode()
        assert "课程里还没有课时" in text
        assert "主讲人：周慎之、柳青" in text

        add_chapter = reverse("wagtailadmin_pages:add", args=["courses", "chapterpage", course.pk])
        client.post(add_chapter, {"title": "第一章"})
        chapter = ChapterPage.objects.get()
        assert client.post(edit, {**COURSE, "owner_unit": unit.pk})["Location"] == edit
        add_lesson = reverse("wagtailadmin_pages:add", args=["courses", "lessonpage", chapter.pk])
        video = make_material(unit)
        body = stream("body", [("video", {"material": video.pk, "title": "", "required": "on"})])
        client.post(add_lesson, {"title": "第一讲", "nominal_minutes": "0", "required": "on", **body})
        lesson = LessonPage.objects.get()
        assert not lesson.live
        text = client.get(outline).content.decode()
        assert "第一章" in text
        assert "第一讲" in text
        assert "没有问题，可以发布" in text

        client.post(outline, {"act": "publish"})
        assert Activity.objects.get(key=f"page:{lesson.pk}").is_open
        assert AuditEntry.objects.filter(action="course.publish", actor=office).exists()

    def test_the_explorer_leads_to_the_outline(self, office: User, unit: Unit) -> None:
        client = signed_in(office)
        course = make_course(unit)
        chapter = make_chapter(course)
        for page in (course, chapter):
            answer = client.get(reverse("wagtailadmin_explore", args=[page.pk]))
            assert answer["Location"] == reverse("course_outline", args=[course.pk])
        topic = make_topic(unit)
        assert client.get(reverse("wagtailadmin_explore", args=[topic.pk]))["Location"] == reverse(
            "topic_list"
        )

    def test_what_stops_publishing_is_said_and_nothing_is_published(self, office: User, unit: Unit) -> None:
        course = make_course(unit)
        exam = make_exam(unit=unit, published=False, title="结业考试")
        make_lesson(course, title="空课时", blocks=[])
        make_lesson(
            course, blocks=[("video", {"material": make_material(unit, title="坏片", state="failed").pk})]
        )
        make_lesson(
            course,
            blocks=[
                (
                    "audio",
                    {"material": make_material(unit, kind="audio", title="新录音", state="processing").pk},
                )
            ],
        )
        make_lesson(course, blocks=[("exam", {"exam": exam.pk})])
        client = signed_in(office)
        text = client.get(reverse("course_outline", args=[course.pk])).content.decode()
        for words in ("“空课时”没有内容", "“坏片”不能使用", "“新录音”还在处理", "“结业考试”还没有发布"):
            assert words in text
        client.post(reverse("course_outline", args=[course.pk]), {"act": "publish"})
        course.refresh_from_db()
        assert not course.live
        assert not Page.objects.descendant_of(course).live().exists()

    def test_a_course_for_nobody_is_not_published(self) -> None:
        unit = make_unit()
        office = make_user(roles=[(Role.SCHOOL_OFFICE, unit)])
        course = make_course(unit, lessons=1)
        answer = signed_in(office).post(
            reverse("course_outline", args=[course.pk]), {"act": "publish"}, follow=True
        )
        assert "学习对象里现在没有人" in answer.content.decode()
        course.refresh_from_db()
        assert not course.live

    def test_a_lesson_that_is_not_ready_stays_a_draft_and_keeps_what_was_written(
        self, office: User, unit: Unit
    ) -> None:
        course = make_course(unit, lessons=1, live=True)
        lesson = make_lesson(course)
        broken = make_material(unit, state="failed")
        body = stream("body", [("video", {"material": broken.pk, "title": "", "required": "on"})])
        data = {"title": "改过的课时", "nominal_minutes": "0", **body, "action-publish": "1"}
        signed_in(office).post(reverse("wagtailadmin_pages:edit", args=[lesson.pk]), data)
        lesson.refresh_from_db()
        assert not lesson.live
        assert lesson.get_latest_revision_as_object().title == "改过的课时"

    def test_the_first_publish_button_publishes_the_whole_course(self, office: User, unit: Unit) -> None:
        course = make_course(unit, lessons=2)
        data = {**COURSE, "owner_unit": unit.pk, "action-publish": "1"}
        signed_in(office).post(reverse("wagtailadmin_pages:edit", args=[course.pk]), data)
        assert Activity.objects.filter(is_open=True).count() == 3

    def test_withdrawing_copying_and_ordering(self, office: User, unit: Unit) -> None:
        course = make_course(unit, lessons=2, live=True, teacher="周慎之")
        url = reverse("course_outline", args=[course.pk])
        client = signed_in(office)
        first, second = course.get_children()
        client.post(url, {"act": "down", "page": first.pk})
        assert [page.pk for page in CoursePage.objects.get().get_children()] == [second.pk, first.pk]
        chapter = make_chapter(CoursePage.objects.get())
        client.post(url, {"act": "into", "page": first.pk, "into": chapter.pk})
        assert Page.objects.get(pk=first.pk).get_parent().pk == chapter.pk
        client.post(url, {"act": "copy"})
        copied = CoursePage.objects.exclude(pk=course.pk).get()
        assert not copied.live
        assert copied.teacher == "周慎之"
        assert LessonPage.objects.descendant_of(copied).count() == 2
        assert not Page.objects.descendant_of(copied).live().exists()
        client.post(url, {"act": "withdraw"})
        course.refresh_from_db()
        assert not course.live

    def test_the_list_finds_a_course_by_who_teaches_it(self, office: User, unit: Unit) -> None:
        make_course(unit, title="党章专题", teacher="周慎之、柳青")
        make_course(unit, title="党史专题")
        text = signed_in(office).get(reverse("course_list"), {"q": "柳青"}).content.decode()
        assert "党章专题" in text
        assert "党史专题" not in text

    def test_a_topic_has_courses_and_checked_books(self, office: User, unit: Unit) -> None:
        course = make_course(unit)
        add = reverse("wagtailadmin_pages:add", args=["courses", "topicpage", index_page().pk])
        data = {
            "title": "读书专题",
            "owner_unit": unit.pk,
            "intro": "null",
            **formset("courses", {"course": course.pk}),
            **formset("books", {"title": "书", "isbn": "978-7-01-000000-1"}),
        }
        client = signed_in(office)
        assert "校验位" in client.post(add, data).content.decode()
        assert not TopicPage.objects.exists()
        client.post(add, {**data, "books-0-isbn": "9787010092881"})
        topic = TopicPage.objects.get().get_latest_revision_as_object()
        assert topic.courses.get().course == course


class TestStatus:
    def test_the_panel_of_a_page_tells_its_state_and_nothing_of_everybody(
        self, office: User, unit: Unit
    ) -> None:
        course = make_course(unit, title="党章")
        lesson = make_lesson(course, live=True)
        publish(course)
        reply = signed_in(office).get(reverse("wagtailadmin_pages:edit", args=[lesson.pk]))
        panel = next(each for each in reply.context["side_panels"] if each.name == "status")
        html = panel.render_html(reply.context)
        words = strip_tags(html)
        assert "课时" in words
        assert reverse("wagtailadmin_pages:history", args=[lesson.pk]) in html
        for false in ("Visible to all", "任何人", "Anyone", "引用", "Referenced", "锁"):
            assert false not in words
        assert "set_privacy" not in html
        assert reverse("wagtailadmin_pages:usage", args=[lesson.pk]) not in html


class TestRights:
    def test_a_teacher_writes_and_does_not_publish(self, teacher: User, unit: Unit) -> None:
        course = make_course(unit, lessons=1)
        client = signed_in(teacher)
        assert client.get(reverse("wagtailadmin_pages:edit", args=[course.pk])).status_code == 200
        assert client.post(reverse("course_outline", args=[course.pk]), {"act": "publish"}).status_code == 404
        client.post(
            reverse("wagtailadmin_pages:edit", args=[course.pk]),
            {**COURSE, "owner_unit": unit.pk, "action-publish": "1"},
        )
        course.refresh_from_db()
        assert not course.live

    def test_nobody_deletes_what_was_ever_public(self, unit: Unit) -> None:
        administrator = make_user(unit=unit, roles=[(Role.ADMINISTRATOR, unit)])
        course = make_course(unit, lessons=1, live=True)
        client = signed_in(administrator)
        client.post(reverse("wagtailadmin_pages:delete", args=[course.pk]))
        assert CoursePage.objects.exists()
        draft = make_course(unit, lessons=1)
        client.post(reverse("wagtailadmin_pages:delete", args=[draft.pk]))
        assert not CoursePage.objects.filter(pk=draft.pk).exists()

    def test_a_lesson_leaves_its_course_for_no_other(self, office: User, unit: Unit) -> None:
        one, two = make_course(unit, lessons=1), make_course(unit)
        lesson = one.get_children().get()
        assert not lesson.permissions_for_user(office).can_move_to(two)
        answer = signed_in(office).post(
            reverse("course_outline", args=[one.pk]), {"act": "into", "page": lesson.pk, "into": two.pk}
        )
        assert answer.status_code == 404

    def test_a_secretary_sees_the_list_and_changes_nothing(self, unit: Unit) -> None:
        secretary = make_user(unit=unit, roles=[(Role.SECRETARY, unit)])
        course = make_course(unit, lessons=1)
        client = signed_in(secretary)
        assert client.get(reverse("course_outline", args=[course.pk])).status_code == 200
        assert "新建课时" not in client.get(reverse("course_outline", args=[course.pk])).content.decode()
        answer = client.get(reverse("wagtailadmin_pages:edit", args=[course.pk]))
        assert answer.status_code in (302, 403)
        assert client.get(reverse("material_upload")).status_code == 404

    def addresses(
        self, course: CoursePage, lesson: LessonPage, topic: TopicPage, material: Material
    ) -> list[str]:
        revision = lesson.latest_revision or lesson.save_revision()
        pages = [course, lesson, topic]
        named = [
            reverse(f"wagtailadmin_pages:{name}", args=[page.pk])
            for page in pages
            for name in ("edit", "preview_on_edit", "view_draft", "delete", "unpublish", "usage", "history",
                         "history_results", "revisions_index")
        ]  # fmt: skip
        named += [reverse("wagtailadmin_explore", args=[page.pk]) for page in pages]
        named += [reverse("wagtailadmin_choose_page_child", args=[page.pk]) for page in pages]
        named += [
            reverse("wagtailadmin_pages:add", args=["courses", "lessonpage", course.pk]),
            reverse("wagtailadmin_pages:preview_on_add", args=["courses", "lessonpage", course.pk]),
            reverse("wagtailadmin_pages:revisions_view", args=[lesson.pk, revision.pk]),
            reverse("wagtailadmin_pages:revisions_revert", args=[lesson.pk, revision.pk]),
            reverse("wagtailadmin_pages:revisions_unschedule", args=[lesson.pk, revision.pk]),
            reverse("wagtailadmin_pages:revisions_compare", args=[lesson.pk, "earliest", "latest"]),
            reverse("course_outline", args=[course.pk]),
            reverse("material_edit", args=[material.pk]),
            reverse("video_chooser:chosen", args=[material.pk]),
        ]
        return named

    def test_what_is_foreign_does_not_exist(self, foreign: User, unit: Unit) -> None:
        course = make_course(unit, title="别人的课程", lessons=1)
        lesson = LessonPage.objects.get()
        topic, material = make_topic(unit, title="别人的专题"), make_material(unit, title="别人的课件")
        client = signed_in(foreign)
        for address in self.addresses(course, lesson, topic, material):
            assert client.get(address).status_code == 404, address
        make_course(foreign.role_assignments.get().unit, title="自己的课程")
        for listing in ("course_list", "topic_list", "material_list"):
            assert "别人的" not in client.get(reverse(listing)).content.decode()
        for window in ("video_chooser:choose", "video_chooser:choose_results", "wagtailadmin_choose_page"):
            answer = client.get(reverse(window))
            text = (
                answer.json()["html"]
                if answer["Content-Type"] == "application/json"
                else answer.content.decode()
            )
            assert "别人的" not in text, window
        request = RequestFactory().get("/")
        request.user = foreign
        assert [page.title for page in choosable(Page.objects.exclude(depth__lt=3), request)] == [
            "自己的课程"
        ]

    def test_members_have_no_way_in(self, unit: Unit) -> None:
        member = make_user(unit=unit)
        course = make_course(unit, lessons=1)
        topic, material = make_topic(unit), make_material(unit)
        client = signed_in(member)
        for address in self.addresses(course, LessonPage.objects.get(), topic, material):
            assert client.get(address).status_code in (302, 404), address

    def test_the_owner_cannot_be_one_outside_the_scope(self, foreign: User, unit: Unit) -> None:
        add = reverse("wagtailadmin_pages:add", args=["courses", "coursepage", index_page().pk])
        signed_in(foreign).post(add, {**COURSE, "owner_unit": unit.pk})
        assert not CoursePage.objects.exists()

    def test_the_owner_of_a_draft_may_be_corrected_and_of_what_was_public_not(
        self, office: User, unit: Unit
    ) -> None:
        branch = make_unit(unit)
        client = signed_in(office)
        for course, owner in ((make_course(unit), branch), (make_course(unit, lessons=1, live=True), unit)):
            client.post(
                reverse("wagtailadmin_pages:edit", args=[course.pk]), {**COURSE, "owner_unit": branch.pk}
            )
            course.refresh_from_db()
            assert course.owner_unit == owner

    def test_a_forged_number_of_foreign_material_or_exam_is_refused(self, office: User, unit: Unit) -> None:
        lesson = make_lesson(make_course(unit), title="旧")
        for kind, field, row in (("video", "material", make_material()), ("exam", "exam", make_exam())):
            body = stream("body", [(kind, {field: row.pk, "title": "", "required": "on"})])
            data = {"title": "新", "nominal_minutes": "0", **body}
            answer = signed_in(office).post(reverse("wagtailadmin_pages:edit", args=[lesson.pk]), data)
            assert "不在您的管理范围内" in answer.content.decode()
        assert lesson.get_latest_revision() is None

    def test_only_pages_of_ours_can_be_made(self, office: User) -> None:
        for parent in (index_page().pk, 1):
            add = reverse("wagtailadmin_pages:add", args=["wagtailcore", "page", parent])
            assert signed_in(office).get(add).status_code == 404

    def test_pictures_are_used_by_organisers_and_changed_by_their_uploader(
        self, office: User, teacher: User, unit: Unit
    ) -> None:
        picture = SimpleUploadedFile("c.png", picture_bytes(), content_type="image/png")
        data = {"image-chooser-upload-title": "封面", "image-chooser-upload-file": picture}
        client = signed_in(office)
        assert client.get(reverse("wagtailimages_chooser:choose")).status_code == 200
        assert client.post(reverse("wagtailimages_chooser:create"), data).status_code == 200
        window = signed_in(teacher).get(reverse("wagtailimages_chooser:choose")).json()
        assert "封面" in window["html"]
        marker = signed_in(make_user(unit=unit, roles=[(Role.MARKER, unit)]))
        assert "封面" not in marker.get(reverse("wagtailimages_chooser:choose")).json()["html"]
        picture.seek(0)
        marker.post(reverse("wagtailimages_chooser:create"), data)
        assert get_image_model().objects.count() == 1
        made = get_image_model().objects.get()
        rights = policy_registry.get(made)
        assert rights.user_has_permission_for_instance(office, "change", made)
        assert not rights.user_has_permission_for_instance(teacher, "change", made)


class TestLists:
    def test_a_course_stands_with_its_figures(self, office: User, unit: Unit) -> None:
        course = make_course(unit, title="三讲", lessons=3, live=True, required=True)
        make_lesson(course)
        make_course(unit, title="别的", lessons=1)
        client = signed_in(office)
        page = client.get(reverse("course_list"), {"q": "三讲"})
        row = page.context["courses"].object_list
        assert [(each.title, each.lessons, each.drafts, each.people) for each in row] == [("三讲", 3, 1, 1)]
        assert [
            each.title for each in client.get(reverse("course_list"), {"state": "draft"}).context["courses"]
        ] == ["别的"]

    def test_the_lists_ask_as_much_for_many_as_for_few(
        self, office: User, unit: Unit, django_assert_max_num_queries: Any
    ) -> None:
        def fill(n: int) -> None:
            for _ in range(n):
                make_course(unit, lessons=1, live=True)
                make_topic(unit)
                make_material(unit)

        counts = {}
        client = signed_in(office)
        for size in (1, 4):
            fill(size)
            for name in ("course_list", "topic_list", "material_list"):
                client.get(reverse(name))
                with django_assert_max_num_queries(60) as asked:
                    client.get(reverse(name))
                counts.setdefault(name, []).append(len(asked))
        assert all(few == many for few, many in counts.values()), counts

    def test_the_windows_of_the_editor_show_the_newest_first_and_ask_no_more_for_many(
        self, office: User, unit: Unit, django_assert_max_num_queries: Any
    ) -> None:
        client = signed_in(office)
        for window, make in (
            ("video_chooser:choose", lambda: make_material(unit)),
            ("practice_chooser:choose", lambda: make_exam(unit=unit, kind="practice")),
        ):
            counts = []
            for _ in range(2):
                made = [make(), make()]
                client.get(reverse(window))
                with django_assert_max_num_queries(60) as asked:
                    html = client.get(reverse(window)).json()["html"]
                counts.append(len(asked))
                assert html.index(made[1].title) < html.index(made[0].title)
            assert counts[0] == counts[1]

    def test_the_outline_asks_as_much_for_many_lessons_as_for_few(
        self, office: User, unit: Unit, django_assert_max_num_queries: Any
    ) -> None:
        course = make_course(unit, lessons=2, live=True)
        client = signed_in(office)
        url = reverse("course_outline", args=[course.pk])
        client.get(url)
        with django_assert_max_num_queries(80) as few:
            client.get(url)
        for _ in range(6):
            make_lesson(course, live=True)
        publish(course)
        with django_assert_max_num_queries(80) as many:
            client.get(url)
        assert len(many) <= len(few) + 1


@pytest.mark.parametrize("live", [True, False])
def test_the_editor_leads_to_no_closed_page_and_says_its_state_in_plain_words(
    office: User, unit: Unit, live: bool
) -> None:
    course = make_course(unit, live=live, lessons=1)
    for page in (course, course.get_children().get(), make_topic(unit)):
        for name in ("edit", "history"):
            address = reverse(f"wagtailadmin_pages:{name}", args=[page.pk])
            text = signed_in(office).get(address).content.decode()
            links = set(re.findall(r'href="(/admin/[^"?#]*)', text))
            assert {link for link in links if not is_open(resolve(link).view_name)} == set()
            assert "首次发布的" not in text
            assert "页面日志条目" not in text
    text = signed_in(office).get(reverse("wagtailadmin_pages:edit", args=[course.pk])).content.decode()
    assert ("首次发布：" in text) == live
    added = signed_in(office).get(reverse("wagtailadmin_pages:add_subpage", args=[course.pk]))
    assert added["Location"] == reverse("course_outline", args=[course.pk])
