"""Names and Role Provisioning Services 2.0: the roster of a context, page by page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urljoin

from lti.core import claims

MEMBERS_TYPE: Final = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_MEMBERS: Final = 20_000  # on one page
_ROLES: Final = 50
_ID_LENGTH: Final = 255
_NAME_LENGTH: Final = 150
_EMAIL_LENGTH: Final = 254
_HEADER_LENGTH: Final = 16_384


class BadRoster(ValueError):
    """A platform's answer is no membership container."""


class Status(StrEnum):
    """What a membership is: NRPS 2.0, membership status. Deleted stands only in lists of differences."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"
    DELETED = "Deleted"


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a context: NRPS 2.0, membership. "" = not given; `custom` only where the link was asked for."""

    user_id: str
    status: Status
    roles: tuple[str, ...]
    standing: claims.Standing
    name: str = ""
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    number: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)

    @property
    def display_name(self) -> str:
        """The name for the screen; "" when the platform gives none."""
        return claims.display_name(self.name, given_name=self.given_name, family_name=self.family_name)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a roster; `context_id` "" when the platform does not say."""

    context_id: str
    members: tuple[Member, ...]


def read_page(answer: object) -> Page:
    """The members on one page (NRPS 2.0, membership container). Raises BadRoster.

    Entries without a usable user_id are passed over; a status that we do not know counts as Inactive, since
    nobody is admitted by a word we do not understand; a missing one is Active.
    """
    if not isinstance(answer, Mapping) or not isinstance(answer.get("members"), list):
        raise BadRoster("the answer has no list of members")
    entries = answer["members"]
    if len(entries) > _MEMBERS:
        raise BadRoster(f"the answer has more than {_MEMBERS} members on one page")
    context = answer.get("context")
    return Page(
        context_id=_text(context, "id", longest=_ID_LENGTH) if isinstance(context, Mapping) else "",
        members=tuple(
            _member(entry, user_id)
            for entry in entries
            if isinstance(entry, Mapping) and (user_id := _text(entry, "user_id", longest=_ID_LENGTH))
        ),
    )


def _member(entry: Mapping[str, Any], user_id: str) -> Member:
    given = entry.get("roles")
    roles = tuple(role for role in given if isinstance(role, str))[:_ROLES] if isinstance(given, list) else ()
    return Member(
        user_id=user_id,
        status=_status(entry.get("status")),
        roles=roles,
        standing=claims.standing(roles),
        name=_text(entry, "name")[:_NAME_LENGTH],
        given_name=_text(entry, "given_name")[:_NAME_LENGTH],
        family_name=_text(entry, "family_name")[:_NAME_LENGTH],
        email=_text(entry, "email", longest=_EMAIL_LENGTH),
        number=_text(entry, "lis_person_sourcedid", longest=_ID_LENGTH),
        custom=_custom(entry.get("message")),
    )


def _status(given: object) -> Status:
    if given is None:
        return Status.ACTIVE
    return next((status for status in Status if status == given), Status.INACTIVE)


def _text(within: Mapping[str, Any], name: str, *, longest: int | None = None) -> str:
    """A string without what no database takes; "" when it is none or, whole, longer than `longest`."""
    value = within.get(name)
    if not isinstance(value, str):
        return ""
    text = "".join(c for c in value if c != "\0" and not "\ud800" <= c <= "\udfff").strip()
    return "" if longest is not None and len(text) > longest else text


def _custom(messages: object) -> dict[str, str]:
    """Custom parameters in the message section, given when one link is asked for (NRPS 2.0, resource link membership);
    without variables that the platform left as they stood: "$Person.sourcedId" would be one number for everybody."""
    custom: dict[str, str] = {}
    for message in messages if isinstance(messages, list) else ():
        given = message.get(claims.CUSTOM) if isinstance(message, Mapping) else None
        if isinstance(given, Mapping):
            texts = {str(name): _text(given, name) for name in given}
            custom |= {name: text for name, text in texts.items() if not text.startswith("$")}
    return custom


_TARGET = re.compile(r"[\s,]*<([^>]*)>")
_PARAMETER = re.compile(r'\s*;\s*([^\s=;,"<>]+)?(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"<>]*)))?')


def next_page(link_header: str | None, *, base: str) -> str:
    """The address of the next page in a Link header (RFC 8288 §3), "" on the last; relative to `base`.

    Only the first rel of a link counts, and it may name several relations; a header that cannot be read to
    its end gives what was read.
    """
    header, at = (link_header or "")[:_HEADER_LENGTH], 0
    while target := _TARGET.match(header, at):
        at = target.end()
        relations: list[str] | None = None
        while (parameter := _PARAMETER.match(header, at)) and parameter.end() > at:
            at = parameter.end()
            name, quoted, bare = parameter.groups(default="")
            if relations is None and name.lower() == "rel":
                relations = (re.sub(r"\\(.)", r"\1", quoted) or bare).lower().split()
        address: str = target.group(1).strip()
        if address and "next" in (relations or ()):
            return urljoin(base, address)
    return ""
