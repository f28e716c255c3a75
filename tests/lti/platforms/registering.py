"""Dynamic Registration 1.0, the platform's half: its configuration, and the tool that registers itself."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from tests.lti.platforms.campus import EVERY_SCOPE, Client, Refused
from tests.lti.platforms.serving import Answer, Asked, in_json

if TYPE_CHECKING:
    from tests.lti.platforms.base import Platform

TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"


class Registering:
    active_at_once = True

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.tokens: set[str] = set()  # registration tokens not yet used
        self.received: list[dict[str, Any]] = []

    def url(self, invitation: str) -> str:
        """The tool's registration page as an administrator of the platform opens it."""
        token = secrets.token_urlsafe(12)
        self.tokens.add(token)
        configuration = f"{self.platform.url}/.well-known/openid-configuration"
        joint = "&" if urlsplit(invitation).query else "?"
        told = urlencode({"openid_configuration": configuration, "registration_token": token})
        return f"{invitation}{joint}{told}"

    def configuration(self) -> dict[str, Any]:
        platform = self.platform
        return {
            "issuer": platform.issuer,
            "authorization_endpoint": platform.auth_url,
            "token_endpoint": platform.token_url,
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
            "jwks_uri": platform.jwks_url,
            "registration_endpoint": f"{platform.url}/register",
            "scopes_supported": ["openid", *sorted(EVERY_SCOPE)],
            "response_types_supported": ["id_token"],
            "response_modes_supported": ["form_post"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
            PLATFORM: {
                "product_family_code": platform.family,
                "version": "1",
                "messages_supported": [{"type": "LtiResourceLinkRequest"}, {"type": "LtiDeepLinkingRequest"}],
                "variables": [],
            },
        }

    def answer(self, asked: Asked) -> Answer:
        _, _, token = asked.headers.get("authorization", "").partition(" ")
        if token not in self.tokens:
            raise Refused(401, "no such registration token")
        if asked.method != "POST" or asked.media_type != "application/json":
            raise Refused(400, "a registration is posted as JSON")
        told = asked.json()
        if wrong := self.wrong(told):
            return in_json(
                {"error": "invalid_client_metadata", "error_description": ", ".join(wrong)}, status=400
            )
        self.tokens.discard(token)
        self.received.append(told)
        client = Client(
            client_id=f"client-{secrets.token_hex(4)}",
            deployments=[secrets.token_hex(3)],
            login_url=told["initiate_login_uri"],
            jwks_url=told["jwks_uri"],
            redirect_uris=told["redirect_uris"],
            active=self.active_at_once,
        )
        self.platform.clients[client.client_id] = client
        deployed = {"deployment_id": client.deployments[0]}
        return in_json(told | {"client_id": client.client_id, TOOL: told[TOOL] | deployed}, status=201)

    def wrong(self, told: dict[str, Any]) -> list[str]:
        tool = told.get(TOOL, {})
        expected = {
            "application_type": told.get("application_type") == "web",
            "response_types": "id_token" in told.get("response_types", []),
            "grant_types": {"implicit", "client_credentials"} <= set(told.get("grant_types", [])),
            "token_endpoint_auth_method": told.get("token_endpoint_auth_method") == "private_key_jwt",
            "initiate_login_uri": bool(told.get("initiate_login_uri")),
            "redirect_uris": bool(told.get("redirect_uris")),
            "jwks_uri": bool(told.get("jwks_uri")),
            "client_name": bool(told.get("client_name")),
            "scope": set(told.get("scope", "").split()) <= EVERY_SCOPE | {"openid"},
            "domain": bool(tool.get("domain")),
            "target_link_uri": bool(tool.get("target_link_uri")),
            "claims": {"iss", "sub"} <= set(tool.get("claims", [])),
            "messages": all("type" in message for message in tool.get("messages", [{}])),
        }
        return [name for name, right in expected.items() if not right]

    def approve(self, client_id: str) -> None:
        """An administrator of the platform switches the tool on."""
        self.platform.clients[client_id].active = True
