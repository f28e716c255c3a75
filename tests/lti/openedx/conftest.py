"""Open edX's consumer in a process and an environment of its own (make openedx), and our site as its tool."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from learning.organisation.models import Unit
from lti.models import Platform
from tests.factories import make_unit
from tests.live_site import ROOT, Site, free_port, running_site
from tests.lti.factories import make_platform

ENVIRONMENT = ROOT / ".venv-openedx"
START_S = 30
SERVICE_S = 10


class OpenEdx:
    """The running platform at `url`. What it can be told and asked stands in edx_host/views.py."""

    def __init__(self, *, tool: str, folder: Path) -> None:
        port = free_port()
        # Another site than the tool's 127.0.0.1, as a campus platform is.
        self.url, self.tool = f"http://localhost:{port}", tool
        told = ["--port", str(port), "--tool", tool, "--database", str(folder / "edx.sqlite3")]
        self.process = subprocess.Popen(
            [str(ENVIRONMENT / "bin" / "python"), "-m", "edx_host", *told], cwd=Path(__file__).parent
        )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                self.info = self.get("info")
                return
            except requests.ConnectionError:
                assert self.process.poll() is None, "the platform did not start"
                time.sleep(0.1)
        self.stop()
        raise TimeoutError(self.url)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)

    def get(self, place: str, **query: str) -> Any:
        answer = requests.get(f"{self.url}/{place}", params=query, timeout=SERVICE_S)
        answer.raise_for_status()
        return answer.json()

    def post(self, place: str, **told: Any) -> Any:
        answer = requests.post(f"{self.url}/{place}", json=told, timeout=SERVICE_S)
        answer.raise_for_status()
        return answer.json()

    def start_url(self, user: str, **query: str | int) -> str:
        """What a click on a link opens: `link`, `target`, `dl`, `item`; see edx_host/views.py."""
        return str(requests.Request("GET", f"{self.url}/start", params={"user": user} | query).prepare().url)

    def link(self, name: str, **told: Any) -> dict[str, Any]:
        """A placement made or changed: `course`, `custom`, `target`, `ags`, `nrps`. Its resource_link_id, context_id."""
        return dict(self.post("links", name=name, **told))

    def tell(self, **told: Any) -> None:
        """`roles`, `nrps_page`, `scopes`, `rotate_key`, `forget_grades`."""
        self.post("tell", **told)

    def sub(self, user: str) -> str:
        return str(self.get("info")["subjects"][user])

    def grades(self, link: str) -> list[dict[str, Any]]:
        """What reached the gradebook for the link, oldest first."""
        return [grade for grade in self.get("grades") if grade["link"] == link]

    def line_items(self, link: str) -> list[dict[str, Any]]:
        return list(self.get("line-items", link=link))

    def deep_links(self, link: str) -> list[dict[str, Any]]:
        return list(self.get("deep-links", link=link))


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[Site]:
    if not list(ENVIRONMENT.glob(".ready-*")):
        pytest.skip("Open edX's LTI consumer is not installed: make openedx")
    with running_site(tmp_path_factory.mktemp("site"), django_db_blocker) as running:
        yield running


@pytest.fixture(scope="package")
def openedx(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenEdx]:
    platform = OpenEdx(tool=site.url, folder=tmp_path_factory.mktemp("edx"))
    yield platform
    platform.stop()


@pytest.fixture(scope="package")
def school(site: Site) -> Unit:
    """Its exams may be linked from the platform; people of the platform come into it."""
    with site.database():
        return make_unit(name="校园党委")


@pytest.fixture(scope="package")
def registered(site: Site, openedx: OpenEdx, school: Unit) -> Platform:
    """The platform, as an administrator of ours has registered it."""
    told = openedx.info
    addresses = {name: told[name] for name in ("issuer", "client_id", "auth_url", "token_url", "jwks_url")}
    with site.database():
        return make_platform(school, dialect="openedx", allow_insecure_loopback=True, **addresses)
