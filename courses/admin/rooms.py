"""What the organisers' screens of this room share: the door by action, Wagtail's page furniture, rows by right."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from learning.organisation.models import User
from learning.organisation.permissions import Action, may


class CourseRoom(WagtailAdminTemplateMixin, TemplateView):
    """A page with Wagtail's header. Nobody who may do `action` nowhere gets in; rows are narrowed by the views."""

    action: ClassVar[Action] = Action.COURSE_VIEW
    home: ClassVar[tuple[Any, Any]] = (reverse_lazy("course_list"), _("课程"))
    header_icon = "doc-full"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may(cast(User, request.user), self.action):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    def trail(self) -> list[dict[str, Any]]:
        """The links between the room's list and this page."""
        return [{"url": self.home[0], "label": self.home[1]}]

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        here = {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()}
        return [*self.breadcrumbs_items, *self.trail(), here]

    def again(self, *, status: int = 200, **context: Any) -> HttpResponse:
        """The page once more, after a form that did not pass."""
        return self.render_to_response(self.get_context_data(**self.kwargs, **context), status=status)


class CourseRoomList(CourseRoom):
    """The list that the room's other pages lead back to, with a button for whoever may add to it."""

    add_label: ClassVar[Any]
    add_icon = "plus"

    def add_url(self) -> str:
        raise NotImplementedError

    def trail(self) -> list[dict[str, Any]]:
        return []

    @cached_property
    def header_buttons(self) -> list[Any]:
        if not may(self.user, Action.COURSE_EDIT):
            return []
        return [HeaderButton(self.add_label, url=self.add_url(), icon_name=self.add_icon)]
