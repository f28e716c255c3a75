"""D2L Brightspace: an assertion must name an audience that is not the token URL."""

from __future__ import annotations

from typing import Any

from tests.lti.platforms.base import Platform
from tests.lti.platforms.registering import Registering

AUDIENCE = "https://api.brightspace.example.com/auth/token"


class D2LRegistering(Registering):
    def configuration(self) -> dict[str, Any]:
        return super().configuration() | {"authorization_server": AUDIENCE}


class D2L(Platform):
    family = "desire2learn"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.registering = D2LRegistering(self)

    def first_client_id(self) -> str:
        """Its tokens are all asked for at one place, so no two schools have the same."""
        return f"client-{self.server.server.server_port}"

    @property
    def token_audience(self) -> str:
        return AUDIENCE

    def details(self, *arguments: Any) -> dict[str, Any]:
        return super().details(*arguments) | {"token_audience": AUDIENCE}
