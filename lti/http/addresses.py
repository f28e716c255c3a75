"""Which addresses we may connect to when a platform's URL says so. What a name resolves to is asked here, once, and
the connection goes to that very address: a name that answers differently the second time changes nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# IPv6 that carries an IPv4 address inside: a relay would take us to an address that was not looked at.
CARRIERS = tuple(
    ip_network(text)
    for text in (
        "::/96",  # IPv4-compatible, RFC 4291 §2.5.5.1
        "::ffff:0:0/96",  # IPv4-mapped, RFC 4291 §2.5.5.2
        "::ffff:0:0:0/96",  # IPv4-translated, RFC 2765 §2.1
        "64:ff9b::/96",  # NAT64, RFC 6052
        "64:ff9b:1::/48",  # NAT64 of one's own network, RFC 8215
        "2001::/32",  # Teredo, RFC 4380
        "2002::/16",  # 6to4, RFC 3056
    )
)
# Special by registry, but global to some releases of Python's tables.
SPECIAL = tuple(
    ip_network(text)
    for text in (
        "100.64.0.0/10",  # shared by carriers, RFC 6598
        "192.0.0.0/24",  # RFC 6890
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "198.18.0.0/15",  # benchmarking, RFC 2544
        "100::/64",  # discarded, RFC 6666
        "2001:db8::/32",  # documentation, RFC 3849
        "3fff::/20",  # documentation, RFC 9637
        "5f00::/16",  # segment routing, RFC 9602
    )
)


def resolve(host: str, port: int) -> list[Address]:
    """Every address of the name, in the system's order. Raises OSError where there is none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could be meant by it: one host, not of this network, not carried inside."""
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    if isinstance(address, IPv6Address) and (address.is_site_local or address.scope_id):
        return False
    return not _within(address, CARRIERS) and not _within(address, SPECIAL)


def allowed(
    addresses: Iterable[Address], *, encrypted: bool, loopback: bool, networks: Iterable[Network]
) -> list[Address]:
    """Those we may connect to. Encrypted: public ones, those of `networks`, and with `loopback` the machine's own;
    unencrypted: the machine's own and nothing else, and only with `loopback`."""
    inside = tuple(networks)
    return [
        address
        for address in addresses
        if (loopback and address.is_loopback)
        or (encrypted and (is_public(address) or _within(address, inside)))
    ]


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
