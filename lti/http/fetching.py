"""The only place that talks to platforms. A URL comes from strangers, so: https, origins of the registered platform,
addresses that were checked, no redirects, no cookies, no proxies or passwords of the environment, 5 s, 1 MB."""

from __future__ import annotations

import json as json_text
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from lti.models import Platform, origin_of

from . import connecting

USER_AGENT = "Dangxiao/0.1.0 (LTI 1.3)"  # some Moodle sites answer 403 to a request that names no agent
TOTAL_S = 5.0  # connection, handshake, question, answer; the resolver has limits of its own
LONGEST_BODY = 1024 * 1024  # bytes, unpacked
LONGEST_URL = 4000
CLOCK_MOVED_S = 2.0  # a smaller difference is a slow answer


class Why(StrEnum):
    """Why nothing usable came. An interface: administrators quote these codes."""

    BAD_URL = "bad_url"
    NOT_HTTPS = "not_https"
    FOREIGN_ORIGIN = "foreign_origin"
    NO_ADDRESS = "no_address"
    PRIVATE_ADDRESS = "private_address"
    REFUSED = "refused"
    TLS = "tls"
    TIMED_OUT = "timed_out"
    REDIRECT = "redirect"
    TOO_LARGE = "too_large"
    BAD_ANSWER = "bad_answer"
    NOT_JSON = "not_json"
    BAD_STATUS = "bad_status"
    SCOPE_REFUSED = "scope_refused"


class Unreachable(Exception):
    """A platform could not be asked, or what it said is of no use. `detail` is English and holds no secret; `status` is
    the HTTP status where an answer came."""

    def __init__(self, why: Why, detail: str = "", *, status: int | None = None) -> None:
        super().__init__(f"{why}: {detail}" if detail else str(why))
        self.why = why
        self.detail = detail
        self.status = status


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a request may go. An origin may begin with https://*. for all names below; `insecure_loopback` allows the
    machine's own addresses, also without TLS."""

    origins: tuple[str, ...]
    insecure_loopback: bool = False


def reach_of(platform: Platform) -> Reach:
    return Reach(platform.service_origins(), platform.allow_insecure_loopback)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status. `date` is the platform's clock at the answer, and `clock_ahead_s` how far it
    is ahead of ours, never too high (Date has whole seconds); None = it does not say."""

    status: int
    headers: Mapping[str, str]
    text: str
    date: datetime | None = None
    clock_ahead_s: float | None = field(default=None, compare=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def link(self) -> str:
        """The Link header as it came, "" for none."""
        return self.headers.get("Link", "")

    def json(self) -> Any:
        """The body as JSON; None where it is none (Moodle answers some errors with a page)."""
        try:
            return json_text.loads(self.text)
        except (ValueError, RecursionError):
            return None


def check_url(url: str, reach: Reach) -> str:
    """The origin of a URL that may be asked. Raises Unreachable: bad_url, not_https, foreign_origin."""
    # One parser must not see another host than the next: what they could differ in is refused.
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or set(url) & set(' \\"<>^`{|}'):
        raise Unreachable(Why.BAD_URL, "the URL is too long or has characters that belong in no URL")
    origin = origin_of(url)
    if not origin or "@" in urlsplit(url).netloc:
        raise Unreachable(Why.BAD_URL, "no http or https URL, or one with a user name in it")
    if not origin.startswith("https://") and not reach.insecure_loopback:
        raise Unreachable(Why.NOT_HTTPS, f"{origin} is not https")
    if not any(_covers(line, origin) for line in reach.origins):
        raise Unreachable(Why.FOREIGN_ORIGIN, f"{origin} is no origin of this platform")
    return origin


def _covers(line: str, origin: str) -> bool:
    scheme, star, below = line.partition("://*.")
    if not star:
        return origin_of(line) == origin
    return origin.startswith(f"{scheme}://") and origin.endswith(f".{below.lower()}")


def fetch(
    method: str,
    url: str,
    *,
    reach: Reach,
    now: datetime,
    accept: str = "application/json",
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    data: Mapping[str, str] | bytes | None = None,
) -> Answer:
    """Asks once and returns the answer, good or bad by its status. `data` as a mapping is sent as a form; a Content-Type
    of `headers` wins. Raises Unreachable: every Why up to bad_answer."""
    origin = check_url(url, reach)
    begun = time.monotonic()
    session = connecting.session(insecure_loopback=reach.insecure_loopback)
    sent = {"User-Agent": USER_AGENT, "Accept": accept, "Accept-Encoding": "gzip", **(headers or {})}
    body = data
    if json is not None:
        body = json_text.dumps(json, ensure_ascii=False).encode()
        sent.setdefault("Content-Type", "application/json")
    request = requests.Request(method, url, headers=sent, data=body)
    with connecting.until(begun + TOTAL_S):
        try:
            prepared = session.prepare_request(request)
            if origin_of(prepared.url or "") != origin:
                raise Unreachable(Why.BAD_URL, "the URL can be read in two ways")
            with session.send(prepared, stream=True, allow_redirects=False, timeout=TOTAL_S) as response:
                return _read(response, origin, now + timedelta(seconds=time.monotonic() - begun))
        except connecting.NoAddress as error:
            raise Unreachable(Why.NO_ADDRESS, f"{origin} has no address") from error
        except connecting.NotAllowed as error:
            raise Unreachable(Why.PRIVATE_ADDRESS, f"{origin} is at a private or special address") from error
        except (requests.RequestException, connecting.LowerError, OSError, UnicodeError) as error:
            raise _why(error, origin, late=time.monotonic() - begun >= TOTAL_S) from error


def _read(response: requests.Response, origin: str, answered_at: datetime) -> Answer:
    if 300 <= response.status_code < 400:
        raise Unreachable(
            Why.REDIRECT, f"{origin} redirects; give the last address", status=response.status_code
        )
    body = bytearray()
    for piece in response.iter_content(16 * 1024):
        body += piece
        if len(body) > LONGEST_BODY:
            raise Unreachable(Why.TOO_LARGE, f"{origin} answers more than 1 MB", status=response.status_code)
    date = _date(response.headers.get("Date", ""))
    return Answer(
        status=response.status_code,
        headers=CaseInsensitiveDict(response.headers),
        text=_text(bytes(body), response.encoding),
        date=date,
        clock_ahead_s=(date - answered_at).total_seconds() if date else None,
    )


def _text(body: bytes, encoding: str | None) -> str:
    # requests takes ISO-8859-1 for text/* without a charset; today that is UTF-8.
    try:
        return body.decode("utf-8" if encoding in (None, "ISO-8859-1") else encoding, "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def _date(said: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(said)
    except (ValueError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _why(error: Exception, origin: str, *, late: bool) -> Unreachable:
    if late or isinstance(error, (requests.Timeout, TimeoutError)):
        return Unreachable(Why.TIMED_OUT, f"{origin} did not answer within {TOTAL_S:g} s")
    if isinstance(error, requests.exceptions.SSLError):
        return Unreachable(
            Why.TLS, f"no trusted TLS connection to {origin}: {connecting.certificate_fault(error)}"
        )
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return Unreachable(Why.BAD_ANSWER, f"the answer of {origin} breaks off or cannot be unpacked")
    if isinstance(error, requests.exceptions.ConnectionError | OSError) and not isinstance(
        error, requests.exceptions.InvalidURL
    ):
        return Unreachable(Why.REFUSED, f"no connection to {origin}, or it was cut off")
    return Unreachable(Why.BAD_ANSWER, f"{origin} answers no HTTP that we understand")


def note_clock(platform: Platform, answer: Answer) -> None:
    """Remembers how far the platform's clock is ahead of ours; writes only where it moved by more than two seconds."""
    ahead = answer.clock_ahead_s
    if ahead is None:
        return
    if platform.clock_ahead_s is None or abs(platform.clock_ahead_s - ahead) > CLOCK_MOVED_S:
        platform.clock_ahead_s = ahead
        Platform.objects.filter(pk=platform.pk).update(clock_ahead_s=ahead)
