"""Dynamic Registration 1.0: what the platform says of itself, what we say of us, what it answers.

The exchange itself, its one-time invitation and the approval are the services' business.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from lti.core import claims

_URL_LENGTH: Final = 2000
_ID_LENGTH: Final = 255
_TEXT_LENGTH: Final = 255
_ITEMS: Final = 500
_PORTS: Final = {"https": 443, "http": 80}
# The claims about a person that we ask for: what a roster and an account need, no picture, no phone.
CLAIMS: Final = ("iss", "sub", "name", "given_name", "family_name", "email", "locale")
# Canvas places links by names of its own.
_CANVAS_PLACEMENTS: Final = ("assignment_selection", "link_selection")


class RegistrationFault(StrEnum):
    """Why a registration cannot go on; stable codes."""

    MALFORMED = "registration_malformed"
    NO_ISSUER = "registration_no_issuer"
    FOREIGN_ISSUER = "registration_foreign_issuer"
    MISSING_ENDPOINT = "registration_missing_endpoint"
    BAD_URL = "registration_bad_url"
    NO_CLIENT_ID = "registration_no_client_id"


class BadRegistration(ValueError):
    """A registration is refused; `detail` is English, for the log and the administrator."""

    def __init__(self, code: RegistrationFault, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class PlatformConfiguration:
    """What a platform says of itself (Dynamic Registration 1.0, platform configuration).

    `token_audience` "" means the token URL itself. `placements` are those for deep linking.
    """

    issuer: str
    auth_url: str
    token_url: str
    jwks_url: str
    registration_url: str
    token_audience: str = ""
    product: str = ""
    version: str = ""
    scopes: frozenset[str] = frozenset()
    messages: frozenset[str] = frozenset()
    placements: tuple[str, ...] = ()
    notices: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ToolUrls:
    """Our own addresses, absolute."""

    login: str
    launch: str
    jwks: str
    logo: str = ""


@dataclass(frozen=True, slots=True)
class Registered:
    """What the platform made of our request. The access token to change it later is not kept.

    `deployment_id` None: the platform deploys us later. `granted` None: it did not say which scopes.
    """

    client_id: str
    deployment_id: str | None = None
    granted: frozenset[str] | None = None
    name: str = field(default="")


def origin(url: str) -> str:
    """Scheme, host and port of `url`, in one spelling: "https://a.example", "http://127.0.0.1:8000".

    Raises BadRegistration where there is none, or where it holds a user name.
    """
    parts = _split(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in {None, _PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def read_configuration(
    answer: object, *, asked_url: str, insecure_loopback: bool = False
) -> PlatformConfiguration:
    """The platform's openid-configuration, as `asked_url` answered. Raises BadRegistration.

    The issuer must be of exactly the origin that was asked, or whoever answers could register as
    somebody else. Every endpoint is https; http only on a loopback address and only with `insecure_loopback`.
    """
    if not isinstance(answer, Mapping):
        raise BadRegistration(RegistrationFault.MALFORMED, "the configuration is no JSON object")
    issuer = answer.get("issuer")
    if not isinstance(issuer, str) or not issuer:
        raise BadRegistration(RegistrationFault.NO_ISSUER, "the configuration names no issuer")
    _check_url("issuer", issuer, insecure_loopback)
    if urlsplit(issuer).query or urlsplit(issuer).fragment:
        raise BadRegistration(RegistrationFault.BAD_URL, "the issuer has a query or a fragment")
    if origin(issuer) != origin(asked_url):
        raise BadRegistration(
            RegistrationFault.FOREIGN_ISSUER,
            f"the issuer {origin(issuer)} is not of the origin that was asked, {origin(asked_url)}",
        )

    def endpoint(name: str) -> str:
        url = answer.get(name)
        if not isinstance(url, str) or not url:
            raise BadRegistration(RegistrationFault.MISSING_ENDPOINT, f"the configuration has no {name}")
        _check_url(name, url, insecure_loopback)
        return url

    given = answer.get(claims.PLATFORM_CONFIGURATION)
    platform: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    messages = _objects(platform, "messages_supported")
    return PlatformConfiguration(
        issuer=issuer,
        auth_url=endpoint("authorization_endpoint"),
        token_url=endpoint("token_endpoint"),
        jwks_url=endpoint("jwks_uri"),
        registration_url=endpoint("registration_endpoint"),
        token_audience=_audience(answer),
        product=_text(platform, "product_family_code"),
        version=_text(platform, "version"),
        scopes=frozenset(_texts(answer, "scopes_supported")),
        messages=frozenset(filter(None, (_text(message, "type") for message in messages))),
        placements=tuple(
            dict.fromkeys(
                placement
                for message in messages
                if _text(message, "type") == claims.DEEP_LINKING
                for placement in _texts(message, "placements")
            )
        ),
        notices=frozenset(_texts(platform, "notice_types_supported")),
    )


def registration_body(
    *,
    tool: ToolUrls,
    name: str,
    description: str = "",
    names: Mapping[str, str] | None = None,
    scopes: Sequence[str] = claims.SCOPES,
    placements: Sequence[str] = (claims.PLACEMENT_CONTENT,),
    custom: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What we post to be registered: the client metadata and our lti-tool-configuration.

    `names` are names in other languages by tag ("en": …). All three messages go to the one launch address.
    That we want to be told of copies follows from the scope for notice handlers; PNS needs no more.
    """
    messages: list[dict[str, Any]] = [
        {"type": claims.RESOURCE_LINK, "target_link_uri": tool.launch, "label": name},
        {
            "type": claims.DEEP_LINKING,
            "target_link_uri": tool.launch,
            "label": name,
            "placements": list(placements),
            "supported_types": ["ltiResourceLink"],
            "roles": [claims.MEMBERSHIP_INSTRUCTOR, claims.MEMBERSHIP_CONTENT_DEVELOPER],
        },
        {"type": claims.SUBMISSION_REVIEW, "target_link_uri": tool.launch, "label": name},
    ]
    configuration: dict[str, Any] = {
        "domain": urlsplit(tool.launch).netloc,
        "target_link_uri": tool.launch,
        "custom_parameters": dict(custom or {}),
        "claims": list(CLAIMS),
        "messages": messages,
    }
    if description:
        configuration["description"] = description
    body: dict[str, Any] = {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": tool.login,
        "redirect_uris": [tool.launch],
        "client_name": name,
        "jwks_uri": tool.jwks,
        "token_endpoint_auth_method": "private_key_jwt",
        "id_token_signed_response_alg": "RS256",
        "scope": " ".join(scopes),
        claims.TOOL_CONFIGURATION: configuration,
    }
    body |= {f"client_name#{tag}": text for tag, text in (names or {}).items()}
    if tool.logo:
        body["logo_uri"] = tool.logo
    return body


def fitting(configuration: PlatformConfiguration) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(scopes, placements) to ask this platform for: of ours those that it offers, all where it lists none.

    A platform that is asked for a scope it does not know may refuse the whole registration.
    """
    scopes = tuple(s for s in claims.SCOPES if s in configuration.scopes or not configuration.scopes)
    wanted = (*_CANVAS_PLACEMENTS,) if configuration.product == "canvas" else (claims.PLACEMENT_CONTENT,)
    offered = tuple(p for p in wanted if p in configuration.placements)
    return scopes, offered or wanted


def read_registration(answer: object) -> Registered:
    """The platform's answer to `registration_body`. Raises BadRegistration without a client_id.

    The deployment id stands in the tool configuration where the platform deploys us at once; a
    number is read as its digits.
    """
    if not isinstance(answer, Mapping):
        raise BadRegistration(RegistrationFault.MALFORMED, "the answer is no JSON object")
    client_id = _identifier(answer.get("client_id"))
    if not client_id:
        raise BadRegistration(RegistrationFault.NO_CLIENT_ID, "the answer has no client_id")
    given = answer.get(claims.TOOL_CONFIGURATION)
    tool: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    scope = answer.get("scope")
    return Registered(
        client_id=client_id,
        deployment_id=_identifier(tool.get("deployment_id")) or None,
        granted=frozenset(scope.split()) if isinstance(scope, str) else None,
        name=_text(answer, "client_name"),
    )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        known = parts.scheme in _PORTS and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known or len(url) > _URL_LENGTH or any(c <= " " or c in "\\\x7f" for c in url):
        raise BadRegistration(RegistrationFault.BAD_URL, "an address of the platform is no http(s) URL")
    if "@" in parts.netloc:
        raise BadRegistration(RegistrationFault.BAD_URL, "an address of the platform holds a user name")
    return parts


def _check_url(name: str, url: str, insecure_loopback: bool) -> None:
    parts = _split(url)
    if parts.scheme != "https" and not (insecure_loopback and _is_loopback(parts.hostname or "")):
        raise BadRegistration(RegistrationFault.BAD_URL, f"the {name} is not https")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _audience(answer: Mapping[str, Any]) -> str:
    """`authorization_server`: whom token requests name, if not the token URL. Canvas puts a bare host
    there and means its token URL: only a URL counts."""
    given = _text(answer, "authorization_server")
    return given if given.startswith("https://") else ""


def _identifier(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value) if len(str(value)) <= _ID_LENGTH else ""


def _text(within: Mapping[str, Any], name: str) -> str:
    value = within.get(name)
    return value[:_TEXT_LENGTH].replace("\0", "") if isinstance(value, str) else ""


def _texts(within: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = within.get(name)
    return tuple(v for v in value[:_ITEMS] if isinstance(v, str)) if isinstance(value, list) else ()


def _objects(within: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    value = within.get(name)
    return tuple(v for v in value[:_ITEMS] if isinstance(v, Mapping)) if isinstance(value, list) else ()
