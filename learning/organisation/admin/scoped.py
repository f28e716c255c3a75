"""Row rights for Wagtail's viewsets. Wagtail checks a permission policy for the model as a whole but not for each row
(a denied row still answers 200 on list, edit, delete, inspect, history, usage, export and choosers); every viewset
over rows of a unit therefore mixes in `ScopedViewSetMixin`, and every bulk action `ScopedBulkAction`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from wagtail.admin.views.generic import IndexView
from wagtail.admin.views.generic.ordering import ReorderView
from wagtail.permission_policies import BasePermissionPolicy
from wagtail.permissions import policy_registry, register_permission_policy

from learning.organisation.models import User
from learning.organisation.permissions import MATRIX, Action, may, roles_allowing
from learning.organisation.searching import holding

Rows = Callable[[User, str], "QuerySet[Any]"]


class MatrixPolicy(BasePermissionPolicy):
    """Wagtail's words (view, add, change, delete) answered by the permission matrix; a word without an action is
    nobody's, not even the administrator's."""

    def __init__(self, model: type[Model], actions: Mapping[str, Action], rows: Rows) -> None:
        super().__init__(model)
        self.actions = actions
        self.rows = rows

    def user_has_permission(self, user: User, action: str) -> bool:
        return action in self.actions and may(user, self.actions[action])

    def user_has_permission_for_instance(self, user: User, action: str, instance: Model) -> bool:
        return (
            self.user_has_permission(user, action) and self.rows(user, action).filter(pk=instance.pk).exists()
        )

    def instances_user_has_any_permission_for(self, user: User, actions: list[str]) -> QuerySet[Any]:
        found: QuerySet[Any] = self.model._default_manager.none()
        for action in actions:
            found = found | self.model._default_manager.filter(pk__in=self.rows(user, action).values("pk"))
        return found

    def users_with_any_permission(self, actions: list[str]) -> QuerySet[User]:
        wanted = [self.actions[action] for action in actions if action in self.actions]
        roles = {role for action in wanted for role in roles_allowing(action)} & set(MATRIX)
        return User.objects.filter(is_active=True, role_assignments__role__in=roles).distinct()


class ScopedViewSetMixin:
    """Put before ModelViewSet, SnippetViewSet or ChooserViewSet. Every view then lists only `model_queryset` rows and
    answers 404 for an object outside it; the row's links are shown only where they would work.

    `actions` maps Wagtail's words "view", "add", "change", "delete" (and "choose", else "view") to the matrix."""

    actions: ClassVar[Mapping[str, Action]]
    model: Any

    def model_queryset(self, user: User, action: Action) -> QuerySet[Any]:
        """The rows on which the user may do the action."""
        raise NotImplementedError

    def rows(self, user: User, word: str) -> QuerySet[Any]:
        """The rows for one of Wagtail's words; none where the word has no action."""
        action = self.actions.get(word)
        if action is None and word == "choose":
            action = self.actions.get("view")
        if action is None:
            nothing: QuerySet[Any] = self.model._default_manager.none()
            return nothing
        return self.model_queryset(user, action)

    def construct_view(self, view_class: type[Any], **kwargs: Any) -> Any:
        guards: list[type[Any]] = [ScopedView]
        if issubclass(view_class, IndexView):
            guards.insert(0, ScopedIndex)
        if issubclass(view_class, ReorderView):
            guards.insert(0, ScopedReorder)
        if hasattr(view_class, "get_object_list"):
            guards.insert(0, ScopedChoose)
        if hasattr(view_class, "get_objects"):
            guards.insert(0, ScopedChosenMultiple)
        guarded = type(view_class.__name__, (*guards, view_class), {"viewset": self})
        return super().construct_view(guarded, **kwargs)  # type: ignore[misc]  # the viewset this is mixed into

    def on_register(self) -> None:
        # Wagtail has a policy of its own for users; the first of our viewsets over a model replaces it.
        if not isinstance(policy_registry.get_by_type(self.model, fallback=False), MatrixPolicy):
            policy = MatrixPolicy(self.model, self.actions, self.rows)
            register_permission_policy(self.model, policy, exact_class=True)
        super().on_register()  # type: ignore[misc]  # the viewset this is mixed into


class ScopedView:
    """Any view with a `pk` in its URL: the object must be among the rows, otherwise it does not exist."""

    viewset: ScopedViewSetMixin
    request: HttpRequest

    @property
    def word(self) -> str:
        wanted = getattr(self, "permission_required", None)
        # Adding a copy reads the original.
        return "view" if wanted in (None, "add") else str(wanted)

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        pk = kwargs.get(getattr(self, "pk_url_kwarg", "pk"), kwargs.get("pk"))
        if pk is not None:
            try:
                found = self.viewset.rows(request.user, self.word).filter(pk=unquote(str(pk))).exists()  # type: ignore[arg-type]  # behind require_admin_access
            except ValueError:
                found = False
            if not found:
                raise Http404
        super().setup(request, *args, **kwargs)  # type: ignore[misc]  # the view this is mixed into

    def within_rows(self, queryset: QuerySet[Any], word: str) -> QuerySet[Any]:
        rows = self.viewset.rows(self.request.user, word)  # type: ignore[arg-type]  # behind require_admin_access
        return queryset.filter(pk__in=rows.order_by().values("pk"))


class ScopedIndex(ScopedView):
    """The listing and its export; edit and delete links stand only on rows where they work (one query a word)."""

    def get_base_queryset(self) -> QuerySet[Any]:
        return self.within_rows(super().get_base_queryset(), "view")  # type: ignore[misc]  # IndexView

    def search_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By words, as in our own lists; Wagtail's way hands whatever was typed to the database."""
        fields = self.search_fields or []  # type: ignore[attr-defined]  # IndexView
        words = self.search_query if self.is_searching else ""  # type: ignore[attr-defined]
        return holding(queryset, words, *fields) if fields else queryset

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(*args, **kwargs)  # type: ignore[misc]  # IndexView
        self.shown = [row.pk for row in context["object_list"]]
        self.allowed: dict[str, set[Any]] = {}
        return context

    def row_allows(self, word: str, row: Model) -> bool:
        if word not in self.allowed:
            here = self.viewset.model._default_manager.filter(pk__in=self.shown)
            self.allowed[word] = set(self.within_rows(here, word).values_list("pk", flat=True))
        return row.pk in self.allowed[word]

    def get_edit_url(self, instance: Model) -> str | None:
        return super().get_edit_url(instance) if self.row_allows("change", instance) else None  # type: ignore[misc]  # IndexView

    def get_delete_url(self, instance: Model) -> str | None:
        return super().get_delete_url(instance) if self.row_allows("delete", instance) else None  # type: ignore[misc]  # IndexView


class ScopedReorder(ScopedView):
    def get_queryset(self) -> QuerySet[Any]:
        return self.within_rows(super().get_queryset(), "change")  # type: ignore[misc]  # ReorderView


class ScopedChoose(ScopedView):
    def get_object_list(self) -> QuerySet[Any]:
        return self.within_rows(super().get_object_list(), "choose")  # type: ignore[misc]  # ChooseView


class ScopedChosenMultiple(ScopedView):
    def get_objects(self, pks: list[str]) -> QuerySet[Any]:
        try:
            return self.within_rows(super().get_objects(pks), "choose")  # type: ignore[misc]  # ChosenMultipleView
        except ValueError:
            raise Http404 from None


class ScopedBulkAction:
    """Put before BulkAction. Rows outside `bulk_rows` are as if they did not exist; `all` means all of these.
    Bulk actions on our models without this mixin are closed (middleware.AdminDoorsMiddleware)."""

    request: HttpRequest

    def bulk_rows(self, user: User) -> QuerySet[Any]:
        """The rows on which the user may do this."""
        raise NotImplementedError

    def get_all_objects_in_listing_query(self, parent_id: str | None) -> QuerySet[Any]:
        return self.bulk_rows(self.request.user).values_list("pk", flat=True)  # type: ignore[arg-type]  # behind require_admin_access

    def get_actionable_objects(self) -> tuple[list[Any], dict[str, list[Any]]]:
        rows = self.bulk_rows(self.request.user)  # type: ignore[arg-type]  # behind require_admin_access
        wanted = self.request.GET.getlist("id")
        if "all" not in wanted:
            try:
                rows = rows.filter(pk__in=wanted)
            except ValueError:
                raise Http404 from None
        found = list(rows)
        if not found:
            raise Http404
        return found, {"items_with_no_access": []}


def is_scoped_bulk_action(action_class: type[Any] | None) -> bool:
    return action_class is not None and issubclass(action_class, ScopedBulkAction)
