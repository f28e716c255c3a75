"""The pages that lead to a lesson: the catalogue, a course with its outline, a topic with its books; and a chapter, which
has no page of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from courses.models import Certificate, ChapterPage, CoursePage, CoursesPage, TopicPage
from courses.publishing import key_of
from courses.reflecting.returned import returned_in
from learning.organisation.models import User
from learning.study.models import Activity

from .catalogue import Standing, chips, shown, standings
from .doors import entry_to, for_members, is_preview, member_of, organised_topics, topics_for
from .notes import notes_on
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
        "cards": cards([each for each in found if each.shows(show)]),
        "any": bool(found),
        "show": show,
        "chips": chips(found),
        "topics": topics_for(user, now=now).order_by("title"),
        "now": now,
    }
    return render(request, "courses/courses_page.html", context)


@for_members
def course(page: CoursePage, request: HttpRequest) -> HttpResponse:
    now, user = timezone.now(), member_of(request)
    if is_preview(request):
        return render(request, "courses/course_page.html", {"page": page, "preview": True})
    entry = entry_to(page, user=user, now=now)
    (standing,) = standings(user=user, now=now, only=[entry.activity])
    lessons = standing.progress.lessons
    asking = [each.activity for each in lessons] if entry.given_back else []
    returned = returned_in(user=user, lessons=asking)
    chapters = outline(page, lessons, returned)
    every = [lesson for chapter in chapters for lesson in chapter.lessons]
    resume = standing.progress.resume
    context = {
        "page": page,
        "standing": standing,
        "chapters": chapters,
        "total": len(every),
        "resume": next((each for each in every if resume and each.progress.activity.pk == resume.pk), None),
        "index_url": reverse("wagtail_serve", args=[""]),
        "overdue": standing.overdue(now),
        "certificate_url": certificate_url(page, standing, user),
        "notes": notes_on(page, user, now) if standing.done else [],
    }
    return render(request, "courses/course_page.html", context)


@for_members
def chapter(page: ChapterPage, request: HttpRequest) -> HttpResponse:
    return redirect(page.get_parent().url)


@for_members
def topic(page: TopicPage, request: HttpRequest) -> HttpResponse:
    now, user = timezone.now(), member_of(request)
    seen = topics_for(user, now=now).filter(pk=page.pk).exists()
    if not seen and not is_preview(request) and not organised_topics(user).filter(pk=page.pk).exists():
        raise Http404
    wanted = [key_of(row.course) for row in page.courses.select_related("course")]
    activities = Activity.objects.courses().open_to(user, day=timezone.localdate(now)).filter(key__in=wanted)
    found = standings(user=user, now=now, only=activities)
    found.sort(key=lambda each: wanted.index(each.course.key))
    books = page.books.select_related("cover").prefetch_related("cover__renditions")
    context = {
        "page": page,
        "cards": cards(found),
        "books": books,
        "index_url": reverse("wagtail_serve", args=[""]),
        "now": now,
    }
    return render(request, "courses/topic_page.html", context)


def certificate_url(page: CoursePage, standing: Standing, user: User) -> str:
    """Where the certificate of the course is, or is made if it is not yet there; "" if none is due."""
    if not page.certificate or not standing.done:
        return ""
    valid = Certificate.objects.filter(user=user, activity=standing.course, revoked_at=None).first()
    return reverse("certificate_pdf", args=[valid.number]) if valid else reverse("my_certificates")


def cards(found: Iterable[Standing]) -> list[Card]:
    """Courses whose page is public, with cover and address, in the order given; three queries."""
    found = list(found)
    ids = [pk for each in found if (pk := page_id(each.course))]
    live = CoursePage.objects.live().filter(pk__in=ids)
    pages = {page.pk: page for page in live.select_related("cover").prefetch_related("cover__renditions")}
    return [
        Card(each, page, page.url or "")
        for each in found
        if (page := pages.get(page_id(each.course) or 0)) is not None
    ]
