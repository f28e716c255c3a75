"""A registered platform, and a browser (Django's test client) that walks log-in and launch with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http import HttpResponse
from django.test import Client

from learning.organisation.models import Unit
from lti.core import claims
from lti.models import Deployment, Launch, Platform
from question_bank.exams.models import Exam
from tests.lti.platforms.signing import SigningPlatform

HOST = "http://testserver"
TARGET = f"{HOST}/lti/launch"


@dataclass
class Campus:
    """A platform with its row. `log_in` and `launch` are the two halves of a launch in one browser."""

    signing: SigningPlatform
    row: Platform
    exam: Exam
    client: Client = field(default_factory=Client)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def log_in(self, client: Client | None = None, **params: Any) -> dict[str, str]:
        """What the platform is sent: state, nonce, redirect_uri …; a parameter None is left out."""
        response = self.ask(client, **params)
        assert response.status_code == 302, response.content.decode()[:500]
        return {name: values[0] for name, values in parse_qs(urlsplit(response["Location"]).query).items()}

    def ask(self, client: Client | None = None, **params: Any) -> HttpResponse:
        asked = {
            "iss": self.signing.issuer,
            "client_id": self.signing.client_id,
            "login_hint": "hint",
            "target_link_uri": TARGET,
        } | params
        return (client or self.client).get(
            "/lti/login", {name: value for name, value in asked.items() if value is not None}
        )

    def payload(self, nonce: str, **overrides: Any) -> dict[str, Any]:
        """A learner's launch of the exam; overrides as SigningPlatform takes them."""
        given = {"target_link_uri": TARGET, "custom": {"exam": str(self.exam.pk)}, "ags": None, "nrps": None}
        return self.signing.payload(nonce=nonce, **(given | overrides))

    def launch(self, client: Client | None = None, **overrides: Any) -> HttpResponse:
        """Both halves in one browser, with a token that these overrides change."""
        sent = self.log_in(client)
        return self.post(sent["state"], self.signing.sign(self.payload(sent["nonce"], **overrides)), client)

    def launch_signed(self, sign: Callable[[dict[str, Any]], str]) -> HttpResponse:
        sent = self.log_in()
        return self.post(sent["state"], sign(self.payload(sent["nonce"])))

    def post(self, state: str, token: str, client: Client | None = None) -> HttpResponse:
        return (client or self.client).post("/lti/launch", {"state": state, "id_token": token})


def register(signing: SigningPlatform, unit: Unit, **fields: Any) -> Platform:
    """The platform's row, active, with its deployment."""
    row = Platform.objects.create(
        **{
            "name": "校园平台",
            "state": Platform.State.ACTIVE,
            "issuer": signing.issuer,
            "client_id": signing.client_id,
            "auth_url": f"{signing.issuer}/auth",
            "token_url": f"{signing.issuer}/token",
            "jwks_url": f"{signing.issuer}/jwks",
            "unit": unit,
            **fields,
        }
    )
    Deployment.objects.create(
        platform=row, deployment_id=signing.deployment_id, state=Deployment.State.ACTIVE
    )
    return row


published: dict[str, SigningPlatform] = {}


def join_campus(signing: SigningPlatform, school: Unit, exam: Exam, **fields: Any) -> Campus:
    row = register(signing, school, **fields)
    published[row.jwks_url] = signing
    return Campus(signing, row, exam)


def refused(response: HttpResponse, code: str) -> None:
    """A plain page with this code, and the reason kept for the administrator."""
    assert response.status_code in (400, 403), response.status_code
    assert response["X-Error-Code"] == code
    assert code in response.content.decode()
    assert Launch.objects.filter(code=code).exists()


def landed(campus: Campus, response: HttpResponse) -> None:
    """On the exam's own page, which opens to this browser."""
    assert response.status_code == 302, (response.status_code, response.headers.get("X-Error-Code"))
    assert response["Location"] == f"/exams/{campus.exam.pk}/"
    page = campus.client.get(response["Location"])
    assert page.status_code == 200
    assert campus.exam.title in page.content.decode()


def landed_as_teacher(campus: Campus, response: HttpResponse) -> None:
    """On the teachers' page of the platform's course."""
    assert response.status_code == 302, (response.status_code, response.headers.get("X-Error-Code"))
    assert response["Location"].startswith("/lti/contexts/")
    page = campus.client.get(response["Location"])
    assert page.status_code == 200
    assert campus.exam.title in page.content.decode()


INSTRUCTOR = [claims.MEMBERSHIP_INSTRUCTOR]
