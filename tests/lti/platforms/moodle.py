"""Moodle as measured (4.5.6). See each method for what it does otherwise than the specifications."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.lti.platforms.base import Platform
from tests.lti.platforms.campus import LineItem, Refused
from tests.lti.platforms.choosing import Choosing
from tests.lti.platforms.gradebook import Gradebook
from tests.lti.platforms.launching import Beginning
from tests.lti.platforms.registering import Registering
from tests.lti.platforms.roster import Roster
from tests.lti.platforms.serving import Answer, Asked, page

NOT_FOUND = "<title>Error</title><p>The URL is blocked.</p>"


class MoodleGradebook(Gradebook):
    query = {"type_id": "3"}

    def stale(self, at: datetime, latest: datetime) -> bool:
        """By the whole second: a second score in the same one is a conflict. A future one was taken, and blocks all."""
        return int(at.timestamp()) <= int(latest.timestamp())

    def show(self, score: dict[str, Any], item: LineItem) -> None:
        """Anything but FullyGraded erases the grade, and is answered with 200."""
        if score["gradingProgress"] != "FullyGraded":
            item.results.pop(score["userId"], None)
        else:
            super().show(score, item)


class MoodleRoster(Roster):
    def roles(self, roles: list[str]) -> list[str]:
        """Short: "Learner"."""
        return [role.rpartition("#")[2] for role in roles]


class MoodleChoosing(Choosing):
    """The answer fills a form; the teacher still saves it."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform)
        self.form: list[tuple[dict[str, Any], Beginning]] = []

    def take(self, items: list[dict[str, Any]], begun: Beginning) -> None:
        self.form = [(item, begun) for item in items]

    def save(self) -> None:
        for item, begun in self.form:
            self.make(item, begun)
        self.form = []


class MoodleRegistering(Registering):
    active_at_once = False  # arrives pending; an administrator activates it


class Moodle(Platform):
    family = "moodle"
    id_token_s = 60
    choosing: MoodleChoosing

    def __init__(self, *arguments: Any, needs_user_agent: bool = False, **options: Any) -> None:
        """`needs_user_agent`: as behind some firewalls."""
        super().__init__(*arguments, **options)
        self.needs_user_agent = needs_user_agent
        self.curl_guard = False  # on: the tool's JWKS is at an address that the site does not fetch from
        self.choosing = MoodleChoosing(self)
        self.registering = MoodleRegistering(self)

    def make_gradebook(self) -> Gradebook:
        return self.gradebook_of(MoodleGradebook)

    def make_roster(self, kind: type[Roster] = MoodleRoster) -> Roster:
        return super().make_roster(kind)

    def route(self, asked: Asked) -> Answer:
        if self.needs_user_agent and not asked.headers.get("user-agent"):
            raise Refused(403, "who are you?")
        if asked.path == "/token" and self.curl_guard:
            return page(NOT_FOUND, status=404)
        return super().route(asked)

    def authenticate(self, asked: Asked) -> Answer:
        """One login request, one launch: its session key is gone after the first."""
        given = asked.form() if asked.method == "POST" else asked.query
        begun = self.begun.get(given.get("lti_message_hint", ""))
        if begun is not None and begun.answered:
            return page("<title>Error</title><p>Invalid session key.</p>", status=403)
        return super().authenticate(asked)
