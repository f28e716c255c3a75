"""A small HTTP server on a thread of the test: what was asked goes in, an answer comes out, nothing is logged."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request, with header names in small letters."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True)
class Answer:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Hung(Exception):
    """The server takes the request and never answers."""


def page(text: str, *, status: int = 200) -> Answer:
    return Answer(f"<!doctype html>{text}".encode(), status, {"Content-Type": "text/html; charset=utf-8"})


def in_json(data: Any, *, status: int = 200, media_type: str = "application/json", **headers: str) -> Answer:
    """Header names are given with _ for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(json.dumps(data).encode(), status, {"Content-Type": media_type} | named)


def moved(url: str) -> Answer:
    return Answer(b"", 302, {"Location": url})


class Loopback:
    """`answer` served at `url` until `stop()`. The name is what the URL says; it always listens on 127.0.0.1. `now`: its
    clock in seconds."""

    def __init__(
        self,
        answer: Callable[[Asked], Answer],
        *,
        name: str = "127.0.0.1",
        now: Callable[[], float] = time.time,
    ) -> None:
        self.closing = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def respond(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                asked = Asked(
                    self.command,
                    parts.path,
                    dict(parse_qsl(parts.query, keep_blank_values=True)),
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(length),
                )
                try:
                    given = answer(asked)
                except Hung:
                    server.closing.wait()
                    self.close_connection = True
                    return
                self.send_response(given.status)
                for header, value in given.headers.items():
                    self.send_header(header, value)
                self.send_header("Content-Length", str(len(given.body)))
                self.end_headers()
                self.wfile.write(given.body)

            do_GET = do_POST = do_PUT = do_DELETE = respond  # noqa: N815 — names of http.server

            def date_time_string(self, timestamp: float | None = None) -> str:
                """The Date of an answer is by the clock that the platform goes by."""
                return super().date_time_string(now() if timestamp is None else timestamp)  # type: ignore[arg-type]

            def log_message(self, format: str, *arguments: Any) -> None:
                """Tests look at what the platform remembers."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://{name}:{self.server.server_port}"
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
