"""Uploads become usable or fail in words, with ffmpeg and without it, whatever the file does to the tools."""

from __future__ import annotations

import shutil
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from courses import pdf_pages, probing, processing
from courses.models import Material
from courses.mp4 import NotMp4, read_movie
from courses.processing import process, waiting
from tests.courses.factories import make_material
from tests.courses.media_files import box, film, mp4, pdf
from tests.factories import NOW

has_ffmpeg = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs Debian's ffmpeg")


class TestBoxes:
    @pytest.mark.parametrize("version", [0, 1])
    def test_length_tracks_and_size_are_read(self, version: int) -> None:
        data = mp4(duration_ms=83_500, version=version)
        movie = read_movie(BytesIO(data), len(data))
        assert (movie.duration_ms, movie.has_video, movie.has_audio) == (83_500, True, True)
        assert (movie.width, movie.height) == (640, 360)

    def test_sound_alone_is_no_video(self) -> None:
        data = mp4(handlers=(b"soun",))
        assert not read_movie(BytesIO(data), len(data)).has_video

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\x00\x00\x00\x08",
            box(b"ftyp", b"isom"),
            box(b"moov"),
            mp4()[:-40],
            mp4(duration_ms=0),
            b"\xff\xff\xff\xffmoov",
            box(b"free") * 20_000,
            b"\x00\x00\x00\x04moov" * 10,
        ],
    )
    def test_what_is_no_film_is_refused_and_ends(self, data: bytes) -> None:
        with pytest.raises(NotMp4):
            read_movie(BytesIO(data), len(data))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path


def uploaded(kind: str, data: bytes) -> Material:
    material = make_material(kind=kind, data=data, duration_ms=0, state=Material.State.PROCESSING)
    process(material_id=material.pk, now=NOW)
    material.refresh_from_db()
    return material


@pytest.fixture
def no_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing.shutil, "which", lambda _name: None)


def tool(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Puts a program in the place of ffprobe and ffmpeg."""
    program = folder / "tool"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(probing.shutil, "which", lambda _name: str(program))


@pytest.mark.django_db
class TestVideo:
    @has_ffmpeg
    def test_a_real_film_gets_its_length_and_a_poster(self, folder: Path) -> None:
        material = uploaded("video", film(folder))
        assert material.state == "ready", material.problem
        assert 3_900 <= material.duration_ms <= 4_200
        assert (material.width, material.height) == (320, 180)
        with default_storage.open(material.poster) as file:
            assert Image.open(file).size == (320, 180)

    @has_ffmpeg
    def test_a_film_cut_off_in_the_middle_fails_in_words(self, folder: Path) -> None:
        material = uploaded("video", film(folder)[:3000])
        assert material.state == "failed"
        assert "损坏" in material.problem

    @has_ffmpeg
    def test_a_playlist_that_names_other_files_is_not_followed(self, folder: Path) -> None:
        secret = folder / "secret.txt"
        secret.write_text("secret")
        playlist = f"#EXTM3U\n#EXTINF:10,\nfile://{secret}\n#EXT-X-ENDLIST\n"
        assert uploaded("video", playlist.encode()).state == "failed"

    def test_without_ffmpeg_the_boxes_tell_the_length_and_there_is_no_poster(self, no_tools: None) -> None:
        material = uploaded("video", mp4(duration_ms=61_000))
        assert (material.state, material.duration_ms, material.poster) == ("ready", 61_000, "")

    def test_without_ffmpeg_another_format_fails_and_says_what_helps(self, no_tools: None) -> None:
        material = uploaded("audio", b"ID3" + bytes(500))
        assert material.state == "failed"
        assert "ffmpeg" in material.problem

    def test_without_ffmpeg_a_film_without_pictures_fails(self, no_tools: None) -> None:
        assert "没有视频画面" in uploaded("video", mp4(handlers=(b"soun",))).problem

    @pytest.mark.parametrize(
        "script", ["kill -SEGV $$", "echo nonsense", "echo '{\"streams\": 5}'", "echo '[]'"]
    )
    def test_when_the_tools_crash_or_talk_nonsense_the_boxes_tell_it(
        self, monkeypatch: pytest.MonkeyPatch, folder: Path, script: str
    ) -> None:
        tool(monkeypatch, folder, script)
        material = uploaded("video", mp4(duration_ms=61_000))
        assert (material.state, material.duration_ms, material.poster) == ("ready", 61_000, "")

    def test_when_the_tools_hang_they_are_stopped(
        self, monkeypatch: pytest.MonkeyPatch, folder: Path
    ) -> None:
        tool(monkeypatch, folder, "exec sleep 60")
        monkeypatch.setattr(probing, "PROBE_SECONDS", 0.2)
        monkeypatch.setattr(probing, "POSTER_SECONDS", 0.2)
        material = uploaded("video", mp4(duration_ms=61_000))
        assert (material.state, material.duration_ms) == ("ready", 61_000)

    def test_only_local_files_may_be_opened(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        tool(monkeypatch, folder, f'echo "$@" >> {folder}/said; exit 1')
        uploaded("video", mp4())
        assert "-protocol_whitelist file" in (folder / "said").read_text()

    def test_a_lost_file_fails_in_words(self) -> None:
        material = make_material(state=Material.State.PROCESSING)
        process(material_id=material.pk, now=NOW)
        material.refresh_from_db()
        assert "找不到" in material.problem


@pytest.mark.django_db
class TestPdf:
    def test_pages_become_pictures_with_their_text(self) -> None:
        material = uploaded("pdf", pdf(3))
        assert material.state == "ready", material.problem
        assert [page["text"] for page in material.pages] == [f"Party constitution {n}" for n in (1, 2, 3)]
        with default_storage.open(material.pages[0]["file"]) as file:
            picture = Image.open(file)
            assert picture.format == "WEBP"
            assert picture.size == (material.pages[0]["width"], material.pages[0]["height"])
            assert picture.width <= pdf_pages.WIDEST

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (pdf(1, password="geheim"), "密码"),
            (b"%PDF-1.7\nbroken", "损坏"),
            (pdf(2)[:400], "损坏"),
        ],
    )
    def test_what_cannot_be_opened_fails_in_words(self, data: bytes, words: str) -> None:
        material = uploaded("pdf", data)
        assert material.state == "failed"
        assert words in material.problem

    def test_too_many_pages_are_refused_with_both_numbers(self) -> None:
        material = uploaded("pdf", pdf(301))
        assert "301" in material.problem
        assert "300" in material.problem

    def test_a_very_large_page_is_made_small(self, folder: Path) -> None:
        huge = pdf(1).replace(b"595.2756 841.8898", b"14400 144000")
        (folder / "huge.pdf").write_bytes(huge)
        told = processing.render(folder / "huge.pdf", folder)
        assert all(
            page["width"] * page["height"] <= pdf_pages.MOST_PIXELS + 10_000 for page in told.get("pages", [])
        )

    def test_a_renderer_that_crashes_is_told_as_a_broken_file(
        self, monkeypatch: pytest.MonkeyPatch, folder: Path
    ) -> None:
        program = folder / "crash.py"
        program.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
        monkeypatch.setattr(processing, "PDF_PROGRAM", program)
        assert "损坏" in uploaded("pdf", pdf(1)).problem

    def test_a_renderer_that_hangs_is_stopped(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        program = folder / "hang.py"
        program.write_text("import time\ntime.sleep(60)\n")
        monkeypatch.setattr(processing, "PDF_PROGRAM", program)
        monkeypatch.setattr(processing, "SECONDS", -29.5)
        assert "规定时间" in uploaded("pdf", pdf(1)).problem


@pytest.mark.django_db
class TestTheRowIsTheWork:
    def test_new_and_abandoned_material_waits_and_what_is_worked_on_does_not(self) -> None:
        new = make_material(state="processing")
        dead = make_material(state="processing", begun_at=NOW - timedelta(minutes=21), tries=1)
        make_material(state="processing", begun_at=NOW - timedelta(minutes=5), tries=1)
        make_material(state="ready")
        assert sorted(waiting(now=NOW)) == [new.pk, dead.pk]

    def test_what_somebody_works_on_is_left_alone(self, no_tools: None) -> None:
        material = make_material(data=mp4(), state="processing", begun_at=NOW - timedelta(minutes=5))
        process(material_id=material.pk, now=NOW)
        material.refresh_from_db()
        assert material.state == "processing"

    def test_what_took_its_worker_down_three_times_has_failed(self) -> None:
        material = make_material(data=mp4(), state="processing", tries=3, begun_at=NOW - timedelta(hours=1))
        process(material_id=material.pk, now=NOW)
        material.refresh_from_db()
        assert material.state == "failed"
        assert "多次中断" in material.problem

    def test_a_second_delivery_changes_nothing(self, no_tools: None) -> None:
        material = uploaded("video", mp4(duration_ms=61_000))
        default_storage.delete(material.file)
        process(material_id=material.pk, now=NOW + timedelta(hours=2))
        material.refresh_from_db()
        assert material.state == "ready"
