"""What is told of each kind of thing, and of which things nothing."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import override

from courses.models import ChapterPage, CoursePage, LessonPage, Material, TopicPage
from courses.models.topics import TopicBook, TopicCourse
from learning.organisation.models import Membership, User
from learning.study.models import Activity
from question_bank.exams.models import Exam
from question_bank.questions.models import Question, QuestionVersion
from search.models import Kind
from search.sources.registry import Draft, sources
from tests.courses.factories import (
    activity_of,
    make_chapter,
    make_course,
    make_lesson,
    make_material,
    make_topic,
    publish,
)
from tests.factories import (
    NOW,
    make_bank,
    make_exam,
    make_question,
    make_unit,
    make_user,
)
from tests.factories import (
    make_chapter as make_bank_chapter,
)

pytestmark = pytest.mark.django_db


def draft_of(kind: Kind, pk: int) -> Draft:
    (found,) = sources()[kind].drafts([pk], now=NOW)
    return found


def told(kind: Kind, pk: int) -> bool:
    return bool(sources()[kind].drafts([pk], now=NOW))


def test_course_tells_its_summary_its_teachers_and_its_outline() -> None:
    unit = make_unit(make_unit(name="校党委"), name="物理学院")
    course = make_course(unit, live=True, title="党史十讲", summary="从一大讲起", teacher="张三、李四")
    chapter = make_chapter(course, title="建党")
    make_lesson(chapter, live=True, title="石库门")
    make_lesson(chapter, title="还是草稿")
    found = draft_of(Kind.COURSE, course.pk)
    assert found.title == "党史十讲"
    assert found.body == "从一大讲起\n张三\n李四\n建党\n石库门"
    assert found.teachers == found.names == ("张三", "李四")
    assert found.units == ("物理学院", "校党委")
    assert course.first_published_at is not None
    assert found.year == f"{course.first_published_at:%Y}"


def test_drafts_and_withdrawn_courses_and_lessons_are_not_told() -> None:
    course = make_course(live=True, lessons=2)
    first, second = LessonPage.objects.all()
    assert told(Kind.COURSE, course.pk)
    assert told(Kind.LESSON, second.pk)
    LessonPage.objects.get(pk=first.pk).unpublish()
    assert not told(Kind.LESSON, first.pk)
    CoursePage.objects.get(pk=course.pk).unpublish()
    assert not told(Kind.COURSE, course.pk)
    assert not told(Kind.LESSON, second.pk)
    assert not told(Kind.COURSE, make_course().pk)


def test_lesson_of_a_withdrawn_chapter_is_not_told() -> None:
    course = make_course(live=True)
    chapter = make_chapter(course, title="某章")
    lesson = make_lesson(chapter, live=True)
    assert told(Kind.LESSON, lesson.pk)
    ChapterPage.objects.get(pk=chapter.pk).unpublish()
    assert not told(Kind.LESSON, lesson.pk)
    assert "某章" not in draft_of(Kind.COURSE, course.pk).body


def test_what_an_author_has_not_published_is_not_told() -> None:
    course = make_course(live=True, title="旧名", summary="旧简介")
    course.title, course.summary = "新名", "新简介"
    course.save_revision()
    found = draft_of(Kind.COURSE, course.pk)
    assert (found.title, found.body) == ("旧名", "旧简介")


def test_lesson_tells_everything_that_its_page_shows(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    unit = make_unit()
    words = ContentFile("WEBVTT\n\n00:01.000 --> 00:02.000\n嘉兴南湖\n".encode())
    film = make_material(unit, title="录像甲", subtitles=default_storage.save("materials/x/words.vtt", words))
    paper = make_material(unit, kind="pdf", title="文件乙", pages=1)
    Material.objects.filter(pk=paper.pk).update(pages=[{**paper.pages[0], "text": " 第一页的字 "}])
    failed = make_material(unit, title="坏了的课件", state="failed")
    course = make_course(unit, live=True, teacher="张三")
    blocks = [
        ("article", {"title": "导读", "text": "<h2>背景</h2><p>五四<b>运动</b></p>"}),
        ("video", {"material": film.pk}),
        ("video", {"material": failed.pk, "title": "不该有"}),
        ("pdf", {"material": paper.pk, "title": "讲义"}),
        (
            "book",
            {
                "title": "红星照耀中国",
                "author": "斯诺",
                "url": "https://example.org/",
                "access_note": "校园网",
            },
        ),
        ("link", {"title": "链接丙", "url": "https://example.org/", "access_note": "央视"}),
        ("reflection", {"title": "心得", "prompt": "谈谈初心", "least_words": 10}),
    ]
    lesson = make_lesson(course, blocks=blocks, live=True, title="第一课")
    found = draft_of(Kind.LESSON, lesson.pk)
    assert found.title == "第一课"
    assert found.body.split("\n") == [
        *("导读", "背景", "五四运动"),
        *("录像甲", "录像甲", "嘉兴南湖"),
        *("讲义", "文件乙", "第一页的字"),
        *("红星照耀中国", "斯诺", "校园网"),
        *("链接丙", "央视"),
        *("心得", "谈谈初心"),
    ]
    assert found.teachers == ("张三",)


def test_lesson_whose_subtitles_are_gone_is_told_without_them() -> None:
    film = make_material(title="录像", subtitles="materials/none/none.vtt")
    lesson = make_lesson(make_course(live=True), blocks=[("video", {"material": film.pk})], live=True)
    assert draft_of(Kind.LESSON, lesson.pk).body == "录像\n录像"


def test_course_and_its_lessons_stand_in_the_public_topics_that_list_it() -> None:
    course = make_course(live=True, lessons=1)
    for title, public in (("专题乙", True), ("专题甲", True), ("草稿专题", False)):
        topic = make_topic(title=title)
        topic.courses = [TopicCourse(course=course)]
        if public:
            publish(topic)
        else:
            topic.save()
    assert set(draft_of(Kind.COURSE, course.pk).topics) == {"专题甲", "专题乙"}
    assert set(draft_of(Kind.LESSON, LessonPage.objects.get().pk).topics) == {"专题甲", "专题乙"}


def test_topic_and_its_books() -> None:
    topic = make_topic(
        make_unit(name="校党委"), title="建党百年", summary="简介", intro="<h2>导语</h2><p>百年</p>"
    )
    topic.books = [
        TopicBook(
            title="党史简编",
            author="张三，李四",
            publisher="人民出版社",
            isbn="978-7-01-000001-1",
            access_note="三楼",
        )
    ]
    topic.save()
    book = TopicBook.objects.get()
    assert not told(Kind.TOPIC, topic.pk)
    assert not told(Kind.BOOK, book.pk)
    publish(topic)
    found = draft_of(Kind.TOPIC, topic.pk)
    assert (found.title, found.body, found.topics) == ("建党百年", "简介\n导语\n百年", ("建党百年",))
    book = TopicBook.objects.get()
    listed = draft_of(Kind.BOOK, book.pk)
    assert listed.title == "党史简编"
    assert listed.body.split("\n") == [
        "张三，李四",
        "人民出版社",
        "978-7-01-000001-1",
        "9787010000011",
        "三楼",
    ]
    assert listed.teachers == listed.names == ("张三", "李四")
    assert (listed.topics, listed.units, listed.year) == (("建党百年",), ("校党委",), found.year)
    TopicPage.objects.get(pk=topic.pk).unpublish()
    assert not told(Kind.BOOK, book.pk)


def test_exam_tells_what_it_is_in_the_language_of_the_site_and_nothing_of_its_paper() -> None:
    exam = make_exam(
        title="期末考试", instructions="请带学生证", kinds=("single", "short"), kind=Exam.Kind.RESIT
    )
    with override("en"):
        found = draft_of(Kind.EXAM, exam.pk)
    assert (found.title, found.body, found.year) == ("期末考试", "补考\n请带学生证", "2026")


def test_draft_of_an_exam_is_only_for_its_organisers() -> None:
    unit = make_unit()
    exam = make_exam(unit=unit, published=False, candidates=[make_user(unit=unit)])
    assert draft_of(Kind.EXAM, exam.pk).audience == {f"ev{unit.pk}"}


def test_question_tells_its_newest_version() -> None:
    bank = make_bank(make_unit(name="校党委"))
    general = make_bank_chapter(bank, "党章")
    question = make_question(
        bank,
        stem="<p>旧题干</p>",
        chapter=make_bank_chapter(bank, "总纲", general),
        explanation="<p>见总纲</p>",
        citation="党章第一条",
    )
    newest = QuestionVersion.objects.create(
        question=question,
        no=2,
        kind="match",
        stem="<p>新<b>题干</b></p><p>第二段</p>",
        body={"left": [{"id": "l", "text": "左"}], "options": [{"id": "o", "text": "<i>右</i>"}]},
        explanation="<p>解析</p>",
        citation="依据",
        created_at=NOW,
    )
    Question.objects.filter(pk=question.pk).update(latest=newest)
    found = draft_of(Kind.QUESTION, question.pk)
    assert found.title == "新题干 第二段"
    assert found.body == "新题干\n第二段\n左\n右\n解析\n依据"
    assert (found.topics, found.units) == (("党章",), ("校党委",))
    assert found.audience == {f"b{bank.pk}"}


def test_retired_question_is_not_told() -> None:
    question = make_question(make_bank())
    Question.objects.filter(pk=question.pk).update(retired_at=NOW)
    assert not told(Kind.QUESTION, question.pk)


def test_question_of_a_picture_alone_is_called_by_its_number() -> None:
    question = make_question(make_bank(), stem='<img src="/x.png">')
    assert draft_of(Kind.QUESTION, question.pk).title == f"#{question.pk}"


def test_member_tells_name_number_and_todays_unit() -> None:
    old, new = make_unit(name="老支部"), make_unit(make_unit(name="校党委"), name="新支部")
    user = make_user("S001", name="王小明", unit=old)
    Membership.objects.update(to_date=date(2026, 5, 1))
    assert not told(Kind.MEMBER, user.pk)
    Membership.objects.create(user=user, unit=new, person_status="full", from_date=date(2026, 5, 1))
    found = draft_of(Kind.MEMBER, user.pk)
    assert (found.title, found.body, found.names) == ("王小明", "S001\n新支部", ("王小明",))
    assert (found.units, found.year, found.teachers, found.topics) == (("新支部", "校党委"), "", (), ())
    before = sources()[Kind.MEMBER].drafts([user.pk], now=NOW - timedelta(days=60))
    assert [draft.units for draft in before] == [("老支部",)]


def test_stopped_people_are_not_told() -> None:
    user = make_user(unit=make_unit(), is_active=False)
    assert not told(Kind.MEMBER, user.pk)
    User.objects.update(is_active=True)
    assert told(Kind.MEMBER, user.pk)


def test_nothing_of_a_question_stands_in_an_entry_of_another_kind() -> None:
    unit = make_unit()
    bank = make_bank(unit)
    words = ["毒药甲", "毒药乙", "毒药丙", "毒药丁"]
    exam = make_exam(unit=unit, bank=bank, candidates=[make_user(unit=unit)])
    QuestionVersion.objects.update(
        stem=f"<p>{words[0]}</p>",
        body={"options": [{"id": "o1", "text": words[1], "pinned": False}]},
        explanation=words[2],
        citation=words[3],
    )
    course = make_course(unit, live=True)
    make_lesson(course, blocks=[("exam", {"exam": exam.pk})], live=True)
    assert [part["exam"] for part in Activity.objects.get(parent=activity_of(course)).parts] == [exam.pk]
    seen = 0
    for kind, source in sources().items():
        for ids in source.every():
            for draft in source.drafts(ids, now=NOW):
                said = f"{draft.title}\n{draft.body}\n{draft.topics}{draft.teachers}{draft.names}"
                holds = [word for word in words if word in said]
                assert holds == (words if kind == Kind.QUESTION else []), kind
                seen += 1
    assert seen == 7  # a course, its lesson, the exam, three questions, a member
