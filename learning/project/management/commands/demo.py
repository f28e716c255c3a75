"""`make demo`: the demo school, loaded once and served on this machine."""

from __future__ import annotations

import gc
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from learning.project.demo.logins import Login, kept_logins, set_logins
from learning.project.demo.people import members, officers
from learning.project.demo.school import EarlierSchool, School, load_school
from learning.project.demo.serving import port_is_free, serve
from search.services.keeping import keep_up

MEMBERS_SHOWN = 20
MAIN = ("administrator", "organiser", "member")


@contextmanager
def rarely_collecting() -> Iterator[None]:
    """Migrations make models by the ten thousand: looking for garbage as often as usual takes a sixth of the first load.
    Costs 100 MB until the load is over."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(500_000, 2, 2)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
        gc.collect()


def keep_private(database: Path) -> None:
    """Only its owner reads the one file with everything in it; SQLite gives the files beside it the same mode."""
    if connection.vendor == "sqlite":
        database.touch(mode=0o600)
        database.chmod(0o600)


class Command(BaseCommand):
    help = "Loads the demo school (once) and serves it: site, lane, worker, beat."
    requires_system_checks: list[str] = []  # a start takes seconds; `make lint` runs the checks

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="load only")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--json", action="store_true", help="print one line of JSON instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        if not options["no_serve"] and not port_is_free(host, port):
            raise CommandError(f"Port {port} is in use. Choose another: make demo ARGS='--port 8001'")
        Path(settings.VAR).mkdir(parents=True, exist_ok=True)
        if not options["json"]:
            self.stdout.write("Preparing the demo school …")
        shown = [member.number for member in members()[:MEMBERS_SHOWN]]
        numbers = [*(officer.person.number for officer in officers()), *shown]
        with ThreadPoolExecutor(1) as beside, rarely_collecting():
            keep_private(Path(settings.DATABASES["default"]["NAME"]))
            kept = beside.submit(kept_logins, Path(settings.VAR) / "demo-logins.json", numbers)
            call_command("migrate", verbosity=0)
            try:
                school = load_school(timezone.now())
            except EarlierSchool:
                raise CommandError(
                    f"{settings.VAR} holds the demo school of an earlier version. Move or delete that folder to begin anew."
                ) from None
            keep_up(clock=timezone.now)  # the whole index at the first start
            logins = set_logins(kept.result())

        def told() -> None:
            text = self._json if options["json"] else self._text
            self.stdout.write(text(f"http://{host}:{port}", school, logins, shown))
            self.stdout.flush()

        if options["no_serve"]:
            told()
            return
        code = serve(host, port, ready=told)
        if code:
            raise CommandError("The site stopped.", returncode=code)

    def _json(self, url: str, school: School, logins: dict[str, Login], shown: list[str]) -> str:
        named = {key: logins[number] for key, number in school.officers.items()} | {
            "member": logins[shown[0]]
        }
        said = {
            "url": url,
            "logins": named,
            "members": [logins[number] for number in shown],
            "formal_exam": str(school.formal_exam),
            "practice_exam": str(school.practice_exam),
        }
        return json.dumps(said, ensure_ascii=False)

    def _text(self, url: str, school: School, logins: dict[str, Login], shown: list[str]) -> str:
        rows = [
            ("member", logins[shown[0]]),
            *((key, logins[number]) for key, number in school.officers.items()),
        ]
        lines = [f"{key:15} {login['number']:12} {login['password']}" for key, login in rows]
        return "\n".join(
            ["", f"The demo school is open:  {url}", "", "role            number       password", *lines, "",
             f"More members: {shown[1]} … {shown[-1]}, passwords in {settings.VAR}/demo-logins.json", "Ctrl-C stops it.", ""]
        )  # fmt: skip
