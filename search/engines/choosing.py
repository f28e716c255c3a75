"""Which engines there are: always the database, and the server of settings.SEARCH_URL where it is set."""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from .address import Address, BadAddress, address_of
from .base import Engine
from .database import DatabaseEngine

if TYPE_CHECKING:
    from .elastic import ElasticEngine


@cache
def database_engine() -> Engine:
    return DatabaseEngine()


def remote_configured() -> bool:
    return bool(settings.SEARCH_URL.strip())


def remote_engine() -> ElasticEngine | None:
    """The same one each time in this process; asks the server nothing. ImproperlyConfigured says what is wrong with
    SEARCH_URL, without its password."""
    address = remote_address()
    return None if address is None else _engine(address, os.getpid())


def remote_address() -> Address | None:
    """Where remote_engine asks; ImproperlyConfigured too where its client is not installed."""
    if not remote_configured():
        return None
    try:
        address = address_of(settings.SEARCH_URL)
    except BadAddress as error:
        raise ImproperlyConfigured(f"SEARCH_URL: {error}.") from None
    if find_spec("elasticsearch") is None:
        raise ImproperlyConfigured(
            f"SEARCH_URL names {address.engine}, whose client is not installed: "
            "pip install 'dangxiao[elasticsearch]', or unset it to search in the database."
        )
    return address


@cache
def _engine(address: Address, process: int) -> ElasticEngine:
    """By process: a client's open connections must not be shared with a fork."""
    from .elastic import ElasticEngine, connect

    try:
        client = connect(address)
    except OSError as error:
        raise ImproperlyConfigured(
            f"SEARCH_URL: {address.ca} holds no certificate ({type(error).__name__})."
        ) from None
    return ElasticEngine(client, name=address.engine, prefix=address.prefix)
