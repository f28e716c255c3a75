"""The strict platform refuses what a platform must, and does the rest: launches, tokens, columns, rosters."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests

from tests.lti.platforms.base import Platform
from tests.lti.platforms.campus import LEARNER, LINE_ITEM, MEMBERS, NOTICES, SCORE, TEACHER
from tests.lti.platforms.choosing import DL
from tests.lti.platforms.launching import AGS_CLAIM, CLAIM, DEEP_LINKING, NRPS_CLAIM
from tests.lti.platforms.robot import Robot
from tests.lti.platforms.roster import CONTAINER
from tests.lti.platforms.serving import Loopback, in_json
from tests.lti.platforms.tool_double import ToolDouble

EARLY, LATE = "2026-11-22T10:00:00.000001+00:00", "2026-11-22T10:00:00.000002+00:00"


@pytest.fixture
def platform(tool: ToolDouble) -> Iterator[Platform]:
    with Platform(tool.url) as platform:
        tool.platform = platform
        yield platform


def test_launch_reaches_the_tool_with_signed_claims(platform: Platform, tool: ToolDouble) -> None:
    platform.links["exam"].custom = {"exam": "5"}
    landed = Robot().launch(platform.begin("ana"))
    assert (landed.status_code, landed.url) == (200, f"{tool.url}/lti/launch")
    assert tool.claims["sub"] == "ana"
    assert tool.claims[CLAIM + "roles"] == [LEARNER]
    assert tool.claims[CLAIM + "custom"] == {"exam": "5"}
    assert tool.claims[CLAIM + "resource_link"]["id"] == "exam"


def test_click_on_the_course_page_is_a_launch_too(platform: Platform, tool: ToolDouble) -> None:
    Robot().launch(f"{platform.url}/start?user=teach")
    assert tool.claims[CLAIM + "roles"] == [TEACHER]


def test_claims_are_changed_and_taken_away_as_told(platform: Platform, tool: ToolDouble) -> None:
    Robot().launch(platform.begin("ana", changes={"email": None, "aud": ["client-1", "other"]}))
    assert "email" not in tool.claims
    assert tool.claims["aud"] == ["client-1", "other"]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("redirect_uri", "https://elsewhere.example/launch"),
        ("client_id", "client-2"),
        ("login_hint", "bo"),
        ("response_type", "code"),
        ("response_mode", "query"),
        ("prompt", "login"),
        ("scope", ""),
        ("nonce", ""),
        ("state", ""),
        ("lti_message_hint", "made-up"),
    ],
)
def test_auth_refuses_a_wrong_request(
    platform: Platform, tool: ToolDouble, parameter: str, value: str
) -> None:
    tool.asks = {parameter: value}
    refused = Robot().launch(platform.begin("ana"))
    assert refused.status_code == 400
    assert parameter in refused.json()["error"]


def test_rotated_key_signs_and_the_old_one_stays_unless_told(platform: Platform, tool: ToolDouble) -> None:
    platform.rotate_key()
    assert len(requests.get(platform.jwks_url, timeout=5).json()["keys"]) == 2
    Robot().launch(platform.begin("ana"))
    platform.rotate_key(keep_old=False)
    assert len(requests.get(platform.jwks_url, timeout=5).json()["keys"]) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "stranger"},
        {"sub": "someone"},
        {"aud": "https://elsewhere.example/token"},
        {"exp": int(time.time()) - 120},
        {"iat": int(time.time()) + 600, "exp": int(time.time()) + 660},
        {"exp": int(time.time()) + 90_000},
        {"jti": None},
        {"kid": None},
        {"kid": "unknown"},
    ],
)
def test_token_refuses_a_wrong_assertion(
    platform: Platform, tool: ToolDouble, changes: dict[str, Any]
) -> None:
    refused = tool.ask_token(assertion=tool.assertion(**changes))
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_assertion_is_taken_once(platform: Platform, tool: ToolDouble) -> None:
    assertion = tool.assertion()
    assert tool.ask_token(assertion=assertion).ok
    assert tool.ask_token(assertion=assertion).status_code == 401


def test_only_allowed_scopes_are_granted(platform: Platform, tool: ToolDouble) -> None:
    platform.granting.allowed = {SCORE}
    granted = tool.ask_token(scopes={SCORE, MEMBERS})
    assert granted.json()["scope"] == SCORE
    assert tool.ask_token(scopes={MEMBERS}).json()["error"] == "invalid_scope"


def test_services_refuse_a_token_that_is_revoked_or_too_narrow(platform: Platform, tool: ToolDouble) -> None:
    items = platform.gradebook.items_url(platform.contexts["course"])
    assert requests.get(items, timeout=5).status_code == 401
    assert requests.get(items, headers=tool.bearer(scopes={SCORE}), timeout=5).status_code == 403
    bearer = tool.bearer(scopes={LINE_ITEM})
    assert requests.get(items, headers=bearer, timeout=5).json() == []
    platform.granting.tokens.clear()
    assert requests.get(items, headers=bearer, timeout=5).status_code == 401


def test_score_becomes_the_result(platform: Platform, tool: ToolDouble) -> None:
    Robot().launch(platform.begin("ana"))
    endpoint, bearer = tool.claims[AGS_CLAIM], tool.bearer()
    assert "lineitem" not in endpoint
    made = tool.make_item(endpoint["lineitems"], bearer, resourceLinkId="exam", scoreMaximum=20)
    assert made.status_code == 201
    assert tool.score(made.json()["id"], bearer, "ana", EARLY, comment="good").status_code == 200
    assert platform.gradebook.shown("ana") == {"resultScore": 14, "resultMaximum": 20, "comment": "good"}
    results = requests.get(made.json()["id"] + "/results", headers=bearer, timeout=5).json()
    assert [(row["userId"], row["resultScore"]) for row in results] == [("ana", 14)]
    Robot().launch(platform.begin("ana"))
    assert tool.claims[AGS_CLAIM]["lineitem"] == made.json()["id"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"timestamp": EARLY}, 409),
        ({"timestamp": "2026-11-22T10:00:01"}, 400),
        ({"timestamp": "today"}, 400),
        ({"userId": "stranger"}, 404),
        ({"activityProgress": "Done"}, 400),
        ({"gradingProgress": None}, 400),
        ({"scoreGiven": -1}, 400),
        ({"scoreMaximum": 0}, 400),
        ({"scoreMaximum": None}, 400),
    ],
)
def test_wrong_score_is_refused(
    platform: Platform, tool: ToolDouble, changes: dict[str, Any], status: int
) -> None:
    item, bearer = (
        platform.gradebook.add(platform.contexts["course"], label="Exam", maximum=10),
        tool.bearer(),
    )
    url = platform.gradebook.item_url(item)
    assert tool.score(url, bearer, "ana", EARLY).ok
    told = {"sub": "ana", "timestamp": LATE} | changes
    assert tool.score(url, bearer, **told).status_code == status
    assert len(item.accepted["ana"]) == 1


def test_score_without_points_clears_and_a_pending_one_changes_nothing(
    platform: Platform, tool: ToolDouble
) -> None:
    item, bearer = (
        platform.gradebook.add(platform.contexts["course"], label="Exam", maximum=10),
        tool.bearer(),
    )
    url = platform.gradebook.item_url(item)
    tool.score(url, bearer, "ana", EARLY)
    tool.score(url, bearer, "ana", LATE, scoreGiven=1, gradingProgress="Pending")
    assert platform.gradebook.shown("ana") == {"resultScore": 7, "resultMaximum": 10, "comment": ""}
    tool.score(url, bearer, "ana", "2026-11-22T10:01:00Z", scoreGiven=None, gradingProgress="NotReady")
    assert platform.gradebook.shown("ana") is None


def test_roster_comes_in_pages_to_who_asks_properly(platform: Platform, tool: ToolDouble) -> None:
    platform.roster.page = 2
    platform.contexts["course"].left.add("bo")
    Robot().launch(platform.begin("teach"))
    url, seen = tool.claims[NRPS_CLAIM]["context_memberships_url"], {}
    bearer = tool.bearer(scopes={MEMBERS})
    assert requests.get(url, headers=bearer, timeout=5).status_code == 406
    while url:
        got = requests.get(url, headers=bearer | {"Accept": CONTAINER}, timeout=5)
        assert len(got.json()["members"]) <= 2
        seen |= {member["user_id"]: member["status"] for member in got.json()["members"]}
        url = got.links.get("next", {}).get("url")
    assert seen == {"teach": "Active", "tina": "Active", "ana": "Active", "bo": "Inactive", "cy": "Active"}


def test_chosen_items_become_links_with_columns(platform: Platform, tool: ToolDouble) -> None:
    Robot().launch(platform.begin("teach", message=DEEP_LINKING))
    settings = tool.claims[DL + "deep_linking_settings"]
    now = int(time.time())
    answer = {
        "iss": "client-1",
        "aud": platform.issuer,
        "iat": now,
        "exp": now + 60,
        "nonce": "n",
        CLAIM + "message_type": "LtiDeepLinkingResponse",
        CLAIM + "version": "1.3.0",
        CLAIM + "deployment_id": "1",
        DL + "data": settings["data"],
        DL + "content_items": [
            {
                "type": "ltiResourceLink",
                "title": "Exam 1",
                "custom": {"exam": "1"},
                "lineItem": {"scoreMaximum": 50},
            }
        ],
    }
    url = settings["deep_link_return_url"]
    forged = tool.sign(answer | {DL + "data": "other"})
    assert requests.post(url, data={"JWT": forged}, timeout=5).status_code == 400
    assert requests.post(url, data={"JWT": tool.sign(answer)}, timeout=5).ok
    assert requests.post(url, data={"JWT": tool.sign(answer)}, timeout=5).status_code == 404
    (link,) = platform.choosing.made
    Robot().launch(platform.begin("ana", link.id))
    assert tool.claims[CLAIM + "custom"] == {"exam": "1"}
    assert link.item
    assert (link.item.label, link.item.maximum) == ("Exam 1", 50)


def test_copy_notice_reaches_the_handler_that_was_registered(platform: Platform, tool: ToolDouble) -> None:
    Robot().launch(platform.begin("teach"))
    service = tool.claims[CLAIM + "platformnotificationservice"]["platform_notification_service_url"]
    heard = Loopback(lambda asked: in_json(asked.json()))
    heard.start()
    told = {"notice_type": "LtiContextCopyNotice", "handler": f"{heard.url}/notices"}
    assert requests.put(service, json=told, headers=tool.bearer(scopes={SCORE}), timeout=5).status_code == 403
    assert requests.put(service, json=told, headers=tool.bearer(scopes={NOTICES}), timeout=5).ok
    copied = platform.add_context("copy")
    (notice,) = platform.notifying.tell(copied, "course").json()["notices"]
    heard.stop()
    claims = jwt.decode(notice["jwt"], options={"verify_signature": False})
    assert claims[CLAIM + "context"]["id"] == "copy"
    assert claims[CLAIM + "origin_contexts"] == ["course"]
    assert "sub" not in claims


def test_tool_registers_itself_once_by_token(platform: Platform, tool: ToolDouble) -> None:
    url = platform.registering.url(f"{tool.url}/lti/register/abc")
    token = url.rpartition("=")[2]
    configuration = requests.get(f"{platform.url}/.well-known/openid-configuration", timeout=5).json()
    told = {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{tool.url}/lti/login",
        "redirect_uris": [f"{tool.url}/lti/launch"],
        "client_name": "Double",
        "jwks_uri": f"{tool.url}/lti/jwks",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": SCORE,
        "https://purl.imsglobal.org/spec/lti-tool-configuration": {
            "domain": "127.0.0.1",
            "target_link_uri": f"{tool.url}/lti/launch",
            "claims": ["iss", "sub"],
            "messages": [{"type": "LtiResourceLinkRequest"}],
        },
    }
    endpoint, bearer = configuration["registration_endpoint"], {"Authorization": f"Bearer {token}"}
    assert requests.post(endpoint, json=told, timeout=5).status_code == 401
    missing = {name: value for name, value in told.items() if name != "jwks_uri"}
    assert requests.post(endpoint, json=missing, headers=bearer, timeout=5).status_code == 400
    registered = requests.post(endpoint, json=told, headers=bearer, timeout=5)
    assert registered.status_code == 201
    assert requests.post(endpoint, json=told, headers=bearer, timeout=5).status_code == 401
    assert tool.ask_token(assertion=tool.assertion(client_id=registered.json()["client_id"])).ok
