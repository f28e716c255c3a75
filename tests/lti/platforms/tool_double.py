"""The least of a tool, to test the platforms with: it signs what it is told to, right or wrong, and lands launches."""

from __future__ import annotations

import secrets
import time
from typing import Any
from urllib.parse import urlencode

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.lti.platforms.base import Platform
from tests.lti.platforms.campus import EVERY_SCOPE
from tests.lti.platforms.gradebook import ITEM, SCORES
from tests.lti.platforms.serving import Answer, Asked, Loopback, in_json, moved, page

KID = "tool-key"


class ToolDouble:
    """A tool at `url` for one platform after the other; `claims` are of the last launch, its signature checked."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.server = Loopback(self.answer)
        self.url = self.server.url
        self.platform: Platform | None = None
        self.nonces: dict[str, str] = {}
        self.claims: dict[str, Any] = {}
        self.login: dict[str, str] = {}
        self.asks: dict[str, str] = {}  # parameters of the auth request to change

    # --- as a site

    def answer(self, asked: Asked) -> Answer:
        match asked.path:
            case "/lti/jwks":
                return in_json({"keys": [self.public_key()]})
            case "/lti/login":
                return self.to_auth(asked.query)
            case "/lti/launch":
                return self.land(asked.form())
        return page("", status=404)

    def public_key(self) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return public | {"kid": KID, "alg": "RS256", "use": "sig"}

    def to_auth(self, login: dict[str, str]) -> Answer:
        assert self.platform
        self.login = login
        state, nonce = secrets.token_urlsafe(8), secrets.token_urlsafe(8)
        self.nonces[state] = nonce
        told = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": login["client_id"],
            "redirect_uri": f"{self.url}/lti/launch",
            "login_hint": login["login_hint"],
            "lti_message_hint": login["lti_message_hint"],
            "state": state,
            "nonce": nonce,
        }
        answer = moved(f"{self.platform.auth_url}?{urlencode(told | self.asks)}")
        return Answer(
            b"",
            302,
            answer.headers | {"Set-Cookie": f"tool_state={state}; Secure; SameSite=None; Partitioned"},
        )

    def land(self, form: dict[str, str]) -> Answer:
        assert self.platform
        keys = requests.get(self.platform.jwks_url, timeout=10).json()["keys"]
        kid = jwt.get_unverified_header(form["id_token"])["kid"]
        (key,) = [jwt.PyJWK(key, algorithm="RS256") for key in keys if key["kid"] == kid]
        self.claims = jwt.decode(
            form["id_token"],
            key.key,
            algorithms=["RS256"],
            audience=list(self.platform.clients),
            issuer=self.platform.issuer,
        )
        assert self.claims["nonce"] == self.nonces.pop(form["state"])
        return page("<title>Landed</title><p>Landed</p>")

    # --- as a client of services

    def sign(self, claims: dict[str, Any], *, kid: str | None = KID) -> str:
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": kid} if kid else None)

    def assertion(self, *, client_id: str | None = None, kid: str | None = KID, **changes: Any) -> str:
        """Changes go over the claims; None takes one away."""
        assert self.platform
        client_id, now = client_id or self.platform.client.client_id, int(time.time())
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": self.platform.token_audience,
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_hex(8),
        } | changes
        return self.sign({name: value for name, value in claims.items() if value is not None}, kid=kid)

    def ask_token(
        self, *, assertion: str | None = None, scopes: set[str] | frozenset[str] = EVERY_SCOPE, **headers: str
    ) -> requests.Response:
        assert self.platform
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion or self.assertion(),
            "scope": " ".join(sorted(scopes)),
        }
        return requests.post(self.platform.token_url, data=form, headers=headers, timeout=10)

    def bearer(self, **options: Any) -> dict[str, str]:
        return {"Authorization": "Bearer " + self.ask_token(**options).json()["access_token"]}

    def make_item(self, url: str, bearer: dict[str, str], **fields: Any) -> requests.Response:
        body = {"label": "Exam", "scoreMaximum": 10} | fields
        return requests.post(url, json=body, headers=bearer | {"Content-Type": ITEM}, timeout=10)

    def score(
        self, item_url: str, bearer: dict[str, str], sub: str, timestamp: str, **fields: Any
    ) -> requests.Response:
        """Posted where a tool must: /scores goes before the query."""
        path, mark, query = item_url.partition("?")
        body = {
            "userId": sub,
            "timestamp": timestamp,
            "scoreGiven": 7,
            "scoreMaximum": 10,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
        } | fields
        body = {name: value for name, value in body.items() if value is not None}
        headers = bearer | {"Content-Type": SCORES}
        return requests.post(f"{path}/scores{mark}{query}", json=body, headers=headers, timeout=10)
