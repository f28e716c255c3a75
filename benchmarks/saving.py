"""Saving answers over HTTP: on PostgreSQL, on SQLite, and from thousands of pages that think in between."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

from .bench import SAVED_ATTEMPTS, Bench
from .figures import Figures
from .load import Window, wrk
from .measuring import figures, rounds
from .servers import environment, lanes, started
from .world import Sizes, make_world

CONNECTIONS, SQLITE_CONNECTIONS = 68, 128  # SQLite's lane leaves others of the file a gap after each commit
SLOTS_A_WINDOW = 7
# What follows the windows' slots; every run has slots of its own.
WARM_UP, EXACT, THINKING_WARM_UP, THINKING = (36, 38), 39, (40, 41), (42, 50)
WARM_UP_S = 1
SETTLE_S = 0.3
EXACT_REQUESTS, EXACT_CLIENTS = 400, 8
# 2,000 pages, each asking every 400 ms on average: 5,000 saves a second.
THINKING_CONNECTIONS, LONGEST_THINK_MS = 2_000, 800
THINKING_SHARE = 0.9  # of the 5,000 a second that must be reached for the figure to count


def save_postgresql(bench: Bench) -> Figures:
    """A worker a processor, as the operator's guide says."""
    command, port = lanes(workers=os.cpu_count() or 2)
    with started(command, port, bench.variables) as server:
        saving = _Saving(f"http://127.0.0.1:{port}", bench.plan("save"), bench.ask)
        return saving.bench("save_postgresql", bench, server, CONNECTIONS)


def save_sqlite(bench: Bench) -> Figures:
    """The embedded default: one process serves pages and lane on one file, synchronous FULL."""
    folder = bench.folder / "sqlite"
    file = folder / "bench.sqlite3"
    variables = environment(f"sqlite:///{file}", folder / "var")
    make_world(Sizes(save=SAVED_ATTEMPTS), folder, variables)

    def ask(sql: str) -> int:
        connection = sqlite3.connect(file)
        try:
            return int(connection.execute(sql).fetchone()[0])
        finally:
            connection.close()

    command, port = lanes(workers=1)
    with started(command, port, variables) as server:
        return _Saving(f"http://127.0.0.1:{port}", folder / "save.tsv", ask).bench(
            "save_sqlite", bench, server, SQLITE_CONNECTIONS
        )


def save_connections(bench: Bench) -> Figures:
    command, port = lanes(workers=os.cpu_count() or 2)
    with started(command, port, bench.variables) as server:
        saving = _Saving(f"http://127.0.0.1:{port}", bench.plan("save"), bench.ask)

        # An exam's pages were opened some time ago: their papers are read, their first ops are in.
        saving.window(*THINKING_WARM_UP, WARM_UP_S, THINKING_CONNECTIONS, LONGEST_THINK_MS)

        def run() -> Window:
            return saving.window(*THINKING, bench.pace.window_s, THINKING_CONNECTIONS, LONGEST_THINK_MS)

        found = figures(
            "save_connections",
            rounds(bench.cluster, server, [run], count=1, pgbench_s=1),
            errors=saving.wrong,
        )
    wanted = THINKING_CONNECTIONS / (LONGEST_THINK_MS / 2) * 1000
    if (found.per_second or 0) < THINKING_SHARE * wanted:
        found.notes.append(f"only {found.per_second:.0f} of {wanted:.0f} a second were reached")
    found.notes.append(f"{THINKING_CONNECTIONS} connections")
    return found


class _Saving:
    """Runs of save.lua against one lane; each window's acknowledged ops are compared with the AnswerEvent rows."""

    def __init__(self, url: str, plan: Path, ask: Callable[[str], int]) -> None:
        self.url, self.plan, self.ask = url, plan, ask
        self.wrong = 0

    def bench(self, name: str, bench: Bench, server: int, connections: int) -> Figures:
        pace = bench.pace
        count = pace.rounds + pace.spare  # at most 5
        self.window(*WARM_UP, WARM_UP_S, connections)
        runs = [
            lambda first=1 + number * SLOTS_A_WINDOW: self.window(
                first, first + SLOTS_A_WINDOW - 1, pace.window_s, connections
            )
            for number in range(count)
        ]
        found = rounds(bench.cluster, server, runs, count=pace.rounds, pgbench_s=pace.pgbench_s)
        self.exact(EXACT)
        said = figures(name, found, errors=self.wrong)
        said.notes.append("ratios " + ", ".join(f"{each.ratio:.2f}" for each in found))
        return said

    def window(self, first: int, last: int, seconds: int, connections: int, think_ms: int = 0) -> Window:
        """Every acknowledged op has its event, applied; besides them only the requests under way when wrk stopped."""
        before = self._events("applied"), self._events()
        window = wrk(
            self.url, "save", self.plan, first, last, think_ms, seconds=seconds, connections=connections
        )
        self._settled()
        applied, all_events = self._events("applied") - before[0], self._events() - before[1]
        acknowledged = window.requests - window.errors
        surplus = applied - acknowledged
        if applied != all_events or not 0 <= surplus <= connections:
            print(f"  {acknowledged} acknowledged, {applied} applied, {all_events} events", flush=True)
            self.wrong += abs(surplus) + all_events - applied
        return window

    def exact(self, slot: int) -> None:
        """A run with an end: as many events as acknowledged answers, not one more."""
        lines = [line.split("\t") for line in self.plan.read_text().splitlines()[:EXACT_REQUESTS]]
        host, _, port = self.url.removeprefix("http://").partition(":")

        def send(mine: list[list[str]]) -> int:
            http = HTTPConnection(host, int(port), timeout=10)
            acknowledged = 0
            for attempt, token, options in mine:
                answer = options.split(";")[slot - 1].split(",")[0]
                body = (
                    f'{{"client":"bench","ops":[{{"id":"exact","seq":1000000,"kind":"answer","slot":{slot},"base":0,'
                    f'"answer":"{answer}"}}]}}'
                )
                http.request("POST", f"/api/attempts/{attempt}/ops", body, {"X-Attempt-Token": token})
                response = http.getresponse()
                acknowledged += b'"applied"' in response.read()
            http.close()
            return acknowledged

        async def all_at_once() -> int:
            shares = [lines[start::EXACT_CLIENTS] for start in range(EXACT_CLIENTS)]
            return sum(await asyncio.gather(*(asyncio.to_thread(send, share) for share in shares)))

        before = self._events()
        acknowledged = asyncio.run(all_at_once())
        kept = self._events() - before
        if not acknowledged == kept == len(lines):
            print(f"  exact run: {len(lines)} sent, {acknowledged} acknowledged, {kept} events", flush=True)
            self.wrong += len(lines) - acknowledged + abs(acknowledged - kept)

    def _settled(self) -> None:
        """Returns when the requests that were under way as wrk stopped are written too."""
        before, now = -1, self._events()
        while before != now:
            time.sleep(SETTLE_S)
            before, now = now, self._events()

    def _events(self, verdict: str = "") -> int:
        where = f" WHERE verdict = '{verdict}'" if verdict else ""
        return self.ask(f"SELECT count(*) FROM exams_answerevent{where}")
