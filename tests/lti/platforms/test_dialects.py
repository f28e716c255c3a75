"""Each fake has the ways that its platform was seen to have."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, TypeVar

import pytest
import requests

from tests.lti.platforms.base import Platform
from tests.lti.platforms.blackboard import Blackboard
from tests.lti.platforms.campus import LEARNER, MEMBERS
from tests.lti.platforms.canvas import Canvas
from tests.lti.platforms.d2l import AUDIENCE, D2L
from tests.lti.platforms.flaky import Flaky
from tests.lti.platforms.launching import AGS_CLAIM, CLAIM
from tests.lti.platforms.moodle import Moodle
from tests.lti.platforms.robot import Robot
from tests.lti.platforms.roster import CONTAINER
from tests.lti.platforms.sakai import Sakai
from tests.lti.platforms.tool_double import ToolDouble

P = TypeVar("P", bound=Platform)


class Running:
    """Platforms that stop with the test; the double is the tool of the last."""

    def __init__(self, tool: ToolDouble, open_ones: ExitStack) -> None:
        self.tool, self.open = tool, open_ones

    def start(self, kind: type[P], **options: Any) -> P:
        platform = self.open.enter_context(kind(self.tool.url, **options))
        self.tool.platform = platform
        return platform


@pytest.fixture
def running(tool: ToolDouble) -> Iterator[Running]:
    with ExitStack() as open_ones:
        yield Running(tool, open_ones)


def column(platform: Platform, tool: ToolDouble) -> tuple[str, dict[str, str]]:
    item = platform.gradebook.add(platform.contexts["course"], label="Exam", maximum=10)
    return platform.gradebook.item_url(item), tool.bearer()


# --- Moodle


def test_moodle_takes_one_score_a_second(running: Running, tool: ToolDouble) -> None:
    moodle = running.start(Moodle)
    url, bearer = column(moodle, tool)
    assert tool.score(url, bearer, "ana", "2026-11-22T10:00:00.100000+00:00").ok
    assert tool.score(url, bearer, "ana", "2026-11-22T10:00:00.900000+00:00").status_code == 409
    assert tool.score(url, bearer, "ana", "2026-11-22T10:00:01.000000+00:00").ok


def test_moodle_takes_a_future_score_and_then_none(running: Running, tool: ToolDouble) -> None:
    moodle = running.start(Moodle)
    url, bearer = column(moodle, tool)
    assert tool.score(url, bearer, "ana", "2099-01-01T00:00:00Z").ok
    assert tool.score(url, bearer, "ana", "2026-11-22T10:00:00Z").status_code == 409


def test_moodle_erases_a_grade_that_is_not_final(running: Running, tool: ToolDouble) -> None:
    moodle = running.start(Moodle)
    url, bearer = column(moodle, tool)
    tool.score(url, bearer, "ana", "2026-11-22T10:00:00Z")
    assert moodle.gradebook.shown("ana")
    erased = tool.score(url, bearer, "ana", "2026-11-22T10:00:05Z", gradingProgress="PendingManual")
    assert (erased.status_code, moodle.gradebook.shown("ana")) == (200, None)


def test_moodle_asks_for_its_query(running: Running, tool: ToolDouble) -> None:
    moodle = running.start(Moodle)
    url, bearer = column(moodle, tool)
    assert url.endswith("?type_id=3")
    assert requests.get(url.partition("?")[0], headers=bearer, timeout=5).status_code == 404
    assert requests.get(url, headers=bearer, timeout=5).json()["id"] == url


def test_moodle_guards_its_token_with_a_page(running: Running, tool: ToolDouble) -> None:
    moodle = running.start(Moodle)
    moodle.curl_guard = True
    answer = tool.ask_token()
    assert (answer.status_code, "html" in answer.headers["Content-Type"]) == (404, True)


def test_moodle_launches_once_and_for_a_minute(running: Running, tool: ToolDouble) -> None:
    moodle = running.start(Moodle)
    robot = Robot()
    assert robot.launch(moodle.begin("ana")).url.endswith("/lti/launch")
    assert tool.claims["exp"] - tool.claims["iat"] == 60
    auth = next(page.url for page in robot.walked if page.url.startswith(moodle.auth_url))
    assert robot.visit(auth).status_code == 403


def test_moodle_names_roles_shortly_in_the_roster(running: Running, tool: ToolDouble) -> None:
    moodle = running.start(Moodle)
    headers = tool.bearer(scopes={MEMBERS}) | {"Accept": CONTAINER}
    members = requests.get(moodle.roster.url(moodle.contexts["course"]), headers=headers, timeout=5).json()[
        "members"
    ]
    assert {member["user_id"]: member["roles"] for member in members}["ana"] == ["Learner"]


def test_moodle_may_refuse_who_has_no_name(running: Running, tool: ToolDouble) -> None:
    running.start(Moodle, needs_user_agent=True)
    nameless: dict[str, Any] = {"User-Agent": ""}
    assert tool.ask_token(**nameless).status_code == 403
    assert tool.ask_token().ok


def test_moodle_registers_but_leaves_it_to_an_administrator(running: Running) -> None:
    moodle = running.start(Moodle)
    assert not moodle.registering.active_at_once
    client = moodle.add_client("pending", deployments=["9"], active=False)
    moodle.contexts["course"].client = client
    assert running.tool.ask_token(assertion=running.tool.assertion(client_id="pending")).status_code == 401
    assert Robot().launch(moodle.begin("ana")).status_code == 403
    moodle.registering.approve("pending")
    assert running.tool.ask_token(assertion=running.tool.assertion(client_id="pending")).ok


def test_moodle_keeps_chosen_items_in_a_form_until_saved(running: Running) -> None:
    moodle = running.start(Moodle)
    moodle.begin("teach")
    begun = next(iter(moodle.begun.values()))
    moodle.choosing.take([{"type": "ltiResourceLink", "title": "Exam 1"}], begun)
    assert not moodle.choosing.made
    moodle.choosing.save()
    assert [link.title for link in moodle.choosing.made] == ["Exam 1"]


# --- Canvas


def test_canvas_tenants_share_an_issuer_but_nothing_else(running: Running, tool: ToolDouble) -> None:
    canvas = running.start(Canvas)
    Robot().launch(canvas.begin("ana", "exam-b"))
    assert (tool.login["client_id"], tool.login["deployment_id"], tool.claims["aud"]) == (
        "client-2",
        "77",
        "client-2",
    )
    assert "lti_deployment_id" not in tool.login
    assert tool.login["lti_storage_target"] == "post_message_forwarding"
    items_of_b = tool.claims[AGS_CLAIM]["lineitems"]
    first, second = tool.bearer(), tool.bearer(assertion=tool.assertion(client_id="client-2"))
    assert requests.get(items_of_b, headers=first, timeout=5).status_code == 403
    assert requests.get(items_of_b, headers=second, timeout=5).ok


def test_canvas_key_is_deployed_twice(running: Running, tool: ToolDouble) -> None:
    canvas = running.start(Canvas)
    seen = set()
    for link in ("exam", "exam-2"):
        Robot().launch(canvas.begin("bo", link))
        seen.add((tool.claims["aud"], tool.claims[CLAIM + "deployment_id"]))
    assert seen == {("client-1", "1"), ("client-1", "2")}


def test_canvas_signs_in_on_another_host(running: Running, tool: ToolDouble) -> None:
    canvas = running.start(Canvas)
    assert canvas.auth_url.startswith("http://127.0.0.1:")
    assert canvas.url.startswith("http://localhost:")
    assert requests.get(f"{canvas.url}/jwks", timeout=5).status_code == 404
    assert requests.get(canvas.jwks_url, timeout=5).json()["keys"]
    url, bearer = column(canvas, tool)
    assert "?" in url
    assert tool.score(url, bearer, "ana", "2026-11-22T10:00:00Z").ok


# --- others


def test_blackboard_forgets_the_link_once(running: Running, tool: ToolDouble) -> None:
    blackboard = running.start(Blackboard)
    blackboard.forgets_link = True
    Robot().launch(blackboard.begin("ana"))
    assert "id" not in tool.claims[CLAIM + "resource_link"]
    Robot().launch(blackboard.begin("ana"))
    assert tool.claims[CLAIM + "resource_link"]["id"] == "exam"


def test_blackboard_shows_only_columns_of_the_tool(running: Running, tool: ToolDouble) -> None:
    blackboard = running.start(Blackboard)
    url, bearer = column(blackboard, tool)
    made = tool.make_item(blackboard.gradebook.items_url(blackboard.contexts["course"]), bearer).json()["id"]
    for item in (url, made):
        assert tool.score(item, bearer, "ana", "2026-11-22T10:00:00Z").ok
    assert [bool(item.results) for item in blackboard.gradebook.items.values()] == [False, True]


def test_d2l_checks_its_own_audience(running: Running, tool: ToolDouble) -> None:
    d2l = running.start(D2L)
    assert tool.ask_token(assertion=tool.assertion(aud=d2l.token_url)).status_code == 401
    assert tool.ask_token(assertion=tool.assertion(aud=AUDIENCE)).ok
    configuration = requests.get(f"{d2l.url}/.well-known/openid-configuration", timeout=5).json()
    assert configuration["authorization_server"] == AUDIENCE


def test_sakai_keeps_storage_in_the_page_around(running: Running, tool: ToolDouble) -> None:
    sakai = running.start(Sakai)
    Robot().launch(sakai.begin("ana"))
    assert tool.login["lti_storage_target"] == "_parent"
    course = requests.get(f"{sakai.url}/course?user=ana", timeout=5).text
    assert "lti.put_data" in course
    assert tool.url in course


def test_flaky_fails_its_share_and_counts_what_it_took(running: Running, tool: ToolDouble) -> None:
    flaky = running.start(Flaky, server_error=0.4, too_many=0.1, lost=0.1, seed=3)
    url, bearer = column(flaky, tool)
    for number in range(60):
        sub = f"s{number}"
        flaky.add_person(sub)
        flaky.enrol(sub, LEARNER)
        while tool.score(url, bearer, sub, f"2026-11-22T10:00:{number:02}Z").status_code not in (200, 409):
            pass
    assert set(flaky.counts().values()) == {1}
    assert len(flaky.counts()) == 60
    assert flaky.answered[500] > flaky.answered[429] > 0
    assert flaky.answered[200] + flaky.answered[409] == 60


def test_flaky_can_leave_a_score_unanswered(running: Running, tool: ToolDouble) -> None:
    flaky = running.start(Flaky, hangs=1.0)
    url, bearer = column(flaky, tool)
    started = time.monotonic()
    with pytest.raises(requests.ReadTimeout):
        requests.post(url + "/scores", json={}, headers=bearer, timeout=0.2)
    assert time.monotonic() - started < 5
    assert flaky.answered[0] == 1
