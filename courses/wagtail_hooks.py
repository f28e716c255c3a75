"""The courses in Wagtail's admin: addresses, the menu group 学习, what happens around publishing."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse_lazy
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem
from wagtail.models import Page

from learning.organisation.admin.menus import ActionMenuItem
from learning.organisation.models import User
from learning.organisation.permissions import Action
from learning.organisation.services import audit

from .admin import choosers, courses, guards, materials
from .building import NotReady, publish_course
from .certifying import managing
from .checking import problems_of_lesson
from .classes import hooks as class_hooks  # noqa: F401  # enters its own
from .models import CoursePage, LessonPage, StudyPage
from .publishing import course_of
from .recording import hooks as record_hooks  # noqa: F401  # enters its own

guards.open_page_doors()
hooks.register("construct_page_chooser_queryset", guards.choosable)


@hooks.register("register_admin_urls")
def register_urls() -> list[URLPattern]:
    return [
        path("courses/", courses.CourseList.as_view(), name="course_list"),
        path("courses/<int:pk>/", courses.CourseOutline.as_view(), name="course_outline"),
        path("courses/<int:pk>/certificates/", managing.course_certificates, name="course_certificates"),
        path(
            "courses/<int:pk>/certificates/<int:certificate_id>/revoke/",
            managing.course_certificate_revoke,
            name="course_certificate_revoke",
        ),
        path("topics/", courses.TopicList.as_view(), name="topic_list"),
        path("materials/", materials.MaterialList.as_view(), name="material_list"),
        path("materials/upload/", materials.MaterialUpload.as_view(), name="material_upload"),
        path("materials/<int:pk>/", materials.MaterialEdit.as_view(), name="material_edit"),
    ]


@hooks.register("register_admin_viewset")
def register_choosers() -> list[Any]:
    return choosers.CHOOSERS


# Other modules of this room add theirs: `menu_items.append(…)` or the hook "construct_study_menu".
study_menu = Menu(
    register_hook_name="register_study_menu_item",
    construct_hook_name="construct_study_menu",
    items=[
        ActionMenuItem(_("课程"), reverse_lazy("course_list"), name="courses", icon_name="doc-full", order=10,
                       action=Action.COURSE_VIEW),
        ActionMenuItem(_("课件"), reverse_lazy("material_list"), name="materials", icon_name="media", order=20,
                       action=Action.COURSE_VIEW),
        ActionMenuItem(_("专题"), reverse_lazy("topic_list"), name="topics", icon_name="openquote", order=30,
                       action=Action.COURSE_VIEW),
    ],
)  # fmt: skip


@hooks.register("register_admin_menu_item")
def register_menu() -> SubmenuMenuItem:
    return SubmenuMenuItem(_("学习"), study_menu, name="study", icon_name="openquote", order=100)


@hooks.register("construct_main_menu")
def without_explorer(request: HttpRequest, items: list[MenuItem]) -> None:
    """The outline of a course stands where Wagtail has its explorer."""
    items[:] = [item for item in items if item.name != "explorer"]


@hooks.register("after_create_page")
@hooks.register("after_edit_page")
def on_to_the_outline(request: HttpRequest, page: Page) -> HttpResponse | None:
    """What comes after saving a new course is its first chapter or lesson; edited as well, for Wagtail itself may have
    saved it first, while it was being written."""
    if isinstance(page, CoursePage) and page.numchild == 0:
        return redirect("course_outline", page.pk)
    return None


@hooks.register("before_publish_page")
def check_before_publishing(request: HttpRequest, page: Page) -> HttpResponse | None:
    """What was written is kept as a draft; what stops it is told on the page it stands on."""
    if isinstance(page, LessonPage):
        stopping = [each for each in problems_of_lesson(page) if each.fatal]
        for problem in stopping:
            messages.error(request, problem.message)
        return redirect("wagtailadmin_pages:edit", page.pk) if stopping else None
    if isinstance(page, CoursePage) and not page.live:
        # The first publication is that of the whole course.
        try:
            publish_course(
                course=CoursePage.objects.get(pk=page.pk), by=cast(User, request.user), now=timezone.now()
            )
        except NotReady as error:
            for problem in error.problems:
                messages.error(request, problem.message)
        else:
            messages.success(request, _("课程“%(course)s”已发布。") % {"course": page.title})
        return redirect("course_outline", page.pk)
    return None


@hooks.register("after_publish_page")
def note_publishing(request: HttpRequest, page: Page) -> None:
    _note(request, page, "page.publish")


@hooks.register("after_unpublish_page")
def note_withdrawing(request: HttpRequest, page: Page) -> None:
    _note(request, page, "page.withdraw")


@hooks.register("after_delete_page")
def note_deleting(request: HttpRequest, page: Page) -> None:
    _note(request, page, "page.delete")


def _note(request: HttpRequest, page: Page, action: str) -> None:
    page = page.specific
    if not isinstance(page, StudyPage):
        return
    owner = getattr(page, "owner_unit", None) or getattr(course_of(page), "owner_unit", None)
    facts = {"title": page.title, "page_kind": page._meta.model_name}
    audit.record(
        actor=cast(User, request.user), action=action, obj=page, unit=owner, data=facts, now=timezone.now()
    )


@hooks.register("insert_global_admin_css")
def admin_css() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("courses/admin.css"))
