"""Search for outside programs: what the person behind the token may find, and nothing else."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router

from learning.lane.problems import Problem
from learning.organisation.models import User
from question_bank.exams.schemas import ProblemOut
from search.services.searching import find
from search.services.viewers import viewer_of

from .schemas import SearchIn, SearchOut, answer, page_number

router = Router(tags=["search"])


@router.get(
    "/search",
    response={200: SearchOut, 401: ProblemOut},
    summary="What the person may find: courses, lessons, topics, books, exams; for organisers questions and people too",
)
def search(request: HttpRequest, response: HttpResponse, asked: Query[SearchIn]) -> dict[str, Any]:
    user = request.user
    if not isinstance(user, User):
        raise Problem("not_signed_in")
    response["Cache-Control"] = "no-store"  # names of people stand in it
    now = timezone.now()
    filters = asked.dict(exclude={"q", "page"})
    page = page_number(asked.page)
    found = find(text=asked.q, filters=filters, viewer=viewer_of(user, now=now), page=page, now=now)
    return answer(found, page=page)
