"""SEARCH_URL: what it may say, and what is said of a wrong one."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from search.checks import search_url
from search.engines.address import Address, BadAddress, address_of
from search.engines.choosing import remote_address, remote_configured, remote_engine
from search.engines.opensearch_node import OpenSearchNode

GOOD = {
    "elasticsearch://search.campus": Address("elasticsearch", "search.campus"),
    "opensearch://10.1.2.3:9201/": Address("opensearch", "10.1.2.3", 9201),
    " opensearch://node_1/party-school \n": Address("opensearch", "node_1", prefix="party-school"),
    "opensearch://[::1]:9200": Address("opensearch", "::1"),
    "elasticsearch://us%40er:p%2Fs%3As%23@host:443/x?https=on&ca=/etc/ca.pem": Address(
        "elasticsearch", "host", 443, "us@er", "p/s:s#", "x", https=True, ca="/etc/ca.pem"
    ),
    "elasticsearch://host?https=off": Address("elasticsearch", "host"),
}

BAD = (
    "http://user:geheim@host",
    "host:9200",
    "elasticsearch:///prefix",
    "elasticsearch://",
    "elasticsearch://user:geheim@",
    "elasticsearch://user:geheim@host:port",
    "elasticsearch://user:geheim@host:99999",
    "elasticsearch://user:geheim@host:0",
    "elasticsearch://user:ge/heim@host",
    "elasticsearch://user:ge#heim@host",
    "elasticsearch://user:ge?heim@host",
    "elasticsearch://user:[geheim@host",
    "elasticsearch://user@host",
    "elasticsearch://:geheim@host",
    "elasticsearch://user:geheim@ho st",
    "elasticsearch://user:geheim@one,two",
    "elasticsearch://user:geheim@host/Prefix",
    "elasticsearch://user:geheim@host/_x",
    "elasticsearch://user:geheim@host/a/b",
    "elasticsearch://user:geheim@host/*",
    "elasticsearch://user:geheim@host?https=yes",
    "elasticsearch://user:geheim@host?ca=/etc/ca.pem",
    "elasticsearch://user:geheim@host?tls=on",
    "elasticsearch://user:geheim@host?https=on&https=off",
)


@pytest.mark.parametrize("url", GOOD)
def test_address_is_read(url: str) -> None:
    assert address_of(url) == GOOD[url]


@pytest.mark.parametrize("url", BAD)
def test_wrong_address_is_named_without_its_password(url: str, settings: Any) -> None:
    with pytest.raises(BadAddress):
        address_of(url)
    settings.SEARCH_URL = url
    with pytest.raises(ImproperlyConfigured, match="SEARCH_URL") as raised:
        remote_engine()
    assert "heim" not in str(raised.value)
    [error] = search_url()
    assert "heim" not in str(error)


def test_check_is_among_those_of_the_site(settings: Any) -> None:
    settings.SEARCH_URL = "elasticsearch://"
    assert "search.E001" in [message.id for message in run_checks()]


def test_password_is_not_in_what_an_address_prints() -> None:
    assert "geheim" not in repr(address_of("elasticsearch://user:geheim@host"))


def test_ipv6_host_stands_in_brackets() -> None:
    assert address_of("opensearch://[::1]:9201").node == "http://[::1]:9201"
    assert address_of("opensearch://host?https=on").node == "https://host:9200"


def test_unset_there_is_no_remote_engine(settings: Any) -> None:
    settings.SEARCH_URL = ""
    assert not remote_configured()
    assert remote_engine() is None
    assert not search_url()


def test_one_engine_for_one_address_of_its_kind(settings: Any) -> None:
    settings.SEARCH_URL = "opensearch://127.0.0.1:9/school"
    engine = remote_engine()
    assert engine is not None
    assert engine is remote_engine()
    assert (engine.name, engine.alias) == ("opensearch", "school-entries")
    [node] = engine._client.transport.node_pool.all()
    assert isinstance(node, OpenSearchNode)
    settings.SEARCH_URL = "elasticsearch://127.0.0.1:9"
    other = remote_engine()
    assert other is not None
    assert (other.name, other.alias) == ("elasticsearch", "dangxiao-entries")
    [node] = other._client.transport.node_pool.all()
    assert not isinstance(node, OpenSearchNode)


def test_missing_client_is_said_with_how_to_install_it(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec

    def without(name: str, *rest: Any) -> Any:
        return None if name == "elasticsearch" else find_spec(name, *rest)

    monkeypatch.setattr("search.engines.choosing.find_spec", without)
    settings.SEARCH_URL = "opensearch://user:geheim@host"
    with pytest.raises(ImproperlyConfigured, match=r"pip install 'dangxiao\[elasticsearch\]'") as raised:
        remote_address()
    assert "geheim" not in str(raised.value)


def test_missing_certificate_is_named(settings: Any) -> None:
    settings.SEARCH_URL = "opensearch://user:geheim@host?https=on&ca=/nowhere/ca.pem"
    with pytest.raises(ImproperlyConfigured, match=r"/nowhere/ca\.pem") as raised:
        remote_engine()
    assert "geheim" not in str(raised.value)
