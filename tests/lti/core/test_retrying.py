"""What an answer to a score means, how long to wait, and when a gradebook already shows it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti.core.ags import Result
from lti.core.dialects import MOODLE, OPEN_EDX, OTHER
from lti.core.retrying import (
    LONGEST_PAUSE,
    MOST_TRIES,
    TEXT_LENGTH,
    Verdict,
    judge,
    patience,
    pause,
    plain,
    shows,
)

V = Verdict


@pytest.mark.parametrize(
    ("status", "text", "verdict"),
    [
        (200, "", V.TAKEN),
        (201, "", V.TAKEN),
        (204, "", V.TAKEN),
        (400, "scoreMaximum", V.REFUSED),
        (400, "The timestamp is not newer", V.STALE),
        (400, '{"Timestamp": "old"}', V.STALE),
        (401, "", V.REFUSED),
        (403, "", V.REFUSED),
        (404, "", V.GONE),
        (408, "", V.AGAIN),
        (409, "", V.STALE),
        (410, "", V.GONE),
        (422, "timestamp", V.REFUSED),
        (429, "", V.BUSY),
        (500, "timestamp", V.AGAIN),
        (503, "", V.AGAIN),
        (302, "", V.REFUSED),
    ],
)
@pytest.mark.parametrize("dialect", [MOODLE, OPEN_EDX, OTHER], ids=lambda dialect: dialect.key)
def test_each_answer_has_one_meaning(status: int, text: str, verdict: Verdict, dialect: object) -> None:
    assert judge(status, text, dialect.stale_score_codes) is verdict  # type: ignore[attr-defined]


@given(st.integers(1, 1000), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_between_a_second_and_six_hours(tries: int, spread: float) -> None:
    assert timedelta(seconds=1) <= pause(tries, spread) <= LONGEST_PAUSE


def test_pauses_double_to_six_hours_and_all_of_them_take_about_a_week() -> None:
    assert [pause(n, 0).total_seconds() for n in (1, 2, 3, 14, 15, 16)] == [2, 4, 8, 16384, 21600, 21600]
    whole = sum((pause(n, 0) for n in range(1, MOST_TRIES)), timedelta(0))
    assert timedelta(days=6.5) < whole < timedelta(days=7.5)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("", 30), ("5", 5), (" 5 ", 5), ("0", 1), ("-3", 30), ("90000", 3600), ("soon", 30), ("٣", 30)],
)
def test_a_platform_is_left_alone_as_long_as_it_asks_within_bounds(asked: str, seconds: int) -> None:
    assert patience(asked) == timedelta(seconds=seconds)


def result(score: str | None, maximum: str | None = "100") -> Result:
    return Result("ana", Decimal(score) if score else None, Decimal(maximum) if maximum else None)


@pytest.mark.parametrize(
    ("held", "score", "there"),
    [
        (result("33.33"), "2", True),
        (result("33.34"), "2", True),
        (result("33.4"), "2", False),
        (result("2", "6"), "2", True),
        (result("2", None), "2", True),
        (result(None), "2", False),
        (None, "2", False),
        (None, None, True),
        (result(None), None, True),
        (result("0"), None, False),
        (result("0"), "0", True),
    ],
)
def test_a_gradebook_shows_a_score_on_whatever_scale(
    held: Result | None, score: str | None, there: bool
) -> None:
    sent = Decimal(score) if score else None
    assert shows(held, score=sent, maximum=Decimal(6) if sent is not None else None) is there


def test_an_answer_becomes_one_short_line_without_tags() -> None:
    page = "<html><script>alert('x')</script><style>p {}</style><h1>Error</h1>\r\n<p>No\0 such\tuser</p>"
    assert plain(page) == "Error No such user"
    assert len(plain("x" * 10_000)) == TEXT_LENGTH
