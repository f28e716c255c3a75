"""The processes under test, started as the operator's guide says."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .cluster import free_port

BIN = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parents[1]
SECRET = "benchmark-secret-key-that-guards-nothing-at-all-0123456789"
START_TIMEOUT_S = 40


def environment(database_url: str, var: Path) -> dict[str, str]:
    """The settings of a production process, in the benchmark's own folder."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "learning.project.settings.production",
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "INSECURE_HTTP": "1",
        "DANGXIAO_VAR": str(var),
        "REDIS_URL": "",
    }


@contextmanager
def started(command: list[str], port: int, variables: Mapping[str, str]) -> Iterator[int]:
    """The pid of a server that answers /healthz or, for a lane, anything at all."""
    process = subprocess.Popen(command, cwd=ROOT, env=dict(variables))
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
                break
            except OSError as error:
                if getattr(error, "code", None):  # an HTTP status: it answers
                    break
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{command[0]} did not start") from error
                time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def lanes(*, workers: int) -> tuple[list[str], int]:
    """Command and port of the lane's processes."""
    port = free_port()
    command = [
        str(BIN / "uvicorn"), "learning.project.asgi:application", "--host", "127.0.0.1", "--port", str(port),
        "--workers", str(workers), "--loop", "uvloop", "--http", "httptools", "--no-access-log",
        "--no-server-header", "--no-date-header", "--no-proxy-headers", "--log-level", "warning",
    ]  # fmt: skip
    return command, port


def site(*, workers: int) -> tuple[list[str], int]:
    """Command and port of the WSGI processes that serve pages and the rest of the API."""
    port = free_port()
    command = [
        str(BIN / "granian"), "--interface", "wsgi", "learning.project.wsgi:application", "--host", "127.0.0.1",
        "--port", str(port), "--workers", str(workers), "--blocking-threads", "2", "--no-ws", "--log-level", "warning",
    ]  # fmt: skip
    return command, port
