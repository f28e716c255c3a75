"""What of ours a platform may link: published exams and live courses (with their lessons) of the unit that the
administrator chose for it or of those below; how a claim names one, and where it stands for whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from django.db.models import Q
from django.urls import reverse
from wagtail.models import Page

from courses.models import ExamUse
from courses.reading.places import pages_of
from learning.organisation.models import User
from learning.study.models import Activity, Enrolment
from learning.study.models.activities import ActivityQuerySet
from learning.study.services.enrolling import enrol
from lti.core.claims import Standing
from lti.models import Context, Platform, ResourceLink
from question_bank.exams.models import Exam
from question_bank.exams.models.exams import ExamQuerySet

EXAM, COURSE, LESSON = (
    "exam",
    "course",
    "lesson",
)  # names of the custom claim, a contract with links already placed
DIGITS = 18  # of the longest number that is asked of the database
PAGES = (Activity.Kind.COURSE, Activity.Kind.LESSON)
TEACHING = (Standing.INSTRUCTOR, Standing.ASSISTANT)


@dataclass(frozen=True, slots=True)
class Target:
    """What a link opens: an exam, or a page of a course with its activity."""

    exam: Exam | None = None
    page: Page | None = None
    activity: Activity | None = None

    @property
    def title(self) -> str:
        return str(self.exam or self.activity or "")

    @property
    def name(self) -> str:
        """The word of the custom claim for this kind of thing."""
        if self.activity is None:
            return EXAM
        return COURSE if self.activity.kind == Activity.Kind.COURSE else LESSON

    @property
    def number(self) -> int:
        thing = self.exam or self.page
        return thing.pk if thing else 0

    @property
    def course(self) -> Activity | None:
        """The course of a page: of a lesson the one it belongs to."""
        return (self.activity.parent or self.activity) if self.activity else None

    @property
    def custom(self) -> dict[str, str]:
        """The custom claim by which `find_target` finds it again."""
        return {self.name: str(self.number)}

    @property
    def resource_id(self) -> str:
        """As a line item calls it: "exam-12"."""
        return f"{self.name}-{self.number}"


def exams_of(platform: Platform) -> ExamQuerySet:
    """Published exams that links of the platform may open, those that are over too."""
    # The plan of a large exam is as long as a book, and no launch reads it.
    exams: ExamQuerySet = Exam.objects.filter(state=Exam.State.PUBLISHED).defer("plan", "corrections")
    return exams.filter(owner_unit__path__startswith=platform.unit.path) if platform.unit else exams.none()


def comes_by_links(exam: Exam) -> bool:
    """Whether a platform that is switched on may link the exam once it is published: then its candidates come by it."""
    paths = Platform.objects.active().exclude(unit=None).values_list("unit__path", flat=True)
    return any(exam.owner_unit.path.startswith(path) for path in paths)


def linkable_exams(platform: Platform, now: datetime) -> ExamQuerySet:
    """Those that a teacher may choose now: not yet over."""
    return exams_of(platform).filter(closes_at__gt=now)


def linkable_pages(platform: Platform) -> ActivityQuerySet:
    """The activities of live courses and of their live lessons that links of the platform may open. `courses.reading.places`
    tells the page of each."""
    found: ActivityQuerySet = Activity.objects.filter(kind__in=PAGES, is_open=True)
    if platform.unit is None:
        return found.none()
    whole = Q(parent=None) | Q(parent__is_open=True)
    return found.filter(whole, owner_unit__path__startswith=platform.unit.path)


def find_target(platform: Platform, custom: Mapping[str, str], target_link_uri: str = "") -> Target | None:
    """What the custom claim names, or else the query of the target link; None for nothing, and for what the platform
    may not open."""
    query = dict(parse_qsl(urlsplit(target_link_uri).query, max_num_fields=50)) if target_link_uri else {}
    for said in (custom, query):
        for name in (EXAM, COURSE, LESSON):
            number = number_of(said.get(name))
            if number:
                return target_named(platform, name, number)
    return None


def target_named(platform: Platform, name: str, number: int) -> Target | None:
    """The exam, course or lesson of this number, if links of the platform may open it."""
    return targets_named(platform, [(name, number)]).get((name, number))


def targets_named(platform: Platform, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Target]:
    """The same for many, by name and number, in the order wanted; at most three queries."""
    wanted = list(dict.fromkeys(wanted))
    found: dict[tuple[str, int], Target] = {}
    if ids := [number for name, number in wanted if name == EXAM]:
        for exam in exams_of(platform).filter(pk__in=ids):
            found[EXAM, exam.pk] = Target(exam=exam)
    kinds = {COURSE: Activity.Kind.COURSE, LESSON: Activity.Kind.LESSON}
    if keys := [f"page:{number}" for name, number in wanted if name in kinds]:
        activities = list(linkable_pages(platform).filter(key__in=keys).select_related("parent"))
        pages = pages_of(activities)
        for activity in activities:
            if page := pages.get(activity.pk):
                target = Target(page=page, activity=activity)
                found[target.name, page.pk] = target
    return {each: found[each] for each in wanted if each in found}


def target_of(link: ResourceLink) -> Target | None:
    """What the link opens today; None where nothing was chosen, or what was chosen is withdrawn or no longer
    offered to the platform."""
    return targets_of(link.context.platform, [link]).get(link.pk)


def targets_of(platform: Platform, links: Iterable[ResourceLink]) -> dict[int, Target]:
    """The same for many links of the platform, by the link's id; at most three queries."""
    links = list(links)
    wanted = [(EXAM, link.exam_id) for link in links if link.exam_id]
    pages = [link.page_id for link in links if link.page_id]
    wanted += [(name, page) for page in pages for name in (COURSE, LESSON)]
    found = targets_named(platform, wanted)
    opened = {
        link.pk: found.get((EXAM, link.exam_id or 0))
        or found.get((COURSE, link.page_id or 0))
        or found.get((LESSON, link.page_id or 0))
        for link in links
    }
    return {pk: target for pk, target in opened.items() if target}


def address_of(target: Target | None, *, standing: str, link: ResourceLink) -> str:
    """Where a launch of the link leads: learners to the thing itself, teachers to their page of the course, with nothing
    chosen to the choice (a teacher) or to a page that says so. `standing` is one of claims.Standing."""
    if standing in TEACHING and (target or standing == Standing.ASSISTANT):
        return reverse("lti_context", args=[link.context_id])
    if standing == Standing.INSTRUCTOR:
        return reverse("lti_link_choose", args=[link.pk])
    if standing == Standing.LEARNER and target and target.exam:
        return reverse("exam_start", args=[target.exam.pk])
    if standing == Standing.LEARNER and target and target.page:
        return target.page.url or reverse("lti_link", args=[link.pk])
    return reverse("lti_link", args=[link.pk])


def enrol_learners(target: Target, users: Iterable[User], *, now: datetime) -> int:
    """Opens the course of a page to these people, whatever its audience: they are enrolled as those who begin by
    themselves, so nobody counts them as expected. Returns how many were new."""
    if target.course is None:
        return 0
    return enrol(activity=target.course, users=users, source=Enrolment.Source.SELF, now=now)


def exams_asked_for(target: Target, platform: Platform) -> list[Exam]:
    """The exams that lessons of the page's course ask for, as far as links of the platform may open them."""
    if target.course is None:
        return []
    uses = ExamUse.objects.filter(Q(activity=target.course) | Q(activity__parent=target.course))
    return list(
        exams_of(platform).filter(pk__in=uses.filter(activity__is_open=True).values("exam")).order_by("pk")
    )


def exams_linked(context: Context) -> list[Exam]:
    """The exams that links of the course open, each once, in the order of their opening."""
    ids = context.links.exclude(exam=None).values("exam")
    return list(exams_of(context.platform).filter(pk__in=ids).order_by("opens_at", "pk"))


def number_of(said: object) -> int:
    """The number that was said in plain digits; 0 for anything else."""
    if not isinstance(said, str) or not said.isascii() or not said.isdigit() or len(said) > DIGITS:
        return 0
    return int(said)
