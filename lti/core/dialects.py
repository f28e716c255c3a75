"""What we know of each kind of platform: its addresses, the names of its fields, how it differs from the others.

Addresses were checked against the vendors' documents and sources; what stands only on the platform's own
screen is left empty for the administrator to copy. "{host}" is the platform's host, "{client_id}" our id
there. Words for people belong to the admin's screens: here are keys, and the platforms' own field names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Ours(StrEnum):
    """A value of ours that an administrator pastes into the platform."""

    LOGIN = "login"
    LAUNCH = "launch"
    JWKS = "jwks"
    DOMAIN = "domain"
    REGISTER = "register"


class Theirs(StrEnum):
    """A value of the platform that an administrator brings to us."""

    ISSUER = "issuer"
    CLIENT_ID = "client_id"
    DEPLOYMENT_ID = "deployment_id"
    AUTH_URL = "auth_url"
    TOKEN_URL = "token_url"  # noqa: S105 a name, no secret
    JWKS_URL = "jwks_url"
    TOKEN_AUDIENCE = "token_audience"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Dialect:
    """One kind of platform. An address of "" is to be copied from the platform's own screen.

    paste: (name of their field, which value of ours); find: (which value of theirs, the name it has there).
    token_audience: "" = the token URL. origins: where its services and frames may be besides the hosts of the
    addresses, as the administrator's list of origins has them. product: its product_family_code, by which a
    launch betrays the kind.
    """

    key: str
    name: str
    issuer: str = ""
    auth_url: str = ""
    token_url: str = ""
    jwks_url: str = ""
    token_audience: str = ""
    origins: tuple[str, ...] = ()
    product: tuple[str, ...] = ()
    paste: tuple[tuple[str, Ours], ...] = ()
    find: tuple[tuple[Theirs, str], ...] = ()
    dynamic_registration: bool = False
    # Its answer to a score that is not newer than the last one: status codes.
    stale_score_codes: frozenset[int] = frozenset({409})
    # It compares timestamps by whole seconds: two scores in one second are a conflict.
    score_seconds: bool = False
    # A score that is not FullyGraded erases the grade that stands.
    erases_unless_fully_graded: bool = False
    # A score without scoreGiven erases the grade that stands.
    erases_without_score: bool = False
    # It offers platform storage (a login of it names the frame in lti_storage_target).
    platform_storage: bool = False
    # Several universities share the issuer: login and launch must tell the client_id.
    shared_issuer: bool = False
    # The number of seconds for which its id_token lives, if it is short enough to matter.
    token_life: int | None = None

    def addresses(self, *, host: str, client_id: str = "") -> Mapping[Theirs, str]:
        """The addresses with `host` ("campus.example.edu", with its port if it has one) and `client_id` put
        in; without those that only the platform's screen tells, or that want a client_id not yet known."""
        templates = {
            Theirs.ISSUER: self.issuer,
            Theirs.AUTH_URL: self.auth_url,
            Theirs.TOKEN_URL: self.token_url,
            Theirs.JWKS_URL: self.jwks_url,
            Theirs.TOKEN_AUDIENCE: self.token_audience,
        }
        return {
            which: template.replace("{host}", host).replace("{client_id}", client_id)
            for which, template in templates.items()
            if template and (client_id or "{client_id}" not in template)
        }

    def service_origins(self, *, host: str) -> tuple[str, ...]:
        """The further origins at which a platform on `host` has services and frames."""
        return tuple(origin.replace("{host}", host) for origin in self.origins)


# mod/lti of Moodle 4.5: auth.php, token.php, certs.php; field names of its form and its tool details.
MOODLE: Final = Dialect(
    key="moodle",
    name="Moodle",
    issuer="https://{host}",
    auth_url="https://{host}/mod/lti/auth.php",
    token_url="https://{host}/mod/lti/token.php",  # noqa: S106 an address
    jwks_url="https://{host}/mod/lti/certs.php",
    product=("moodle",),
    paste=(
        ("Tool URL", Ours.LAUNCH),
        ("Public keyset", Ours.JWKS),
        ("Initiate login URL", Ours.LOGIN),
        ("Redirection URI(s)", Ours.LAUNCH),
        ("Content Selection URL", Ours.LAUNCH),
    ),
    find=(
        (Theirs.ISSUER, "Platform ID"),
        (Theirs.CLIENT_ID, "Client ID"),
        (Theirs.DEPLOYMENT_ID, "Deployment ID"),
        (Theirs.JWKS_URL, "Public keyset URL"),
        (Theirs.TOKEN_URL, "Access token URL"),
        (Theirs.AUTH_URL, "Authentication request URL"),
    ),
    dynamic_registration=True,
    score_seconds=True,
    erases_unless_fully_graded=True,
    token_life=60,
)

# Instructure's developer documents: "Manually Configuring LTI Advantage Tools", "Launch Overview". A Canvas
# that a university runs itself has its own host in all five.
CANVAS: Final = Dialect(
    key="canvas",
    name="Canvas",
    issuer="https://canvas.instructure.com",
    auth_url="https://sso.canvaslms.com/api/lti/authorize_redirect",
    token_url="https://sso.canvaslms.com/login/oauth2/token",  # noqa: S106
    jwks_url="https://sso.canvaslms.com/api/lti/security/jwks",
    origins=("https://*.instructure.com",),
    product=("canvas",),
    paste=(
        ("Redirect URIs", Ours.LAUNCH),
        ("Target Link URI", Ours.LAUNCH),
        ("OpenID Connect Initiation Url", Ours.LOGIN),
        ("Public JWK URL", Ours.JWKS),
    ),
    find=((Theirs.CLIENT_ID, "Details"), (Theirs.DEPLOYMENT_ID, "Deployment Id")),
    dynamic_registration=True,
    platform_storage=True,
    shared_issuer=True,
)

# lti_consumer 11.4. Keyset and token have an id in their addresses, which Studio shows for each block.
OPEN_EDX: Final = Dialect(
    key="openedx",
    name="Open edX",
    issuer="https://{host}",
    auth_url="https://{host}/api/lti_consumer/v1/launch/",
    paste=(
        ("Launch URL", Ours.LAUNCH),
        ("Tool Initiate Login URL (OIDC)", Ours.LOGIN),
        ("Registered Redirect URIs", Ours.LAUNCH),
        ("Tool Keyset URL", Ours.JWKS),
        ("Deep Linking Launch URL", Ours.LAUNCH),
    ),
    find=(
        (Theirs.CLIENT_ID, "Client ID"),
        (Theirs.DEPLOYMENT_ID, "Deployment ID"),
        (Theirs.JWKS_URL, "Keyset URL"),
        (Theirs.TOKEN_URL, "Access Token URL"),
        (Theirs.AUTH_URL, "Login URL"),
    ),
    stale_score_codes=frozenset({400}),
    erases_without_score=True,
)

# Sakai's imsblis and imsoidc servlets. The token's address ends in the number of the tool.
SAKAI: Final = Dialect(
    key="sakai",
    name="Sakai",
    issuer="https://{host}",
    auth_url="https://{host}/imsoidc/lti13/oidc_auth",
    jwks_url="https://{host}/imsblis/lti13/keyset",
    product=("sakai",),
    paste=(
        ("Launch URL", Ours.LAUNCH),
        ("LTI 1.3 Tool Keyset URL", Ours.JWKS),
        ("LTI 1.3 Tool OpenID Connect/Initialization Endpoint", Ours.LOGIN),
        ("LTI 1.3 Tool Redirect Endpoint(s)", Ours.LAUNCH),
    ),
    find=(
        (Theirs.ISSUER, "LTI 1.3 Platform Issuer"),
        (Theirs.CLIENT_ID, "LTI 1.3 Client ID"),
        (Theirs.DEPLOYMENT_ID, "LTI 1.3 Deployment ID"),
        (Theirs.JWKS_URL, "LTI 1.3 Platform OAuth2 Well-Known/KeySet URL"),
        (Theirs.TOKEN_URL, "LTI 1.3 Platform OAuth2 Bearer Token Retrieval URL"),
        (Theirs.AUTH_URL, "LTI 1.3 Platform OIDC Authentication URL"),
    ),
    dynamic_registration=True,
    platform_storage=True,
)

# Anthology's developer portal. Its dynamic registration names an issuer of another origin than it is asked
# at (their article 90618), so it is registered by hand.
BLACKBOARD: Final = Dialect(
    key="blackboard",
    name="Blackboard",
    issuer="https://blackboard.com",
    auth_url="https://developer.blackboard.com/api/v1/gateway/oidcauth",
    token_url="https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",  # noqa: S106
    jwks_url="https://developer.blackboard.com/api/v1/management/applications/{client_id}/jwks.json",
    origins=("https://{host}",),
    product=("BlackboardLearn",),
    paste=(
        ("Login Initiation URL", Ours.LOGIN),
        ("Tool Redirect URL(s)", Ours.LAUNCH),
        ("Tool JWKS URL", Ours.JWKS),
        ("Domain(s)", Ours.DOMAIN),
    ),
    find=(
        (Theirs.CLIENT_ID, "Application ID"),
        (Theirs.ISSUER, "Issuer"),
        (Theirs.JWKS_URL, "Public Keyset URL"),
        (Theirs.TOKEN_URL, "Auth Token Endpoint"),
        (Theirs.AUTH_URL, "OIDC Auth Request Endpoint"),
        (Theirs.DEPLOYMENT_ID, "Deployment ID"),
    ),
    shared_issuer=True,
)

# Brightspace: the token's host and audience are the same for every university.
D2L: Final = Dialect(
    key="d2l",
    name="D2L Brightspace",
    issuer="https://{host}",
    auth_url="https://{host}/d2l/lti/authenticate",
    token_url="https://auth.brightspace.com/core/connect/token",  # noqa: S106
    jwks_url="https://{host}/d2l/.well-known/jwks",
    token_audience="https://api.brightspace.com/auth/token",  # noqa: S106
    product=("desire2learn",),
    paste=(
        ("Domain", Ours.DOMAIN),
        ("Redirect URLs", Ours.LAUNCH),
        ("OpenID Connect Login URL", Ours.LOGIN),
        ("Target Link URI", Ours.LAUNCH),
        ("Keyset URL", Ours.JWKS),
    ),
    find=(
        (Theirs.ISSUER, "Issuer"),
        (Theirs.CLIENT_ID, "Client Id"),
        (Theirs.JWKS_URL, "Brightspace Keyset URL"),
        (Theirs.TOKEN_URL, "Brightspace OAuth2 Access Token URL"),
        (Theirs.TOKEN_AUDIENCE, "Brightspace OAuth2 Audience"),
        (Theirs.AUTH_URL, "OpenID Connect Authentication Endpoint"),
        (Theirs.DEPLOYMENT_ID, "Deployment Id"),
    ),
    dynamic_registration=True,
)

# Nothing is taken for granted: the most careful answer to each question.
OTHER: Final = Dialect(
    key="other",
    name="LTI 1.3",
    paste=(
        ("OpenID Connect login initiation URL", Ours.LOGIN),
        ("Redirect URI", Ours.LAUNCH),
        ("Target link URI", Ours.LAUNCH),
        ("JWKS URL", Ours.JWKS),
        ("Dynamic registration URL", Ours.REGISTER),
    ),
    find=tuple((which, which.value) for which in Theirs),
    dynamic_registration=True,
    stale_score_codes=frozenset({400, 409}),
    erases_unless_fully_graded=True,
    erases_without_score=True,
    platform_storage=True,
)

DIALECTS: Final[Mapping[str, Dialect]] = {
    dialect.key: dialect for dialect in (MOODLE, CANVAS, OPEN_EDX, SAKAI, BLACKBOARD, D2L, OTHER)
}


def dialect_of(key: str) -> Dialect:
    """The dialect under `key`; OTHER for a key that we do not know."""
    return DIALECTS.get(key, OTHER)


def dialect_of_product(product: str) -> Dialect:
    """The dialect whose product_family_code is `product` (any case), as a launch or a configuration gives it."""
    word = product.lower()
    known = (d for d in DIALECTS.values() if word in {p.lower() for p in d.product})
    return next(known, OTHER)
