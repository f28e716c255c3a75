"""What was measured, what it is held to, and where both are written."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results.json"
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by `make bench` -->", "<!-- end of figures -->"


@dataclass
class Figures:
    """One bench. `ratio` is to pgbench -N in the same run; `notes` are for people."""

    name: str
    errors: int
    ratio: float | None = None
    per_second: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    cpu_ms: float | None = None
    seconds: float | None = None
    megabytes: float | None = None
    queries: int | None = None
    top_3: float | None = None  # % of queries
    recall: float | None = None  # %
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, float]:
        said = {
            name: value
            for name, value in asdict(self).items()
            if isinstance(value, int | float) and name != "errors"
        }
        return {name: round(value, 3) for name, value in said.items()} | {"errors": self.errors}


@dataclass(frozen=True)
class Target:
    """`hold` fails the run, `goal` is where we are going; `at_least` says on which side of them good lies."""

    bench: str
    what: str
    figure: str
    hold: float
    goal: float | None = None
    at_least: bool = False

    def met(self, figures: Figures, bound: float | None) -> bool | None:
        """None where there is no bound."""
        if bound is None:
            return None
        value = getattr(figures, self.figure)
        return value is not None and (value >= bound if self.at_least else value <= bound)


TARGETS = [
    Target("save_postgresql", "× pgbench", "ratio", 1.5, 3, at_least=True),
    Target("save_postgresql", "p99 ms", "p99_ms", 15),
    Target("save_postgresql", "CPU ms", "cpu_ms", 0.2),
    Target("save_sqlite", "× pgbench", "ratio", 1, 2, at_least=True),
    Target("save_connections", "p99 ms", "p99_ms", 25, 5),
    Target("beats", "× pgbench", "ratio", 1.1, 2, at_least=True),
    Target("start", "a second", "per_second", 250, 500, at_least=True),
    Target("submit", "a second", "per_second", 200, 500, at_least=True),
    Target("close_10000", "seconds", "seconds", 20, 2),
    Target("import_questions", "seconds", "seconds", 20, 5),
    Target("import_questions", "MB", "megabytes", 300),
    Target("import_textbook", "seconds", "seconds", 3),
    Target("member_pages", "p95 ms", "p95_ms", 50, 15),
    Target("member_pages", "queries", "queries", 12),
    Target("bank_listing", "p95 ms", "p95_ms", 300, 50),
    Target("bank_listing", "queries", "queries", 15),
    Target("unit_dashboard", "SQL ms", "p50_ms", 250, 50),
    Target("item_report", "SQL ms", "p50_ms", 50, 10),
    Target("exam_report", "SQL ms", "p50_ms", 600, 50),
    Target("member_report", "SQL ms", "p50_ms", 30),
    Target("study_pages", "p50 ms", "p50_ms", 50),
    Target("study_pages", "queries", "queries", 15),
    Target("export_100000", "seconds", "seconds", 30),
    Target("export_100000", "MB", "megabytes", 300),
    Target("launches", "a second", "per_second", 60, at_least=True),
    Target("launches", "p99 ms", "p99_ms", 200),
    Target("grades", "seconds", "seconds", 180, 60),
    Target("relevance", "% among the first 3", "top_3", 95, at_least=True),
    Target("relevance", "% of parts of texts found", "recall", 100, at_least=True),
    Target("search_sqlite_20000", "p50 ms", "p50_ms", 0.2),
    Target("search_sqlite_20000", "p95 ms", "p95_ms", 1.1),
    Target("search_sqlite_200000", "p50 ms", "p50_ms", 1.2),
    Target("search_sqlite_200000", "p95 ms", "p95_ms", 13),
    Target("search_sqlite_frequent", "p50 ms", "p50_ms", 112),
    Target("search_sqlite_page", "p95 ms", "p95_ms", 100),
    Target("search_postgresql_20000", "p50 ms", "p50_ms", 0.4),
    Target("search_postgresql_20000", "p95 ms", "p95_ms", 2.1),
    Target("search_postgresql_200000", "p50 ms", "p50_ms", 2.3),
    Target("search_postgresql_200000", "p95 ms", "p95_ms", 27),
    Target("search_postgresql_frequent", "p50 ms", "p50_ms", 254),
    Target("search_postgresql_page", "p95 ms", "p95_ms", 100),
]


def missed(found: Sequence[Figures]) -> list[str]:
    """The holds that were missed, in words; errors always count."""
    said = [f"{figures.name}: {figures.errors} errors" for figures in found if figures.errors]
    for target in TARGETS:
        for figures in found:
            if figures.name == target.bench and not target.met(figures, target.hold):
                side = "≥" if target.at_least else "≤"
                value = getattr(figures, target.figure)
                said.append(f"{target.bench}: {target.what} {_number(value)}, held to {side} {target.hold:g}")
    return said


def write_results(found: Sequence[Figures]) -> None:
    """Benches that did not run keep their last figures."""
    kept: dict[str, dict[str, float]] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept |= {figures.name: figures.as_json() for figures in found}
    RESULTS.write_text(json.dumps(kept, indent=2) + "\n")


def write_page(found: Sequence[Figures], method: Sequence[str]) -> None:
    """The table between the markers of docs/performance.md; the words around it are left alone."""
    lines = [BEGIN, "", *(f"- {line}" for line in [*_machine(), *method]), ""]
    lines += ["| bench | figure | measured | hold | | goal | |", "|---|---|---|---|---|---|---|"]
    for target in TARGETS:
        for figures in (each for each in found if each.name == target.bench):
            side = "≥" if target.at_least else "≤"
            cells = [f"`{target.bench}`", target.what, _number(getattr(figures, target.figure))]
            for bound in (target.hold, target.goal):
                cells += ["" if bound is None else f"{side} {bound:g}", _tick(target.met(figures, bound))]
            lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "| bench | a second | × pgbench | p50 ms | p95 ms | p99 ms | CPU ms | errors | |"]
    lines += ["|---|---|---|---|---|---|---|---|---|"]
    for each in found:
        values = (each.per_second, each.ratio, each.p50_ms, each.p95_ms, each.p99_ms, each.cpu_ms)
        cells = [f"`{each.name}`", *map(_number, values), str(each.errors), "; ".join(each.notes)]
        lines.append(f"| {' | '.join(cells)} |")
    text = PAGE.read_text()
    block = "\n".join([*lines, "", END])
    PAGE.write_text(re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: block, text, flags=re.DOTALL))


def show(figures: Figures) -> str:
    values: Mapping[str, float] = figures.as_json()
    return f"{figures.name}: " + ", ".join([*(f"{k} {v:g}" for k, v in values.items()), *figures.notes])


def _machine() -> list[str]:
    models = re.findall(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = int(re.findall(r"^MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)[0])
    cores = f"{os.cpu_count()} × {models[0] if models else platform.machine()}"
    return [
        f"Machine: {cores}, {memory / 2**20:.0f} GB; servers, databases and load generator on it together.",
        f"Python {platform.python_version()}.",
    ]


def _number(value: float | None) -> str:
    if value is None:
        return ""
    steps: Sequence[tuple[float, Callable[[float], str]]] = [
        (1000, lambda v: f"{v:,.0f}"), (10, lambda v: f"{v:.0f}"), (1, lambda v: f"{v:.1f}"), (0, lambda v: f"{v:.2g}"),
    ]  # fmt: skip
    return next(form(value) for bound, form in steps if value >= bound)


def _tick(met: bool | None) -> str:
    return "" if met is None else "✓" if met else "✗"
