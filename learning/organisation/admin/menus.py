"""Menu items of Wagtail's side bar that follow the permission matrix."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest
from wagtail.admin.menu import MenuItem

from learning.organisation.models import User
from learning.organisation.permissions import Action, may


class ActionMenuItem(MenuItem):
    """Shown to whoever may do the action somewhere."""

    def __init__(self, *args: Any, action: Action, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.action = action

    def is_shown(self, request: HttpRequest) -> bool:
        return may(cast(User, request.user), self.action)
