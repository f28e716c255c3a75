"""The words of LTI 1.3: claim URIs, message types, scopes, and the dataclasses a verified message is read into.

What a membership role is worth (`standing`) stands here too. Who sent a message, and whether it is to be
believed, is verifying.py's business.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

VERSION_1_3: Final = "1.3.0"

# Claims of messages: LTI Core 1.3 §5.3 and §5.4; Submission Review 1.0; PNS 1.0.
_CLAIM: Final = "https://purl.imsglobal.org/spec/lti/claim/"
MESSAGE_TYPE: Final = _CLAIM + "message_type"
VERSION: Final = _CLAIM + "version"
DEPLOYMENT_ID: Final = _CLAIM + "deployment_id"
TARGET_LINK_URI: Final = _CLAIM + "target_link_uri"
RESOURCE_LINK_CLAIM: Final = _CLAIM + "resource_link"
ROLES: Final = _CLAIM + "roles"
CONTEXT: Final = _CLAIM + "context"
CUSTOM: Final = _CLAIM + "custom"
TOOL_PLATFORM: Final = _CLAIM + "tool_platform"
LAUNCH_PRESENTATION: Final = _CLAIM + "launch_presentation"
LIS: Final = _CLAIM + "lis"
FOR_USER: Final = _CLAIM + "for_user"
NOTICE: Final = _CLAIM + "notice"
ORIGIN_CONTEXTS: Final = _CLAIM + "origin_contexts"
PNS: Final = _CLAIM + "platformnotificationservice"
AGS: Final = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS: Final = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"

# Deep Linking 2.0, request and response message.
_DEEP_LINKING_CLAIM: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/"
DEEP_LINKING_SETTINGS: Final = _DEEP_LINKING_CLAIM + "deep_linking_settings"
CONTENT_ITEMS: Final = _DEEP_LINKING_CLAIM + "content_items"
DEEP_LINKING_DATA: Final = _DEEP_LINKING_CLAIM + "data"
DEEP_LINKING_MESSAGE: Final = _DEEP_LINKING_CLAIM + "msg"
DEEP_LINKING_LOG: Final = _DEEP_LINKING_CLAIM + "log"

# Of Dynamic Registration 1.0.
TOOL_CONFIGURATION: Final = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM_CONFIGURATION: Final = "https://purl.imsglobal.org/spec/lti-platform-configuration"

# Message types. A notice has no message type of its own: the type inside its notice claim takes its place.
RESOURCE_LINK: Final = "LtiResourceLinkRequest"
DEEP_LINKING: Final = "LtiDeepLinkingRequest"
DEEP_LINKING_RESPONSE: Final = "LtiDeepLinkingResponse"
SUBMISSION_REVIEW: Final = "LtiSubmissionReviewRequest"
CONTEXT_COPY: Final = "LtiContextCopyNotice"
LAUNCHES: Final = frozenset({RESOURCE_LINK, DEEP_LINKING, SUBMISSION_REVIEW})

# Scopes: AGS 2.0, NRPS 2.0, PNS 1.0.
SCOPE_LINE_ITEM: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCOPE_LINE_ITEM_READ: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
SCOPE_SCORE: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
SCOPE_RESULT: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
SCOPE_MEMBERS: Final = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPE_NOTICES: Final = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
SCOPES: Final = (
    SCOPE_LINE_ITEM,
    SCOPE_LINE_ITEM_READ,
    SCOPE_SCORE,
    SCOPE_RESULT,
    SCOPE_MEMBERS,
    SCOPE_NOTICES,
)

# Placements of links: Dynamic Registration 1.0, tool configuration.
PLACEMENT_CONTENT: Final = "ContentArea"
PLACEMENT_EDITOR: Final = "RichTextEditor"

_MEMBERSHIP: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership"
MEMBERSHIP_LEARNER: Final = _MEMBERSHIP + "#Learner"
MEMBERSHIP_INSTRUCTOR: Final = _MEMBERSHIP + "#Instructor"
MEMBERSHIP_ADMINISTRATOR: Final = _MEMBERSHIP + "#Administrator"
MEMBERSHIP_CONTENT_DEVELOPER: Final = _MEMBERSHIP + "#ContentDeveloper"
MEMBERSHIP_ASSISTANT: Final = _MEMBERSHIP + "/Instructor#TeachingAssistant"


class Standing(StrEnum):
    """What a person is in one context; rights follow from nothing else."""

    NONE = "none"
    LEARNER = "learner"
    ASSISTANT = "assistant"
    INSTRUCTOR = "instructor"


_TEACHING = frozenset(
    {"Lecturer", "PrimaryInstructor", "SecondaryInstructor", "GuestInstructor", "ExternalInstructor"}
)
_ASSISTING = frozenset(
    {
        "Grader",
        "TeachingAssistant",
        "TeachingAssistantGroup",
        "TeachingAssistantOffering",
        "TeachingAssistantSection",
        "TeachingAssistantSectionAssociation",
        "TeachingAssistantTemplate",
    }
)


def _of_membership(role: str) -> tuple[str, str]:
    """(principal role, sub-role or "") of the membership vocabulary; a name of no meaning for other roles."""
    if role.startswith(_MEMBERSHIP + "#"):
        return role.removeprefix(_MEMBERSHIP + "#"), ""
    if role.startswith(_MEMBERSHIP + "/"):
        principal, _, sub = role.removeprefix(_MEMBERSHIP + "/").partition("#")
        return (principal, sub) if sub else ("", "")
    # A simple name is of the membership vocabulary (LTI Core 1.3 §A.2.3). A role of another vocabulary comes
    # out as itself, whole, and so is none of the names below.
    return role, ""


def standing(roles: Iterable[str]) -> Standing:
    """The highest standing that `roles` give in their context (LTI Core 1.3 §A.2.3).

    Only roles of the membership vocabulary count, written whole or as a simple name; system and institution
    roles never do. Mentor, Member, Manager, Officer and ContentDeveloper see nobody's work: NONE, as is
    everything unknown. A platform that names a sub-role sends its principal role as well (§A.2.3.1), so
    Instructor beside nothing but assisting sub-roles is an assistant.
    """
    named = {_of_membership(role) for role in roles}
    subs = {sub for principal, sub in named if principal == "Instructor" and sub}
    principals = {principal for principal, sub in named if not sub}
    assists = bool(subs & _ASSISTING) or bool(principals & _ASSISTING)
    if subs & _TEACHING or "Administrator" in principals:
        return Standing.INSTRUCTOR
    if "Instructor" in principals and not assists:
        return Standing.INSTRUCTOR
    if assists:
        return Standing.ASSISTANT
    if any(principal == "Learner" for principal, _ in named):
        return Standing.LEARNER
    return Standing.NONE


def may_place_links(roles: Iterable[str]) -> bool:
    """Whether `roles` may choose content for the context: instructors, and its content developers (a designer
    of Canvas, a course builder of Blackboard), who have no standing over learners otherwise."""
    given = tuple(roles)
    return standing(given) is Standing.INSTRUCTOR or ("ContentDeveloper", "") in map(_of_membership, given)


@dataclass(frozen=True, slots=True)
class ContextClaim:
    """The course a message comes from: LTI Core 1.3 §5.4.1."""

    id: str
    label: str = ""
    title: str = ""
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkClaim:
    """The placement of a link in a context: LTI Core 1.3 §5.3.5."""

    id: str
    title: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class AgsClaim:
    """Where grades go, and what we may do there: AGS 2.0, service claim. Empty URL: the platform gave none."""

    scopes: frozenset[str]
    lineitems: str = ""
    lineitem: str = ""


@dataclass(frozen=True, slots=True)
class NrpsClaim:
    """Where the roster is: NRPS 2.0, service claim."""

    url: str
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PnsClaim:
    """Where handlers of notices are registered, and for which notices: PNS 1.0."""

    url: str
    scopes: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DeepLinkingClaim:
    """What the platform takes back from a choice: Deep Linking 2.0, deep linking settings.

    `data` None: not given, so it must not be sent back. `accept_lineitem` None: the platform does not say.
    """

    return_url: str
    accept_types: frozenset[str]
    accept_targets: frozenset[str]
    accept_multiple: bool = True
    accept_lineitem: bool | None = None
    auto_create: bool = False
    data: str | None = None
    title: str = ""
    text: str = ""


NAME_LENGTH: Final = 150


def _is_cjk(text: str) -> bool:
    """Whether `text` has a character of the Han, kana or hangul blocks."""
    return any("⺀" <= c <= "鿿" or "가" <= c <= "힣" or "豈" <= c <= "﫿" or c >= "\U00020000" for c in text)


def display_name(name: str, *, given_name: str = "", family_name: str = "") -> str:
    """How a person is called on the screen: the platform's own full name; else family and given name without
    a space where either is Chinese, Japanese or Korean; else given, space, family; "" when nothing is known. At most
    NAME_LENGTH characters, of whatever parts."""
    if not name and (_is_cjk(family_name) or _is_cjk(given_name)):
        name = family_name + given_name
    return (name or f"{given_name} {family_name}".strip())[:NAME_LENGTH]


@dataclass(frozen=True, slots=True)
class Person:
    """Who launched: OpenID Connect Core §5.1 and the lis claim (LTI Core 1.3 §5.4.5). "" = not given.

    `sub` is "" in a notice only. `number` is lis.person_sourcedid: believed only where the administrator
    trusts the platform with numbers.
    """

    sub: str
    name: str = ""
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    locale: str = ""
    number: str = ""

    @property
    def display_name(self) -> str:
        """The name for the screen; "" when the platform gives none."""
        return display_name(self.name, given_name=self.given_name, family_name=self.family_name)


@dataclass(frozen=True, slots=True)
class Presentation:
    """How the platform shows us: LTI Core 1.3 §5.4.4. `document_target` is iframe, frame, window or ""."""

    document_target: str = ""
    return_url: str = ""
    locale: str = ""


@dataclass(frozen=True, slots=True)
class ForUser:
    """Whose submission is to be reviewed: Submission Review 1.0, for_user claim."""

    user_id: str
    name: str = ""
    email: str = ""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoticeClaim:
    """Which notice this is: PNS 1.0. `timestamp` as the platform wrote it, "" when it did not."""

    id: str
    timestamp: str
    type: str


@dataclass(frozen=True, slots=True)
class PlatformClaim:
    """What the platform says of itself: LTI Core 1.3 §5.4.2. For the screen only; the issuer decides."""

    guid: str = ""
    name: str = ""
    product: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A verified message, read: everything the services need, and the claims as they came in `raw`."""

    message_type: str
    version: str
    deployment_id: str
    person: Person
    roles: tuple[str, ...] = ()
    standing: Standing = Standing.NONE
    target_link_uri: str = ""
    context: ContextClaim | None = None
    link: LinkClaim | None = None
    custom: Mapping[str, str] = field(default_factory=dict)
    ags: AgsClaim | None = None
    nrps: NrpsClaim | None = None
    pns: PnsClaim | None = None
    deep_linking: DeepLinkingClaim | None = None
    presentation: Presentation = field(default_factory=Presentation)
    for_user: ForUser | None = None
    notice: NoticeClaim | None = None
    origin_contexts: tuple[str, ...] = ()
    platform: PlatformClaim = field(default_factory=PlatformClaim)
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def line_item_of_review(self) -> str:
        """The line item whose submission is to be opened; "" unless this is a submission review."""
        return self.ags.lineitem if self.ags and self.message_type == SUBMISSION_REVIEW else ""
