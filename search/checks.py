"""`manage.py check` says what is wrong with SEARCH_URL, its certificate too; the server itself is not asked."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from .engines.choosing import remote_engine


def search_url(**_: Any) -> list[CheckMessage]:
    try:
        remote_engine()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="search.E001")]
    return []
