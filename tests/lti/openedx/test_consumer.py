"""What Open edX's consumer does by itself, seen by a tool that is not ours: what our services must live with."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from tests.lti.openedx.conftest import ENVIRONMENT, OpenEdx
from tests.lti.platforms.campus import EVERY_SCOPE, LEARNER, MEMBERS, SCORE
from tests.lti.platforms.launching import AGS_CLAIM, CLAIM, NRPS_CLAIM
from tests.lti.platforms.robot import Robot
from tests.lti.platforms.roster import CONTAINER
from tests.lti.platforms.tool_double import ToolDouble

EARLY, LATE = "2026-11-22T10:00:00.000001+00:00", "2026-11-22T10:00:00.000002+00:00"


@pytest.fixture(scope="module")
def double() -> Iterator[ToolDouble]:
    tool = ToolDouble()
    tool.server.start()
    yield tool
    tool.server.stop()


@pytest.fixture(scope="module")
def edx(double: ToolDouble, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenEdx]:
    if not list(ENVIRONMENT.glob(".ready-*")):
        pytest.skip("Open edX's LTI consumer is not installed: make openedx")
    platform = OpenEdx(tool=double.url, folder=tmp_path_factory.mktemp("edx"))
    told = platform.info
    client: Any = SimpleNamespace(client_id=told["client_id"])
    double.platform = SimpleNamespace(  # type: ignore[assignment] — what the double reads of a platform
        issuer=told["issuer"],
        auth_url=told["auth_url"],
        token_url=told["token_url"],
        token_audience=told["token_url"],
        jwks_url=told["jwks_url"],
        clients={told["client_id"]: client},
        client=client,
    )
    yield platform
    platform.stop()


def item_of(edx: OpenEdx, double: ToolDouble, link: str) -> tuple[str, dict[str, str]]:
    """A line item of the tool's making for a new link, and a token."""
    placed, bearer = edx.link(link), double.bearer()
    Robot().launch(edx.start_url("ana", link=link))
    items = double.claims[AGS_CLAIM]["lineitems"]
    made = double.make_item(items, bearer, resourceLinkId=placed["resource_link_id"])
    assert made.status_code == 201
    return made.json()["id"], bearer


def test_launch_names_no_line_item_before_one_is_made(edx: OpenEdx, double: ToolDouble) -> None:
    landed = Robot().launch(edx.start_url("ana"))
    assert landed.status_code == 200
    assert "lineitem" not in double.claims[AGS_CLAIM]
    assert LEARNER in double.claims[CLAIM + "roles"]
    assert double.claims["azp"] == edx.info["client_id"]


def test_published_key_names_no_algorithm(edx: OpenEdx, double: ToolDouble) -> None:
    (key,) = requests.get(edx.info["jwks_url"], timeout=5).json()["keys"]
    assert "alg" not in key


def test_stale_score_is_a_bad_request_that_names_the_timestamp(edx: OpenEdx, double: ToolDouble) -> None:
    item, bearer = item_of(edx, double, "stale")
    assert double.score(item, bearer, edx.sub("ana"), LATE).status_code == 201
    for timestamp in (EARLY, LATE):
        refused = double.score(item, bearer, edx.sub("ana"), timestamp)
        assert refused.status_code == 400
        assert "timestamp" in refused.json()


def test_score_without_points_takes_the_result_away(edx: OpenEdx, double: ToolDouble) -> None:
    item, bearer = item_of(edx, double, "nulled")
    double.score(item, bearer, edx.sub("ana"), EARLY)
    assert len(requests.get(f"{item}/results", headers=bearer, timeout=5).json()) == 1
    double.score(item, bearer, edx.sub("ana"), LATE, scoreGiven=None, scoreMaximum=None)
    assert requests.get(f"{item}/results", headers=bearer, timeout=5).json() == []
    assert [grade["score"] for grade in edx.grades("nulled")] == [0.7]


def test_activity_it_does_not_know_is_a_server_error(edx: OpenEdx, double: ToolDouble) -> None:
    item, bearer = item_of(edx, double, "unknown")
    assert double.score(item, bearer, edx.sub("ana"), EARLY, activityProgress="Done").status_code == 500


@pytest.mark.parametrize("fields", [{}, {"resourceId": "exam-1", "scoreMaximum": 12.5}])
def test_line_item_needs_an_id_and_whole_points(
    edx: OpenEdx, double: ToolDouble, fields: dict[str, Any]
) -> None:
    Robot().launch(edx.start_url("ana"))
    made = double.make_item(double.claims[AGS_CLAIM]["lineitems"], double.bearer(), **fields)
    assert made.status_code == 400


def test_token_that_its_new_key_did_not_sign_is_forbidden_rather_than_unauthorised(
    edx: OpenEdx, double: ToolDouble
) -> None:
    item, bearer = item_of(edx, double, "rotated")
    edx.tell(rotate_key=True)
    assert double.score(item, bearer, edx.sub("ana"), EARLY).status_code == 403
    assert double.score(item, double.bearer(), edx.sub("ana"), EARLY).status_code == 201


def test_scope_that_is_refused_is_missing_from_the_token(edx: OpenEdx, double: ToolDouble) -> None:
    item, _ = item_of(edx, double, "scopes")
    edx.tell(scopes=sorted(EVERY_SCOPE - {SCORE}))
    try:
        granted = double.ask_token().json()
        assert SCORE not in granted["scope"].split()
        refused = double.score(
            item, {"Authorization": f"Bearer {granted['access_token']}"}, edx.sub("ana"), EARLY
        )
        assert refused.status_code == 403
    finally:
        edx.tell(scopes=None)


def test_roster_has_pages_when_its_url_says_so(edx: OpenEdx, double: ToolDouble) -> None:
    edx.tell(nrps_page=2)
    try:
        Robot().launch(edx.start_url("teach"))
    finally:
        edx.tell(nrps_page=None)
    url, seen = double.claims[NRPS_CLAIM]["context_memberships_url"], []
    headers = double.bearer(scopes={MEMBERS}) | {"Accept": CONTAINER}
    pages = 0
    while url:
        got = requests.get(url, headers=headers, timeout=5)
        seen += [member["user_id"] for member in got.json()["members"]]
        url, pages = got.links.get("next", {}).get("url"), pages + 1
    assert pages == 3
    assert sorted(seen) == sorted(edx.get("info")["subjects"].values())
