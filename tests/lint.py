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
PACKAGES = ["learning", "question_bank", "courses", "reports", "lti", "search"]

CHECKS: dict[str, list[str]] = {
    "ruff check": [str(BIN / "ruff"), "check", "."],
    "ruff format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    "mypy": [str(BIN / "mypy")],
    "import-linter": [str(BIN / "lint-imports")],
    "djlint": [str(BIN / "djlint"), *PACKAGES, "--lint", "--quiet"],
    "migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
    "django check": [sys.executable, "manage.py", "check", "--fail-level", "WARNING"],
}


# The oldest browsers that run our scripts (Chrome 80, Safari 13, Firefox 78) share no newer syntax than this.
SYNTAX = "--ecma2019"


def javascript() -> dict[str, list[str]]:
    """Types of our JSDoc and the syntax floor, by tools of the npm lock; nothing where Node is absent."""
    if not shutil.which("npm"):
        return {}
    tools = ROOT / "node_modules" / ".bin"
    if not (tools / "tsc").exists() or not (tools / "acorn").exists():
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=ROOT, check=True)
    ours = [
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("static/**/*.js"))
        if "vendor" not in path.parts and "questions" not in path.parts  # those run in Wagtail's admin only
    ]
    return {
        "tsc": [str(tools / "tsc"), "--project", "tsconfig.json"],
        "syntax floor": [str(tools / "acorn"), SYNTAX, "--module", "--silent", *ours],
    }


def main() -> int:
    scripts = javascript()
    checks = CHECKS | scripts
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "learning.project.settings.test"}
    failed = []
    for name, command in checks.items():
        started = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        print(
            f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name} ({time.monotonic() - started:.1f} s)",
            flush=True,
        )
        if done.returncode:
            failed.append(name)
            print(done.stdout + done.stderr, flush=True)
    if not scripts:
        print("Not run here: tsc and the syntax floor (Node is absent; Debian: apt-get install nodejs npm)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
