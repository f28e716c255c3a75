"""What is uploaded is judged by what it is; what cannot be shown is refused in words, and so is what is too large."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from courses import vtt
from courses.models import Material
from courses.sniffing import NotMaterial, sniff
from learning.organisation.models import AuditEntry, Role, Unit, User
from tests.courses.factories import make_course, make_lesson, make_material
from tests.courses.media_files import EPUB, SVG, VTT, box, mp4, pdf
from tests.factories import make_unit, make_user


class TestSniffing:
    @pytest.mark.parametrize(
        ("head", "kind", "ending"),
        [
            (mp4(), "video", "mp4"),
            (box(b"ftyp", b"M4A ", bytes(8)), "audio", "m4a"),
            (b"\x1a\x45\xdf\xa3" + bytes(20) + b"\x42\x82\x84webm", "video", "webm"),
            (b"OggS" + bytes(24) + b"OpusHead", "audio", "ogg"),
            (b"ID3\x04" + bytes(20), "audio", "mp3"),
            (b"\xff\xfb\x90\x64" + bytes(20), "audio", "mp3"),
            (pdf(), "pdf", "pdf"),
        ],
    )
    def test_a_file_is_what_its_first_bytes_say(self, head: bytes, kind: str, ending: str) -> None:
        found = sniff(head[:4096])
        assert (found.kind, found.ending) == (kind, ending)

    @pytest.mark.parametrize(
        ("head", "code"),
        [
            (b"", "empty"),
            (b"not a video at all", "unknown"),
            (b"\x00" * 100, "unknown"),
            (b"\xff\xff\xff\xff" * 10, "unknown"),
            (EPUB, "epub"),
            (b"PK\x03\x04" + bytes(26) + b"word/document.xml", "office"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"),
            (SVG, "markup"),
            (b"\xef\xbb\xbf  <!DOCTYPE html><script>", "markup"),
            (b"<html>", "markup"),
            (b"\x1a\x45\xdf\xa3" + bytes(20) + b"matroska", "convert"),
            (box(b"ftyp", b"qt  ", bytes(8)), "convert"),
            (b"RIFF\x00\x00\x00\x00AVI ", "convert"),
            (VTT, "subtitles"),
        ],
    )
    def test_what_lessons_cannot_show_is_refused(self, head: bytes, code: str) -> None:
        with pytest.raises(NotMaterial) as refused:
            sniff(head)
        assert refused.value.code == code


class TestSubtitles:
    def test_good_ones_are_counted(self) -> None:
        assert vtt.check(VTT) == 2
        assert vtt.check("\ufeffWEBVTT - 中文\r\n\r\n01:00:00.000 --> 01:00:01.000\r\n好".encode()) == 1

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            ("字幕".encode("gbk"), "encoding"),
            (b"", "header"),
            (b"1\n00:00:01,000 --> 00:00:02,000\nsrt", "header"),
            (b"WEBVTT\n\n00:01,000 --> 00:02,000\nx", "timing"),
            (b"WEBVTT\n\n00:99.000 --> 01:00.000\nx", "timing"),
            (b"WEBVTT\n\n00:02.000 --> 00:01.000\nx", "order"),
            (b"WEBVTT\n\nSTYLE\n::cue { background: url(https://elsewhere.example/) }\n", "style"),
            (b"WEBVTT\n\n", "none"),
        ],
    )
    def test_bad_ones_are_told_what_is_wrong(self, data: bytes, code: str) -> None:
        with pytest.raises(vtt.NotSubtitles) as refused:
            vtt.check(data)
        assert refused.value.code == code


@pytest.fixture
def unit(db: None, tmp_path: Any, settings: Any) -> Unit:
    settings.MEDIA_ROOT = tmp_path
    return make_unit()


@pytest.fixture
def teacher(unit: Unit) -> User:
    return make_user(unit=unit, roles=[(Role.TEACHER, unit)])


def upload(
    user: User,
    unit: Unit,
    data: bytes,
    name: str = "课件.mp4",
    *,
    client: Client | None = None,
    **fields: Any,
) -> Any:
    client = client or Client()
    client.force_login(user)
    form = {"file": SimpleUploadedFile(name, data), "title": "", "owner_unit": unit.pk, **fields}
    return client.post(reverse("material_upload"), form)


class TestUploading:
    def test_a_good_file_is_kept_under_a_random_name(self, teacher: User, unit: Unit) -> None:
        upload(teacher, unit, pdf(), "../../党章.exe.pdf")
        material = Material.objects.get()
        assert material.kind == "pdf"
        assert material.title == "党章.exe"
        assert re.fullmatch(r"materials/[a-z2-9]{24}/original\.pdf", material.file)
        assert AuditEntry.objects.filter(action="material.upload", actor=teacher).exists()

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"this is a video, says its name", "认不出"),
            (b"", "空的"),
            (SVG, "文件的内容是网页或 SVG"),
            (b"<html><script>alert(1)</script>", "文件的内容是网页或 SVG"),
            (EPUB, "EPUB"),
        ],
    )
    def test_what_it_is_not_is_told_and_nothing_is_kept(
        self, teacher: User, unit: Unit, data: bytes, words: str
    ) -> None:
        answer = upload(teacher, unit, data, "讲座.mp4")
        assert words in answer.content.decode()
        assert not Material.objects.exists()
        assert default_storage.listdir("")[0] == []

    def test_a_video_brings_its_subtitles(self, teacher: User, unit: Unit) -> None:
        upload(teacher, unit, mp4(), subtitles=SimpleUploadedFile("a.vtt", VTT))
        material = Material.objects.get()
        with default_storage.open(material.subtitles) as file:
            assert file.read() == VTT

    def test_bad_subtitles_and_subtitles_of_a_pdf_are_refused(self, teacher: User, unit: Unit) -> None:
        bad = SimpleUploadedFile("a.vtt", b"WEBVTT\n\n00:02.000 --> 00:01.000\nx")
        refused = upload(teacher, unit, mp4(), subtitles=bad)
        assert "第 3 行" in refused.content.decode()
        assert list(refused.context["form"].errors) == ["subtitles"]
        good = SimpleUploadedFile("a.vtt", VTT)
        assert "只有视频" in upload(teacher, unit, pdf(), subtitles=good).content.decode()
        assert not Material.objects.exists()

    def test_a_foreign_unit_cannot_own_it(self, teacher: User, unit: Unit) -> None:
        upload(teacher, make_unit(), pdf())
        assert not Material.objects.exists()

    def test_who_may_not_edit_courses_does_not_find_the_form(self, unit: Unit) -> None:
        secretary = make_user(unit=unit, roles=[(Role.SECRETARY, unit)])
        assert upload(secretary, unit, pdf()).status_code == 404
        assert not Material.objects.exists()

    def test_a_forged_form_is_refused(self, teacher: User, unit: Unit) -> None:
        answer = upload(teacher, unit, pdf(), client=Client(enforce_csrf_checks=True))
        assert answer.status_code == 403
        assert not Material.objects.exists()


class TestTheLimit:
    def test_the_size_announced_is_refused_before_anything_is_read(
        self, teacher: User, unit: Unit, settings: Any
    ) -> None:
        client = Client()
        client.force_login(teacher)

        class Unread:
            def read(self, *_size: int) -> bytes:
                raise AssertionError("read")

            readline = read

        answer = client.generic(
            "POST",
            reverse("material_upload"),
            b"",
            content_type="multipart/form-data; boundary=x",
            CONTENT_LENGTH=str(5 * 1024**3),
            **{"wsgi.input": Unread()},
        )
        assert answer.status_code == 302
        text = client.get(answer["Location"]).content.decode()
        assert "文件太大：每个课件最多 1.0 GB" in text.replace("\xa0", " ")

    def test_what_is_larger_than_announced_is_cut_off(self, teacher: User, unit: Unit, settings: Any) -> None:
        settings.MATERIAL_MAX_BYTES = 1000
        answer = upload(teacher, unit, b"%PDF-" + bytes(2 * vtt.LONGEST + 2_000_000))
        assert answer.status_code == 302
        assert not Material.objects.exists()

    def test_a_little_too_large_is_told_on_the_form(self, teacher: User, unit: Unit, settings: Any) -> None:
        settings.MATERIAL_MAX_BYTES = 1000
        answer = upload(teacher, unit, b"%PDF-" + bytes(1000))
        assert "文件太大" in answer.content.decode()
        assert not Material.objects.exists()


class TestChanging:
    def test_title_and_subtitles_change_and_go(self, teacher: User, unit: Unit) -> None:
        material = make_material(unit, data=mp4())
        client = Client()
        client.force_login(teacher)
        url = reverse("material_edit", args=[material.pk])
        client.post(url, {"title": "新名", "subtitles": SimpleUploadedFile("a.vtt", VTT)})
        material.refresh_from_db()
        assert material.title == "新名"
        assert material.subtitles
        client.post(url, {"title": "新名", "drop_subtitles": "on"})
        material.refresh_from_db()
        assert not material.subtitles

    def test_what_a_draft_names_is_not_deleted(self, teacher: User, unit: Unit) -> None:
        material = make_material(unit, data=mp4())
        lesson = make_lesson(make_course(unit), blocks=[("video", {"material": material.pk})])
        client = Client()
        client.force_login(teacher)
        url = reverse("material_edit", args=[material.pk])
        client.post(url, {"act": "delete"})
        assert Material.objects.exists()
        lesson.body = []
        lesson.save()
        client.post(url, {"act": "delete"})
        assert not Material.objects.exists()

    def test_a_material_only_in_an_unpublished_draft_is_not_deleted(self, teacher: User, unit: Unit) -> None:
        material = make_material(unit)
        lesson = make_lesson(make_course(unit), blocks=[])
        lesson.body = [("video", {"material": material, "title": "", "required": True})]
        lesson.save_revision()
        client = Client()
        client.force_login(teacher)
        client.post(reverse("material_edit", args=[material.pk]), {"act": "delete"})
        assert Material.objects.exists()

    def test_its_files_go_with_it(
        self, teacher: User, unit: Unit, django_capture_on_commit_callbacks: Any
    ) -> None:
        material = make_material(unit, data=mp4())
        client = Client()
        client.force_login(teacher)
        with django_capture_on_commit_callbacks(execute=True):
            client.post(reverse("material_edit", args=[material.pk]), {"act": "delete"})
        assert not default_storage.exists(material.file)
