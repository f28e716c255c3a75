"""Who came by a launch. It authenticates nobody: only a launch opens its sessions."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend

from learning.organisation.models import User


class LaunchBackend(BaseBackend):
    """Marks its people as launched: whatever roles they hold are left at home."""

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.filter(pk=user_id, is_active=True).first()
        if user is not None:
            user.launched = True
        return user
