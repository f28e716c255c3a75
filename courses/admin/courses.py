"""Courses for organisers: the list, and the outline of one course with everything that is done to it as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Paginator
from django.db.models import CharField, Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat, Substr
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.models import Page

from courses.building import NotReady, copy_course, move_page, publish_course, withdraw_course
from courses.checking import audience_count, lessons_of, newest, problems_of_course
from courses.index import index_page
from courses.models import ChapterPage, CoursePage, LessonPage, TopicPage
from courses.models.page_tester import TOP_PATH
from courses.page_rights import may_on
from courses.parts import minutes_of, parts_of
from courses.publishing import key_of
from learning.organisation.admin.screens import found
from learning.organisation.permissions import Action, scope_q
from learning.organisation.searching import holding
from learning.study.models import Activity, Enrolment

from .rooms import CourseRoom, CourseRoomList

PER_PAGE = 30


def state_of(page: Page) -> tuple[str, str]:
    """(code for the look, words) of a page's state."""
    if page.live:
        return (
            ("changed", _("已发布，有未发布的修改"))
            if page.has_unpublished_changes
            else ("live", _("已发布"))
        )
    if page.approved_schedule:
        return "scheduled", _("定时发布")
    return ("withdrawn", _("已下架")) if page.first_published_at else ("draft", _("草稿"))


class CourseList(CourseRoomList):
    template_name = "courses/admin/course_list.html"
    page_title = gettext_lazy("课程")
    add_label = gettext_lazy("新建课程")

    def add_url(self) -> str:
        return reverse("wagtailadmin_pages:add", args=["courses", "coursepage", index_page().pk])

    def rows(self) -> QuerySet[CoursePage]:
        below = (
            Page.objects.annotate(top=Substr("path", 1, TOP_PATH))
            .filter(top=OuterRef("path"))
            .order_by()
            .values("top")
        )
        lessons = below.filter(content_type__model="lessonpage").annotate(n=Count("pk"))
        people = (
            Enrolment.objects.filter(activity__key=OuterRef("key")).values("activity").annotate(n=Count("pk"))
        )
        rows: Any = CoursePage.objects.filter(scope_q(self.user, Action.COURSE_VIEW, "owner_unit"))
        words, state = self.request.GET.get("q", ""), self.request.GET.get("state", "")
        rows = holding(rows, words, "title", "teacher", "owner_unit__name")
        if state in ("live", "draft"):
            rows = rows.filter(live=state == "live")
        shown: QuerySet[CoursePage] = (
            rows.select_related("owner_unit")
            .annotate_approved_schedule()
            .annotate(
                lessons=Subquery(lessons.filter(live=True).values("n")),
                drafts=Subquery(lessons.filter(live=False).values("n")),
            )
            .annotate(key=Concat(Value("page:"), Cast("pk", CharField())))
            .annotate(people=Subquery(people.values("n")))
            .order_by("-latest_revision_created_at", "-pk")
        )
        return shown

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = Paginator(self.rows(), PER_PAGE).get_page(self.request.GET.get("p"))
        for row in page.object_list:
            row.state = state_of(row)
        asked = {"q": self.request.GET.get("q", ""), "state": self.request.GET.get("state", "")}
        return dict(
            super().get_context_data(**kwargs), courses=page, asked=asked, may_edit=bool(self.header_buttons)
        )


@dataclass(slots=True)
class Row:
    """A line of the outline: a chapter with its lessons, or a lesson."""

    page: Page
    state: tuple[str, str]
    minutes: int = 0
    lessons: list[Row] = field(default_factory=list)
    first: bool = False
    last: bool = False

    @property
    def is_chapter(self) -> bool:
        return isinstance(self.page, ChapterPage)


class CourseOutline(CourseRoom):
    template_name = "courses/admin/course_outline.html"

    @cached_property
    def course(self) -> CoursePage:
        rows = CoursePage.objects.filter(scope_q(self.user, Action.COURSE_VIEW, "owner_unit"))
        course: CoursePage = found(rows.select_related("owner_unit", "cover"), self.kwargs["pk"])
        return course

    def get_page_title(self) -> str:
        return str(newest(self.course).title)

    def allows(self, action: Action) -> bool:
        return may_on(self.user, action, self.course)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        acts = {
            "publish": (Action.COURSE_PUBLISH, self.publish),
            "withdraw": (Action.COURSE_PUBLISH, self.withdraw),
            "copy": (Action.COURSE_EDIT, self.copy),
            "up": (Action.COURSE_EDIT, self.move),
            "down": (Action.COURSE_EDIT, self.move),
            "into": (Action.COURSE_EDIT, self.move_into),
        }
        action, act = acts.get(request.POST.get("act", ""), (None, None))
        if action is None or act is None or not self.allows(action):
            raise Http404
        return act() or redirect("course_outline", pk=self.course.pk)

    def publish(self) -> None:
        try:
            count = publish_course(course=self.course, by=self.user, now=timezone.now())
        except NotReady as error:
            for problem in error.problems:
                messages.error(self.request, problem.message)
            return
        self.course.refresh_from_db()
        if self.course.live:
            told = _("课程“%(course)s”已发布，共 %(count)d 个课时。")
        else:
            told = _("课程“%(course)s”将按时发布，共 %(count)d 个课时。")
        messages.success(self.request, told % {"course": self.course.title, "count": count})

    def withdraw(self) -> None:
        withdraw_course(course=self.course, by=self.user, now=timezone.now())
        messages.success(
            self.request, _("课程“%(course)s”已下架，学习记录都保留。") % {"course": self.course.title}
        )

    def copy(self) -> HttpResponse:
        made = copy_course(course=self.course, by=self.user, now=timezone.now())
        messages.success(self.request, _("已复制为草稿“%(course)s”。") % {"course": made.title})
        return redirect("course_outline", pk=made.pk)

    def below(self) -> Any:
        """The pages of the outline, as Wagtail's own kind of queryset, which has no types."""
        return Page.objects.descendant_of(self.course)

    def move(self) -> None:
        page = found(self.below(), self.request.POST.get("page") or 0)
        tester = page.permissions_for_user(self.user)
        if not tester.can_be_placed():
            messages.error(self.request, _("已发布的内容只能由有发布权限的人调整顺序。"))
            return
        move_page(page=page, up=self.request.POST["act"] == "up", by=self.user)

    def move_into(self) -> None:
        """A lesson into a chapter, or out of it to the end of the course."""
        lesson = found(self.below().type(LessonPage), self.request.POST.get("page") or 0)
        target = self.request.POST.get("into") or self.course.pk
        into = found(
            Page.objects.filter(Q(pk=self.course.pk) | Q(pk__in=self.below().type(ChapterPage).values("pk"))),
            target,
        )
        if not lesson.permissions_for_user(self.user).can_move_to(into):
            messages.error(self.request, _("不能移到这里。"))
        elif lesson.get_parent().pk != into.pk:
            lesson.move(into, pos="last-child", user=self.user)

    def rows(self, lessons: list[LessonPage]) -> list[Row]:
        minutes = {lesson.pk: lesson.nominal_minutes or minutes_of(parts_of(lesson)) for lesson in lessons}
        titles = {lesson.pk: lesson.title for lesson in lessons}
        top: list[Row] = []
        chapters: dict[str, Row] = {}
        for page in (
            self.below().annotate_approved_schedule().order_by("path").defer_streamfields().specific()
        ):
            row = Row(page, state_of(page), minutes.get(page.pk, 0))
            page.title = titles.get(page.pk, page.draft_title or page.title)
            if isinstance(page, ChapterPage):
                chapters[page.path] = row
                top.append(row)
            else:
                chapter = chapters.get(page.path[: -Page.steplen])
                (chapter.lessons if chapter else top).append(row)
        for siblings in (top, *(row.lessons for row in chapters.values())):
            if siblings:
                siblings[0].first = siblings[-1].last = True
        return top

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        course = newest(self.course)
        assert isinstance(course, CoursePage)  # noqa: S101 — tells mypy what newest() keeps
        lessons = lessons_of(self.course)
        rows = self.rows(lessons)
        activity = Activity.objects.filter(key=key_of(self.course)).first()
        return dict(
            super().get_context_data(**kwargs),
            course=course,
            state=state_of(self.course),
            rows=rows,
            chapters=[row.page for row in rows if isinstance(row.page, ChapterPage)],
            lesson_count=len(lessons),
            minutes=sum(lesson.nominal_minutes or minutes_of(parts_of(lesson)) for lesson in lessons),
            problems=problems_of_course(course, lessons, now=now),
            audience=audience_count(course, now=now),
            certificates=activity.certificates.count() if activity else 0,
            enrolled=activity.enrolments.count() if activity else 0,
            may_edit=self.allows(Action.COURSE_EDIT),
            may_publish=self.allows(Action.COURSE_PUBLISH),
            unpublished=not self.course.live
            or any(page.has_unpublished_changes or not page.live for page in self.below()),
            is_live=self.course.live,
            live_url=self.course.url,
        )


class TopicList(CourseRoomList):
    template_name = "courses/admin/topic_list.html"
    page_title = gettext_lazy("专题")
    add_label = gettext_lazy("新建专题")
    home = (reverse_lazy("topic_list"), gettext_lazy("专题"))

    def add_url(self) -> str:
        return reverse("wagtailadmin_pages:add", args=["courses", "topicpage", index_page().pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        topics = TopicPage.objects.filter(scope_q(self.user, Action.COURSE_VIEW, "owner_unit"))
        topics = (
            topics.select_related("owner_unit")
            .annotate_approved_schedule()
            .annotate(course_count=Count("courses", distinct=True), book_count=Count("books", distinct=True))
        )
        page = Paginator(topics.order_by("-latest_revision_created_at", "-pk"), PER_PAGE).get_page(
            self.request.GET.get("p")
        )
        for row in page.object_list:
            row.state = state_of(row)
            row.editable = may_on(self.user, Action.COURSE_EDIT, row)
        return dict(super().get_context_data(**kwargs), topics=page)
