"""Choosing what a course of the platform links (Deep Linking 2.0): what is on offer, what was chosen with which column
of the gradebook, and the signed answer. Where the answer goes stands in the validated claim alone."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import jwt
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from courses.reading.places import page_id
from learning.organisation.models import User
from learning.organisation.searching import holding
from learning.study.models import Activity
from lti.core import claims
from lti.core.claims import DeepLinkingClaim
from lti.core.deeplinking import LINK_TYPE, ContentItem, ItemLine, Review, response_claims
from lti.core.reading import read_message
from lti.core.refusals import Refusal, Refused
from lti.http.fetching import Unreachable, check_url, reach_of
from lti.http.signing import signing_key
from lti.models import Launch, Platform, origin_of
from question_bank.exams.models import Exam
from question_bank.exams.papers import max_score_of

from . import targets
from .copying import HISTORY
from .outcomes import COMPLETED
from .targets import Target

LIFE = timedelta(hours=4)  # how long after its launch a picker may be answered
MOST = 30  # things chosen at once
PAGE_SIZE = 20
LABEL_LENGTH = 200
TAG = "dangxiao"
# An asterisk or semicolon would open more of the content policy than the one door that it is to open.
ORIGIN = re.compile(r"https?://[a-z0-9.\-\[\]:]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """A platform waits for a teacher's choice."""

    launch: Launch
    platform: Platform
    deployment_id: str
    settings: DeepLinkingClaim

    @property
    def several(self) -> bool:
        return self.settings.accept_multiple

    @property
    def columns(self) -> bool:
        """Whether the platform makes a column of its gradebook for a link."""
        return self.settings.accept_lineitem is not False

    @property
    def links(self) -> bool:
        """Whether it takes links at all."""
        return not self.settings.accept_types or LINK_TYPE in self.settings.accept_types


@dataclass(frozen=True, slots=True)
class Chosen:
    """One thing that goes back. `column`: with a column of the gradebook, of an exam called `label`."""

    target: Target
    column: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A signed LtiDeepLinkingResponse and where the browser posts it."""

    return_url: str
    token: str

    @property
    def origin(self) -> str:
        return origin_of(self.return_url)


@dataclass(frozen=True, slots=True)
class Offer:
    """A thing on the shelf. `key` is how forms name it: "exam-12". Of an exam its points, of a course its lessons."""

    key: str
    title: str
    exam: Exam | None = None
    points: Decimal | None = None
    activity: Activity | None = None
    lessons: tuple[Offer, ...] = ()


def asked_by(launch_id: UUID, *, user: User, now: datetime) -> Asked | None:
    """The deep linking launch that this person made in the last four hours, with the right to place links; None for
    anybody else's and for anything else."""
    launches = Launch.objects.select_related("platform__unit").filter(pk=launch_id, user=user, code="ok")
    launch = launches.filter(message_type=claims.DEEP_LINKING, at__gt=now - LIFE).first()
    if launch is None or launch.platform is None or launch.platform.state != Platform.State.ACTIVE:
        return None
    # Which addresses are ours was looked at when the launch came.
    message = read_message(launch.claims, ours=lambda url: True)
    if message.deep_linking is None or not claims.may_place_links(message.roles):
        return None
    return Asked(launch, launch.platform, message.deployment_id, message.deep_linking)


def exams_on_offer(platform: Platform, words: str, *, now: datetime) -> QuerySet[Exam]:
    """Exams that are not over, of whose title every word is part; the latest opening first."""
    exams = targets.linkable_exams(platform, now)
    return holding(exams, words, "title").order_by("-opens_at", "-pk").defer(None).defer("corrections")


def courses_on_offer(platform: Platform, words: str) -> QuerySet[Activity]:
    """Live courses of whose title, or of a lesson's, every word is part; by title."""
    open_ones = targets.linkable_pages(platform)
    lessons = holding(open_ones.filter(parent=OuterRef("pk")), words, "title")
    courses = open_ones.courses()
    by_title = holding(courses, words, "title").values("pk")
    return courses.filter(Q(pk__in=by_title) | Q(Exists(lessons))).order_by("title", "pk")


def exam_offers(exams: Iterable[Exam]) -> list[Offer]:
    return [
        Offer(f"{targets.EXAM}-{exam.pk}", exam.title, exam=exam, points=points_of(exam)) for exam in exams
    ]


def course_offers(platform: Platform, courses: Iterable[Activity]) -> list[Offer]:
    """The courses with their lessons in order; one query."""
    courses = list(courses)
    below: dict[int, list[Offer]] = {course.pk: [] for course in courses}
    for lesson in targets.linkable_pages(platform).filter(parent__in=below).order_by("position", "pk"):
        if lesson.parent_id in below:
            below[lesson.parent_id].append(_page_offer(targets.LESSON, lesson))
    return [_page_offer(targets.COURSE, course, below[course.pk]) for course in courses]


def _page_offer(name: str, activity: Activity, lessons: Sequence[Offer] = ()) -> Offer:
    return Offer(f"{name}-{page_id(activity)}", activity.title, activity=activity, lessons=tuple(lessons))


def paged(rows: QuerySet[Any], number: str) -> Any:
    """The page of this number; a number beyond the end is the last page."""
    return Paginator(rows, PAGE_SIZE).get_page(number)


def chosen_targets(platform: Platform, said: Iterable[str], *, now: datetime) -> list[Target]:
    """What these keys name, each once, in the order said; what may not be linked now is left out."""
    wanted = []
    for key in list(said)[: 2 * MOST]:
        name, _dash, number = key.partition("-")
        if name in (targets.EXAM, targets.COURSE, targets.LESSON) and (pk := targets.number_of(number)):
            wanted.append((name, pk))
    found = targets.targets_named(platform, wanted[:MOST]).values()
    return [target for target in found if target.exam is None or target.exam.closes_at > now]


def points_of(exam: Exam) -> Decimal:
    """The full mark of the exam's papers."""
    return max_score_of(exam.plan or {"sections": []})


def return_url_of(asked: Asked) -> str:
    """Where the answer may go: an address of the platform's own origins, where its services may be too. Raises Refused."""
    url = asked.settings.return_url
    try:
        origin = check_url(url, reach_of(asked.platform))
    except Unreachable as error:
        raise Refused(Refusal.BAD_RETURN_URL, f"the deep_link_return_url: {error}") from error
    if not ORIGIN.fullmatch(origin):  # it is written into the page's content policy
        raise Refused(Refusal.BAD_RETURN_URL, "the deep_link_return_url has no plain origin")
    return url


def answer(
    asked: Asked, chosen: Sequence[Chosen], *, launch_url: str, message: str = "", now: datetime
) -> Answer:
    """The signed answer; nothing chosen is one too, with a message for the teacher. `launch_url` is our door for
    launches. Raises Refused for a return URL that may not be used; ValueError for more than the platform takes."""
    return_url = return_url_of(asked)
    platform = asked.platform
    said = response_claims(
        [_item(each, launch_url) for each in chosen],
        settings=asked.settings,
        deployment_id=asked.deployment_id,
        client_id=platform.client_id,
        issuer=platform.issuer,
        now=now,
        nonce=secrets.token_urlsafe(32),
        message=message,
    )
    kid, private = signing_key(now)
    return Answer(return_url, jwt.encode(said, private, algorithm="RS256", headers={"kid": kid}))


def _item(chosen: Chosen, launch_url: str) -> ContentItem:
    target, exam = chosen.target, chosen.target.exam
    if exam is None:
        return ContentItem(
            title=target.title,
            url=launch_url,
            custom=target.custom | HISTORY,
            line=_completion_line(target) if chosen.column else None,
        )
    review = Review(
        label=_("查看答卷"),
        url=launch_url,
        custom=target.custom,
        statuses=("Submitted", "Completed"),
    )
    line = ItemLine(
        maximum=points_of(exam),
        label=(chosen.label.strip() or exam.title)[:LABEL_LENGTH],
        resource_id=target.resource_id,
        tag=TAG,
        review=review,
    )
    return ContentItem(
        title=exam.title,
        url=launch_url,
        custom=target.custom | HISTORY,
        line=line if chosen.column else None,
        opens_at=exam.opens_at,
        closes_at=exam.closes_at,
    )


def _completion_line(target: Target) -> ItemLine | None:
    """A column that says who has completed the course; lessons have none."""
    if target.name != targets.COURSE:
        return None
    return ItemLine(
        maximum=COMPLETED, label=target.title[:LABEL_LENGTH], resource_id=target.resource_id, tag=TAG
    )
