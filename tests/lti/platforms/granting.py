"""The token endpoint: a signed assertion in, an access token out (RFC 6749 and 7523, as the security framework of
LTI narrows them)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import jwt
import requests

from tests.lti.platforms.campus import Client, Refused
from tests.lti.platforms.serving import Answer, Asked, in_json

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SKEW_S = 60
LONGEST_ASSERTION_S = 3600


@dataclass(frozen=True)
class Token:
    client_id: str
    scopes: frozenset[str]
    expires_at: float


class ToolKeys:
    """The tool's public keys: fetched from its URL, once more for a kid that is new; or as given."""

    def __init__(self) -> None:
        self.given: dict[str, Any] | None = None  # a JWKS, for a tool that is not running
        self.fetched: dict[str, dict[str, Any]] = {}

    def key(self, client: Client, kid: str) -> jwt.PyJWK:
        for again in (False, True):
            for described in self.key_set(client, again=again).get("keys", []):
                if described.get("kid") == kid:
                    return jwt.PyJWK(described, algorithm="RS256")
        raise Refused(401, f"the tool publishes no key {kid}")

    def key_set(self, client: Client, *, again: bool) -> dict[str, Any]:
        if self.given is not None:
            return self.given
        if again or client.jwks_url not in self.fetched:
            self.fetched[client.jwks_url] = requests.get(client.jwks_url, timeout=10).json()
        return self.fetched[client.jwks_url]


class Granting:
    def __init__(self, *, clients: dict[str, Client], keys: ToolKeys, now: Callable[[], float]) -> None:
        self.clients, self.keys, self.now = clients, keys, now
        self.allowed: set[str] = set()
        self.lasts_s = 3600
        self.tokens: dict[str, Token] = {}
        self.used: set[str] = set()
        self.refusals: list[str] = []

    def verified(self, signed: str, *, audiences: Iterable[str]) -> tuple[Client, dict[str, Any]]:
        """A message signed by a registered tool, meant for us, not seen before."""
        try:
            issuer = jwt.decode(signed, options={"verify_signature": False}).get("iss")
            client = self.clients.get(str(issuer))
            if client is None:
                raise Refused(401, f"no such client: {issuer}")
            kid = jwt.get_unverified_header(signed).get("kid")
            if not kid:
                raise Refused(401, "the assertion names no key")
            claims = jwt.decode(
                signed,
                self.keys.key(client, kid).key,
                algorithms=["RS256"],
                audience=list(audiences),
                options={"require": ["iss", "aud", "exp", "iat"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as error:
            raise Refused(401, f"bad assertion: {error}") from error
        now = self.now()
        if not client.active:
            raise Refused(401, "this tool is not active yet")
        if claims["exp"] <= now - SKEW_S or claims["iat"] > now + SKEW_S:
            raise Refused(401, "the assertion is expired, or from the future")
        if claims["exp"] - claims["iat"] > LONGEST_ASSERTION_S:
            raise Refused(401, "the assertion lives too long")
        return client, claims

    def token(self, asked: Asked, *, audiences: Iterable[str]) -> Answer:
        try:
            return self.granted(asked, audiences=audiences)
        except Refused as refused:
            self.refusals.append(refused.reason)
            error = {400: "invalid_request", 401: "invalid_client", 422: "invalid_scope"}[refused.status]
            status = 400 if refused.status == 422 else refused.status
            return in_json({"error": error, "error_description": refused.reason}, status=status)

    def granted(self, asked: Asked, *, audiences: Iterable[str]) -> Answer:
        if asked.method != "POST" or asked.media_type != "application/x-www-form-urlencoded":
            raise Refused(400, "a form is posted here")
        form = asked.form()
        if form.get("grant_type") != "client_credentials" or form.get("client_assertion_type") != ASSERTION:
            raise Refused(400, "grant_type or client_assertion_type")
        client, claims = self.verified(form.get("client_assertion", ""), audiences=audiences)
        if claims.get("sub") != client.client_id:
            raise Refused(401, "sub is not the client")
        jti = claims.get("jti")
        if not jti or jti in self.used:
            raise Refused(401, "jti is missing or was seen before")
        self.used.add(jti)
        scopes = frozenset(form.get("scope", "").split()) & self.allowed
        if not scopes:
            raise Refused(422, "none of these scopes")
        secret = secrets.token_urlsafe(24)
        self.tokens[secret] = Token(client.client_id, scopes, self.now() + self.lasts_s)
        return in_json(
            {
                "access_token": secret,
                "token_type": "Bearer",
                "expires_in": self.lasts_s,
                "scope": " ".join(sorted(scopes)),
            },
            Cache_Control="no-store",
        )

    def bearer(self, asked: Asked, *scopes: str) -> Token:
        """The token of the request, good for one of the scopes."""
        kind, _, secret = asked.headers.get("authorization", "").partition(" ")
        token = self.tokens.get(secret)
        if kind.lower() != "bearer" or token is None or token.expires_at <= self.now():
            raise Refused(401, "no valid token")
        if not token.scopes & set(scopes):
            raise Refused(403, "insufficient scope")
        return token
