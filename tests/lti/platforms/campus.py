"""What a platform keeps: people, courses with their members, links, columns of the gradebook, registered tools."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
TEACHER = f"{MEMBERSHIP}#Instructor"
LEARNER = f"{MEMBERSHIP}#Learner"
ASSISTANT = f"{MEMBERSHIP}/Instructor#TeachingAssistant"

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope"
LINE_ITEM = f"{AGS}/lineitem"
LINE_ITEM_READONLY = f"{AGS}/lineitem.readonly"
SCORE = f"{AGS}/score"
RESULT = f"{AGS}/result.readonly"
MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
NOTICES = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
EVERY_SCOPE = frozenset({LINE_ITEM, LINE_ITEM_READONLY, SCORE, RESULT, MEMBERS, NOTICES})


class Refused(Exception):
    """What the platform answers instead: a status and a reason; the words are its own."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass
class Person:
    sub: str
    name: str
    email: str


@dataclass
class Client:
    """The tool as registered: `active` is what an administrator switches."""

    client_id: str
    deployments: list[str]
    login_url: str
    jwks_url: str
    redirect_uris: list[str]
    active: bool = True


@dataclass
class Context:
    id: str
    title: str
    client: Client
    deployment_id: str
    roles: dict[str, list[str]] = field(default_factory=dict)  # by sub
    left: set[str] = field(default_factory=set)  # listed as inactive


@dataclass
class LineItem:
    id: str
    context: Context
    label: str
    maximum: float
    resource_id: str = ""
    tag: str = ""
    link_id: str = ""
    made_by_tool: bool = False
    more: dict[str, Any] = field(default_factory=dict)  # startDateTime, submissionReview …
    accepted: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # scores by sub, oldest first
    results: dict[str, dict[str, Any]] = field(default_factory=dict)  # what the gradebook shows, by sub


@dataclass
class Link:
    id: str
    context: Context
    title: str
    target: str
    custom: dict[str, str] = field(default_factory=dict)
    item: LineItem | None = None


class Campus:
    """The tool is at `tool`, without a slash at the end; `now` gives the platform's clock in seconds."""

    def __init__(self, tool: str, *, now: Callable[[], float]) -> None:
        self.tool, self.now = tool, now
        self.keys: list[tuple[str, rsa.RSAPrivateKey]] = []  # the last signs; all are published
        self.people: dict[str, Person] = {}
        self.clients: dict[str, Client] = {}
        self.contexts: dict[str, Context] = {}
        self.links: dict[str, Link] = {}

    @property
    def client(self) -> Client:
        return next(iter(self.clients.values()))

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
