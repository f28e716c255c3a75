"""Reads the claims of a message whose signature holds into a Message, checking the type of each.

A claim that is absent, null, or (PHP) an empty list where an object is due counts as not given; one of the
wrong type refuses the message, since what a platform means by it can only be guessed. Unknown claims stay in
`raw` and are otherwise left alone.
"""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from lti.core import claims
from lti.core.refusals import Refusal, Refused

ID_LENGTH: Final = 255  # characters; LTI Core 1.3 §5.3.3, §5.3.5, §5.3.6.1
_NAME_LENGTH: Final = 150
_EMAIL_LENGTH: Final = 254  # RFC 5321 §4.5.3.1
_LOCALE_LENGTH: Final = 35  # RFC 5646 §4.4.1
_TEXT_LENGTH: Final = 1000
_DESCRIPTION_LENGTH: Final = 5000
_URL_LENGTH: Final = 2000
_DATA_LENGTH: Final = 32_000
_ITEMS: Final = 200
_DEPTH: Final = 20


def read_message(payload: Mapping[str, Any], *, ours: Callable[[str], bool]) -> claims.Message:
    """The launch in `payload`, the claims that `verify` gave back (LTI Core 1.3 §5.3, §5.4).

    `ours` says whether a URL is one of our own. Raises Refused. A notice is no launch: see `read_notice`.
    """
    check_storable(payload)
    version = _version(payload)
    message_type = _text(payload, claims.MESSAGE_TYPE)
    if not message_type:
        raise Refused(Refusal.NO_MESSAGE_TYPE, "the message_type claim is missing")
    if message_type not in claims.LAUNCHES:
        raise Refused(Refusal.UNKNOWN_MESSAGE_TYPE, f"we know no message {message_type[:80]!r}")
    deployment_id = _deployment(payload)
    sub = _id(payload, "sub")
    if not sub:
        raise Refused(Refusal.NO_SUB, "the sub claim is missing: we know nobody without one")
    if payload.get(claims.ROLES) is None:
        raise Refused(Refusal.NO_ROLES, "the roles claim is missing; an empty list would be accepted")
    roles = _texts(payload, claims.ROLES)
    message = claims.Message(
        message_type=message_type,
        version=version,
        deployment_id=deployment_id,
        person=_person(payload, sub),
        roles=roles,
        standing=claims.standing(roles),
        target_link_uri=_target(payload, message_type, ours),
        context=_context(payload),
        link=_link(payload),
        custom=_custom(payload),
        ags=_ags(payload),
        nrps=_nrps(payload),
        pns=_pns(payload),
        deep_linking=_deep_linking(payload),
        presentation=_presentation(payload),
        for_user=_for_user(payload),
        platform=_platform(payload),
        raw=payload,
    )
    _require_what_its_type_needs(message)
    return message


def read_notice(payload: Mapping[str, Any]) -> claims.Message:
    """The notice in `payload` (PNS 1.0): `message_type` is the type of the notice, `person.sub` may be "".

    A notice has no message type, roles, link or target. Raises Refused.
    """
    check_storable(payload)
    version = _version(payload)
    inner = _object(payload, claims.NOTICE)
    notice = claims.NoticeClaim(
        id=_id(inner, "id"), timestamp=_text(inner, "timestamp"), type=_text(inner, "type")
    )
    if not notice.type:
        raise Refused(Refusal.NO_MESSAGE_TYPE, "the notice claim is missing or names no type")
    if not notice.id:
        raise Refused(Refusal.MISSING_CLAIMS, "the notice has no id")
    return claims.Message(
        message_type=notice.type,
        version=version,
        deployment_id=_deployment(payload),
        person=_person(payload, _id(payload, "sub")),
        context=_context(payload),
        custom=_custom(payload),
        ags=_ags(payload),
        nrps=_nrps(payload),
        pns=_pns(payload),
        notice=notice,
        origin_contexts=_texts(payload, claims.ORIGIN_CONTEXTS),
        platform=_platform(payload),
        raw=payload,
    )


def check_storable(value: object, *, depth: int = _DEPTH) -> None:
    """Refuses as malformed what no database or JSON column takes: NUL, half a surrogate pair, NaN and
    infinity, nesting deeper than `depth`. Otherwise a signed message could end in a server error."""
    if depth < 0:
        raise Refused(Refusal.MALFORMED, "the claims are nested too deeply")
    match value:
        case str():
            if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value):
                raise Refused(Refusal.MALFORMED, "a claim holds a character that no text has")
        case float() if not math.isfinite(value):
            raise Refused(Refusal.MALFORMED, "a claim holds a number that JSON does not know")
        case Mapping():
            for key, inner in value.items():
                check_storable(key, depth=0)
                check_storable(inner, depth=depth - 1)
        case list():
            for inner in value:
                check_storable(inner, depth=depth - 1)


def _bad_type(name: str, due: str) -> Refused:
    return Refused(Refusal.MALFORMED, f"the claim {name} is no {due}")


def _object(within: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = within.get(name)
    if value is None or value == []:
        return {}
    if not isinstance(value, Mapping):
        raise _bad_type(name, "object")
    return value


def _text(within: Mapping[str, Any], name: str, *, longest: int = _TEXT_LENGTH) -> str:
    """The text of a claim, "" when absent, cut to `longest` characters."""
    value = within.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _bad_type(name, "string")
    return value[:longest]


def _id(within: Mapping[str, Any], name: str) -> str:
    """An identifier: never cut, since two long ones might become one."""
    value = _text(within, name, longest=ID_LENGTH + 1)
    if len(value) > ID_LENGTH:
        raise Refused(Refusal.MALFORMED, f"the claim {name} is longer than {ID_LENGTH} characters")
    return value


def _url(within: Mapping[str, Any], name: str) -> str:
    value = _text(within, name, longest=_URL_LENGTH + 1)
    if len(value) > _URL_LENGTH:
        raise Refused(Refusal.MALFORMED, f"the claim {name} is longer than {_URL_LENGTH} characters")
    return value


def _texts(within: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = within.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _bad_type(name, "list of strings")
    if len(value) > _ITEMS:
        raise Refused(Refusal.MALFORMED, f"the claim {name} has more than {_ITEMS} items")
    return tuple(item[:_TEXT_LENGTH] for item in value)


def _flag(within: Mapping[str, Any], name: str) -> bool | None:
    """A boolean, also written as a string ("true"), as some platforms do; None when absent."""
    value = within.get(name)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise _bad_type(name, "boolean")


def _version(payload: Mapping[str, Any]) -> str:
    version = _text(payload, claims.VERSION)
    if not version:
        raise Refused(Refusal.NO_VERSION, "the version claim is missing")
    if version != claims.VERSION_1_3:
        raise Refused(Refusal.WRONG_VERSION, f"version {version[:20]!r} is not {claims.VERSION_1_3}")
    return version


def _deployment(payload: Mapping[str, Any]) -> str:
    deployment_id = _id(payload, claims.DEPLOYMENT_ID)
    if not deployment_id:
        raise Refused(Refusal.NO_DEPLOYMENT_ID, "the deployment_id claim is missing")
    return deployment_id


def _target(payload: Mapping[str, Any], message_type: str, ours: Callable[[str], bool]) -> str:
    target = _url(payload, claims.TARGET_LINK_URI)
    if not target and message_type == claims.RESOURCE_LINK:
        raise Refused(Refusal.MISSING_CLAIMS, "the target_link_uri claim is missing")
    if target and not ours(target):
        raise Refused(Refusal.BAD_TARGET, "target_link_uri is no address of ours")
    return target


def _person(payload: Mapping[str, Any], sub: str) -> claims.Person:
    email = _text(payload, "email").strip()
    number = _text(_object(payload, claims.LIS), "person_sourcedid").strip()
    return claims.Person(
        sub=sub,
        name=_text(payload, "name", longest=_NAME_LENGTH).strip(),
        given_name=_text(payload, "given_name", longest=_NAME_LENGTH).strip(),
        family_name=_text(payload, "family_name", longest=_NAME_LENGTH).strip(),
        # Half an address or number might be somebody else's: rather none.
        email=email if len(email) <= _EMAIL_LENGTH else "",
        locale=_text(payload, "locale", longest=_LOCALE_LENGTH).strip(),
        number=number if len(number) <= ID_LENGTH else "",
    )


def _context(payload: Mapping[str, Any]) -> claims.ContextClaim | None:
    given = _object(payload, claims.CONTEXT)
    context_id = _id(given, "id")
    if not context_id:
        return None
    return claims.ContextClaim(
        id=context_id,
        label=_text(given, "label"),
        title=_text(given, "title"),
        types=tuple(filter(None, _texts(given, "type"))),
    )


def _link(payload: Mapping[str, Any]) -> claims.LinkClaim | None:
    given = _object(payload, claims.RESOURCE_LINK_CLAIM)
    link_id = _id(given, "id")
    if not link_id:
        return None
    return claims.LinkClaim(
        id=link_id,
        title=_text(given, "title"),
        description=_text(given, "description", longest=_DESCRIPTION_LENGTH),
    )


def _custom(payload: Mapping[str, Any]) -> Mapping[str, str]:
    """Custom parameters are strings (LTI Core 1.3 §5.4.6); what else platforms send is written as JSON."""
    given = _object(payload, claims.CUSTOM)
    return {
        str(name): value if isinstance(value, str) else "" if value is None else json.dumps(value)
        for name, value in given.items()
    }


def _ags(payload: Mapping[str, Any]) -> claims.AgsClaim | None:
    given = _object(payload, claims.AGS)
    if not given:
        return None
    return claims.AgsClaim(
        scopes=frozenset(_texts(given, "scope")),
        lineitems=_url(given, "lineitems"),
        lineitem=_url(given, "lineitem"),
    )


def _nrps(payload: Mapping[str, Any]) -> claims.NrpsClaim | None:
    given = _object(payload, claims.NRPS)
    url = _url(given, "context_memberships_url")
    return claims.NrpsClaim(url=url, versions=_texts(given, "service_versions")) if url else None


def _pns(payload: Mapping[str, Any]) -> claims.PnsClaim | None:
    given = _object(payload, claims.PNS)
    url = _url(given, "platform_notification_service_url")
    if not url:
        return None
    return claims.PnsClaim(
        url=url,
        scopes=frozenset(_texts(given, "scope")),
        types=frozenset(_texts(given, "notice_types_supported")),
    )


def _deep_linking(payload: Mapping[str, Any]) -> claims.DeepLinkingClaim | None:
    given = _object(payload, claims.DEEP_LINKING_SETTINGS)
    if not given:
        return None
    return_url = _url(given, "deep_link_return_url")
    if not return_url:
        raise Refused(Refusal.MISSING_CLAIMS, "the deep linking settings have no deep_link_return_url")
    data = given.get("data")
    if data is not None and (not isinstance(data, str) or len(data) > _DATA_LENGTH):
        raise _bad_type("data", f"string of at most {_DATA_LENGTH} characters")
    return claims.DeepLinkingClaim(
        return_url=return_url,
        accept_types=frozenset(_texts(given, "accept_types")),
        accept_targets=frozenset(_texts(given, "accept_presentation_document_targets")),
        accept_multiple=_flag(given, "accept_multiple") is not False,
        accept_lineitem=_flag(given, "accept_lineitem"),
        auto_create=_flag(given, "auto_create") is True,
        data=data,
        title=_text(given, "title"),
        text=_text(given, "text", longest=_DESCRIPTION_LENGTH),
    )


def _presentation(payload: Mapping[str, Any]) -> claims.Presentation:
    given = _object(payload, claims.LAUNCH_PRESENTATION)
    return claims.Presentation(
        document_target=_text(given, "document_target"),
        return_url=_url(given, "return_url"),
        locale=_text(given, "locale"),
    )


def _for_user(payload: Mapping[str, Any]) -> claims.ForUser | None:
    given = _object(payload, claims.FOR_USER)
    user_id = _id(given, "user_id")
    if not user_id:
        return None
    return claims.ForUser(
        user_id=user_id,
        name=_text(given, "name"),
        email=_text(given, "email"),
        roles=_texts(given, "roles"),
    )


def _platform(payload: Mapping[str, Any]) -> claims.PlatformClaim:
    given = _object(payload, claims.TOOL_PLATFORM)
    return claims.PlatformClaim(
        guid=_text(given, "guid"),
        name=_text(given, "name"),
        product=_text(given, "product_family_code"),
        version=_text(given, "version"),
    )


def _require_what_its_type_needs(message: claims.Message) -> None:
    match message.message_type:
        case claims.RESOURCE_LINK if message.link is None:
            raise Refused(Refusal.NO_RESOURCE_LINK, "the resource_link claim has no id")
        case claims.DEEP_LINKING if message.deep_linking is None:
            raise Refused(Refusal.MISSING_CLAIMS, "the deep_linking_settings claim is missing")
        case claims.SUBMISSION_REVIEW if message.for_user is None:
            raise Refused(Refusal.MISSING_CLAIMS, "the for_user claim names nobody")
        case claims.SUBMISSION_REVIEW if message.link is None and not message.line_item_of_review:
            raise Refused(Refusal.MISSING_CLAIMS, "neither a line item nor a resource link is named")
