"""What a platform keeps: people, courses with their members, links, columns of the gradebook, registered tools."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

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
EVERY_SCOPE = frozenset({LINE_ITEM, LINE_ITEM_READONLY, SCORE, RESULT, MEMBERS})


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
