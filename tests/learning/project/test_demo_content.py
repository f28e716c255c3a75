"""What the demo teaches: its texts, its film, its books. Nothing here needs a database."""

from __future__ import annotations

import csv
import random
import re
import shutil
from itertools import pairwise

import pytest
from django.utils import timezone

from courses import vtt
from courses.models import CoursePage
from courses.pdf_pages import pages_of
from courses.probing import probe
from courses.reading_time import blocks_of, characters_of
from learning.project.demo import curriculum, essays
from learning.project.demo.clock import clock_at
from learning.project.demo.coursework import FILM
from learning.project.demo.curriculum import COURSES, LessonPlan, read_text
from learning.project.demo.film import scenes
from learning.project.demo.handout import print_handout
from learning.project.demo.school import PARTY_CHAPTERS, QUESTIONS
from learning.project.demo.short_answers import TOPICS, short_answer
from tests.factories import NOW

LESSONS = [lesson for course in COURSES for chapter in course.chapters for lesson in chapter.lessons]


def test_two_courses_hold_at_least_eight_lessons() -> None:
    assert len(COURSES) == 2
    assert len(LESSONS) >= 8
    assert len({lesson.title for lesson in LESSONS}) == len(LESSONS)


def test_every_course_says_who_teaches_it() -> None:
    longest = CoursePage._meta.get_field("teacher").max_length
    for course in COURSES:
        assert all(2 <= len(name) <= 4 for name in course.teacher.split("、"))
        assert len(course.teacher) <= longest


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.file)
def test_a_lesson_is_an_article_of_some_minutes_under_headings(lesson: LessonPlan) -> None:
    title, html = read_text(lesson.file)
    assert title
    assert 400 <= characters_of(html) <= 900
    assert len(blocks_of(html)) >= 4
    assert "#" not in html
    assert not re.search(r"<p>\s*[-*]", html), "a list became a paragraph"


def test_every_kind_of_part_is_shown_somewhere() -> None:
    kinds = {kind for lesson in LESSONS for kind, _value in lesson.blocks()}
    assert {"article", "video", "pdf", "book", "practice", "exam", "reflection"} <= kinds


def test_the_film_is_as_long_as_its_script_wherever_it_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = round(scenes.length_s() * 1000)
    monkeypatch.setattr(shutil, "which", lambda _name: None)  # a machine without ffmpeg
    found = probe(FILM / "film.mp4", "mp4")
    assert (found.has_video, found.has_audio) == (True, True)
    assert abs(found.duration_ms - asked) <= 100
    assert 180_000 <= asked <= 240_000


def test_the_film_plays_while_it_loads_and_is_small() -> None:
    content = (FILM / "film.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert len(content) <= 4_000_000


def test_the_subtitles_are_those_of_the_script_and_may_be_uploaded() -> None:
    content = (FILM / "film.zh.vtt").read_bytes()
    assert content.decode() == scenes.subtitles()
    vtt.check(content)


def test_no_subtitle_outlasts_the_film_or_overlaps_the_next() -> None:
    moments = list(scenes.moments())
    assert moments[0].begins_s == 0
    assert moments[-1].ends_s == scenes.length_s()
    for before, after in pairwise(moments):
        assert before.ends_s == after.begins_s


def test_books_are_named_without_numbers_that_nobody_checked() -> None:
    assert len(curriculum.BOOKS) >= 5
    assert all(book.title and book.url.startswith("https://") for book in curriculum.BOOKS)
    values = [value for lesson in LESSONS for kind, value in lesson.blocks() if kind == "book"]
    assert values
    assert all(value["isbn"] == "" and value["url"].startswith("https://") for value in values)


def test_the_handout_is_two_pages_with_text(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("handout")
    (folder / "handout.pdf").write_bytes(print_handout())
    pages = pages_of(folder / "handout.pdf", folder)["pages"]
    assert ["民主集中制" in page["text"] for page in pages] == [True, False]


def test_every_reflection_is_long_enough_to_be_handed_in() -> None:
    shortest = sum(
        min(map(len, each)) for each in (essays.BEGINNINGS, essays.GOOD, essays.WEAK, essays.PLANS)
    )
    assert shortest >= curriculum.REFLECTION["least_words"]
    assert len({essays.essay(random.Random(seed)) for seed in range(40)}) > 20


def test_a_short_question_of_a_formal_exam_has_answers_and_whoever_knows_more_tells_more() -> None:
    with QUESTIONS.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["题型"] == "简答题"]
    stems = [row["题干"] for row in rows if row["章节"].split("/")[0] in PARTY_CHAPTERS]
    assert len(stems) == len(TOPICS)
    for stem in stems:
        shares = {
            ability: sum(
                short_answer(stem, ability=ability, dice=random.Random(seed))[1] for seed in range(60)
            )
            for ability in (-1.5, 2.5)
        }
        assert 6 < shares[-1.5] < shares[2.5] <= 60


def test_the_demo_clock_stands_only_within_its_block() -> None:
    with clock_at(NOW):
        assert timezone.now() == NOW
    with pytest.raises(ValueError, match="stop"), clock_at(NOW):
        raise ValueError("stop")
    assert timezone.now() != NOW
