"""Files of lessons: with ranges, to those who may see them, and to nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from courses.media import asked_range
from courses.models import Material
from learning.organisation.models import Role, Unit, User
from tests.courses.factories import make_course, make_lesson, make_material, publish
from tests.factories import make_unit, make_user

DATA = bytes(range(256)) * 4


class TestRanges:
    @pytest.mark.parametrize(
        ("header", "span"),
        [
            ("bytes=0-99", (0, 100)),
            ("bytes=100-", (100, 1000)),
            ("bytes=-100", (900, 1000)),
            ("bytes=-5000", (0, 1000)),
            ("bytes=990-2000", (990, 1000)),
            ("bytes=0-0", (0, 1)),
            ("bytes=1000-", None),
            ("bytes=5000-6000", None),
            ("bytes=-0", None),
            ("bytes=5-1", (0, 1000)),
            ("bytes=-", (0, 1000)),
            ("bytes=0-1,5-6", (0, 1000)),
            ("pages=1-2", (0, 1000)),
            ("bytes=abc", (0, 1000)),
        ],
    )
    def test_one_range_is_served_and_the_rest_is_the_whole_or_416(
        self, header: str, span: tuple[int, int] | None
    ) -> None:
        assert asked_range(header, 1000) == span

    def test_of_an_empty_file_no_range_can_be_served(self) -> None:
        assert asked_range("bytes=0-", 0) is None
        assert asked_range("bytes=-5", 0) is None


@pytest.fixture
def unit(db: None, tmp_path: Any, settings: Any) -> Unit:
    settings.MEDIA_ROOT = tmp_path
    return make_unit()


@pytest.fixture
def video(unit: Unit) -> Material:
    return make_material(unit, data=DATA)


@pytest.fixture
def lesson(unit: Unit, video: Material) -> Any:
    course = make_course(unit)
    made = make_lesson(course, blocks=[("video", {"material": video.pk})], live=True)
    publish(course)
    return made


def get(
    user: User | None, material: Material, what: str = "file", method: str = "get", **headers: str
) -> Any:
    client = Client()
    if user:
        client.force_login(user)
    send = getattr(client, method)
    answer = send(
        reverse("material", args=[material.pk, what]),
        headers={k.replace("_", "-"): v for k, v in headers.items()},
    )
    answer.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer


class TestSending:
    @pytest.fixture
    def member(self, unit: Unit, lesson: Any) -> User:
        return make_user(unit=unit)

    def test_the_whole_file_is_private_and_is_never_guessed_at(self, member: User, video: Material) -> None:
        answer = get(member, video)
        assert (answer.status_code, answer.body) == (200, DATA)
        assert answer["Content-Type"] == "video/mp4"
        assert answer["Content-Length"] == str(len(DATA))
        assert answer["Accept-Ranges"] == "bytes"
        assert answer["Cache-Control"].startswith("private")
        assert answer["X-Content-Type-Options"] == "nosniff"

    def test_a_range_is_206_with_just_its_bytes(self, member: User, video: Material) -> None:
        answer = get(member, video, range="bytes=100-199")
        assert (answer.status_code, answer.body) == (206, DATA[100:200])
        assert answer["Content-Range"] == "bytes 100-199/1024"
        assert answer["Content-Length"] == "100"

    def test_a_range_outside_is_416(self, member: User, video: Material) -> None:
        answer = get(member, video, range="bytes=5000-")
        assert (answer.status_code, answer.body) == (416, b"")
        assert answer["Content-Range"] == "bytes */1024"

    def test_head_tells_the_size_and_sends_nothing(self, member: User, video: Material) -> None:
        answer = get(member, video, method="head")
        assert (answer.status_code, answer.body, answer["Content-Length"]) == (200, b"", "1024")

    def test_what_the_browser_has_is_not_sent_again(self, member: User, video: Material) -> None:
        tag = get(member, video)["ETag"]
        answer = get(member, video, if_none_match=tag)
        assert (answer.status_code, answer.body) == (304, b"")

    def test_a_range_of_another_version_brings_the_whole(self, member: User, video: Material) -> None:
        tag = get(member, video)["ETag"]
        assert get(member, video, range="bytes=0-9", if_range=tag).status_code == 206
        assert get(member, video, range="bytes=0-9", if_range='"other"').status_code == 200

    def test_nothing_is_changed_here(self, member: User, video: Material) -> None:
        assert get(member, video, method="post").status_code == 405

    def test_behind_nginx_the_file_is_handed_over(self, member: User, video: Material, settings: Any) -> None:
        settings.MEDIA_HANDOVER = "x-accel"
        answer = get(member, video, range="bytes=0-9")
        assert answer.body == b""
        assert answer["X-Accel-Redirect"] == f"/protected-media/{video.file}"
        assert answer["Content-Type"] == "video/mp4"
        assert get(make_user(), video).status_code == 404

    def test_a_lost_file_is_404(self, member: User, video: Material) -> None:
        default_storage.delete(video.file)
        assert get(member, video).status_code == 404

    def test_pages_posters_and_subtitles_are_sent_and_an_original_pdf_only_downloads(
        self, unit: Unit
    ) -> None:
        office = make_user(roles=[(Role.SCHOOL_OFFICE, unit)])
        document = make_material(unit, kind="pdf", data=b"%PDF-", pages=1, original_name='党"章.pdf')
        document.pages[0]["file"] = default_storage.save("materials/x/1.webp", ContentFile(b"picture"))
        document.subtitles = default_storage.save("materials/x/a.vtt", ContentFile(b"WEBVTT"))
        document.save()
        answer = get(office, document)
        assert answer["Content-Disposition"] == "attachment; filename*=UTF-8''%E5%85%9A%22%E7%AB%A0.pdf"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert get(office, document, "subtitles")["Content-Type"].startswith("text/vtt")
        assert get(office, document, "poster").status_code == 404
        assert get(office, document, "problem").status_code == 404
        client = Client()
        client.force_login(office)
        page = client.get(reverse("material_page", args=[document.pk, 1]))
        assert (page.getvalue(), page["Content-Type"]) == (b"picture", "image/webp")
        for number in (0, 2):
            assert client.get(reverse("material_page", args=[document.pk, number])).status_code == 404


class TestRights:
    def test_a_member_of_the_audience_sees_it_and_a_stranger_does_not(
        self, unit: Unit, video: Material, lesson: Any
    ) -> None:
        assert get(make_user(unit=unit), video).status_code == 200
        assert get(make_user(unit=make_unit()), video).status_code == 404
        assert get(make_user(), video).status_code == 404

    def test_who_is_not_signed_in_is_asked_to_sign_in(self, video: Material, lesson: Any) -> None:
        answer = get(None, video)
        assert answer.status_code == 302
        assert reverse("login") in answer["Location"]

    def test_a_draft_is_nobodys_but_the_organisers(self, unit: Unit, video: Material) -> None:
        make_lesson(make_course(unit), blocks=[("video", {"material": video.pk})])
        assert get(make_user(unit=unit), video).status_code == 404
        assert get(make_user(roles=[(Role.TEACHER, unit)]), video).status_code == 200

    def test_an_organiser_of_another_unit_does_not(self, video: Material, lesson: Any) -> None:
        other = make_unit()
        assert get(make_user(unit=other, roles=[(Role.SCHOOL_OFFICE, other)]), video).status_code == 404

    def test_what_was_withdrawn_is_no_longer_shown(self, unit: Unit, video: Material, lesson: Any) -> None:
        member = make_user(unit=unit)
        assert get(member, video).status_code == 200
        lesson.unpublish()
        assert get(member, video).status_code == 404

    def test_a_lesson_of_a_withdrawn_course_shows_nothing(
        self, unit: Unit, video: Material, lesson: Any
    ) -> None:
        lesson.get_parent().specific.unpublish()
        assert get(make_user(unit=unit), video).status_code == 404

    def test_material_taken_out_of_the_lesson_is_no_longer_shown(
        self, unit: Unit, video: Material, lesson: Any
    ) -> None:
        lesson.body = []
        publish(lesson)
        assert get(make_user(unit=unit), video).status_code == 404

    def test_material_that_failed_is_not_sent(self, unit: Unit, video: Material, lesson: Any) -> None:
        Material.objects.update(state="failed")
        assert get(make_user(unit=unit), video).status_code == 404

    def test_the_question_costs_three_queries(
        self, unit: Unit, video: Material, lesson: Any, django_assert_num_queries: Any
    ) -> None:
        from django.utils import timezone

        member = make_user(unit=unit)
        with django_assert_num_queries(3):
            assert (
                Material.objects.seen_by(member, day=timezone.localdate()).ready().filter(pk=video.pk).first()
            )
