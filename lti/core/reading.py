"""Reads the claims of a message whose signature holds into a Message, checking the type of each.

A claim of the wrong type refuses the message, since what a platform means by it can only be guessed. Unknown
claims stay in `raw` and are otherwise left alone (LTI Core 1.3 §5.4.7).
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from lti.core import claims, typed
from lti.core.refusals import Refusal, Refused

ID_LENGTH: Final = typed.ID_LENGTH  # characters of an identifier
_NAME_LENGTH: Final = 150
_EMAIL_LENGTH: Final = 254  # RFC 5321 §4.5.3.1
_LOCALE_LENGTH: Final = 35  # RFC 5646 §4.4.1
_DESCRIPTION_LENGTH: Final = 5000
_DATA_LENGTH: Final = 32_000


def read_message(payload: Mapping[str, Any], *, ours: Callable[[str], bool]) -> claims.Message:
    """The launch in `payload`, the claims that `verify` gave back (LTI Core 1.3 §5.3, §5.4).

    `ours` says whether a URL is one of our own. Raises Refused. A notice is no launch: see `read_notice`.
    """
    typed.check_storable(payload)
    version = _version(payload)
    message_type = typed.text(payload, claims.MESSAGE_TYPE)
    if not message_type:
        raise Refused(Refusal.NO_MESSAGE_TYPE, "the message_type claim is missing")
    if message_type not in claims.LAUNCHES:
        raise Refused(Refusal.UNKNOWN_MESSAGE_TYPE, f"we know no message {message_type[:80]!r}")
    deployment_id = _deployment(payload)
    sub = typed.identifier(payload, "sub")
    if not sub:
        raise Refused(Refusal.NO_SUB, "the sub claim is missing: we know nobody without one")
    if payload.get(claims.ROLES) is None:
        raise Refused(Refusal.NO_ROLES, "the roles claim is missing; an empty list would be accepted")
    roles = typed.texts(payload, claims.ROLES)
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
    typed.check_storable(payload)
    version = _version(payload)
    inner = typed.mapping(payload, claims.NOTICE)
    notice = claims.NoticeClaim(
        id=typed.identifier(inner, "id"),
        timestamp=typed.text(inner, "timestamp"),
        type=typed.text(inner, "type"),
    )
    if not notice.type:
        raise Refused(Refusal.NO_MESSAGE_TYPE, "the notice claim is missing or names no type")
    if not notice.id:
        raise Refused(Refusal.MISSING_CLAIMS, "the notice has no id")
    return claims.Message(
        message_type=notice.type,
        version=version,
        deployment_id=_deployment(payload),
        person=_person(payload, typed.identifier(payload, "sub")),
        context=_context(payload),
        custom=_custom(payload),
        ags=_ags(payload),
        nrps=_nrps(payload),
        pns=_pns(payload),
        notice=notice,
        origin_contexts=typed.texts(payload, claims.ORIGIN_CONTEXTS),
        platform=_platform(payload),
        raw=payload,
    )


def _version(payload: Mapping[str, Any]) -> str:
    version = typed.text(payload, claims.VERSION)
    if not version:
        raise Refused(Refusal.NO_VERSION, "the version claim is missing")
    if version != claims.VERSION_1_3:
        raise Refused(Refusal.WRONG_VERSION, f"version {version[:20]!r} is not {claims.VERSION_1_3}")
    return version


def _deployment(payload: Mapping[str, Any]) -> str:
    deployment_id = typed.identifier(payload, claims.DEPLOYMENT_ID)
    if not deployment_id:
        raise Refused(Refusal.NO_DEPLOYMENT_ID, "the deployment_id claim is missing")
    return deployment_id


def _target(payload: Mapping[str, Any], message_type: str, ours: Callable[[str], bool]) -> str:
    target = typed.url(payload, claims.TARGET_LINK_URI)
    if not target and message_type == claims.RESOURCE_LINK:
        raise Refused(Refusal.MISSING_CLAIMS, "the target_link_uri claim is missing")
    if target and not ours(target):
        raise Refused(Refusal.BAD_TARGET, "target_link_uri is no address of ours")
    return target


def _person(payload: Mapping[str, Any], sub: str) -> claims.Person:
    email = typed.text(payload, "email").strip()
    number = typed.text(typed.mapping(payload, claims.LIS), "person_sourcedid").strip()
    return claims.Person(
        sub=sub,
        name=typed.text(payload, "name", longest=_NAME_LENGTH).strip(),
        given_name=typed.text(payload, "given_name", longest=_NAME_LENGTH).strip(),
        family_name=typed.text(payload, "family_name", longest=_NAME_LENGTH).strip(),
        # Half an address or number might be somebody else's: rather none.
        email=email if len(email) <= _EMAIL_LENGTH else "",
        locale=typed.text(payload, "locale", longest=_LOCALE_LENGTH).strip(),
        number=number if len(number) <= typed.ID_LENGTH else "",
    )


def _context(payload: Mapping[str, Any]) -> claims.ContextClaim | None:
    given = typed.mapping(payload, claims.CONTEXT)
    context_id = typed.identifier(given, "id")
    if not context_id:
        return None
    return claims.ContextClaim(
        id=context_id,
        label=typed.text(given, "label"),
        title=typed.text(given, "title"),
        types=tuple(filter(None, typed.texts(given, "type"))),
    )


def _link(payload: Mapping[str, Any]) -> claims.LinkClaim | None:
    given = typed.mapping(payload, claims.RESOURCE_LINK_CLAIM)
    link_id = typed.identifier(given, "id")
    if not link_id:
        return None
    return claims.LinkClaim(
        id=link_id,
        title=typed.text(given, "title"),
        description=typed.text(given, "description", longest=_DESCRIPTION_LENGTH),
    )


def _custom(payload: Mapping[str, Any]) -> Mapping[str, str]:
    """Custom parameters are strings (LTI Core 1.3 §5.4.6); what else platforms send is written as JSON."""
    given = typed.mapping(payload, claims.CUSTOM)
    return {
        str(name): value if isinstance(value, str) else "" if value is None else json.dumps(value)
        for name, value in given.items()
    }


def _ags(payload: Mapping[str, Any]) -> claims.AgsClaim | None:
    given = typed.mapping(payload, claims.AGS)
    if not given:
        return None
    return claims.AgsClaim(
        scopes=frozenset(typed.texts(given, "scope")),
        lineitems=typed.url(given, "lineitems"),
        lineitem=typed.url(given, "lineitem"),
    )


def _nrps(payload: Mapping[str, Any]) -> claims.NrpsClaim | None:
    given = typed.mapping(payload, claims.NRPS)
    url = typed.url(given, "context_memberships_url")
    return claims.NrpsClaim(url=url, versions=typed.texts(given, "service_versions")) if url else None


def _pns(payload: Mapping[str, Any]) -> claims.PnsClaim | None:
    given = typed.mapping(payload, claims.PNS)
    url = typed.url(given, "platform_notification_service_url")
    if not url:
        return None
    return claims.PnsClaim(
        url=url,
        scopes=frozenset(typed.texts(given, "scope")),
        types=frozenset(typed.texts(given, "notice_types_supported")),
    )


def _deep_linking(payload: Mapping[str, Any]) -> claims.DeepLinkingClaim | None:
    given = typed.mapping(payload, claims.DEEP_LINKING_SETTINGS)
    if not given:
        return None
    return_url = typed.url(given, "deep_link_return_url")
    if not return_url:
        raise Refused(Refusal.MISSING_CLAIMS, "the deep linking settings have no deep_link_return_url")
    data = given.get("data")
    if data is not None and (not isinstance(data, str) or len(data) > _DATA_LENGTH):
        raise typed.bad_type("data", f"string of at most {_DATA_LENGTH} characters")
    return claims.DeepLinkingClaim(
        return_url=return_url,
        accept_types=frozenset(typed.texts(given, "accept_types")),
        accept_targets=frozenset(typed.texts(given, "accept_presentation_document_targets")),
        accept_multiple=typed.flag(given, "accept_multiple") is not False,
        accept_lineitem=typed.flag(given, "accept_lineitem"),
        auto_create=typed.flag(given, "auto_create") is True,
        data=data,
        title=typed.text(given, "title"),
        text=typed.text(given, "text", longest=_DESCRIPTION_LENGTH),
    )


def _presentation(payload: Mapping[str, Any]) -> claims.Presentation:
    given = typed.mapping(payload, claims.LAUNCH_PRESENTATION)
    return claims.Presentation(
        document_target=typed.text(given, "document_target"),
        return_url=typed.url(given, "return_url"),
        locale=typed.text(given, "locale"),
    )


def _for_user(payload: Mapping[str, Any]) -> claims.ForUser | None:
    given = typed.mapping(payload, claims.FOR_USER)
    user_id = typed.identifier(given, "user_id")
    if not user_id:
        return None
    return claims.ForUser(
        user_id=user_id,
        name=typed.text(given, "name"),
        email=typed.text(given, "email"),
        roles=typed.texts(given, "roles"),
    )


def _platform(payload: Mapping[str, Any]) -> claims.PlatformClaim:
    given = typed.mapping(payload, claims.TOOL_PLATFORM)
    return claims.PlatformClaim(
        guid=typed.text(given, "guid"),
        name=typed.text(given, "name"),
        product=typed.text(given, "product_family_code"),
        version=typed.text(given, "version"),
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
