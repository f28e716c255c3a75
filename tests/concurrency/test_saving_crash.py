"""kill -9 of a lane while pages save: what was acknowledged is there. On either database, in processes of its own."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.db import connection, connections
from django.utils import timezone

from question_bank.exams.models import AnswerEvent, Attempt, AttemptItem
from question_bank.exams.tokens import attempt_token
from tests.factories import make_attempt, make_exam, make_unit, make_user
from tests.lane_client import answer

ROOT = Path(__file__).resolve().parents[2]
PAGES = 6
KILLS = 3
SAVING_S = 0.8  # between two kills
WAIT_S = 30

pytestmark = pytest.mark.django_db(transaction=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LaneProcess:
    """A lane behind uvicorn, on one database entry."""

    def __init__(self, database: dict[str, Any]) -> None:
        self.port = free_port()
        entry = {name: database[name] for name in ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")}
        self.variables = os.environ | {
            "DJANGO_SETTINGS_MODULE": "learning.project.settings.test",
            "LANE_DATABASE": orjson.dumps({**entry, "NAME": str(entry["NAME"])}).decode(),
        }
        self.start()

    def start(self) -> None:
        program = (
            "import django, json, os, uvicorn\n"
            "django.setup()\n"
            "from question_bank.exams.lane import make_lane\n"
            "lane = make_lane(json.loads(os.environ['LANE_DATABASE']))\n"
            f"uvicorn.run(lane, host='127.0.0.1', port={self.port}, log_level='warning', access_log=False)\n"
        )
        self.process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=self.variables)
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert self.process.poll() is None
                time.sleep(0.05)
        raise AssertionError("the lane did not start")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(WAIT_S)


class Page(threading.Thread):
    """Saves slot 1 again and again; after a lost reply it sends the same request again, as the player does."""

    def __init__(self, port: int, attempt: Attempt, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.port, self.stop, self.path = port, stop, f"/api/attempts/{attempt.pk}/ops"
        self.token = attempt_token(attempt, now=timezone.now())
        self.acknowledged: dict[str, str] = {}
        self.sent_again = 0

    def run(self) -> None:
        number = rev = 0
        while not self.stop.is_set():
            number += 1
            op = answer(f"op{number}", 1, rev, ["o0", "o1", "o2"][number % 3], seq=number)
            told = self._told(orjson.dumps({"client": "page", "ops": [op]}))
            if told is None:
                return
            self.acknowledged |= told["verdicts"]
            rev = told["slots"]["1"]["answer_rev"]

    def _told(self, body: bytes) -> Any:
        while not self.stop.is_set():
            http = HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                http.request("POST", self.path, body, {"X-Attempt-Token": self.token})
                response = http.getresponse()
                text = response.read()
                assert response.status == 200, text
                return orjson.loads(text)
            except (OSError, HTTPException):
                self.sent_again += 1
                time.sleep(0.02)
            finally:
                http.close()
        return None


@pytest.fixture
def database(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """An entry that other processes reach: the test database of a server, or a file of its own."""
    if connection.vendor == "postgresql":
        yield connection.settings_dict
        return
    kept = connections["default"]
    entry = {**kept.settings_dict, "NAME": str(tmp_path / "crash.sqlite3")}
    entry["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;",
    }
    kept.ensure_connection()
    with closing(sqlite3.connect(entry["NAME"])) as file:
        kept.connection.backup(file)
    wrapper = connections.create_connection("default")
    wrapper.settings_dict = entry
    connections["default"] = wrapper
    try:
        yield entry
    finally:
        wrapper.close()
        connections["default"] = kept


def test_no_acknowledged_answer_is_lost_when_the_lane_is_killed(database: dict[str, Any]) -> None:
    unit = make_unit()
    members = [make_user(unit=unit) for _ in range(PAGES)]
    now = timezone.now()
    window = {"opens_at": now - timedelta(hours=1), "closes_at": now + timedelta(hours=1)}
    exam = make_exam(unit=unit, candidates=members, **window)
    attempts = [make_attempt(exam, member, now=now) for member in members]
    lane, stop = LaneProcess(database), threading.Event()
    pages = [Page(lane.port, attempt, stop) for attempt in attempts]
    try:
        for page in pages:
            page.start()
        for _ in range(KILLS):
            time.sleep(SAVING_S)
            lane.kill()
            lane.start()
        time.sleep(SAVING_S)
        stop.set()
        for page in pages:
            page.join(WAIT_S)
            assert not page.is_alive()
    finally:
        stop.set()
        lane.kill()
    for page, attempt in zip(pages, attempts, strict=True):
        events = dict(AnswerEvent.objects.filter(attempt=attempt).values_list("op_id", "verdict"))
        assert len(page.acknowledged) > KILLS
        assert set(page.acknowledged.values()) <= {"applied", "duplicate"}
        # At most the request that nobody answered is stored besides.
        assert set(page.acknowledged) <= set(events)
        assert len(set(events) - set(page.acknowledged)) <= 1
        assert set(events.values()) == {"applied"}
        assert AttemptItem.objects.get(attempt=attempt).answer_rev == len(events)
    assert any(page.sent_again for page in pages)
