"""A question that asks nothing is refused, however its stem came to be empty."""

from __future__ import annotations

import io

from question_bank.questions.exchange.tables import read_table
from question_bank.questions.exchange.verdicts import Verdict


def test_a_stem_that_is_nothing_but_its_key_is_refused() -> None:
    text = "题型,题干\n判断题,（√）\n判断题,长江是一条河。（√）\n"
    report = read_table(io.BytesIO(text.encode()), filename="题库.csv")
    assert [(row.verdict, row.reason) for row in report.rows] == [
        (Verdict.REJECTED, "stem_missing"),
        (Verdict.WARNED, None),
    ]
