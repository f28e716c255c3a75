"""A platform as LTI 1.3 Advantage has it, on a loopback port, strict where a platform may be strict.

    with Platform("http://127.0.0.1:8000") as platform:
        url = platform.begin("ana", "exam")      # what a browser is sent to: the tool's login
        platform.gradebook.shown("ana")

Its people, courses and columns are open for the test to set and to look at; dialects are subclasses. Nothing here
imports the product: it is the other side.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.lti.platforms import pages
from tests.lti.platforms.campus import (
    ASSISTANT,
    EVERY_SCOPE,
    LEARNER,
    LINE_ITEM,
    RESULT,
    SCORE,
    TEACHER,
    Client,
    Context,
    Link,
    Person,
    Refused,
)
from tests.lti.platforms.choosing import Choosing
from tests.lti.platforms.gradebook import Gradebook
from tests.lti.platforms.granting import Granting, ToolKeys
from tests.lti.platforms.registering import Registering
from tests.lti.platforms.roster import Roster
from tests.lti.platforms.serving import Answer, Asked, Loopback, in_json, moved, page

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS_CLAIM = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
RESOURCE_LINK, DEEP_LINKING = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"
SUBMISSION_REVIEW = "LtiSubmissionReviewRequest"


@dataclass
class Beginning:
    """A launch that was begun: what lti_message_hint stands for."""

    sub: str
    link: Link
    message: str
    target: str
    for_user: str
    changes: dict[str, Any]
    answered: int = 0  # times the auth endpoint gave out a message for it
    claims: dict[str, Any] = field(default_factory=dict)  # of the last message


class Platform:
    family = "strict"  # product_family_code
    storage_target: str | None = None
    id_token_s = 3600
    keeps_requests = True

    def __init__(
        self,
        tool: str = "http://127.0.0.1:8000",
        *,
        name: str = "localhost",
        now: Callable[[], float] = time.time,
    ) -> None:
        self.tool, self.now = tool, now
        self.server = Loopback(self.answer, name=name)
        self.url = self.server.url
        self.keys: list[tuple[str, rsa.RSAPrivateKey]] = []  # the last signs; all are published
        self.lock = threading.Lock()
        self.asked: list[Asked] = []
        self.begun: dict[str, Beginning] = {}
        self.people: dict[str, Person] = {}
        self.clients: dict[str, Client] = {}
        self.contexts: dict[str, Context] = {}
        self.links: dict[str, Link] = {}
        self.tool_keys = ToolKeys()
        self.granting = Granting(clients=self.clients, keys=self.tool_keys, now=self.now)
        self.granting.allowed = set(EVERY_SCOPE)
        self.gradebook = self.make_gradebook()
        self.roster = self.make_roster()
        self.choosing = Choosing(self)
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
        self.add_client("client-1", deployments=["1"])
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

    # --- where it is

    @property
    def issuer(self) -> str:
        return self.url

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

    @property
    def client(self) -> Client:
        return next(iter(self.clients.values()))

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

    def rotate_key(self, *, keep_old: bool = True) -> None:
        fresh = (secrets.token_hex(4), rsa.generate_private_key(public_exponent=65537, key_size=2048))
        self.keys = [*(self.keys if keep_old else []), fresh]

    def add_client(self, client_id: str, *, deployments: list[str], active: bool = True) -> Client:
        self.clients[client_id] = Client(
            client_id=client_id,
            deployments=deployments,
            login_url=f"{self.tool}/lti/login",
            jwks_url=f"{self.tool}/lti/jwks",
            redirect_uris=[f"{self.tool}/lti/launch"],
            active=active,
        )
        return self.clients[client_id]

    def add_person(self, sub: str, *, name: str | None = None, email: str | None = None) -> Person:
        self.people[sub] = Person(sub, name or f"{sub.title()} Li", email or f"{sub}@campus.example")
        return self.people[sub]

    def add_context(
        self, context_id: str, *, client: Client | None = None, deployment: str | None = None
    ) -> Context:
        client = client or self.client
        self.contexts[context_id] = Context(
            context_id, f"Course {context_id}", client, deployment or client.deployments[0]
        )
        return self.contexts[context_id]

    def enrol(self, sub: str, *roles: str, context_id: str | None = None) -> None:
        context = self.contexts[context_id] if context_id else next(iter(self.contexts.values()))
        context.roles[sub] = list(roles)
        context.left.discard(sub)

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

    # --- a launch

    def begin(
        self,
        sub: str,
        link_id: str = "exam",
        *,
        message: str = RESOURCE_LINK,
        target: str = "window",
        for_user: str = "",
        changes: dict[str, Any] | None = None,
    ) -> str:
        """The tool's login with this platform's parameters. `changes` go over the claims; None takes one away."""
        hint, link = secrets.token_urlsafe(12), self.links[link_id]
        self.begun[hint] = Beginning(sub, link, message, target, for_user, changes or {})
        parameters = self.login_parameters(self.begun[hint]) | {"lti_message_hint": hint}
        return f"{link.context.client.login_url}?{urlencode(parameters)}"

    def login_parameters(self, begun: Beginning) -> dict[str, str]:
        context = begun.link.context
        storage = {"lti_storage_target": self.storage_target} if self.storage_target else {}
        return {
            "iss": self.issuer,
            "login_hint": begun.sub,
            "target_link_uri": begun.link.target,
            "client_id": context.client.client_id,
            "lti_deployment_id": context.deployment_id,
            **storage,
        }

    def authenticate(self, asked: Asked) -> Answer:
        given = asked.form() if asked.method == "POST" else asked.query
        begun = self.begun.get(given.get("lti_message_hint", ""))
        if begun is None:
            raise Refused(400, "lti_message_hint")
        client = begun.link.context.client
        expected = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": client.client_id,
            "login_hint": begun.sub,
        }
        wrong = [name for name, value in expected.items() if given.get(name) != value]
        wrong += [name for name in ("nonce", "state") if not given.get(name)]
        if given.get("redirect_uri") not in client.redirect_uris:
            wrong.append("redirect_uri")
        if wrong:
            raise Refused(400, "wrong or missing: " + ", ".join(wrong))
        if not client.active:
            raise Refused(403, "this tool is not active yet")
        begun.answered += 1
        begun.claims = self.claims(begun, given["nonce"])
        fields = {"id_token": self.sign(begun.claims), "state": given["state"]}
        return page(pages.posting(given["redirect_uri"], fields | self.beside_the_token()))

    def beside_the_token(self) -> dict[str, str]:
        return {"lti_storage_target": self.storage_target} if self.storage_target else {}

    def sign(self, claims: dict[str, Any]) -> str:
        kid, key = self.keys[-1]
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid})

    def claims(self, begun: Beginning, nonce: str) -> dict[str, Any]:
        link, person, now = begun.link, self.people[begun.sub], int(self.now())
        context = link.context
        given_name, _, family_name = person.name.partition(" ")
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": context.client.client_id,
            "sub": begun.sub,
            "iat": now,
            "exp": now + self.id_token_s,
            "nonce": nonce,
            "name": person.name,
            "given_name": given_name,
            "family_name": family_name,
            "email": person.email,
            CLAIM + "message_type": begun.message,
            CLAIM + "version": "1.3.0",
            CLAIM + "deployment_id": context.deployment_id,
            CLAIM + "target_link_uri": link.target,
            CLAIM + "roles": context.roles.get(begun.sub, []),
            CLAIM + "context": {"id": context.id, "title": context.title, "label": context.id},
            CLAIM + "tool_platform": {
                "guid": self.issuer,
                "product_family_code": self.family,
                "name": self.family,
            },
            CLAIM + "launch_presentation": {
                "document_target": begun.target,
                "return_url": f"{self.url}/course",
            },
            NRPS_CLAIM: {"context_memberships_url": self.roster.url(context), "service_versions": ["2.0"]},
        }
        if begun.message == DEEP_LINKING:
            claims |= self.choosing.claims(begun)
        else:
            claims |= {
                CLAIM + "resource_link": {"id": link.id, "title": link.title},
                CLAIM + "custom": link.custom,
            }
            claims[AGS_CLAIM] = self.grade_claim(link)
        if begun.for_user:
            claims[CLAIM + "for_user"] = {"user_id": begun.for_user}
        return {name: value for name, value in (claims | begun.changes).items() if value is not None}

    def grade_claim(self, link: Link) -> dict[str, Any]:
        item = {"lineitem": self.gradebook.item_url(link.item)} if link.item else {}
        scopes = sorted({LINE_ITEM, SCORE, RESULT} & self.granting.allowed)
        return {"scope": scopes, "lineitems": self.gradebook.items_url(link.context), **item}

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
