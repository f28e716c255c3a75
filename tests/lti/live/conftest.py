"""Our site as it runs, and platforms of each kind registered with it by the command that administrators use."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, TypeVar

import pytest
from django.core.management import call_command

from learning.organisation.models import Unit
from tests.factories import make_unit
from tests.live_site import Site, running_site
from tests.lti.platforms.base import Platform
from tests.lti.platforms.campus import Client

P = TypeVar("P", bound=Platform)


class Campuses:
    """Platforms that are taken away with the test."""

    def __init__(self, site: Site, school: Unit, running: ExitStack) -> None:
        self.site, self.school, self.running = site, school, running

    def start(self, kind: type[P], **options: Any) -> P:
        return self.running.enter_context(kind(self.site.url, **options))

    def register(
        self, fake: Platform, *, dialect: str = "other", client: Client | None = None
    ) -> dict[str, Any]:
        """What `lti_platform add` says."""
        client = client or fake.client
        told = fake.details(client)
        said = io.StringIO()
        with self.site.database():
            call_command(
                "lti_platform",
                "add",
                f"--base-url={self.site.url}",
                *(
                    f"--{name.replace('_', '-')}={value}"
                    for name, value in told.items()
                    if name != "deployment_id"
                ),
                *(f"--deployment={deployment}" for deployment in client.deployments),
                f"--unit={self.school.code}",
                f"--origin={fake.url}",
                f"--dialect={dialect}",
                "--allow-insecure-loopback",
                stdout=said,
            )
        return dict(json.loads(said.getvalue()))

    def join(self, kind: type[P], *, dialect: str = "other", **options: Any) -> P:
        fake = self.start(kind, **options)
        self.register(fake, dialect=dialect)
        return fake


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), django_db_blocker) as running:
        yield running


@pytest.fixture(scope="package")
def school(site: Site) -> Unit:
    """Its exams may be linked; unknown people come into it."""
    with site.database():
        return make_unit(name="校园党委")


@pytest.fixture
def campuses(site: Site, school: Unit) -> Iterator[Campuses]:
    with ExitStack() as running:
        yield Campuses(site, school, running)
