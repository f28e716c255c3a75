"""The connection check against platforms that are served on this machine and are as strict as a platform may be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from learning.organisation.models import Role, TeachingGroup, User
from lti.core import claims
from lti.models import Context, Deployment, Platform
from lti.services import checking, keys
from lti.services.findings import Finding, Level
from tests.factories import make_unit, make_user
from tests.lti.platforms.base import Platform as Served
from tests.lti.platforms.d2l import D2L
from tests.lti.platforms.moodle import Moodle

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[Served, Moodle, D2L])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    kind: type[Served] = request.param
    with kind() as platform:
        platform.tool_keys.given = keys.public_set(datetime.now(UTC))
        yield platform


@pytest.fixture
def administrator(db: None) -> User:
    return make_user(roles=[(Role.ADMINISTRATOR, make_unit(name="校党委"))])


def registered(served: Served, **more: Any) -> Context:
    """The served platform as an administrator typed it in, and its course as a launch left it."""
    details = served.details()
    deployment_id = details.pop("deployment_id")
    audience = served.token_audience if served.token_audience != served.token_url else ""
    fields = {
        **details,
        "token_audience": audience,
        "allow_insecure_loopback": True,
        "unit": make_unit(),
        **more,
    }
    # A platform's issuer may be the name that the world knows it by.
    platform = Platform.objects.create(name="平台", state=Platform.State.ACTIVE, origins=served.url, **fields)
    deployment = Deployment.objects.create(
        platform=platform, deployment_id=deployment_id, state=Deployment.State.ACTIVE
    )
    course = next(iter(served.contexts.values()))
    now = datetime.now(UTC)
    return Context.objects.create(
        platform=platform, deployment=deployment, context_id=course.id, title="党课",
        group=TeachingGroup.objects.create(title="党课", created_at=now), created_at=now,
        roster_url=served.roster.url(course), line_items_url=served.gradebook.items_url(course),
        scopes=[claims.SCOPE_LINE_ITEM, claims.SCOPE_SCORE],
    )  # fmt: skip


def checked(context: Context, by: User) -> dict[str, Finding]:
    found = checking.check_platform(
        platform=context.platform, launch_url="https://dx.example.edu/lti/launch",
        login_url="https://dx.example.edu/lti/login", jwks_url="https://dx.example.edu/lti/jwks",
        by=by, now=datetime.now(UTC),
    )  # fmt: skip
    return {each.code: each for each in found}


def test_everything_answers_as_it_should(served: Served, administrator: User) -> None:
    found = checked(registered(served), administrator)
    assert {
        code: each for code, each in found.items() if each.level is not Level.OK and code != "launches"
    } == {}
    assert {"keys", "clock", "login", "tokens", "roster", "gradebook"} <= set(found)
    tokens = set(served.granting.tokens)
    assert tokens
    told = "".join(each.text + each.detail for each in found.values())
    assert not any(token in told for token in tokens)


def test_a_wrong_client_id_is_told(served: Served, administrator: User) -> None:
    found = checked(registered(served, client_id="nobody"), administrator)
    assert found["tokens"].level is Level.PROBLEM
    assert "客户端标识" in found["tokens"].text


def test_a_key_that_the_platform_does_not_know_is_told(served: Served, administrator: User) -> None:
    served.tool_keys.given = {"keys": []}
    found = checked(registered(served), administrator)
    assert found["tokens"].level is Level.PROBLEM
    assert "读不到本站的公钥" in found["tokens"].text


def test_a_wrong_audience_is_told(served: Served, administrator: User) -> None:
    found = checked(registered(served, token_audience="https://elsewhere.example/token"), administrator)
    assert found["tokens"].level is Level.PROBLEM
    assert "audience" in found["tokens"].text


def test_a_scope_that_is_not_granted_is_told(served: Served, administrator: User) -> None:
    served.granting.allowed -= {claims.SCOPE_MEMBERS}
    found = checked(registered(served), administrator)
    assert "读取课程名单" in found["tokens"].text
    assert found["roster"].level is Level.PROBLEM
    assert found["gradebook"].level is Level.OK


def test_a_platform_that_is_down_is_told_at_each_address(served: Served, administrator: User) -> None:
    context = registered(served)
    served.stop()
    found = checked(context, administrator)
    assert {found[code].level for code in ("keys", "tokens")} == {Level.PROBLEM}
    assert "连接不上" in found["keys"].text
    assert "roster" not in found
