"""Runs the demo's processes and ends them together: site with lane, worker, beat."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from django.conf import settings

STOP_S = 10
READY_S = 60
PR_SET_PDEATHSIG = 1
# Newcomers start the demo as root in a container. Its messages are JSON, never pickles, so Celery only warns; on a real
# installation, where systemd gives the worker its user, the warning stays.
QUIET_AS_ROOT = "ignore:You're running the worker with superuser privileges:UserWarning"


def commands(host: str, port: int) -> list[list[str]]:
    """One web process for pages and lane (SQLite wants one writer), a worker, and the beat that sends the sweeps."""
    var = Path(settings.VAR)
    programs = Path(sys.executable).parent
    celery = [str(programs / "celery"), "-A", "learning.project.celery", "--quiet"]
    return [
        [
            str(programs / "uvicorn"), "learning.project.asgi:application", "--host", host, "--port", str(port),
            "--no-access-log", "--log-level", "warning",
        ],
        [*celery, "worker", "--hostname", "demo@%h", "--pool", "solo", "--loglevel", "warning", "--without-gossip",
         "--without-mingle"],
        [*celery, "beat", "--loglevel", "warning", "--schedule", str(var / "beat"), "--pidfile", ""],
    ]  # fmt: skip


def port_is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def serve(host: str, port: int, *, ready: Callable[[], None]) -> int:
    """Starts all, calls `ready` when the site answers, and waits; SIGINT, SIGTERM or the end of any process stops
    all. Returns the exit code: 0 when asked to stop."""
    asked: list[int] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    warnings = ",".join(filter(None, [os.environ.get("PYTHONWARNINGS"), QUIET_AS_ROOT]))
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
        "PYTHONWARNINGS": warnings,
    }
    children: list[subprocess.Popen[bytes]] = []
    try:
        web, *others = commands(host, port)
        children.append(_start(web, environment))
        announced, deadline = False, time.monotonic() + READY_S
        while not asked and all(child.poll() is None for child in children):
            if not announced and _answers(host, port):
                announced = True
                ready()
                children += [_start(command, environment) for command in others]
            if not announced and time.monotonic() > deadline:
                break
            time.sleep(0.1)
        return 0 if asked else 1
    finally:
        _stop(children)


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches only us, and we end the children in order.
    return subprocess.Popen(command, env=environment, start_new_session=True, preexec_fn=_die_with_parent)  # noqa: PLW1509


def _die_with_parent() -> None:
    """Linux ends the child when we are killed without a chance to do it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _answers(host: str, port: int) -> bool:
    shown = f"[{host}]" if ":" in host else ("127.0.0.1" if host == "0.0.0.0" else host)  # noqa: S104
    try:
        urllib.request.urlopen(f"http://{shown}:{port}/healthz", timeout=5).close()
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
    return True


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_S
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
