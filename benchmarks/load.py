"""Load by wrk (Debian): one Lua script an operation, every request from a prepared list, latencies as wrk sees them."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(__file__).parent / "scripts"


@dataclass(frozen=True)
class Window:
    """What one run of wrk saw; times in milliseconds. `requests` were answered, `errors` of them badly or not at all."""

    requests: int
    seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    errors: int

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def wrk_version() -> str:
    out = subprocess.run([_wrk(), "-v"], check=False, capture_output=True, text=True)
    return " ".join((out.stdout + out.stderr).splitlines()[0].split()[:2])


def wrk(
    url: str, script: str, plan: Path, *arguments: object, seconds: int, connections: int, threads: int = 2
) -> Window:
    """Runs `scripts/<script>.lua` with the plan file; errors are non-2xx answers, time-outs and broken sockets."""
    command = [
        _wrk(), "-t", str(threads), "-c", str(connections), "-d", f"{seconds}s", "--timeout", "10s",
        "-s", str(SCRIPTS / f"{script}.lua"), url, "--", str(plan), str(threads), *map(str, arguments),
    ]  # fmt: skip
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    values = dict(re.findall(r"^@(\w+) (-?[\d.]+)$", run.stdout, re.MULTILINE))
    if not values:
        raise SystemExit(f"wrk said:\n{run.stdout}{run.stderr}")
    if int(values["short"]):
        raise SystemExit(f"{script}: the plan had {values['short']} requests too few for {seconds} s")
    return Window(
        requests=int(values["requests"]),
        seconds=float(values["duration_us"]) / 1e6,
        p50_ms=float(values["p50"]) / 1000,
        p95_ms=float(values["p95"]) / 1000,
        p99_ms=float(values["p99"]) / 1000,
        errors=int(values["errors"]),
    )


def _wrk() -> str:
    program = shutil.which("wrk")
    if not program:
        raise SystemExit("wrk is missing (Debian: apt-get install wrk)")
    return program
