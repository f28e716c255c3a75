"""A real site for browsers: uvicorn with lane and pages on a temporary SQLite file, and a Chromium to visit it.

`with site.database():` makes the test process write to the site's own file, so factories and services act on what the
browser sees. `member_page` is a signed-in page at 360 px; `axe(page)` names what is not accessible.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.db.utils import ConnectionHandler
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from learning.organisation.models import User
from question_bank.exams import answer_keys, papers
from question_bank.exams.models import Exam
from tests.conftest import add_root_collection
from tests.factories import make_exam, make_unit, make_user

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium")
START_S = 60
PHONE = {"width": 360, "height": 740}
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
        own = connections["default"]
        live = ConnectionHandler({"default": {**{"TIME_ZONE": config.get("TIME_ZONE")}, **sqlite}})["default"]
        connections["default"] = live
        for memory in (papers, answer_keys):
            memory.forget()
        try:
            yield
        finally:
            live.close()
            connections["default"] = own
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


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[Site]:
    # Playwright runs an event loop in this thread, which Django would take for async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    running = Site(tmp_path_factory.mktemp("site"))
    running.start()
    with django_db_blocker.unblock():
        with running.database():
            add_root_collection()
        yield running
    running.stop()


@pytest.fixture(scope="package")
def browser_of_package() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("needs chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


# A busy machine is no reason to fail.
expect.set_options(timeout=20_000)

NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(browser_of_package: Browser, site: Site) -> Iterator[NewContext]:
    """`new_context(user, **playwright options)`: another device, signed in, at phone size unless told."""
    opened: list[BrowserContext] = []

    def make(user: User | None = None, **options: Any) -> BrowserContext:
        context = browser_of_package.new_context(
            **{"viewport": PHONE, "base_url": site.url, "locale": "zh-CN", **options}
        )
        context.set_default_timeout(15_000)
        opened.append(context)
        if user:
            site.sign_in(context, user)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def member(site: Site) -> User:
    with site.database():
        return make_user(unit=make_unit())


@pytest.fixture
def complaints() -> list[str]:
    """What pages watched by `watch` put on the console as errors: the policy's refusals, missing files, exceptions."""
    return []


def watch(page: Page, complaints: list[str]) -> Page:
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    return page


AXE: str = Axe().axe_script
# Every rule runs; what they found in order is neither described nor carried here, which is most of the time.
VIOLATIONS = """async () => (await axe.run({resultTypes: ["violations"]})).violations.map(
  (rule) => `${rule.id}: ${rule.nodes[0].html.slice(0, 160)}`)"""


def axe(page: Page) -> list[str]:
    """Ids of the rules that the page breaks. Evaluated, because our policy refuses axe as an inline script."""
    page.evaluate(AXE)
    return list(page.evaluate(VIOLATIONS))


OVERFLOWING = """() => [...document.querySelectorAll("body *")].filter((part) =>
  part.getBoundingClientRect().right > document.documentElement.clientWidth + 1 &&
  !part.closest(".tabs, .sprite, .visually-hidden, dialog:not([open])")).map((part) => part.outerHTML.slice(0, 120))"""
TOO_SMALL = """() => [...document.querySelectorAll(
  "button, a.button, .tile, .chip, summary, .tabs > a, .site-nav a, select, textarea, .option, [type=text], .row"
)].filter((part) => {
  const box = part.getBoundingClientRect();
  return box.width && !part.closest(".legend, .option--right, .option--wrong, .option--still") &&
    (box.width < 43.9 || box.height < 43.9);
}).map((part) => part.outerHTML.slice(0, 120))"""


def misfits(page: Page) -> list[str]:
    """What is cut off at this width, and controls smaller than a fingertip."""
    return [*page.evaluate(OVERFLOWING), *page.evaluate(TOO_SMALL)]
