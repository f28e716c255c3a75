"""The robot keeps and sends cookies as Chromium does, and says where it comes from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lti.platforms.robot import Robot, forms_of
from tests.lti.platforms.serving import Answer, Asked, Loopback, in_json, moved, page

KINDS = {
    "lax": "SameSite=Lax",
    "bare": "",
    "strict": "SameSite=Strict",
    "none": "SameSite=None; Secure",
    "parted": "SameSite=None; Secure; Partitioned",
    "unsafe": "SameSite=None",
}


class Echo:
    """Sets a cookie of each kind at /set?kind, and says at /echo what it was sent."""

    def __init__(self) -> None:
        self.server = Loopback(self.answer)
        self.url = self.server.url

    def answer(self, asked: Asked) -> Answer:
        if asked.path.startswith("/set"):
            kind = asked.path.rpartition("/")[2]
            return Answer(b"", 200, {"Set-Cookie": f"{kind}=1; Path=/; {KINDS[kind]}"})
        if asked.path == "/form":
            return page(
                f'<form method="post" action="{asked.query["to"]}"><input name="id_token" value="x"></form>'
            )
        if asked.path == "/go":
            return moved(asked.query["to"])
        cookies = asked.headers.get("cookie", "")
        told = {name: asked.headers.get(name) for name in ("sec-fetch-site", "sec-fetch-dest", "origin")}
        return in_json(
            {"cookies": sorted(part.partition("=")[0] for part in cookies.split("; ") if part)} | told
        )


@pytest.fixture
def echo() -> Iterator[Echo]:
    echo = Echo()
    echo.server.start()
    yield echo
    echo.server.stop()


def with_cookies(robot: Robot, echo: Echo) -> Robot:
    for kind in KINDS:
        robot.visit(f"{echo.url}/set/{kind}", comes_from=robot.framed_in or None)
    return robot


ELSEWHERE = "http://localhost:1"


def test_all_cookies_that_stick_are_sent_at_the_top(echo: Echo) -> None:
    seen = with_cookies(Robot(), echo).visit(f"{echo.url}/echo").json()
    assert seen["cookies"] == ["bare", "lax", "none", "parted", "strict"]
    assert seen["sec-fetch-site"] == "none"


def test_post_from_another_site_carries_only_none(echo: Echo) -> None:
    robot = with_cookies(Robot(), echo)
    form = robot.visit(f"{echo.url.replace('127.0.0.1', 'localhost')}/form?to={echo.url}/echo")
    seen = robot.through(form).json()
    assert seen["cookies"] == ["none", "parted"]
    assert seen["sec-fetch-site"] == "cross-site"
    assert seen["origin"].startswith("http://localhost:")


def test_click_from_another_site_carries_lax(echo: Echo) -> None:
    seen = with_cookies(Robot(), echo).visit(f"{echo.url}/echo", comes_from=ELSEWHERE).json()
    assert seen["cookies"] == ["bare", "lax", "none", "parted"]


@pytest.mark.parametrize(("third_party", "kept"), [(True, ["none", "parted"]), (False, ["parted"])])
def test_frame_of_another_site_keeps_only_what_may_be_there(
    echo: Echo, third_party: bool, kept: list[str]
) -> None:
    robot = with_cookies(Robot(framed_in=ELSEWHERE, third_party_cookies=third_party), echo)
    seen = robot.visit(f"{echo.url}/echo", comes_from=ELSEWHERE).json()
    assert seen["cookies"] == kept
    assert seen["sec-fetch-dest"] == "iframe"


def test_partitioned_cookie_of_a_frame_is_not_sent_at_the_top(echo: Echo) -> None:
    framed = with_cookies(Robot(framed_in=ELSEWHERE), echo)
    assert framed.new_window().visit(f"{echo.url}/echo").json()["cookies"] == ["none"]


def test_browser_that_keeps_no_cookies_sends_none(echo: Echo) -> None:
    seen = with_cookies(Robot(keeps_cookies=False), echo).visit(f"{echo.url}/echo").json()
    assert seen["cookies"] == []


def test_redirect_by_way_of_another_site_counts_as_cross_site(echo: Echo) -> None:
    robot = with_cookies(Robot(), echo)
    there = f"{echo.url.replace('127.0.0.1', 'localhost')}/go?to={echo.url}/echo"
    assert robot.visit(there, comes_from=f"{echo.url}/").json()["sec-fetch-site"] == "cross-site"


def test_older_browser_sends_no_fetch_metadata(echo: Echo) -> None:
    seen = Robot(fetch_metadata=False).visit(f"{echo.url}/echo").json()
    assert (seen["sec-fetch-site"], seen["sec-fetch-dest"]) == (None, None)


def test_fields_of_a_form_are_read_as_a_browser_would_send_them() -> None:
    class Page:
        url, headers = "http://127.0.0.1/here", {"Content-Type": "text/html"}
        text = """<form action="there" method="POST"><input name="a" value="1"><input type="checkbox" name="b" checked>
        <input type="checkbox" name="c"><input type="submit" name="d" value="go"><textarea name="e">long</textarea>
        <select name="f"><option value="1"><option value="2" selected></select></form>"""

    (form,) = forms_of(Page())  # type: ignore[arg-type]
    assert (form.action, form.method) == ("http://127.0.0.1/there", "post")
    assert form.fields == {"a": "1", "b": "on", "e": "long", "f": "2"}
