"""A session as a campus platform opens it, without a platform: its user is marked as launched."""

from __future__ import annotations

from typing import Any

from django.test import Client

from learning.organisation.backends import NumberBackend
from learning.organisation.models import User


class LaunchingBackend(NumberBackend):
    def get_user(self, user_id: Any) -> User | None:
        user = super().get_user(user_id)
        if user is not None:
            user.launched = True
        return user


LAUNCHING = f"{__name__}.LaunchingBackend"


def allow_launching(settings: Any) -> None:
    """`settings` is pytest-django's, which undoes it."""
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, LAUNCHING]


def launched(user: User) -> Client:
    client = Client()
    client.force_login(user, LAUNCHING)
    return client
