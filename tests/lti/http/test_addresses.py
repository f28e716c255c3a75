"""Which addresses a platform may have."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from lti.http import addresses

PUBLIC = ["93.184.216.34", "1.1.1.1", "223.5.5.5", "2606:4700:4700::1111", "2400:3200::1"]
SPECIAL = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:93.184.216.34",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::5db8:d822",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_public_address_is_public(text: str) -> None:
    assert addresses.is_public(ip_address(text))


@pytest.mark.parametrize("text", SPECIAL)
def test_special_address_is_not_public(text: str) -> None:
    assert not addresses.is_public(ip_address(text))


def chosen(
    *texts: str, encrypted: bool = True, loopback: bool = False, networks: tuple[str, ...] = ()
) -> list[str]:
    found = addresses.allowed(
        [ip_address(text) for text in texts],
        encrypted=encrypted,
        loopback=loopback,
        networks=[ip_network(text) for text in networks],
    )
    return [str(address) for address in found]


def test_private_address_of_a_mixed_answer_is_left_out() -> None:
    assert chosen("10.0.0.1", "1.1.1.1", "::1") == ["1.1.1.1"]


def test_named_network_is_allowed_and_its_neighbour_is_not() -> None:
    assert chosen("10.20.0.5", "10.21.0.5", "fd00::5", networks=("10.20.0.0/16", "fd00::/64")) == [
        "10.20.0.5",
        "fd00::5",
    ]


def test_without_encryption_only_the_machine_itself_is_allowed_and_only_on_demand() -> None:
    asked = ("1.1.1.1", "10.20.0.5", "127.0.0.1", "::1")
    assert chosen(*asked, encrypted=False, networks=("10.20.0.0/16",)) == []
    assert chosen(*asked, encrypted=False, loopback=True, networks=("10.20.0.0/16",)) == ["127.0.0.1", "::1"]
    assert chosen(*asked, loopback=True) == ["1.1.1.1", "127.0.0.1", "::1"]


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "0"])
def test_every_way_to_write_the_machine_itself_is_seen_through(host: str) -> None:
    assert chosen(*map(str, addresses.resolve(host, 443))) == []
