"""Each test meets platforms as if for the first time: their keys and our tokens are kept by process and cache. `campus`
is a registered platform whose keys are read without a network."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache

from learning.organisation.models import Unit
from lti.http import jwks, signing
from lti.http.fetching import Answer
from question_bank.exams.models import Exam
from tests.factories import make_exam, make_unit
from tests.lti.campus import Campus, join_campus, published
from tests.lti.platforms.signing import SigningPlatform


@pytest.fixture(autouse=True)
def nothing_remembered_of_platforms() -> None:
    cache.clear()
    jwks.forget()
    signing.forget()


@pytest.fixture
def school(db: None) -> Unit:
    return make_unit()


@pytest.fixture
def exam(school: Unit) -> Exam:
    now = datetime.now(UTC)
    return make_exam(owner_unit=school, opens_at=now - timedelta(hours=1), closes_at=now + timedelta(hours=2))


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which JWKS addresses were asked, in order; platforms enter their keys in `published`."""
    asked: list[str] = []

    def answer(method: str, url: str, **_: Any) -> Answer:
        asked.append(url)
        return Answer(200, {}, json.dumps(published[url].jwks()))

    monkeypatch.setattr(jwks, "fetch", answer)
    return asked


@pytest.fixture
def campus(school: Unit, exam: Exam, fetched: list[str]) -> Campus:
    return join_campus(SigningPlatform(), school, exam)
