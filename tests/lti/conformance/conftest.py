"""The strict platform on loopback, registered with the tool; its browser is Django's test client on our side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from re import DOTALL, search
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.http import HttpResponse
from django.test import Client

from learning.organisation.models import Unit
from lti.models import Context, Deployment, Platform
from lti.services import keys
from question_bank.exams.models import Exam
from tests.lti.campus import HOST
from tests.lti.platforms import base
from tests.lti.platforms.launching import DEEP_LINKING
from tests.lti.platforms.robot import form_with
from tests.lti.platforms.serving import Answer, Asked, in_json


@dataclass
class Strict:
    """`launch` walks a whole launch; `choose` a whole deep linking."""

    platform: base.Platform
    row: Platform
    exam: Exam
    client: Client = field(default_factory=Client)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    @property
    def context(self) -> Context:
        return Context.objects.get(platform=self.row)

    def launch(self, sub: str, link: str = "exam", **begin: Any) -> HttpResponse:
        asked = urlsplit(self.platform.begin(sub, link, **begin))
        sent = self.client.get(f"{asked.path}?{asked.query}")
        assert sent.status_code == 302, sent.content.decode()[:500]
        page = requests.get(sent["Location"], timeout=10)
        assert page.status_code == 200, page.text
        form = form_with(page, "id_token")
        return self.client.post(urlsplit(form.action).path, form.fields)

    def choose(self, *items: str, **begin: Any) -> requests.Response:
        """The teacher chooses these ("exam-1"), with a column each, and the browser carries the answer back."""
        opened = self.launch("teach", message=DEEP_LINKING, **begin)
        assert opened.status_code == 302, opened.headers.get("X-Error-Code")
        assert self.client.get(opened["Location"]).status_code == 200
        columns = {f"column-{item}": "on" for item in items}
        page = self.client.post(opened["Location"], {"item": list(items), **columns}).content.decode()
        return post_back(page)


def out_of_order(asked: Asked) -> Answer:
    """In place of a platform's `route`."""
    return in_json({"error": "maintenance"}, status=503)


def post_back(page: str) -> requests.Response:
    """What the page's script does: sends the signed answer to the platform."""
    found = search(
        r'<form[^>]*action="([^"]+)"[^>]*>(?:(?!</form>).)*name="JWT" value="([^"]+)"', page, DOTALL
    )
    assert found is not None, page
    return requests.post(unescape(found[1]), data={"JWT": unescape(found[2])}, timeout=10)


@pytest.fixture
def strict(school: Unit, exam: Exam) -> Iterator[Strict]:
    with base.Platform(HOST) as platform:
        details = platform.details()
        deployment = details.pop("deployment_id")
        row = Platform.objects.create(
            name="严格的平台",
            state=Platform.State.ACTIVE,
            unit=school,
            default_unit=school,
            allow_insecure_loopback=True,
            **details,
        )
        Deployment.objects.create(platform=row, deployment_id=deployment, state=Deployment.State.ACTIVE)
        platform.tool_keys.given = keys.public_set(datetime.now(UTC))
        platform.links["exam"].custom = {"exam": str(exam.pk)}
        yield Strict(platform, row, exam)
