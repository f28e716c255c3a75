"""Clients 8.19 and 9 make the same requests of our queries, and travel by our node class."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

from tests.search.engines.bodies import bodies
from tests.search.node.opensearch import cache

ROOT = Path(__file__).resolve().parents[3]
CLIENTS = {"8": "elasticsearch==8.19.*", "9": "elasticsearch==9.*"}


@pytest.fixture(scope="module", params=CLIENTS)
def python(request: pytest.FixtureRequest) -> Path:
    """Of an environment with this client and little else, kept from one run to the next."""
    folder = cache() / f"elasticsearch-{request.param}-py{sys.version_info.major}{sys.version_info.minor}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    python, mark = folder / "bin" / "python", folder / "installed"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other workers want it too
        if not mark.exists():
            venv.create(folder, with_pip=True, clear=True)
            command = [
                str(python),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--retries",
                "1",
                CLIENTS[request.param],
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(
                    f"{CLIENTS[request.param]} cannot be installed here: {done.stderr.strip()[-200:]}"
                )
            mark.touch()
    return python


def run(python: Path, *arguments: str) -> str:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [str(python), *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_bodies_are_the_same_as_with_the_installed_client(python: Path) -> None:
    answer = json.loads(run(python, "-m", "tests.search.engines.bodies"))
    here: Any = json.loads(json.dumps(bodies()))
    assert str(answer["client"][0]) in CLIENTS
    assert len(here) > 50
    assert answer["bodies"] == here


def test_engine_and_node_class_fit_the_client(python: Path) -> None:
    """Against nobody: the refused connection is met in our words."""
    said = run(
        python,
        "-c",
        "from search.engines.elastic import ElasticEngine, connect\n"
        "from search.engines.address import Address\n"
        "from search.engines.base import EngineDown\n"
        "engine = ElasticEngine(connect(Address('opensearch', '127.0.0.1', 1)), name='opensearch', prefix='x')\n"
        "try:\n"
        "    engine.count()\n"
        "except EngineDown as error:\n"
        "    print(error)\n",
    )
    assert said.strip() == "ConnectionError"
