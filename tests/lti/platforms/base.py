"""A platform as LTI 1.3 Advantage has it, on a loopback port, strict where a platform may be strict.

    with Platform("http://127.0.0.1:8000") as platform:
        url = platform.begin("ana", "exam")      # what a browser is sent to: the tool's login
        platform.gradebook.shown("ana")

Its people, courses and columns are open for the test to set and to look at; dialects are subclasses. Nothing here
imports the product: it is the other side.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Self

import jwt

from tests.lti.platforms import pages
from tests.lti.platforms.campus import ASSISTANT, EVERY_SCOPE, LEARNER, TEACHER, Client, Link, Refused
from tests.lti.platforms.choosing import Choosing
from tests.lti.platforms.gradebook import Gradebook
from tests.lti.platforms.granting import Granting, ToolKeys
from tests.lti.platforms.launching import DEEP_LINKING, RESOURCE_LINK, Beginning, Launching
from tests.lti.platforms.notifying import Notifying
from tests.lti.platforms.registering import Registering
from tests.lti.platforms.roster import Roster
from tests.lti.platforms.serving import Answer, Asked, Loopback, in_json, moved, page


class Platform(Launching):
    keeps_requests = True

    def __init__(
        self,
        tool: str = "http://127.0.0.1:8000",
        *,
        name: str = "localhost",
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(tool, now=now)
        self.server = Loopback(self.answer, name=name, now=now)
        self.url = self.server.url
        self.lock = threading.Lock()
        self.asked: list[Asked] = []
        self.begun: dict[str, Beginning] = {}
        self.tool_keys = ToolKeys()
        self.granting = Granting(clients=self.clients, keys=self.tool_keys, now=self.now)
        self.granting.allowed = set(EVERY_SCOPE)
        self.gradebook = self.make_gradebook()
        self.roster = self.make_roster()
        self.choosing = Choosing(self)
        self.notifying = Notifying(self)
        self.registering = Registering(self)
        self.furnish()

    def make_gradebook(self) -> Gradebook:
        return self.gradebook_of(Gradebook)

    def gradebook_of(self, kind: type[Gradebook]) -> Gradebook:
        return kind(
            contexts=self.contexts,
            links=self.links,
            granting=self.granting,
            base=lambda: self.url,
            now=self.now,
        )

    def make_roster(self, kind: type[Roster] = Roster) -> Roster:
        return kind(contexts=self.contexts, people=self.people, granting=self.granting, base=lambda: self.url)

    def furnish(self) -> None:
        """One course with a teacher, an assistant and three learners, and the link "exam"."""
        self.rotate_key()
        self.add_client(self.first_client_id(), deployments=["1"])
        for sub, role in (
            ("teach", TEACHER),
            ("tina", ASSISTANT),
            ("ana", LEARNER),
            ("bo", LEARNER),
            ("cy", LEARNER),
        ):
            self.add_person(sub)
            if not self.contexts:
                self.add_context("course")
            self.enrol(sub, role)
        self.add_link("exam")

    def first_client_id(self) -> str:
        return "client-1"

    # --- where it is

    @property
    def auth_url(self) -> str:
        return f"{self.url}/auth"

    @property
    def token_url(self) -> str:
        return f"{self.url}/token"

    @property
    def token_audience(self) -> str:
        """What an assertion must be meant for."""
        return self.token_url

    @property
    def jwks_url(self) -> str:
        return f"{self.url}/jwks"

    def details(self, client: Client | None = None) -> dict[str, Any]:
        """What an administrator of the tool types in."""
        client = client or self.client
        return {
            "issuer": self.issuer,
            "client_id": client.client_id,
            "deployment_id": client.deployments[0],
            "auth_url": self.auth_url,
            "token_url": self.token_url,
            "jwks_url": self.jwks_url,
        }

    # --- what a test sets

    def start(self) -> Self:
        self.server.start()
        return self

    def stop(self) -> None:
        self.server.stop()

    __enter__ = start

    def __exit__(self, *_: object) -> None:
        self.stop()

    def add_link(
        self,
        link_id: str,
        *,
        context_id: str | None = None,
        target: str | None = None,
        custom: dict[str, str] | None = None,
        maximum: float | None = None,
    ) -> Link:
        """`maximum`: with a column of the platform's own making."""
        context = self.contexts[context_id] if context_id else next(iter(self.contexts.values()))
        link = Link(link_id, context, link_id.title(), target or f"{self.tool}/lti/launch", custom or {})
        if maximum is not None:
            link.item = self.gradebook.add(context, label=link.title, maximum=maximum, link_id=link_id)
        self.links[link_id] = link
        return link

    # --- requests

    def answer(self, asked: Asked) -> Answer:
        if self.keeps_requests:
            self.asked.append(asked)
        try:
            return self.route(asked)
        except Refused as refused:
            return in_json({"error": refused.reason}, status=refused.status)
        except ValueError as error:  # not JSON, not a number
            return in_json({"error": str(error)}, status=400)

    def route(self, asked: Asked) -> Answer:
        places: dict[str, Callable[[Asked], Answer]] = {
            "start": self.clicked,
            "course": self.clicked,
            "auth": self.authenticate,
            "token": lambda asked: self.granting.token(asked, audiences=[self.token_audience]),
            "jwks": lambda _: self.key_set(),
            "ags": self.one_at_a_time(self.gradebook.answer),
            "nrps": self.one_at_a_time(self.roster.answer),
            "deep-links": self.choosing.answer,
            "notices": self.notifying.answer,
            ".well-known": lambda _: in_json(self.registering.configuration()),
            "register": self.registering.answer,
            "storage": lambda _: page(pages.storage()),
        }
        place = places.get(asked.path.split("/")[1])
        if place is None:
            raise Refused(404, "nothing here")
        return place(asked)

    def one_at_a_time(self, answer: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
        def locked(asked: Asked) -> Answer:
            with self.lock:
                return answer(asked)

        return locked

    def clicked(self, asked: Asked) -> Answer:
        """/start sends the browser to the tool; /course shows it in a frame. `user`, `link`; `dl` for the picker."""
        message = DEEP_LINKING if "dl" in asked.query else RESOURCE_LINK
        framed = asked.path == "/course"
        url = self.begin(
            asked.query["user"],
            asked.query.get("link", "exam"),
            message=message,
            target="iframe" if framed else "window",
        )
        return page(pages.framing(url, **self.storage_frame())) if framed else moved(url)

    def storage_frame(self) -> dict[str, str]:
        return {}

    def key_set(self) -> Answer:
        public = [
            jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
            | {"kid": kid, "alg": "RS256", "use": "sig"}
            for kid, key in self.keys
        ]
        return in_json({"keys": public})
