"""What a platform is asked, what is never asked, and how long and how much we listen."""

from __future__ import annotations

import gzip
import ssl
import threading
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from lti.http import addresses, connecting, fetching
from lti.http.fetching import Answer, Reach, Unreachable, Why, fetch, note_clock
from tests.factories import NOW
from tests.lti.factories import make_platform
from tests.lti.http.raw_server import Server, certificate, http, serving

LMS = Reach(("https://lms.example.edu",))


@pytest.fixture(autouse=True)
def fresh_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "_thread", threading.local())


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Answers of the name server, in turn; the last holds on."""
    answers: list[list[str]] = []

    def resolve(host: str, port: int) -> list[Any]:
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if not found:
            raise OSError("no such name")
        return [ip_address(text) for text in found]

    monkeypatch.setattr(addresses, "resolve", resolve)
    return answers


def here(server: Server) -> Reach:
    return Reach((server.url,), insecure_loopback=True)


def why(url: str, reach: Reach = LMS, **asked: Any) -> Why:
    with pytest.raises(Unreachable) as caught:
        fetch("GET", url, reach=reach, now=NOW, **asked)
    return caught.value.why


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://lms.example.edu/jwks", Why.NOT_HTTPS),
        ("ftp://lms.example.edu/jwks", Why.BAD_URL),
        ("file:///etc/passwd", Why.BAD_URL),
        ("//lms.example.edu/jwks", Why.BAD_URL),
        ("", Why.BAD_URL),
        ("https://", Why.BAD_URL),
        ("https://user:secret@lms.example.edu/jwks", Why.BAD_URL),
        ("https://lms.example.edu@evil.example.org/", Why.BAD_URL),
        ("https://lms.example.edu\\@evil.example.org/", Why.BAD_URL),
        ("https://lms.example.edu\t/jwks", Why.BAD_URL),
        ("https://lms.example.edu /jwks", Why.BAD_URL),
        ("https://lms.example.edu:port/jwks", Why.BAD_URL),
        ("https://lms。example。edu/jwks", Why.BAD_URL),
        ("https://lms.example.edu/" + "a" * 4000, Why.BAD_URL),
        ("https://evil.example.org/jwks", Why.FOREIGN_ORIGIN),
        ("https://lms.example.edu.evil.example.org/jwks", Why.FOREIGN_ORIGIN),
        ("https://lms.example.edu:8443/jwks", Why.FOREIGN_ORIGIN),
        ("https://2130706433/jwks", Why.FOREIGN_ORIGIN),
        ("https://evil.example.org#@lms.example.edu/", Why.FOREIGN_ORIGIN),
        ("https://evil.example.org/?@lms.example.edu/", Why.FOREIGN_ORIGIN),
    ],
)
def test_url_that_is_not_the_platforms_is_never_asked(
    url: str, reason: Why, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "resolve", lambda host, port: pytest.fail(f"{host} was looked up"))
    assert why(url) is reason


STARS = Reach(("https://lms.example.edu", "https://*.Example.com", "https://*.example.net:8443"))


@pytest.mark.parametrize(
    "url",
    [
        "https://lms.example.edu/jwks",
        "https://LMS.example.edu:443/jwks",
        "https://a.example.com/x",
        "https://a.b.example.com/x",
        "https://a.example.net:8443/x",
    ],
)
def test_line_with_a_star_covers_all_names_below(url: str) -> None:
    assert fetching.check_url(url, STARS).startswith("https://")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/x",
        "https://badexample.com/x",
        "https://a.example.com:8443/x",
        "https://a.example.net/x",
        "https://a.lms.example.edu/x",
    ],
)
def test_line_with_a_star_covers_neither_the_name_itself_nor_a_neighbour(url: str) -> None:
    with pytest.raises(Unreachable) as caught:
        fetching.check_url(url, STARS)
    assert caught.value.why is Why.FOREIGN_ORIGIN


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "0", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]",
     "10.0.0.8", "169.254.169.254", "[fe80::1]", "[fd00::1]", "localhost", "localhost."],
)  # fmt: skip
def test_private_address_is_not_asked_however_it_is_written(host: str) -> None:
    url = f"https://{host}:9/jwks"
    assert why(url, Reach((url,))) is Why.PRIVATE_ADDRESS


@pytest.mark.parametrize("found", [["10.0.0.1"], ["::ffff:10.0.0.1"], ["100.64.3.2", "fd00::1"]])
def test_name_that_resolves_to_a_private_address_is_not_asked(
    found: list[str], resolved: list[list[str]]
) -> None:
    resolved.append(found)
    assert why("https://lms.example.edu/jwks") is Why.PRIVATE_ADDRESS


def test_name_without_address_says_so(resolved: list[list[str]]) -> None:
    resolved.append([])
    assert why("https://lms.example.edu/jwks") is Why.NO_ADDRESS


def test_unencrypted_goes_to_the_machine_itself_alone(resolved: list[list[str]], settings: Any) -> None:
    settings.LTI_PRIVATE_NETWORKS = ["10.0.0.0/8"]
    resolved.extend([["10.0.0.1"], ["1.1.1.1"]])
    reach = Reach(("http://lms.example.edu",), insecure_loopback=True)
    assert why("http://lms.example.edu/jwks", reach) is Why.PRIVATE_ADDRESS
    assert why("http://lms.example.edu/jwks", reach) is Why.PRIVATE_ADDRESS


def test_connection_of_a_request_that_may_go_here_serves_no_request_that_may_not(
    resolved: list[list[str]], settings: Any, tls: tuple[ssl.SSLContext, Path]
) -> None:
    resolved.append(["127.0.0.1"])
    with serving(http(), tls=tls[0]) as server:
        url = f"https://lms.example.edu:{server.port}/jwks"
        assert fetch("GET", url, reach=Reach((url,), insecure_loopback=True), now=NOW).ok
        assert why(url, Reach((url,))) is Why.PRIVATE_ADDRESS


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ssl.SSLContext, Path]]:
    context, authority = certificate(tmp_path, "lms.example.edu")
    connecting.trusted.cache_clear()
    connecting.trusted().load_verify_locations(authority)
    yield context, authority
    connecting.trusted.cache_clear()


def test_connection_goes_to_the_checked_address_with_the_names_certificate(
    resolved: list[list[str]], settings: Any, tls: tuple[ssl.SSLContext, Path]
) -> None:
    settings.LTI_PRIVATE_NETWORKS = ["127.0.0.1/32"]
    seen: list[str | None] = []
    tls[0].sni_callback = lambda _socket, name, _context: seen.append(name)
    # A second look-up would lead elsewhere: there is none.
    resolved.extend([["127.0.0.1"], ["10.0.0.1"]])
    with serving(http(b'{"keys": []}'), tls=tls[0]) as server:
        url = f"https://lms.example.edu:{server.port}/jwks"
        answer = fetch("GET", url, reach=Reach((url,)), now=NOW)
    assert answer.json() == {"keys": []}
    assert seen == ["lms.example.edu"]
    assert f"Host: lms.example.edu:{server.port}".encode() in server.asked[0]


def test_dead_first_address_leaves_the_second(
    resolved: list[list[str]], settings: Any, tls: tuple[ssl.SSLContext, Path]
) -> None:
    settings.LTI_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    resolved.append(["127.9.9.9", "127.0.0.1"])  # the server listens on the second alone
    with serving(http(), tls=tls[0]) as server:
        url = f"https://lms.example.edu:{server.port}/"
        assert fetch("GET", url, reach=Reach((url,)), now=NOW).ok


@pytest.mark.parametrize("name", ["other.example.edu", "127.0.0.1"])
def test_certificate_of_another_name_is_refused(
    name: str, resolved: list[list[str]], settings: Any, tls: tuple[ssl.SSLContext, Path]
) -> None:
    settings.LTI_PRIVATE_NETWORKS = ["127.0.0.1/32"]
    resolved.append(["127.0.0.1"])
    with serving(http(), tls=tls[0]) as server:
        url = f"https://{name}:{server.port}/"
        with pytest.raises(Unreachable) as caught:
            fetch("GET", url, reach=Reach((url,)), now=NOW)
    assert caught.value.why is Why.TLS
    assert "mismatch" in caught.value.detail
    assert server.asked == []


def test_certificate_of_an_unknown_authority_is_refused(
    resolved: list[list[str]], settings: Any, tmp_path: Path
) -> None:
    settings.LTI_PRIVATE_NETWORKS = ["127.0.0.1/32"]
    resolved.append(["127.0.0.1"])
    with serving(http(), tls=certificate(tmp_path, "lms.example.edu")[0]) as server:
        url = f"https://lms.example.edu:{server.port}/"
        assert why(url, Reach((url,))) is Why.TLS


def test_redirect_is_not_followed() -> None:
    with serving(http(b"", status="302 Found", Location="http://169.254.169.254/")) as server:
        assert why(server.url, here(server)) is Why.REDIRECT
    assert len(server.asked) == 1


def test_port_that_nobody_listens_on_is_refused() -> None:
    with serving(http()) as server:
        pass
    assert why(server.url, here(server)) is Why.REFUSED


def drip(head: bytes) -> Any:
    def say(conn: socket, over: threading.Event) -> None:
        conn.sendall(head)
        while not over.wait(0.01):
            conn.sendall(b"a")

    return say


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n"],
    ids=["status line", "header", "body"],
)
def test_server_that_drips_is_left_when_the_time_is_over(
    head: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "TOTAL_S", 0.15)
    with serving(drip(head)) as server:
        assert why(server.url, here(server)) is Why.TIMED_OUT


def test_server_that_says_nothing_is_left_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "TOTAL_S", 0.1)
    with serving(lambda conn, over: over.wait(5) and None) as server:
        assert why(server.url, here(server)) is Why.TIMED_OUT


def test_handshake_that_never_ends_is_left_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "TOTAL_S", 0.1)
    with serving(lambda conn, over: over.wait(5) and None) as server:
        url = f"https://127.0.0.1:{server.port}/"  # plain on the other side: it waits for a blank line
        assert why(url, Reach((url,), insecure_loopback=True)) is Why.TIMED_OUT


def test_more_than_a_megabyte_is_not_read() -> None:
    with serving(http(b"a" * (1024 * 1024 + 1))) as server:
        assert why(server.url, here(server)) is Why.TOO_LARGE


def test_exactly_a_megabyte_is_read() -> None:
    with serving(http(b"a" * 1024 * 1024)) as server:
        assert len(fetch("GET", server.url, reach=here(server), now=NOW).text) == 1024 * 1024


def test_packed_answer_is_unpacked_and_a_bomb_is_not() -> None:
    with serving(http(gzip.compress(b'{"a": 1}'), Content_Encoding="gzip")) as server:
        assert fetch("GET", server.url, reach=here(server), now=NOW).json() == {"a": 1}
    bomb = gzip.compress(b"0" * 200_000_000, 9)
    assert len(bomb) < 1024 * 1024
    with serving(http(bomb, Content_Encoding="gzip")) as server:
        assert why(server.url, here(server)) is Why.TOO_LARGE


@pytest.mark.parametrize(
    "said",
    [
        b"no http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    ],
)
def test_answer_that_is_no_http_is_a_bad_answer(said: bytes) -> None:
    with serving(said) as server:
        assert why(server.url, here(server)) in (Why.BAD_ANSWER, Why.REFUSED)


def test_request_names_us_and_carries_no_cookie_and_no_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login us password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with serving(http(Set_Cookie="a=b; Path=/")) as server:
        for _ in range(2):
            fetch("GET", server.url, reach=here(server), now=NOW, headers={"Authorization": "Bearer t"})
    second = server.asked[1].decode().lower()
    version = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]["version"]
    assert f"user-agent: dangxiao/{version} (lti 1.3)" in second
    assert "authorization: bearer t" in second
    assert "cookie" not in second
    assert server.connections == 1  # and the connection is kept


def test_json_and_form_are_sent_as_such() -> None:
    with serving(http()) as server:
        reach = here(server)
        fetch("POST", server.url, reach=reach, now=NOW, json={"名": 1})
        fetch("POST", server.url, reach=reach, now=NOW, data={"a": "b c"})
        media = {"Content-Type": "application/vnd.ims.lis.v1.score+json"}
        fetch("POST", server.url, reach=reach, now=NOW, json={}, headers=media)
    first, second, third = (asked.decode() for asked in server.asked)
    assert "Content-Type: application/json" in first
    assert first.endswith('{"名": 1}')
    assert "Content-Type: application/x-www-form-urlencoded" in second
    assert second.endswith("a=b+c")
    assert "Content-Type: application/vnd.ims.lis.v1.score+json" in third


def test_answer_of_any_status_comes_back_with_link_and_clock() -> None:
    said = http(
        b"<!doctype html>gone",
        status="404 Not Found",
        Date=(NOW + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT"),
        Link='<https://lms.example.edu/m?p=2>; rel="next"',
        Content_Type="text/html",
    )
    with serving(said) as server:
        answer = fetch("GET", server.url, reach=here(server), now=NOW)
    assert (answer.status, answer.ok, answer.json()) == (404, False, None)
    assert answer.link == '<https://lms.example.edu/m?p=2>; rel="next"'
    assert answer.date == NOW + timedelta(seconds=90)
    assert answer.clock_ahead_s is not None
    assert 80 < answer.clock_ahead_s <= 90


def test_fault_holds_no_secret_of_the_url() -> None:
    with serving(http(b"", status="302 Found", Location="/")) as server, pytest.raises(Unreachable) as caught:
        fetch("GET", server.url + "/?token=hidden", reach=here(server), now=NOW)
    assert "hidden" not in str(caught.value)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("stored", "seen", "after"),
    [(None, 0.0, 0.0), (10.0, 11.9, 10.0), (10.0, 12.1, 12.1), (10.0, -3.0, -3.0), (10.0, None, 10.0)],
)
def test_platforms_clock_is_written_only_when_it_moved(
    stored: float | None, seen: float | None, after: float
) -> None:
    platform = make_platform(clock_ahead_s=stored)
    note_clock(platform, Answer(200, {}, "", clock_ahead_s=seen))
    assert platform.clock_ahead_s == after
    platform.refresh_from_db()
    assert platform.clock_ahead_s == after


def test_date_that_is_none_is_no_date() -> None:
    assert fetching._date("yesterday") is None
    assert fetching._date("Mon, 01 Jun 2026 01:00:00 GMT") == datetime(2026, 6, 1, 1, tzinfo=UTC)
