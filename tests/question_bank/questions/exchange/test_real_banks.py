"""Real banks and template layouts arrive as the conversions beside them say. Skipped without TEST_DATA."""

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from question_bank.questions.exchange.verdicts import ImportReport, ParsedQuestion, Verdict

from .made import HEADER, read, xlsx

DATA = Path(os.environ.get("TEST_DATA", Path(__file__).resolve().parents[5] / "shared" / "data"))
PAIRS = [
    (path, path.with_name(f"{path.stem}{suffix}"))
    for folder, pattern, suffix in (
        ("banks/xlsx", "*.xlsx", ".jsonl"),
        ("banks/csv", "*.csv", ".jsonl"),
        ("banks/cmmlu", "*.csv", ".jsonl"),
        ("assembled", "*.xls*", ".expected.jsonl"),
    )
    for path in sorted((DATA / folder).glob(pattern))
]
TRUTHS = {"对": True, "错": False, "正确": True, "错误": False}


def bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def usable(line: dict[str, Any]) -> bool:
    return bool(line["answer"]) and "示例需删除" not in line["stem"]


def arrives(line: dict[str, Any], question: ParsedQuestion) -> bool:
    """Stem, kind, options and key as the conversion says; empty options do not count as options."""
    kind = {"truefalse": "true_false"}.get(line["type"], line["type"])
    if question.verdict == Verdict.REJECTED and question.reason != "key_conflict":
        return False
    if bare(question.stem) != bare(line["stem"]) or question.kind != kind:
        return False
    letters = [ord(letter) - 65 for letter in line["answer"] if "A" <= letter <= "Z"]
    if kind == "true_false":
        word = line["answer"] if line["answer"] in TRUTHS else line["options"][letters[0]]
        return question.answer is TRUTHS[word]
    assert isinstance(question.answer, tuple)
    key = {bare(question.options[at]) for at in question.answer if isinstance(at, int)}
    return [bare(text) for text in line["options"] if text] == [
        bare(text) for text in question.options
    ] and key == {bare(line["options"][at]) for at in letters}


@pytest.mark.skipif(not PAIRS, reason="no TEST_DATA")
@pytest.mark.parametrize(("path", "expected"), PAIRS, ids=[path.name for path, _ in PAIRS])
def test_at_least_99_percent_of_the_usable_questions_arrive(path: Path, expected: Path) -> None:
    started = time.perf_counter()
    report: ImportReport = read(path.read_bytes(), filename=path.name)
    took = time.perf_counter() - started
    lines = [json.loads(line) for line in expected.read_text(encoding="utf-8").splitlines()]
    assert report.read == len(lines)
    pairs = [(line, question) for line, question in zip(lines, report.rows, strict=True) if usable(line)]
    good = sum(arrives(line, question) for line, question in pairs)
    share = f"{path.name}: {good} of {len(pairs)} arrive, {report.warned} warned, {took:.2f} s"
    print(share)
    assert good >= 0.99 * len(pairs), share
    unusable = [question for line, question in zip(lines, report.rows, strict=True) if not usable(line)]
    assert all(question.verdict == Verdict.REJECTED for question in unusable)


def test_ten_thousand_rows_are_judged_within_seconds() -> None:
    rows = [
        (
            "单选题",
            f"第{number}问：这道题目问的是哪一个正确的说法？",
            f"说法{number}甲",
            "说法乙",
            "说法丙",
            "说法丁",
            "ABCD"[number % 4],
        )
        for number in range(10_000)
    ]
    data = xlsx(HEADER, *rows)
    started = time.process_time()
    report = read(data)
    assert (report.read, report.accepted) == (10_000, 10_000)
    assert time.process_time() - started < 10  # 5 s on an idle machine, see FORMATS.md
