"""The reports and the study pages of a campus: 100,000 members in 2,000 units, 5,000,000 answers, 20,000,000 slices."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

from .bench import Bench
from .figures import Figures
from .servers import ROOT

MEMBERS = int(os.environ.get("BENCH_CAMPUS_MEMBERS", "100000"))
DATABASE = "campus"
TIMES = 15

# Each page as its reader sees it, in one process: SQL time is the database's own, summed over a page's statements.
PAGES = """
import json, sys, time
import django
django.setup()
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from learning.organisation.models import User
settings.ALLOWED_HOSTS = ["*"]
asked, times = json.loads(sys.argv[1]), int(sys.argv[2])
admin = User.objects.filter(number="bench-admin").first() or User.objects.create_superuser(
    "bench-admin", "管理员", "bench-admin-password")
said = {}
for name, path, member in asked:
    client = Client()
    client.force_login(User.objects.get(pk=member) if member else admin, backend=settings.AUTHENTICATION_BACKENDS[-1])
    client.get(path)
    taken, sql = [], []
    for _ in range(times):
        began = time.perf_counter()
        status = client.get(path).status_code
        taken.append((time.perf_counter() - began) * 1000)
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        sql.append(sum(float(query["time"]) for query in queries) * 1000)
    said[name] = {"status": status, "queries": len(queries), "ms": sorted(taken), "sql": sorted(sql)}
print(json.dumps(said))
"""
XLSX = """
import json, resource, sys, time
import django
django.setup()
from django.utils import timezone
from reports.exporting.xlsx import workbook
from reports.shape import Column, Kind, Report, Table
columns = tuple([Column("name", "姓名", Kind.TEXT), Column("unit", "党组织", Kind.TEXT), Column("at", "时间", Kind.INSTANT)]
    + [Column(f"n{i}", f"数字{i}", Kind.INT) for i in range(7)])
now = timezone.now()
rows = [(f"学员{n}", f"第{n % 2000}支部", now, *(n * i for i in range(7))) for n in range(int(sys.argv[1]))]
report = Report(title="名单", sentence="十万行。", as_of=now, tables=(Table("名单", columns, rows),))
began = time.monotonic()
size = len(workbook(report))
print(json.dumps({"seconds": time.monotonic() - began, "bytes": size,
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""
EXPORTED_ROWS = 100_000


@dataclass(frozen=True)
class Campus:
    """Variables of its database, what to ask for, seconds to build it and to fold all its answers."""

    variables: dict[str, str]
    asked: dict[str, Any]
    built_s: float
    folded_s: float


_made: list[Campus] = []  # by the first bench that wants it; the others ask the same one


def _campus(bench: Bench) -> Campus:
    if not _made:
        _made.append(_make(bench))
    return _made[0]


def _make(bench: Bench) -> Campus:
    bench.cluster.run("createdb", DATABASE)
    variables = bench.variables | {"DATABASE_URL": bench.cluster.url(DATABASE)}
    began = time.monotonic()

    def run(*command: str) -> str:
        return subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=variables, check=True, capture_output=True, text=True
        ).stdout

    run("manage.py", "migrate", "--verbosity", "0")
    bench.folder.joinpath("campus").mkdir()
    ids = json.loads(
        run("-m", "benchmarks.campus", str(bench.folder / "campus"), str(MEMBERS)).splitlines()[-1]
    )
    built = time.monotonic()
    run("manage.py", "rebuild_reports")
    folded = time.monotonic()
    bench.cluster.settle(DATABASE)
    return Campus(variables, ids, built - began, folded - built)


def _asked(bench: Bench, *pages: tuple[str, str, bool]) -> dict[str, Any]:
    """Each page: its name, its address with the campus's ids in braces, and whether a member asks."""
    campus = _campus(bench)
    reader = campus.asked["member"]
    asked = [(name, path.format(**campus.asked), reader if member else 0) for name, path, member in pages]
    run = subprocess.run(
        [sys.executable, "-c", PAGES, json.dumps(asked), str(TIMES)],
        cwd=ROOT, env=campus.variables, check=True, capture_output=True, text=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def _figures(name: str, found: dict[str, Any], which: str, notes: list[str]) -> Figures:
    """The page that takes longest counts; `which`: "sql" or "ms"."""
    worst = max(found.values(), key=lambda page: float(page[which][len(page[which]) // 2]))[which]
    said = [
        f"{page_name} {page['queries']} queries, SQL {page['sql'][TIMES // 2]:.0f} ms, page {page['ms'][TIMES // 2]:.0f} ms"
        for page_name, page in found.items()
    ]
    return Figures(
        name,
        errors=sum(page["status"] != 200 for page in found.values()),
        p50_ms=worst[TIMES // 2],
        p95_ms=worst[-1],
        queries=max(page["queries"] for page in found.values()),
        notes=[*said, *notes],
    )


def unit_dashboard(bench: Bench) -> Figures:
    """SQL of a unit's report: the school, a general branch, a branch."""
    units = [
        (unit, f"/admin/reports/units/{{{unit}}}/", False) for unit in ("root", "general_branch", "branch")
    ]
    found = _asked(bench, *units)
    campus = _campus(bench)
    notes = [
        f"{MEMBERS:,} members; built in {campus.built_s:.0f} s, all answers folded in {campus.folded_s:.0f} s"
    ]
    return _figures("unit_dashboard", found, "sql", notes)


def item_report(bench: Bench) -> Figures:
    """SQL of the report of one question, from the folded item statistics."""
    found = _asked(bench, ("question", "/admin/reports/questions/{question}/", False))
    return _figures("item_report", found, "sql", [])


def exam_report(bench: Bench) -> Figures:
    """SQL of the report of an exam that everybody of the campus sat."""
    found = _asked(bench, ("exam", "/admin/reports/exams/{exam}/", False))
    return _figures("exam_report", found, "sql", [])


def member_report(bench: Bench) -> Figures:
    found = _asked(
        bench, ("organiser's", "/admin/reports/members/{member}/", False), ("own", "/me/report/", True)
    )
    return _figures("member_report", found, "sql", [])


def study_pages(bench: Bench) -> Figures:
    """Catalogue, course and lesson as a member sees them, whole."""
    found = _asked(
        bench,
        ("catalogue", "/courses/", True),
        ("course", "{course_url}", True),
        ("lesson", "{lesson_url}", True),
    )
    return _figures("study_pages", found, "ms", [])


def export_100000(bench: Bench) -> Figures:
    run = subprocess.run(
        [sys.executable, "-c", XLSX, str(EXPORTED_ROWS)],
        cwd=ROOT, env=bench.variables, check=True, capture_output=True, text=True,
    )  # fmt: skip
    said = json.loads(run.stdout.splitlines()[-1])
    notes = [f"{EXPORTED_ROWS:,} rows of 10 columns, {said['bytes'] / 1e6:.1f} MB"]
    return Figures(
        "export_100000", errors=0, seconds=said["seconds"], megabytes=said["megabytes"], notes=notes
    )
