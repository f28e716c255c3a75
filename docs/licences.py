"""Writes docs/licences.md: every locked package with the version and licence its own metadata names.

By hand, in the development environment: .venv/bin/python docs/licences.py
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]+))?", re.MULTILINE)
NAMED = re.compile(r"[Ll]icense ::(?: OSI Approved ::)? (.+)")
COPYLEFT = re.compile(r"GPL|MPL|Mozilla|Lesser|EPL|CDDL|EUPL", re.IGNORECASE)
LONGEST = 60  # characters; some packages put the whole text into the field


def locked(path: Path) -> dict[str, tuple[str, str]]:
    """Name → (version, environment marker)."""
    return {m[1]: (m[2], (m[3] or "").strip()) for m in PINNED.finditer(path.read_text())}


def licence_of(name: str) -> str:
    """What the installed package says of itself: expression, else classifiers, else the short licence field."""
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return "not installed on this platform"
    if expression := said.get("License-Expression"):
        return expression
    classified = [m[1] for each in said.get_all("Classifier", []) if (m := NAMED.match(each))]
    field = (said.get("License") or "").strip()
    short = field if field and len(field) <= LONGEST and "\n" not in field else ""
    return "; ".join(classified) or short or field.split("\n")[0][:LONGEST] or "not named"


def table(packages: dict[str, tuple[str, str]]) -> list[str]:
    lines = ["| package | version | licence | only where |", "|---|---|---|---|"]
    for name, (version, marker) in sorted(packages.items(), key=lambda item: item[0].lower()):
        lines.append(f"| {name} | {version} | {licence_of(name)} | {marker.replace('|', ' ')} |")
    return lines


def main() -> int:
    runs = locked(ROOT / "requirements.lock")
    dev = {n: v for n, v in locked(ROOT / "requirements-dev.lock").items() if n not in runs}
    page = ROOT / "docs" / "licences.md"
    head = page.read_text().split("<!-- tables -->")[0].rstrip() if page.exists() else "# Licences"
    text = [head, "", "<!-- tables -->", "", f"## What the site runs on ({len(runs)})", "", *table(runs), ""]
    text += [f"## Only for tests, checks and measuring ({len(dev)})", "", *table(dev), ""]
    page.write_text("\n".join(text))
    for name in [*runs, *dev]:
        if COPYLEFT.search(licence := licence_of(name)) or "not named" in licence:
            sys.stdout.write(f"look at {name}: {licence}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
