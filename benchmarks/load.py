"""Load by wrk (Debian): one Lua script an operation, every request from a prepared list, latencies as wrk sees them."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(__file__).parent / "scripts"
UNITS_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True)
class Window:
    """What one run of wrk saw; times in milliseconds."""

    requests: int
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    errors: int
    done: int


def wrk(url: str, script: str, plan: Path, *, seconds: int, connections: int, threads: int = 2) -> Window:
    """Runs `scripts/<script>.lua` with the plan file; errors are non-2xx answers, time-outs and broken sockets."""
    program = shutil.which("wrk")
    if not program:
        raise SystemExit("wrk is missing (Debian: apt-get install wrk)")
    command = [
        program, "-t", str(threads), "-c", str(connections), "-d", f"{seconds}s", "--timeout", "10s",
        "-s", str(SCRIPTS / f"{script}.lua"), url, "--", str(plan), str(threads),
    ]  # fmt: skip
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    values = dict(re.findall(r"^@(\w+) (-?[\d.]+)$", out, re.MULTILINE))
    try:
        return Window(
            requests=int(values["requests"]),
            per_second=float(values["requests"]) / (float(values["duration_us"]) / 1e6),
            p50_ms=float(values["p50"]) / 1000,
            p95_ms=float(values["p95"]) / 1000,
            p99_ms=float(values["p99"]) / 1000,
            errors=int(values["errors"]),
            done=int(values["done"]),
        )
    except KeyError:
        raise SystemExit(f"wrk said:\n{out}") from None
