"""`make lint`: every check, each under its name; the exit code is 1 if any failed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PACKAGES = ["learning", "question_bank"]

CHECKS: dict[str, list[str]] = {
    "ruff check": [str(BIN / "ruff"), "check", "."],
    "ruff format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    "mypy": [str(BIN / "mypy")],
    "import-linter": [str(BIN / "lint-imports")],
    "djlint": [str(BIN / "djlint"), *PACKAGES, "--lint", "--quiet"],
    "migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
    "django check": [sys.executable, "manage.py", "check", "--fail-level", "WARNING"],
}


def javascript() -> list[str] | None:
    """tsc over our JSDoc, fetched once by the npm lock; None where Node is absent."""
    if not shutil.which("npm"):
        return None
    if not (ROOT / "node_modules" / ".bin" / "tsc").exists():
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=ROOT, check=True)
    return ["node_modules/.bin/tsc", "--project", "tsconfig.json"]


def main() -> int:
    checks = dict(CHECKS)
    typed = javascript()
    if typed:
        checks["tsc"] = typed
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "learning.project.settings.test"}
    failed = []
    for name, command in checks.items():
        started = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name} ({time.monotonic() - started:.1f} s)", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout + done.stderr, flush=True)
    if typed is None:
        print("Not run here: tsc (Node is absent; Debian: apt-get install nodejs npm)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
