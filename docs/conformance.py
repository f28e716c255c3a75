"""Writes the table of docs/lti.md from tests/lti/conformance: a section a module, a line a test.

.venv/bin/python docs/conformance.py            writes it
.venv/bin/python docs/conformance.py --check    exit 1 where the page is behind the tests
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests" / "lti" / "conformance"
PAGE = ROOT / "docs" / "lti.md"
BEGIN, END = "<!-- conformance: written by docs/conformance.py -->", "<!-- end of conformance -->"


def table() -> str:
    """Markdown: the docstring of each module as its heading, the name of each test as a sentence, and how many cases."""
    lines: list[str] = []
    for path in sorted(TESTS.glob("test_*.py")):
        module = ast.parse(path.read_text())
        lines += [
            "",
            f"**{(ast.get_docstring(module) or path.stem).splitlines()[0]}**",
            "",
            "| line | cases |",
            "|---|---|",
        ]
        for node in module.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                words = node.name.removeprefix("test_").replace("_", " ")
                lines.append(f"| {words[0].upper()}{words[1:]} | {_cases(node)} |")
    return "\n".join([BEGIN, *lines, "", END])


def _cases(test: ast.FunctionDef) -> int:
    """How many times a parametrized test runs."""
    found = 1
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.parametrize":
            values = mark.args[1]
            found *= len(values.elts) if isinstance(values, ast.List | ast.Tuple) else 1
    return found


def main() -> int:
    text = PAGE.read_text()
    new = re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: table(), text, flags=re.DOTALL)
    if "--check" in sys.argv:
        return int(new != text)
    PAGE.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
