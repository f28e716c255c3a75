"""Connections under requests that go only to addresses that were checked, and end when their time is over, however
slowly the other side drips. Sessions are pooled per thread."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_network
from typing import Any

import requests
import urllib3
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from . import addresses

LowerError = urllib3.exceptions.HTTPError

_thread = threading.local()


class NoAddress(Exception):
    """The name has no address."""


class NotAllowed(Exception):
    """The name has addresses, but none that we may connect to."""


@contextmanager
def until(moment: float) -> Iterator[None]:
    """Everything this thread sends and receives inside must be over at `moment` of the monotonic clock."""
    _thread.until = moment
    try:
        yield
    finally:
        _thread.until = 0.0


def _left_s() -> float:
    """Seconds until the request's time is over. Raises TimeoutError afterwards."""
    left: float = getattr(_thread, "until", 0.0) - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time of the request is over")
    return left


class _Plain(socket.socket):
    """Each receive waits only for what is left of the request's time, not for five seconds anew."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(_left_s())
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(_left_s())
        super().sendall(*args, **kwargs)


class _Encrypted(ssl.SSLSocket):
    def do_handshake(self, block: bool = False) -> None:
        self.settimeout(_left_s())
        super().do_handshake(block)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(_left_s())
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(_left_s())
        return super().send(*args, **kwargs)


def _connected(connection: HTTPConnection, *, encrypted: bool, loopback: bool) -> socket.socket:
    host, port = connection.host.strip("[]"), connection.port
    try:
        found = addresses.resolve(host, port)
    except (OSError, UnicodeError, ValueError) as error:
        raise NoAddress(host) from error
    networks = [ip_network(text, strict=False) for text in settings.LTI_PRIVATE_NETWORKS]
    usable = addresses.allowed(found, encrypted=encrypted, loopback=loopback, networks=networks)
    if not usable:
        raise NotAllowed(host) if found else NoAddress(host)
    for at, address in enumerate(usable):
        made = _Plain(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
        try:
            for option in connection.socket_options or ():
                made.setsockopt(*option)
            made.settimeout(_left_s() / (len(usable) - at))  # a dead first address leaves time for the others
            made.connect((str(address), port))
        except OSError:
            made.close()
            if at == len(usable) - 1:
                raise
        else:
            return made
    raise AssertionError("a list with something in it was walked to its end")


class _Http(HTTPConnection):
    loopback = False

    def _new_conn(self) -> socket.socket:
        return _connected(self, encrypted=False, loopback=self.loopback)


class _Https(HTTPSConnection):
    loopback = False

    def _new_conn(self) -> socket.socket:
        return _connected(self, encrypted=True, loopback=self.loopback)


class _HttpHere(_Http):
    loopback = True


class _HttpsHere(_Https):
    loopback = True


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _HttpPoolHere(HTTPConnectionPool):
    ConnectionCls = _HttpHere


class _HttpsPoolHere(HTTPSConnectionPool):
    ConnectionCls = _HttpsHere


POOLS = {
    False: {"http": _HttpPool, "https": _HttpsPool},
    True: {"http": _HttpPoolHere, "https": _HttpsPoolHere},
}


@lru_cache(maxsize=1)
def trusted() -> ssl.SSLContext:
    """Whom we believe: the system's authorities (a campus may have added its own) and those that requests brings."""
    context = ssl.create_default_context()
    context.load_verify_locations(requests.utils.DEFAULT_CA_BUNDLE_PATH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _Encrypted
    return context


class _Adapter(HTTPAdapter):
    def __init__(self, *, insecure_loopback: bool) -> None:
        self.insecure_loopback = insecure_loopback
        super().__init__(pool_connections=10, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=trusted(), **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS[self.insecure_loopback]

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        host, _ = super().build_connection_pool_key_attributes(request, True, None)
        # Our own context and nothing beside it: requests would read its own bundle again for each connection.
        return host, {"ssl_context": trusted(), "cert_reqs": "CERT_REQUIRED"} if host[
            "scheme"
        ] == "https" else {}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing to add to our own context."""


def session(*, insecure_loopback: bool) -> requests.Session:
    """This thread's session. Connections to the machine itself are never shared with requests that may not go there."""
    sessions: dict[bool, requests.Session] = _thread.__dict__.setdefault("sessions", {})
    if insecure_loopback not in sessions:
        made = requests.Session()
        made.trust_env = False  # no proxies, no ~/.netrc
        made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            made.mount(scheme, _Adapter(insecure_loopback=insecure_loopback))
        sessions[insecure_loopback] = made
    return sessions[insecure_loopback]


def certificate_fault(error: Exception) -> str:
    """What OpenSSL finds wrong, in its words ("certificate has expired"); "" where it does not say."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return str(seen.verify_message)
        reason = next((arg for arg in getattr(seen, "args", ()) if isinstance(arg, BaseException)), None)
        seen = (
            getattr(seen, "reason", None)
            if isinstance(getattr(seen, "reason", None), BaseException)
            else reason
        )
    return ""
