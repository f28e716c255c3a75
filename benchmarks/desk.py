"""What organisers and members wait for besides: imports, and pages at a full question bank."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from .bench import Bench
from .figures import Figures
from .servers import ROOT

QUESTIONS, A_TEXTBOOK = 10_000, 855
HEADER = ["题型", "题干", "选项A", "选项B", "选项C", "选项D", "答案", "解析", "难度"]
REAL_BANK = Path("banks") / "xlsx"

PAGES = """
import json, statistics, sys, time
import django
django.setup()
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from learning.organisation.models import User
from question_bank.exams.models import Attempt
settings.ALLOWED_HOSTS = ["*"]
which, times = sys.argv[1], int(sys.argv[2])
if which == "bank_listing":
    user = User.objects.create_superuser("bench-admin", "管理员", "bench-admin-password")
    paths = ["/admin/questions/", "/admin/questions/?q=%E7%AC%AC", "/admin/banks/"]
else:
    attempt = Attempt.objects.filter(state="in_progress").order_by("pk").last()
    user, paths = attempt.user, ["/exams/", f"/exams/{attempt.exam_id}/", f"/attempts/{attempt.pk}/"]
client = Client()
client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
said = {}
for path in paths:
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    count = len(queries)
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        status = client.get(path).status_code
        taken.append((time.perf_counter() - began) * 1000)
        if status != 200:
            break
    said[path] = {"status": status, "queries": count, "ms": sorted(taken)}
print(json.dumps(said))
"""
TIMES = 40


def import_questions(bench: Bench) -> Figures:
    """`manage.py import_questions` with its start-up: 10,000 generated questions; and real files where there are any."""
    file = bench.folder / "generated.xlsx"
    _generate(file, QUESTIONS)
    seconds, megabytes, said = _imported(bench, [file], "一万题")
    wrong = abs(QUESTIONS - said["accepted"]) + len(said["rejected"]) + said["duplicates"]
    notes = [f"{QUESTIONS:,} questions"]
    real = sorted((bench.test_data / REAL_BANK).glob("*.xlsx")) if bench.test_data else []
    if real:
        real_seconds, _megabytes, found = _imported(bench, real, "真题")
        notes.append(
            f"{len(real)} real files: {found['read']} rows in {real_seconds:.1f} s, {found['accepted']} new, "
            f"{found['duplicates']} there already, {len(found['rejected'])} unusable"
        )
    return Figures("import_questions", errors=wrong, seconds=seconds, megabytes=megabytes, notes=notes)


def import_textbook(bench: Bench) -> Figures:
    """The same for as many questions as a textbook brings, all options in one cell."""
    file = bench.folder / "textbook.xlsx"
    _generate(file, A_TEXTBOOK, one_cell=True)
    seconds, _megabytes, said = _imported(bench, [file], "一本书")
    wrong = abs(A_TEXTBOOK - said["accepted"]) + len(said["rejected"]) + said["duplicates"]
    return Figures("import_textbook", errors=wrong, seconds=seconds, notes=[f"{A_TEXTBOOK} questions"])


def member_pages(bench: Bench) -> Figures:
    return _pages(bench, "member_pages")


def bank_listing(bench: Bench) -> Figures:
    if bench.ask("SELECT count(*) FROM questions_question") < QUESTIONS:
        file = bench.folder / "listed.xlsx"
        _generate(file, QUESTIONS)
        _imported(bench, [file], "一万题")
    return _pages(bench, "bank_listing")


def _pages(bench: Bench, which: str) -> Figures:
    run = subprocess.run(
        [sys.executable, "-c", PAGES, which, str(TIMES)],
        cwd=ROOT, env=bench.variables, check=True, capture_output=True, text=True,
    )  # fmt: skip
    said = json.loads(run.stdout.splitlines()[-1])
    worst = max(said.values(), key=lambda page: float(page["ms"][len(page["ms"]) // 2]))["ms"]
    notes = [
        f"{'/'.join('…' if part.isdecimal() else part for part in path.split('?')[0].split('/'))}"
        f"{'?q' if '?' in path else ''} {page['queries']} queries {page['ms'][len(page['ms']) // 2]:.0f} ms"
        for path, page in said.items()
    ]
    return Figures(
        which,
        errors=sum(page["status"] != 200 for page in said.values()),
        p50_ms=worst[len(worst) // 2],
        p95_ms=worst[int(len(worst) * 0.95)],
        p99_ms=worst[-1],
        queries=max(page["queries"] for page in said.values()),
        notes=[*notes, f"{bench.ask('SELECT count(*) FROM questions_question'):,} questions",
               f"{bench.ask('SELECT count(*) FROM organisation_user'):,} members"],
    )  # fmt: skip


def _generate(file: Path, count: int, *, one_cell: bool = False) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("试题")
    sheet.append([*HEADER[:2], "选项", *HEADER[6:]] if one_cell else HEADER)
    for n in range(count):
        kind, key = (("单选题", "ABCD"[n % 4]), ("多选题", "ABD"), ("判断题", "正确"))[n % 3]
        options = [f"第 {n} 题的说法{letter}" for letter in "甲乙丙丁"]
        if kind == "判断题":
            options = [""] * 4
        elif one_cell:
            options = [f"{letter}.{option}" for letter, option in zip("ABCD", options, strict=True)]
        cells = ["\n".join(filter(None, options))] if one_cell else options
        stem = f"关于第 {n} 条规定，下列说法中正确的是哪一项？"
        sheet.append([kind, stem, *cells, key, f"见第 {n} 条。", n % 5 + 1])
    book.save(file)


def _imported(bench: Bench, files: list[Path], bank: str) -> tuple[float, float, dict[str, Any]]:
    """Seconds, peak megabytes and the command's own summary."""
    out = bench.folder / "import.json"
    command = [sys.executable, "manage.py", "import_questions", *map(str, files), "--bank", bank, "--json"]
    began = time.monotonic()
    with out.open("w") as stdout:
        process = subprocess.Popen(command, cwd=ROOT, env=bench.variables, stdout=stdout)
        _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    if process.returncode:
        raise SystemExit(f"import_questions: {out.read_text()}")
    return seconds, used.ru_maxrss / 1024, json.loads(out.read_text())
