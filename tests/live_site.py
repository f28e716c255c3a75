"""A real site for a test: uvicorn with lane and pages on a temporary SQLite file.

`with site.database():` makes the test process write to the site's own file, so factories and services act on what the
visitor sees.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.db.utils import ConnectionHandler
from django.utils import timezone

from learning.organisation.models import User
from question_bank.exams import answer_keys, papers
from question_bank.exams.models import Exam
from tests.conftest import add_root_collection
from tests.factories import make_exam

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

ROOT = Path(__file__).resolve().parents[1]
START_S = 60
BACKEND = "learning.organisation.backends.NumberBackend"


class Site:
    """The running site. `stop` and `start` take it away and bring it back, for what a broken server does."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "site.sqlite3"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{self.file}",
            "DANGXIAO_VAR": str(folder),
            "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
            "REDIS_URL": "",
        }
        self.process: subprocess.Popen[bytes] | None = None
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--run-syncdb", "-v0"],
            cwd=ROOT,
            env=self.environment,
            check=True,
        )

    def start(self) -> None:
        program = [sys.executable, "-m", "uvicorn", "learning.project.asgi:application", "--no-access-log"]
        self.process = subprocess.Popen(
            [*program, "--port", str(self.port), "--log-level", "warning"], cwd=ROOT, env=self.environment
        )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=2).close()
                return
            except urllib.error.HTTPError:
                return  # it answers
            except OSError:
                assert self.process.poll() is None, "the site did not start"
                time.sleep(0.1)
        raise TimeoutError(self.url)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=20)
            self.process = None

    @contextmanager
    def database(self) -> Iterator[None]:
        """Django's default connection is the site's file within the block."""
        config = settings.DATABASES["default"]
        sqlite = {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(self.file),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA busy_timeout=20000;",
            },
        }
        handler = ConnectionHandler({"default": {**{"TIME_ZONE": config.get("TIME_ZONE")}, **sqlite}})
        own, live = connections["default"], handler["default"]
        connections["default"] = live
        # Threads that begin within the block connect by these.
        own_settings = connections.settings["default"]
        connections.settings["default"] = handler.settings["default"]
        for memory in (papers, answer_keys):
            memory.forget()
        try:
            yield
        finally:
            live.close()
            connections["default"], connections.settings["default"] = own, own_settings
            for memory in (papers, answer_keys):
                memory.forget()

    def exam(self, *people: User, **fields: Any) -> Exam:
        """An exam that is open now; see tests.factories.make_exam."""
        now = timezone.now()
        window = {"opens_at": now - timedelta(hours=1), "closes_at": now + timedelta(hours=2)}
        return make_exam(candidates=people, **{**window, **fields})

    def sign_in(self, context: BrowserContext, user: User) -> None:
        """A session of the user in the browser, without the log-in page."""
        with self.database():
            session = SessionStore()
            session[SESSION_KEY] = str(user.pk)
            session[BACKEND_SESSION_KEY] = BACKEND
            session[HASH_SESSION_KEY] = user.get_session_auth_hash()
            session.save()
        name, value = settings.SESSION_COOKIE_NAME, session.session_key or ""
        context.add_cookies([{"name": name, "value": value, "url": self.url}])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_site(folder: Path, django_db_blocker: Any) -> Iterator[Site]:
    """A site that runs, with nothing in it, which the test process may write into."""
    site = Site(folder)
    site.start()
    try:
        with django_db_blocker.unblock():
            with site.database():
                add_root_collection()
            yield site
    finally:
        site.stop()
