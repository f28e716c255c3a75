"""Log-in by number and password; Wagtail's own permissions from the matrix."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Model

from .models import User
from .permissions import Action, may


class NumberBackend(ModelBackend):
    """`admin.enter` of the matrix is Wagtail's `access_admin`; no other model permission is granted by role."""

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        if perm == "wagtailadmin.access_admin":
            return may(user_obj, Action.ADMIN_ENTER)
        return bool(super().has_perm(user_obj, perm, obj))
