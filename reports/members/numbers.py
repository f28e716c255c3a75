"""The numbers of a member's report, as much of them as the reader may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from courses.models import Reflection
from learning.organisation.models import Membership, Unit, User
from learning.organisation.models.units import paths_above
from learning.organisation.permissions import Action, any_path, may, scopes
from learning.study.intervals import MILLISECOND
from learning.study.models import Activity, Coverage, Enrolment, StudySlice
from learning.study.services.progress import CourseProgress, course_progress, year_hours, year_target
from question_bank.exams.marks import given_marks
from question_bank.exams.models import Attempt, NotebookEntry
from question_bank.exams.releasing import Visible, visible_parts

from .attempts import AttemptRecord, attempt_records
from .points import PointRecord, counted_attempts, point_records


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the member (what is released), or an organiser: `whole` with rights over the member's unit of today,
    else only what happened in the units of `paths`."""

    own: bool
    whole: bool = True
    paths: tuple[str, ...] = ()
    may_see_answers: bool = True


def reader_of(user: User, member: User, *, day: date) -> Reader | None:
    """How the user may read the member's report; None: not at all. Organisers need REPORT_VIEW and MEMBER_VIEW over the
    member's unit now, or over the unit of an attempt or of study at that time."""
    if user.pk == member.pk:
        return Reader(own=True)
    both = [
        (wide if wide.startswith(narrow) else narrow)
        for wide in scopes(user, Action.REPORT_VIEW)
        for narrow in scopes(user, Action.MEMBER_VIEW)
        if wide.startswith(narrow) or narrow.startswith(wide)
    ]
    if not both:
        return None
    if "" in both:
        return Reader(own=False)
    answers = may(user, Action.EXAM_VIEW)
    here = Membership.objects.on(day).filter(any_path(both, "unit__path__startswith"), user=member)
    if here.exists():
        return Reader(own=False, paths=tuple(both), may_see_answers=answers)
    past = Attempt.objects.filter(any_path(both, "candidate__unit__path__startswith"), user=member)
    studied = Enrolment.objects.filter(any_path(both, "unit__path__startswith"), user=member)
    if past.exists() or studied.exists():
        return Reader(own=False, whole=False, paths=tuple(both), may_see_answers=answers)
    return None


@dataclass(frozen=True, slots=True)
class VideoRecord:
    """What was watched of a video or sound: sorted, disjoint spans in ms of `total_ms`."""

    course: str
    lesson: str
    title: str
    spans: list[tuple[int, int]]
    covered_ms: int
    total_ms: int


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """`days`: local days with credited time; `by_day` their milliseconds. `measured_ms`, `late_ms`, `manual_ms` add up to
    `active_ms`."""

    first_at: datetime | None
    last_at: datetime | None
    by_day: list[tuple[date, int]]
    measured_ms: int
    late_ms: int
    manual_ms: int
    hours: Decimal
    target: int
    courses: list[CourseProgress]
    videos: list[VideoRecord]
    elsewhere: list[tuple[Activity, int]]  # credited time on what belongs to none of the courses any more

    @property
    def days(self) -> int:
        return len(self.by_day)

    @property
    def active_ms(self) -> int:
        return self.measured_ms + self.late_ms + self.manual_ms

    @property
    def lessons_required(self) -> int:
        return sum(each.activity.required for course in self.courses for each in course.lessons)

    @property
    def lessons_done(self) -> int:
        return sum(
            each.completed_at is not None
            for course in self.courses
            for each in course.lessons
            if each.activity.required
        )


@dataclass(frozen=True)
class MemberNumbers:
    """`units`: the names of the member's unit and those above it, the highest first.
    `points` are of the `assessed` attempts: the marked ones of formal exams and resits."""

    member: User
    membership: Membership | None
    units: list[str]
    reader: Reader
    as_of: datetime
    study: StudyRecord
    attempts: list[AttemptRecord]
    points: list[PointRecord]
    assessed: int
    wrong: int
    cleared: int
    reflections: list[Reflection]


def member_numbers(
    *, member: User, reader: Reader, now: datetime, items_of: Collection[int] | None = None
) -> MemberNumbers:
    """A fixed number of queries. `items_of`: the attempts whose questions are wanted, None = all."""
    attempts = Attempt.objects.filter(user=member).select_related("exam", "candidate__unit")
    attempts = attempts.defer("exam__plan", "exam__instructions", "exam__corrections")
    if not reader.whole:
        attempts = attempts.filter(any_path(reader.paths, "candidate__unit__path__startswith"))
    rows = list(attempts.order_by("-started_at", "-pk"))
    visible = visible_parts(attempts=rows, now=now) if reader.own else dict.fromkeys(
        (row.pk for row in rows), Visible(score=True, answers=reader.may_see_answers)
    )  # fmt: skip
    wanted = {row.pk for row in rows} if items_of is None else set(items_of)
    counted = counted_attempts(rows, visible)
    detailed = [row for row in rows if row.pk in wanted and visible[row.pk].answers]
    given = given_marks({*detailed, *counted})
    records = attempt_records(rows, visible, items_of=wanted, given=given)
    day = timezone.localdate(now)
    entries = NotebookEntry.objects.of(member) if reader.whole else NotebookEntry.objects.none()
    left = [left_at is not None for left_at in entries.values_list("left_at", flat=True)]
    reflections = Reflection.objects.filter(user=member).exclude(state=Reflection.State.DRAFT)
    if not reader.whole:
        reflections = reflections.filter(any_path(reader.paths, "unit__path__startswith"))
    membership = Membership.objects.on(day).filter(user=member).select_related("unit").first()
    return MemberNumbers(
        member=member,
        membership=membership,
        units=_units(membership),
        reader=reader,
        as_of=now,
        study=study_record(member, reader, now),
        attempts=records,
        points=point_records(counted, given),
        assessed=len(counted),
        wrong=len(left),
        cleared=sum(left),
        reflections=list(reflections.select_related("task").order_by("-submitted_at")),
    )


def _units(membership: Membership | None) -> list[str]:
    if membership is None:
        return []
    found = Unit.objects.filter(path__in=paths_above(membership.unit.path)).order_by("path")
    return list(found.values_list("name", flat=True))


def study_record(member: User, reader: Reader, now: datetime) -> StudyRecord:
    slices = StudySlice.objects.filter(user=member)
    enrolments = Enrolment.objects.filter(user=member)
    if not reader.whole:
        here = any_path(reader.paths, "unit__path__startswith")
        slices, enrolments = slices.filter(here), enrolments.filter(here)
    by_day: dict[date, int] = defaultdict(int)
    by_kind: dict[str, int] = defaultdict(int)
    by_activity: dict[int, int] = defaultdict(int)
    first = last = None
    rows = slices.order_by("started_at").values_list("started_at", "ended_at", "kind", "activity")
    for started_at, ended_at, kind, activity_id in rows:
        ms = (ended_at - started_at) // MILLISECOND
        by_day[timezone.localdate(started_at)] += ms
        by_kind[kind] += ms
        by_activity[activity_id] += ms
        first = first or started_at
        last = max(last or ended_at, ended_at)
    courses = list(
        Activity.objects.courses().filter(pk__in=enrolments.values("activity")).order_by("title", "pk")
    )
    progress = course_progress(user=member, courses=courses)
    found = [progress[course.pk] for course in courses]
    counted = {each.activity.pk for course in found for each in course.lessons}
    others = Activity.objects.filter(pk__in=by_activity.keys() - counted).order_by("pk")
    return StudyRecord(
        first_at=first,
        last_at=last,
        by_day=sorted(by_day.items()),
        measured_ms=by_kind[StudySlice.Kind.MEASURED],
        late_ms=by_kind[StudySlice.Kind.LATE],
        manual_ms=by_kind[StudySlice.Kind.MANUAL],
        hours=year_hours(user=member, year=timezone.localtime(now).year),
        target=year_target(user=member, now=now),
        courses=found,
        videos=_videos(member, found),
        elsewhere=[(each, by_activity[each.pk]) for each in others],
    )


def _videos(member: User, courses: list[CourseProgress]) -> list[VideoRecord]:
    """Every required or begun video of the courses, in their order; one query."""
    lessons = [(course.activity, each.activity) for course in courses for each in course.lessons]
    rows = {
        (row.activity_id, row.part): row
        for row in Coverage.objects.filter(
            user=member, activity__in=[lesson.pk for _course, lesson in lessons]
        )
    }
    found = []
    for course, lesson in lessons:
        for part in lesson.parts:
            if part["kind"] not in ("video", "audio"):
                continue
            row = rows.get((lesson.pk, part["key"]))
            if row is None:
                continue
            spans = [(begin, end) for begin, end in row.spans]
            title = part.get("title") or lesson.title
            found.append(VideoRecord(course.title, lesson.title, title, spans, row.covered_ms, row.total_ms))
    return found
