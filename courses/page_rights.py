"""Who may do what with a page of a course: the permission matrix answers in Wagtail's words. There are no page
permissions of groups (decision 0011)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Substr
from wagtail.models import Page
from wagtail.permission_policies.pages import PagePermissionPolicy

from learning.organisation.models import User
from learning.organisation.permissions import Action, may, roles_allowing, scope_q, scopes

from .models import CoursePage, CoursesPage, TopicPage
from .models.page_tester import TOP_DEPTH, TOP_PATH

WORDS: Mapping[str, Action] = {
    "add": Action.COURSE_EDIT,
    "change": Action.COURSE_EDIT,
    "publish": Action.COURSE_PUBLISH,
    "view": Action.COURSE_VIEW,
    "choose": Action.COURSE_VIEW,
}


def owned_by_scope(user: User, action: Action) -> QuerySet[Page]:
    """The pages of courses and topics, and all below them, whose owner unit lies in the user's scope."""
    tops = [
        model.objects.filter(scope_q(user, action, "owner_unit")).values("path")
        for model in (CoursePage, TopicPage)
    ]
    pages: QuerySet[Page] = Page.objects.filter(depth__gte=TOP_DEPTH).alias(top=Substr("path", 1, TOP_PATH))
    return pages.filter(Q(top__in=tops[0]) | Q(top__in=tops[1]))


def owner_path(user: User, page: Page) -> str | None:
    """Tree path of the unit that owns the course or topic of the page; None where the user may not see it."""
    top = page.path[:TOP_PATH]
    if top not in _owners(user):
        _owners(user).update(_owners_among(user, path=top))  # made in this request
    return _owners(user).get(top)


def may_on(user: User, action: Action, page: Page) -> bool:
    """Whether the matrix allows the action on the course or topic that the page belongs to."""
    owner = owner_path(user, page) if page.depth >= TOP_DEPTH else None
    return owner is not None and any(owner.startswith(path) for path in scopes(user, action))


def _owners(user: User) -> dict[str, str]:
    """Owner's path by path of the course or topic, of those the user may see: one look for all pages of a request."""
    person = vars(user).get("_wrapped", user)
    if "_page_owners" not in vars(person):
        vars(person)["_page_owners"] = _owners_among(user)
    kept: dict[str, str] = vars(person)["_page_owners"]
    return kept


def _owners_among(user: User, **pages: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for model in (CoursePage, TopicPage):
        seen = model.objects.filter(scope_q(user, Action.COURSE_VIEW, "owner_unit"), **pages)
        found.update(seen.values_list("path", "owner_unit__path"))
    return found


class CoursePagePolicy(PagePermissionPolicy):
    """Wagtail asks this instead of the page permissions of groups. What has no word above is nobody's: locks, privacy,
    bulk deletion."""

    def get_all_permissions_for_user(self, user: User) -> list[Any]:
        return []

    def user_has_any_permission(self, user: User, actions: Iterable[str]) -> bool:
        return any(may(user, WORDS[each]) for each in actions if each in WORDS)

    def user_has_any_permission_for_instance(
        self, user: User, actions: Iterable[str], instance: Page
    ) -> bool:
        return bool(self.words_on(user, instance).intersection(actions))

    def words_on(self, user: User, page: Page) -> frozenset[str]:
        """What of `WORDS` the user may do with the page; under the index whoever edits courses may begin one."""
        if not page.depth:
            return frozenset()  # not saved yet: its parent was asked
        if page.depth < TOP_DEPTH:
            begins = page.specific_class is CoursesPage and may(user, Action.COURSE_EDIT)
            return frozenset({"add"} if begins else ())
        return frozenset(word for word, action in WORDS.items() if may_on(user, action, page))

    def instances_user_has_any_permission_for(self, user: User, actions: Iterable[str]) -> QuerySet[Page]:
        pages: QuerySet[Page] = self.model._default_manager.none()
        for action in {WORDS[each] for each in actions if each in WORDS}:
            pages = pages | self._of_model(owned_by_scope(user, action))
        return pages

    def explorable_instances(self, user: User) -> QuerySet[Page]:
        if not may(user, Action.COURSE_VIEW):
            none: QuerySet[Page] = self.model._default_manager.none()
            return none
        index = Page.objects.filter(depth=TOP_DEPTH - 1).type(CoursesPage)
        return self._of_model(owned_by_scope(user, Action.COURSE_VIEW)) | self._of_model(index)

    def instances_with_direct_explore_permission(self, user: User) -> list[Page]:
        root = self.explorable_root_instance(user)
        return [root] if root else []

    def explorable_root_instance(self, user: User) -> Page | None:
        return CoursesPage.objects.first() if may(user, Action.COURSE_VIEW) else None

    def users_with_any_permission(
        self, actions: Iterable[str], include_superusers: bool = True
    ) -> QuerySet[User]:
        roles = {role for each in actions if each in WORDS for role in roles_allowing(WORDS[each])}
        return User.objects.filter(is_active=True, role_assignments__role__in=roles).distinct()

    def users_with_any_permission_for_instance(
        self, actions: Iterable[str], instance: Page, include_superusers: bool = True
    ) -> QuerySet[User]:
        return self.users_with_any_permission(actions, include_superusers)

    def _of_model(self, pages: QuerySet[Page]) -> QuerySet[Any]:
        found: QuerySet[Any] = self.model._default_manager.filter(pk__in=pages.values("pk"))
        return found
