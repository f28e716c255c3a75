"""The signing half of a platform, for tests: keys, a JWKS and id_tokens; no pages, no services.

    platform = SigningPlatform("https://moodle.example.edu", "tool-1")
    platform.jwks()                                  # {"keys": [{"kty": "RSA", "kid": "key-1", "alg": "RS256", …}]}
    platform.id_token(nonce=nonce, now=now)          # a whole valid resource-link launch of a learner
    platform.id_token(nonce=nonce, sub="ana", roles=[claims.MEMBERSHIP_INSTRUCTOR])
    platform.id_token(nonce=nonce, context=None)     # None removes the claim
    platform.payload(nonce=nonce, …)                 # the same claims, unsigned
    platform.deep_linking(nonce=nonce, …)            # a payload; sign it with platform.sign(payload)
    platform.submission_review(nonce=nonce, …)
    platform.context_copy(origins=["old"], …)        # the payload of a notice
    platform.sign(payload, alg=…, kid=…, key=…)      # kid=None: no kid in the header; alg="none": unsigned
    platform.rotate()                                # a new key signs; only it is published
    platform.rotate(keep=True)                       # … and the old one stays published

Overrides are short names (`SHORT` below: version, deployment_id, roles, context, ags …), OpenID's own names
(sub, iss, aud, exp …) or, in a dict given as `extra`, any claim by its whole name.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from lti.core import claims

SHORT: Mapping[str, str] = {
    "message_type": claims.MESSAGE_TYPE,
    "version": claims.VERSION,
    "deployment_id": claims.DEPLOYMENT_ID,
    "target_link_uri": claims.TARGET_LINK_URI,
    "resource_link": claims.RESOURCE_LINK_CLAIM,
    "roles": claims.ROLES,
    "context": claims.CONTEXT,
    "custom": claims.CUSTOM,
    "tool_platform": claims.TOOL_PLATFORM,
    "launch_presentation": claims.LAUNCH_PRESENTATION,
    "lis": claims.LIS,
    "for_user": claims.FOR_USER,
    "notice": claims.NOTICE,
    "origin_contexts": claims.ORIGIN_CONTEXTS,
    "pns": claims.PNS,
    "ags": claims.AGS,
    "nrps": claims.NRPS,
    "deep_linking": claims.DEEP_LINKING_SETTINGS,
}
LIFETIME = 3600  # seconds


@cache
def rsa_key(number: int) -> rsa.RSAPrivateKey:
    """Key `number` of this process: making one takes a tenth of a second, so all platforms share them.

    Two platforms that must not share a key are given different `first_key`s.
    """
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class SigningPlatform:
    """A platform's issuer, our client_id there, and its keys."""

    issuer: str = "https://platform.example.edu"
    client_id: str = "client-1"
    deployment_id: str = "deployment-1"
    target_link_uri: str = "https://testserver/lti/launch"
    first_key: int = 1
    names_alg: bool = True  # Open edX publishes keys without `alg`
    current: int = field(init=False)
    published: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.current = self.first_key
        self.published = [self.first_key]

    @property
    def kid(self) -> str:
        """The kid of the key that signs now."""
        return f"key-{self.current}"

    def rotate(self, *, keep: bool = False) -> None:
        """Signs with a new key; the old one stays published only if `keep`."""
        self.current += 1
        self.published = [*self.published, self.current] if keep else [self.current]

    def jwk(self, number: int | None = None) -> dict[str, Any]:
        """The public JWK of key `number` (default: the one that signs)."""
        shown = self.current if number is None else number
        public: dict[str, Any] = RSAAlgorithm.to_jwk(rsa_key(shown).public_key(), as_dict=True)
        public |= {"kid": f"key-{shown}", "use": "sig"}
        return public | {"alg": "RS256"} if self.names_alg else public

    def jwks(self) -> dict[str, Any]:
        """The JWK set as it is published."""
        return {"keys": [self.jwk(number) for number in self.published]}

    def payload(
        self,
        *,
        nonce: str = "nonce-1",
        now: datetime | None = None,
        extra: Mapping[str, Any] | None = None,
        **overrides: Any,
    ) -> dict[str, Any]:
        """The claims of a learner's valid resource-link launch, with `overrides`; None removes a claim."""
        issued = int((now or datetime.now(UTC)).timestamp())
        services = f"{self.issuer}/services/course-1"
        given: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": "user-1",
            "iat": issued,
            "exp": issued + LIFETIME,
            "nonce": nonce,
            "name": "王小明",
            "given_name": "小明",
            "family_name": "王",
            "email": "xiaoming@example.edu",
            "locale": "zh-CN",
            claims.MESSAGE_TYPE: claims.RESOURCE_LINK,
            claims.VERSION: claims.VERSION_1_3,
            claims.DEPLOYMENT_ID: self.deployment_id,
            claims.TARGET_LINK_URI: self.target_link_uri,
            claims.RESOURCE_LINK_CLAIM: {"id": "link-1", "title": "期末考试"},
            claims.ROLES: [claims.MEMBERSHIP_LEARNER],
            claims.CONTEXT: {
                "id": "course-1",
                "label": "DX101",
                "title": "党课一班",
                "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
            },
            claims.TOOL_PLATFORM: {"guid": "platform-1", "name": "Campus", "product_family_code": "test"},
            claims.LAUNCH_PRESENTATION: {"document_target": "iframe", "locale": "zh-CN"},
            claims.AGS: {
                "scope": [claims.SCOPE_LINE_ITEM, claims.SCOPE_SCORE, claims.SCOPE_RESULT],
                "lineitems": f"{services}/lineitems",
                "lineitem": f"{services}/lineitems/1/lineitem",
            },
            claims.NRPS: {
                "context_memberships_url": f"{services}/memberships",
                "service_versions": ["2.0"],
            },
        }
        given |= {SHORT.get(name, name): value for name, value in overrides.items()}
        given |= extra or {}
        return {name: value for name, value in given.items() if value is not None}

    def deep_linking(self, *, settings: Mapping[str, Any] | None = None, **overrides: Any) -> dict[str, Any]:
        """The claims of an instructor's request for content; `settings` are merged into the claim's."""
        whole = {
            "deep_link_return_url": f"{self.issuer}/deep_links",
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_multiple": True,
            "accept_lineitem": True,
            "data": "opaque-data",
        } | dict(settings or {})
        given: dict[str, Any] = {
            "message_type": claims.DEEP_LINKING,
            "resource_link": None,
            "roles": [claims.MEMBERSHIP_INSTRUCTOR],
            "deep_linking": {name: value for name, value in whole.items() if value is not None},
        }
        return self.payload(**(given | overrides))

    def submission_review(self, *, user_id: str = "user-1", **overrides: Any) -> dict[str, Any]:
        """The claims of an instructor who opens the submission of `user_id` from the gradebook."""
        given: dict[str, Any] = {
            "message_type": claims.SUBMISSION_REVIEW,
            "sub": "teacher-1",
            "roles": [claims.MEMBERSHIP_INSTRUCTOR],
            "for_user": {"user_id": user_id},
        }
        return self.payload(**(given | overrides))

    def context_copy(
        self, *, origins: Sequence[str], notice_id: str = "notice-1", **overrides: Any
    ) -> dict[str, Any]:
        """The claims of a notice that the context was copied from `origins`."""
        given: dict[str, Any] = dict.fromkeys(
            ("message_type", "sub", "roles", "resource_link", "target_link_uri")
        )
        given |= dict.fromkeys(("name", "given_name", "family_name", "email", "locale", "ags", "nrps"))
        given["notice"] = {"id": notice_id, "timestamp": "2026-03-01T08:00:00Z", "type": claims.CONTEXT_COPY}
        given["origin_contexts"] = list(origins)
        return self.payload(**(given | overrides))

    def sign(
        self, payload: Mapping[str, Any], *, alg: str = "RS256", kid: str | None = "", key: Any = None
    ) -> str:
        """`payload` as a JWS, by default under the current key and its kid; `kid` None leaves it out."""
        headers = {} if kid is None else {"kid": kid or self.kid}
        # Not jwt.encode, which checks iss and the dates: a platform may sign anything.
        signing_key = None if alg == "none" else key or rsa_key(self.current)
        return jwt.PyJWS().encode(json.dumps(dict(payload)).encode(), signing_key, alg, headers)

    def id_token(self, **overrides: Any) -> str:
        """A signed resource-link launch: `payload` takes the overrides."""
        return self.sign(self.payload(**overrides))
