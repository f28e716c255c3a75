"""Writes the index again, whole or of one kind, while it is being searched; `--state` only tells how it stands."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from search.engines.base import EngineDown
from search.models import Kind
from search.services.bringing import IN_ORDER
from search.services.health import Health, index_health
from search.services.leasing import LeaseLost
from search.services.rebuilding import Busy, rebuild_all
from search.services.sweeping import Walk

WAIT_S = 60
EACH_S = 2.0  # seconds between two lines of one kind


class Command(BaseCommand):
    help = (
        "Writes the search index again, in place; a search server gets a new index beside the one that serves. "
        "Exit status 1: somebody else indexes, the search server did not answer, or some things failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--kind", choices=Kind.values, help="only entries of this kind")
        parser.add_argument(
            "--wait",
            type=int,
            default=WAIT_S,
            metavar="SECONDS",
            help=f"how long to wait for another indexer to end ({WAIT_S})",
        )
        parser.add_argument(
            "--state", action="store_true", help="tell how the index stands, and change nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["state"]:
            self.tell(index_health(now=timezone.now()))
            return
        kinds = [Kind(options["kind"])] if options["kind"] else IN_ORDER
        began, until = timezone.now(), timezone.now() + timedelta(seconds=options["wait"])
        while True:
            try:
                walks = rebuild_all(clock=timezone.now, kinds=kinds, progress=Lines(self).show)
                break
            except Busy:
                self.wait(until)
            except LeaseLost:
                raise CommandError("Another indexer took over: this one had stood still too long.") from None
            except EngineDown as error:
                raise CommandError(
                    f"The database's index is whole; the search server was not filled: {error}"
                ) from None
        for walk in walks:
            self.stdout.write(
                f"{walk.kind}: {walk.put} entries, {walk.dropped} dropped, {len(walk.bad)} failed"
            )
        bad = sum(len(walk.bad) for walk in walks)
        took = (timezone.now() - began).total_seconds()
        self.stdout.write(f"{sum(walk.put for walk in walks)} entries in {took:.1f} s")
        if bad:
            raise CommandError(f"{bad} could not be indexed; search_rebuild --state says why.")

    def wait(self, until: datetime) -> None:
        if timezone.now() >= until:
            raise CommandError("Somebody else is indexing. Try again in a while, or wait longer with --wait.")
        self.stdout.write("Somebody else is indexing: waiting.")
        time.sleep(1)

    def tell(self, health: Health) -> None:
        answers = {None: "", True: ", answers", False: ", does not answer"}[health.answers]
        self.stdout.write(f"engine: {health.engine}{answers}")
        for kind, count in health.entries.items():
            self.stdout.write(f"{kind}: {count} entries")
        self.stdout.write(
            f"pending: {health.pending}, oldest {health.lag_s(now=timezone.now()):.0f} s old, not sent: {health.unsent}"
        )
        for failure in health.failures:
            self.stdout.write(
                f"failed {failure.tries} times: {failure.kind} {failure.object_id}: {failure.problem}"
            )
        for name, at in (("compared", health.swept_at), ("rebuilt", health.rebuilt_at)):
            self.stdout.write(
                f"{name}: {timezone.localtime(at).isoformat(' ', 'seconds') if at else 'never'}"
            )


class Lines:
    """A line now and then, and never the same again."""

    def __init__(self, command: BaseCommand) -> None:
        self._command = command
        self._told_at = time.monotonic()

    def show(self, walk: Walk) -> None:
        if time.monotonic() - self._told_at >= EACH_S:
            self._told_at = time.monotonic()
            self._command.stdout.write(f"{walk.kind}: {walk.seen} looked at, {walk.put} written")
