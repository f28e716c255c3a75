"""Platform Notification Service 1.0, the platform's half: who wants to hear of what, and telling that a course was
copied."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import requests

from tests.lti.platforms.campus import NOTICES, Context, Refused
from tests.lti.platforms.serving import Answer, Asked, in_json

if TYPE_CHECKING:
    from tests.lti.platforms.base import Platform

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
CONTEXT_COPY = "LtiContextCopyNotice"


class Notifying:
    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.handlers: dict[tuple[str, str], str] = {}  # by client_id and notice type

    def claim(self, context: Context) -> dict[str, Any]:
        return {
            "platform_notification_service_url": f"{self.platform.url}/notices/{context.client.client_id}",
            "service_versions": ["1.0"],
            "scope": [NOTICES],
            "notice_types_supported": [CONTEXT_COPY],
        }

    def answer(self, asked: Asked) -> Answer:
        client_id = asked.path.rpartition("/")[2]
        if self.platform.granting.bearer(asked, NOTICES).client_id != client_id:
            raise Refused(403, "another tool's notices")
        if asked.method == "PUT":
            told = asked.json()
            if told.get("notice_type") != CONTEXT_COPY:
                raise Refused(400, "notice_type")
            self.handlers[client_id, CONTEXT_COPY] = told.get("handler", "")
        handler = self.handlers.get((client_id, CONTEXT_COPY), "")
        return in_json(
            {"client_id": client_id, "notice_handlers": [{"notice_type": CONTEXT_COPY, "handler": handler}]}
        )

    def notice(self, context: Context, *origins: str, notice_id: str | None = None) -> str:
        """A signed notice: the course was filled from the origins, the nearest first."""
        now = int(self.platform.now())
        return self.platform.sign(
            {
                "iss": self.platform.issuer,
                "aud": context.client.client_id,
                "iat": now,
                "exp": now + 3600,
                "nonce": secrets.token_hex(8),
                CLAIM + "version": "1.3.0",
                CLAIM + "deployment_id": context.deployment_id,
                CLAIM + "notice": {
                    "id": notice_id or secrets.token_hex(8),
                    "timestamp": datetime.fromtimestamp(now, UTC).isoformat(),
                    "type": CONTEXT_COPY,
                },
                CLAIM + "context": {"id": context.id, "title": context.title},
                CLAIM + "origin_contexts": list(origins),
            }
        )

    def tell(self, context: Context, *origins: str) -> requests.Response:
        """The notice posted to whoever registered for it."""
        handler = self.handlers[context.client.client_id, CONTEXT_COPY]
        return requests.post(handler, json={"notices": [{"jwt": self.notice(context, *origins)}]}, timeout=10)
