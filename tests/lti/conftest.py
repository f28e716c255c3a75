"""Each test meets platforms as if for the first time: their keys and our tokens are kept by process and cache."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from lti.http import jwks


@pytest.fixture(autouse=True)
def nothing_remembered_of_platforms() -> None:
    cache.clear()
    jwks.forget()
