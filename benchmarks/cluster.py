"""A PostgreSQL of the benchmark's own, with fsync and synchronous_commit on, and its yardstick."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PGBENCH_SCALE = 10
PGBENCH_CLIENTS = 16


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Cluster:
    port: int
    bin: Path
    folder: Path

    def url(self, name: str) -> str:
        return f"postgres://dangxiao@127.0.0.1:{self.port}/{name}"

    def run(self, program: str, *arguments: str) -> str:
        command = [
            str(self.bin / program),
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-U",
            "dangxiao",
            *arguments,
        ]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def version(self, program: str) -> str:
        return subprocess.run(
            [self.bin / program, "--version"], check=True, capture_output=True, text=True
        ).stdout.strip()

    def ask(self, sql: str, name: str = "postgres") -> str:
        return self.run("psql", "-d", name, "-At", "-c", sql).strip()

    def pgbench(self, seconds: int) -> float:
        """Transactions per second of `pgbench -N` (simple update), the yardstick."""
        out = self.run("pgbench", "-N", "-c", str(PGBENCH_CLIENTS), "-j", "2", "-T", str(seconds), "pgbench")
        found = re.search(r"tps = ([\d.]+)", out)
        if not found:
            raise RuntimeError(out)
        return float(found[1])

    def settle(self, name: str) -> None:
        """What was loaded a minute ago is vacuumed and on disk, as if it had been the evening before."""
        for database in (name, "pgbench"):
            self.ask("VACUUM (ANALYZE)", database)
        self.ask("CHECKPOINT")
        os.sync()

    def check_durable(self) -> None:
        """Figures without durability would be worth nothing."""
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            if self.ask(f"SHOW {setting}") != "on":
                raise RuntimeError(f"{setting} is off")

    def pids(self) -> list[int]:
        """The postmaster and its children of now."""
        postmaster = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return [postmaster, *map(int, children)]


def postgres_programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if not found:
        raise SystemExit("PostgreSQL is missing (Debian: apt-get install postgresql)")
    return found[-1].parent


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Made in a new folder on disk, gone afterwards. As root it runs as the user postgres."""
    programs, port = postgres_programs(), free_port()
    folder = Path(
        tempfile.mkdtemp(prefix="dangxiao-bench-", dir=os.environ.get("BENCH_FOLDER", tempfile.gettempdir()))
    )
    as_postgres: Sequence[str] = ()
    if os.getuid() == 0:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
        as_postgres = ("runuser", "-u", "postgres", "--")
    data = folder / "data"

    def control(*arguments: str) -> None:
        subprocess.run([*as_postgres, *arguments], check=True, stdout=subprocess.DEVNULL)

    control(
        str(programs / "initdb"),
        "-D",
        str(data),
        "-U",
        "dangxiao",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    )
    options = (
        f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=200 -c shared_buffers=512MB"
    )
    control(
        str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start"
    )
    made = Cluster(port, programs, folder)
    try:
        for name in ("pgbench", "dangxiao"):
            made.run("createdb", name)
        made.run("pgbench", "-i", "-q", "-s", str(PGBENCH_SCALE), "pgbench")
        made.check_durable()
        yield made
    finally:
        control(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
