"""A second platform that we did not write, lti-provider-mock: its log-in is posted, its key names no algorithm, it has no
services, and it says of nobody what they are in the course."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator

import pytest
import requests

from learning.organisation.models import GroupMember, GroupStaff, Unit
from lti.models import Context, PlatformUser
from tests.live_site import Site, free_port
from tests.lti.factories import make_platform
from tests.lti.openedx.conftest import ENVIRONMENT, START_S
from tests.lti.platforms.robot import Robot


@pytest.fixture(scope="module")
def mock(site: Site) -> Iterator[str]:
    """Where it runs."""
    port = free_port()
    url = f"http://localhost:{port}"
    people = [{"id": "u1", "given_name": "Ana", "family_name": "Li", "email": "ana@campus.example"}]
    told = {
        "LTI__ISS": url,
        "LTI__LOGIN_URL": f"{site.url}/lti/login",
        "LTI__LAUNCH_URL": f"{site.url}/lti/launch",
        "USERS": json.dumps(people),
        "COURSES": json.dumps([{"id": "c1", "name": "Course 1"}]),
    }
    program = [str(ENVIRONMENT / "bin" / "python"), "-m", "uvicorn", "lti_provider_mock.server:app"]
    process = subprocess.Popen(
        [*program, "--port", str(port), "--log-level", "warning"],
        env=os.environ | {f"LTI_PROVIDER_MOCK__{name}": value for name, value in told.items()},
    )
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            requests.get(f"{url}/jwks", timeout=2)
            break
        except requests.ConnectionError:
            assert process.poll() is None, "the platform did not start"
            time.sleep(0.1)
    yield url
    process.terminate()
    process.wait(timeout=20)


def test_somebody_without_a_role_is_known_and_gets_nothing(site: Site, school: Unit, mock: str) -> None:
    with site.database():
        row = make_platform(
            school,
            issuer=mock,
            client_id="lti-provider-mock",
            auth_url=f"{mock}/authorize",
            token_url=f"{mock}/token",
            jwks_url=f"{mock}/jwks",
            allow_insecure_loopback=True,
        )
        robot = Robot()
        courses = robot.submit(robot.visit(f"{mock}/login"), userid="u1")
        login = robot.visit(f"{mock}/courses/c1", comes_from=courses.url)
        landed = robot.through(robot.submit(login))
        assert landed.status_code == 200, landed.text
        assert "平台没有说明您在课程中的身份" in landed.text
        assert PlatformUser.objects.get(platform=row).user.full_name == "Ana Li"
        group = Context.objects.get(platform=row).group
        assert not GroupMember.objects.filter(group=group).exists()
        assert not GroupStaff.objects.filter(group=group).exists()
