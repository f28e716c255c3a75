"""Who may use and upload pictures: whoever edits courses or the look of the site. A picture is public once a page shows
it, so all may be chosen; changed and deleted they are by whoever uploaded them. Collections grant nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from wagtail.models import Collection
from wagtail.permission_policies.collections import CollectionOwnershipPermissionPolicy

from learning.organisation.models import User
from learning.organisation.permissions import Action, may, roles_allowing

USE = {"add", "choose", "view"}
OWN = {"change", "delete"}
ACTIONS = (Action.COURSE_EDIT, Action.SITE_MANAGE)


class ImagePolicy(CollectionOwnershipPermissionPolicy):
    def get_all_permissions_for_user(self, user: User) -> list[Any]:
        return []

    def uses(self, user: User) -> bool:
        return any(may(user, action) for action in ACTIONS)

    def user_has_any_permission(self, user: User, actions: Iterable[str]) -> bool:
        return self.uses(user) and bool((USE | OWN) & set(actions))

    def user_has_permission(self, user: User, action: str) -> bool:
        return self.user_has_any_permission(user, [action])

    def user_has_any_permission_for_instance(self, user: User, actions: Iterable[str], instance: Any) -> bool:
        return self.instances_user_has_any_permission_for(user, actions).filter(pk=instance.pk).exists()

    def user_has_permission_for_instance(self, user: User, action: str, instance: Any) -> bool:
        return self.user_has_any_permission_for_instance(user, [action], instance)

    def instances_user_has_any_permission_for(self, user: User, actions: Iterable[str]) -> QuerySet[Any]:
        images: QuerySet[Any] = self.model._default_manager.all()
        wanted = set(actions)
        if not self.uses(user) or not wanted & (USE | OWN):
            return images.none()
        if wanted & USE or user.is_superuser:
            return images
        return images.filter(uploaded_by_user=user)

    def instances_user_has_permission_for(self, user: User, action: str) -> QuerySet[Any]:
        return self.instances_user_has_any_permission_for(user, [action])

    def users_with_any_permission(self, actions: Iterable[str]) -> QuerySet[User]:
        roles = {role for action in ACTIONS for role in roles_allowing(action)}
        allowed = Q(role_assignments__role__in=roles) | Q(is_superuser=True)
        return User.objects.filter(allowed, is_active=True).distinct()

    def collections_user_has_any_permission_for(self, user: User, actions: Iterable[str]) -> QuerySet[Any]:
        found: QuerySet[Any] = Collection.objects.all()
        return found if self.uses(user) else found.none()

    def collections_user_has_permission_for(self, user: User, action: str) -> QuerySet[Any]:
        return self.collections_user_has_any_permission_for(user, [action])
