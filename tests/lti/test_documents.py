from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_table_of_conformance_is_that_of_the_tests() -> None:
    run = subprocess.run([sys.executable, "docs/conformance.py", "--check"], cwd=ROOT, check=False)
    assert run.returncode == 0, "run docs/conformance.py"
