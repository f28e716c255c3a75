"""The demo's courses in Wagtail: material uploaded and processed, pages written by the organiser, all published."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

from django.core.files.images import ImageFile
from django.core.files.uploadedfile import SimpleUploadedFile
from wagtail.images import get_image_model
from wagtail.models import Page

from courses.building import publish_course
from courses.index import index_page
from courses.models import ChapterPage, CoursePage, LessonPage, Material, TopicPage
from courses.models.topics import TopicBook, TopicCourse
from courses.processing import process
from courses.publishing import key_of
from courses.uploading import take_material
from learning.organisation.models import Unit, User
from learning.study.models import Activity
from question_bank.exams.models import Exam

from . import curriculum
from .clock import clock_at
from .handout import print_handout

FILM = Path(__file__).with_name("film")
PageKind = TypeVar("PageKind", bound=Page)


@dataclass(frozen=True)
class Coursework:
    constitution: Activity
    branch: Activity


def build_courses(
    *, root: Unit, organiser: User, exams: dict[str, Exam], began: datetime, now: datetime
) -> Coursework:
    """The two courses, published at `began`, and the topic. `exams`: those named "practice" and "formal"."""
    named: dict[str, int] = {name: exam.pk for name, exam in exams.items()}
    named |= {name: _material(name, root, organiser, began).pk for name in ("film", "handout")}
    with clock_at(began):
        pages = [_course(plan, root, organiser, named, now) for plan in curriculum.COURSES]
        for page in pages:
            publish_course(course=page, by=organiser, now=began)
        _topic(pages, root, organiser)
    return coursework()


def coursework() -> Coursework:
    """As it was built."""
    titles = (curriculum.CONSTITUTION, curriculum.BRANCH)
    constitution, branch = (
        Activity.objects.select_related("owner_unit").get(key=key_of(CoursePage.objects.get(title=title)))
        for title in titles
    )
    return Coursework(constitution, branch)


def is_built() -> bool:
    found: bool = CoursePage.objects.filter(title=curriculum.BRANCH, live=True).exists()
    return found


def _material(name: str, root: Unit, organiser: User, now: datetime) -> Material:
    subtitles = None
    if name == "film":
        title = curriculum.FILM_TITLE
        file = SimpleUploadedFile("发展党员的五个阶段.mp4", (FILM / "film.mp4").read_bytes())
        subtitles = SimpleUploadedFile("发展党员的五个阶段.vtt", (FILM / "film.zh.vtt").read_bytes())
    else:
        title = curriculum.HANDOUT_TITLE
        file = SimpleUploadedFile("党的组织与民主集中制.pdf", print_handout())
    taken = take_material(file=file, title=title, owner_unit=root, subtitles=subtitles, by=organiser, now=now)
    process(material_id=taken.pk, now=now)
    taken.refresh_from_db()
    if not taken.is_ready:
        raise RuntimeError(f"The demo's own {name} was not accepted: {taken.problem}")
    return taken


def _course(
    plan: curriculum.CoursePlan, root: Unit, organiser: User, named: dict[str, int], now: datetime
) -> CoursePage:
    due_at = (now + timedelta(days=plan.due_days)).replace(
        hour=15, minute=59, second=0, microsecond=0
    )  # 23:59 in China
    page = CoursePage(
        title=plan.title,
        summary=plan.summary,
        teacher=plan.teacher,
        cover=_cover(plan, organiser),
        owner_unit=root,
        audience_statuses=list(plan.statuses),
        required=True,
        due_at=due_at,
        in_order=plan.in_order,
        credit_kind=CoursePage.Credit.TIERS,  # the lessons take minutes: parts of an hour would be hundredths
        certificate=plan.certificate,
    )
    _add(index_page(), page, organiser)
    for chapter in plan.chapters:
        above: Page = page
        if chapter.title:
            above = _add(page, ChapterPage(title=chapter.title), organiser)
        for lesson in chapter.lessons:
            body = json.dumps(_body(lesson, named))
            _add(above, LessonPage(title=lesson.title, body=body), organiser)
    return page


def _body(lesson: curriculum.LessonPlan, named: dict[str, int]) -> list[dict[str, Any]]:
    """The StreamField as it is stored; an id for each block that is the same at every load."""
    body = []
    for number, (kind, value) in enumerate(lesson.blocks(), 1):
        kept = {
            name: named[content] if name in ("material", "exam") else content
            for name, content in value.items()
        }
        block_id = str(uuid5(NAMESPACE_URL, f"dangxiao-demo/{lesson.file}/{number}"))
        body.append({"type": kind, "value": kept, "id": block_id})
    return body


def _topic(pages: list[CoursePage], root: Unit, organiser: User) -> None:
    topic = TopicPage(
        title=curriculum.TOPIC,
        summary=curriculum.TOPIC_SUMMARY,
        intro=curriculum.TOPIC_INTRO,
        owner_unit=root,
    )
    topic.courses = [TopicCourse(course=page, sort_order=number) for number, page in enumerate(pages)]
    topic.books = [
        TopicBook(
            title=book.title,
            author=book.author,
            publisher=book.publisher,
            url=book.url,
            access_note=book.access_note,
            sort_order=number,
        )
        for number, book in enumerate(curriculum.BOOKS)
    ]
    _add(index_page(), topic, organiser)
    topic.get_latest_revision().publish(user=organiser)


def _cover(plan: curriculum.CoursePlan, organiser: User) -> Any:
    with (FILM / plan.cover).open("rb") as file:
        return get_image_model().objects.create(
            title=plan.title, file=ImageFile(file, name=plan.cover), uploaded_by_user=organiser
        )


def _add(parent: Page, page: PageKind, organiser: User) -> PageKind:
    """A draft below the parent, with its first revision."""
    page.live, page.has_unpublished_changes, page.owner = False, True, organiser
    page.full_clean(exclude=["path", "depth"])
    parent.add_child(instance=page)
    page.save_revision(user=organiser, log_action=True)
    return page
