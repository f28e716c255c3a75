"""A URL that is let through is read alike by everyone who reads it on the way: no parser sees another host."""

from __future__ import annotations

import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from lti.http.fetching import Reach, Unreachable, check_url
from lti.models import origin_of

PIECES = st.sampled_from(
    ["https://", "http://", "lms.example.edu", "evil.example.org", "127.0.0.1", "[::1]", "0x7f.1", "/", "//", "\\", "@",
     ":", ":443", ":8443", "#", "?", "%2f", "%40", "%00", ".", "..", "&", ";", "a", "*", "é", "。", "\t", " ", "\r\n"]
)  # fmt: skip
URLS = st.lists(PIECES, max_size=9).map("".join).map("https://lms".__add__) | st.lists(
    PIECES, max_size=9
).map("".join)


@given(URLS)
def test_url_that_is_let_through_leads_where_it_was_checked(url: str) -> None:
    reach = Reach((origin_of(url),), insecure_loopback=True)
    try:
        origin = check_url(url, reach)
    except Unreachable:
        return
    try:
        sent = requests.Request("GET", url).prepare().url
    except requests.RequestException:
        return
    if origin_of(sent or "") != origin:
        return  # fetch refuses it: bad_url
    asked = parse_url(sent)
    host = (
        f"[{asked.host}]"
        if asked.host and ":" in asked.host and not asked.host.startswith("[")
        else asked.host
    )
    port = (
        "" if asked.port in (None, {"https": 443, "http": 80}.get(asked.scheme or "")) else f":{asked.port}"
    )
    assert f"{asked.scheme}://{host}{port}" == origin
    assert asked.auth is None


@given(URLS)
def test_foreign_host_is_never_let_through(url: str) -> None:
    try:
        origin = check_url(url, Reach(("https://lms.example.edu", "https://*.example.net")))
    except Unreachable:
        return
    assert origin == "https://lms.example.edu"
