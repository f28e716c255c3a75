"""The pages that lead to a lesson: the catalogue, a course with its outline, a topic with its books; and a chapter, which
has no page of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from courses.models import ChapterPage, CoursePage, CoursesPage, TopicPage
from courses.publishing import key_of
from learning.study.models import Activity

from .catalogue import Standing, chips, shown, standings
from .doors import activity_of, for_members, is_preview, member_of, topics_for
from .outline import outline
from .places import page_id


@dataclass(frozen=True, slots=True)
class Card:
    """A course in a list, with what its page says of it."""

    standing: Standing
    page: CoursePage
    url: str


@for_members
def catalogue(page: CoursesPage, request: HttpRequest) -> HttpResponse:
    now, user = timezone.now(), member_of(request)
    found = standings(user=user, now=now)
    show = shown(request)
    context = {
        "page": page,
        "cards": cards([each for each in found if each.shows(show)], request),
        "any": bool(found),
        "show": show,
        "chips": chips(found),
        "topics": [(topic, topic.get_url(request)) for topic in topics_for(user, now=now).order_by("title")],
        "now": now,
    }
    return render(request, "courses/courses_page.html", context)


@for_members
def course(page: CoursePage, request: HttpRequest) -> HttpResponse:
    now, user = timezone.now(), member_of(request)
    if is_preview(request):
        return render(request, "courses/course_page.html", {"page": page, "preview": True})
    activity = activity_of(page, user=user, now=now)
    (standing,) = standings(user=user, now=now, only=[activity])
    chapters = outline(page, standing.progress.lessons, request)
    every = [lesson for chapter in chapters for lesson in chapter.lessons]
    resume = standing.progress.resume
    context = {
        "page": page,
        "standing": standing,
        "chapters": chapters,
        "total": len(every),
        "resume": next((each for each in every if resume and each.progress.activity.pk == resume.pk), None),
        "index_url": page.get_parent().get_url(request),
        "overdue": standing.overdue(now),
    }
    return render(request, "courses/course_page.html", context)


@for_members
def chapter(page: ChapterPage, request: HttpRequest) -> HttpResponse:
    return redirect(page.get_parent().get_url(request))


@for_members
def topic(page: TopicPage, request: HttpRequest) -> HttpResponse:
    now, user = timezone.now(), member_of(request)
    if not is_preview(request) and not topics_for(user, now=now).filter(pk=page.pk).exists():
        raise Http404
    wanted = [key_of(row.course) for row in page.courses.select_related("course")]
    activities = Activity.objects.courses().open_to(user, day=timezone.localdate(now)).filter(key__in=wanted)
    found = standings(user=user, now=now, only=activities)
    found.sort(key=lambda each: wanted.index(each.course.key))
    books = page.books.select_related("cover").prefetch_related("cover__renditions")
    context = {
        "page": page,
        "cards": cards(found, request),
        "books": books,
        "index_url": page.get_parent().get_url(request) if not is_preview(request) else "",
        "now": now,
    }
    return render(request, "courses/topic_page.html", context)


def cards(found: Iterable[Standing], request: HttpRequest) -> list[Card]:
    """Courses whose page is public, with cover and address, in the order given; three queries."""
    found = list(found)
    ids = [pk for each in found if (pk := page_id(each.course))]
    live = CoursePage.objects.live().filter(pk__in=ids)
    pages = {page.pk: page for page in live.select_related("cover").prefetch_related("cover__renditions")}
    return [
        Card(each, page, page.get_url(request) or "")
        for each in found
        if (page := pages.get(page_id(each.course) or 0)) is not None
    ]
