"""Books and video links of a lesson: opening one is recorded, then the browser is told the way out of the site."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from courses.models import LessonPage
from learning.study.models import Activity
from learning.study.services.finishing import finish_part
from learning.study.services.progress import course_progress

from .doors import member_of
from .places import page_id

OPENED = ("book", "link")


@never_cache
@login_required
@require_POST
def open_part(request: HttpRequest, activity_id: int, part: str) -> HttpResponse:
    """Records that the member opened it. The page that answers leads on by itself: our content policy lets no form be
    answered by a redirect to another host."""
    now, user = timezone.now(), member_of(request)
    open_lessons = Activity.objects.open_to(user, day=timezone.localdate(now)).select_related("parent")
    activity = open_lessons.filter(pk=activity_id).first()
    if activity is None or activity.parent is None:
        raise Http404
    spec = next((each for each in activity.parts if each["key"] == part and each["kind"] in OPENED), None)
    page = LessonPage.objects.live().filter(pk=page_id(activity)).first()
    block = next((each for each in page.body if str(each.id) == part), None) if page else None
    if spec is None or page is None or block is None:
        raise Http404
    lessons = course_progress(user=user, courses=[activity.parent])[activity.parent.pk].lessons
    if not any(each.activity.pk == activity.pk and each.unlocked for each in lessons):
        raise Http404
    finish_part(user=user, activity=activity, part=part, now=now)
    url = block.value["url"]
    context = {
        "url": url,
        "host": urlsplit(url).hostname or "",
        "title": block.value["title"],
        "note": block.value.get("access_note", ""),
        "back": page.url,
    }
    return render(request, "courses/leaving.html", context)
