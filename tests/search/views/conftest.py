"""The page and the suggestions in front of a search that a test answers itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from learning.organisation.models import User
from search.services.results import Results, Suggestion
from search.views import results as results_view
from search.views import suggestions as suggestions_view

BACKEND = "learning.organisation.backends.NumberBackend"


@dataclass
class Answering:
    """Stands where the search stands: `questions` is what it was asked, `results` and `suggested` what it answers."""

    results: Callable[[dict[str, Any]], Results]
    suggested: list[Suggestion] = field(default_factory=list)
    questions: list[dict[str, Any]] = field(default_factory=list)
    remembered: list[Results] = field(default_factory=list)

    def find(self, **question: Any) -> Results:
        self.questions.append(question)
        return self.results(question)

    def suggest(self, **question: Any) -> list[Suggestion]:
        self.questions.append(question)
        return self.suggested

    def remember(self, *, results: Results, **_: Any) -> bool:
        self.remembered.append(results)
        return True


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    stand_in = Answering(lambda question: Results(question["text"], question["filters"]))
    monkeypatch.setattr(results_view.searching, "find", stand_in.find)
    monkeypatch.setattr(results_view.asking, "remember", stand_in.remember)
    monkeypatch.setattr(suggestions_view.suggesting, "suggest", stand_in.suggest)
    return stand_in


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, BACKEND)
    return client
