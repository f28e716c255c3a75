"""Addresses, bodies and answers of the grade services."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti.core import ags
from lti.core.ags import ActivityProgress, GradingProgress, LineItem, Result

NOW = datetime(2026, 3, 1, 8, 0, 0, 123456, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("line_item", "scores"),
    [
        ("https://c.example/api/lti/1/line_items/2", "https://c.example/api/lti/1/line_items/2/scores"),
        (
            "https://m.example/mod/lti/services.php/2/lineitems/5/lineitem?type_id=3",
            "https://m.example/mod/lti/services.php/2/lineitems/5/lineitem/scores?type_id=3",
        ),
        ("https://c.example/li?a=1&b=x%2Fy", "https://c.example/li/scores?a=1&b=x%2Fy"),
        ("https://c.example/li/", "https://c.example/li/scores"),
        ("https://c.example/li/?a=/b", "https://c.example/li/scores?a=/b"),
        ("https://c.example/li#part", "https://c.example/li/scores"),
        ("https://c.example:8443/li", "https://c.example:8443/li/scores"),
    ],
)
def test_scores_go_before_the_query(line_item: str, scores: str) -> None:
    assert ags.scores_url(line_item) == scores


def test_results_of_one_person_are_asked_for_beside_the_query() -> None:
    url = ags.results_url("https://m.example/li?type_id=3", user_id="a b&c")
    assert url == "https://m.example/li/results?type_id=3&user_id=a+b%26c"
    assert ags.results_url("https://m.example/li") == "https://m.example/li/results"


def test_line_items_are_narrowed_beside_the_query() -> None:
    assert (
        ags.line_items_url("https://m.example/items?type_id=3", resource_id="exam-7")
        == "https://m.example/items?type_id=3&resource_id=exam-7"
    )
    assert ags.line_items_url("https://m.example/items/") == "https://m.example/items/"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("87.50", "87.5"),
        ("100.00", "100"),
        ("0", "0"),
        ("0.10", "0.1"),
        ("33.33", "33.33"),
        ("1E+2", "100"),
        ("0.07", "0.07"),
    ],
)
def test_points_are_written_with_exactly_their_digits(value: str, written: str) -> None:
    assert json.dumps(ags.json_number(Decimal(value))) == written


@given(st.decimals(min_value=0, max_value=10_000_000, places=2))
def test_no_points_change_on_their_way_through_json(points: Decimal) -> None:
    assert json.loads(json.dumps(ags.json_number(points)), parse_float=Decimal, parse_int=Decimal) == points


@pytest.mark.parametrize("value", ["NaN", "Infinity", "0.12345678901234567890"])
def test_number_that_json_would_change_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"no number|more digits"):
        ags.json_number(Decimal(value))


def score(**overrides: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "user_id": "user-1",
        "score": Decimal("87.50"),
        "maximum": Decimal("100.00"),
        "timestamp": NOW,
    }
    return ags.score_body(**(given | overrides))


def test_score_says_when_how_much_and_that_it_is_final() -> None:
    assert score(comment="良好", submitted_at=NOW - SECOND, started_at=NOW - 60 * SECOND) == {
        "userId": "user-1",
        "timestamp": "2026-03-01T08:00:00.123456Z",
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "scoreGiven": 87.5,
        "scoreMaximum": 100,
        "comment": "良好",
        "submission": {
            "startedAt": "2026-03-01T07:59:00.123456Z",
            "submittedAt": "2026-03-01T07:59:59.123456Z",
        },
    }


def test_score_without_points_gives_neither_points_nor_maximum() -> None:
    body = score(score=None, activity=ActivityProgress.SUBMITTED, grading=GradingProgress.PENDING_MANUAL)
    assert body.keys() == {"userId", "timestamp", "activityProgress", "gradingProgress"}
    assert body["gradingProgress"] == "PendingManual"


@pytest.mark.parametrize("wrong", [{"score": Decimal(-1)}, {"maximum": Decimal(0)}])
def test_impossible_score_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least 0"):
        score(**wrong)


def test_moments_are_written_in_utc_with_microseconds() -> None:
    beijing = timezone(timedelta(hours=8))
    assert ags.iso(datetime(2026, 3, 1, 16, 0, tzinfo=beijing)) == "2026-03-01T08:00:00.000000Z"
    with pytest.raises(ValueError, match="zone"):
        ags.iso(datetime(2026, 3, 1))  # noqa: DTZ001


def test_line_item_always_has_a_resource_id() -> None:
    assert ags.line_item_body(label="期末考试", maximum=Decimal(100), resource_id="exam-7") == {
        "label": "期末考试",
        "scoreMaximum": 100,
        "resourceId": "exam-7",
    }


def test_line_item_says_all_that_is_known() -> None:
    body = ags.line_item_body(
        label="a",
        maximum=Decimal("10.5"),
        resource_id="exam-7",
        resource_link_id="link-1",
        tag="exam",
        grades_released=True,
        review={"reviewableStatus": ["Completed"]},
        starts_at=NOW,
        ends_at=NOW + SECOND,
    )
    assert body["scoreMaximum"] == 10.5
    assert (body["resourceLinkId"], body["tag"], body["gradesReleased"]) == ("link-1", "exam", True)
    assert body["submissionReview"] == {"reviewableStatus": ["Completed"]}
    assert body["endDateTime"] > body["startDateTime"]


def test_line_item_without_points_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        ags.line_item_body(label="a", maximum=Decimal(0), resource_id="x")


@pytest.mark.parametrize(
    ("last", "offset", "expected"),
    [
        (None, timedelta(0), NOW),
        (NOW - SECOND, timedelta(0), NOW),
        (NOW, timedelta(0), NOW + MICROSECOND),
        (NOW + SECOND, timedelta(0), NOW + SECOND + MICROSECOND),
        (None, -5 * SECOND, NOW - 5 * SECOND),
        (None, 5 * SECOND, NOW),
        (NOW - 5 * SECOND, -5 * SECOND, NOW - 5 * SECOND + MICROSECOND),
    ],
)
def test_timestamp_rises_and_stays_behind_the_platforms_clock(
    last: datetime | None, offset: timedelta, expected: datetime
) -> None:
    assert ags.next_timestamp(now=NOW, last=last, platform_offset=offset) == expected


def test_timestamp_of_whole_seconds_rises_by_whole_seconds() -> None:
    first = ags.next_timestamp(now=NOW, last=None, step=SECOND)
    second = ags.next_timestamp(now=NOW + MICROSECOND, last=first, step=SECOND)
    assert first == NOW.replace(microsecond=0)
    assert second == first + SECOND
    assert ags.next_timestamp(now=NOW + 9 * SECOND, last=second, step=SECOND) == first + 9 * SECOND


def test_whole_second_that_has_had_its_score_is_not_used_again() -> None:
    within = NOW.replace(microsecond=900_000)
    earlier = NOW.replace(microsecond=100_000)
    assert ags.next_timestamp(now=within, last=earlier, step=SECOND) == NOW.replace(microsecond=0) + SECOND
    assert ags.next_timestamp(now=within, last=earlier - SECOND, step=SECOND) == NOW.replace(microsecond=0)


@given(
    st.lists(st.integers(min_value=-3_000_000, max_value=3_000_000), max_size=30),
    st.sampled_from([MICROSECOND, SECOND]),
    st.integers(min_value=-10, max_value=10),
)
def test_timestamps_strictly_rise_whatever_the_clock_does(
    jumps: list[int], step: timedelta, offset: int
) -> None:
    now, last = NOW, None
    for jump in jumps:
        now += jump * MICROSECOND
        given_at = ags.next_timestamp(now=now, last=last, platform_offset=offset * SECOND, step=step)
        if last is None or last + step <= now + min(offset, 0) * SECOND - SECOND:
            assert given_at <= now + offset * SECOND, "ahead of the platform's clock without need"
        assert last is None or given_at - last >= step
        last = given_at


def test_results_are_read_whatever_else_stands_beside_them() -> None:
    answer = [
        {
            "id": "r1",
            "userId": "user-1",
            "resultScore": 87.5,
            "resultMaximum": 100,
            "comment": "良好",
            "x": 1,
        },
        {"userId": 12, "resultScore": "0.1"},
        {"userId": "user-3", "resultScore": None},
        {"userId": "user-4", "resultScore": True, "resultMaximum": "viel", "comment": None},
        {"resultScore": 5},
        "nonsense",
    ]
    assert ags.read_results(answer) == (
        Result("user-1", Decimal("87.5"), Decimal(100), "良好"),
        Result("12", Decimal("0.1"), None),
        Result("user-3", None, None),
        Result("user-4", None, None),
    )


def test_line_items_are_read_whatever_else_stands_beside_them() -> None:
    answer = [
        {
            "id": "https://m.example/li/1",
            "label": "a",
            "scoreMaximum": 10,
            "resourceId": "exam-7",
            "tag": "t",
        },
        {"id": "https://m.example/li/2", "scoreMaximum": float("nan"), "resourceLinkId": 5},
        {"label": "without id"},
    ]
    assert ags.read_line_items(answer) == (
        LineItem("https://m.example/li/1", "a", Decimal(10), "exam-7", "", "t"),
        LineItem("https://m.example/li/2", "", None, "", "5"),
    )
    assert ags.read_line_item(answer[0]).label == "a"


@pytest.mark.parametrize("answer", [None, {}, "<html>", 7, [{}] * 10_001])
def test_answer_that_is_no_list_is_refused(answer: object) -> None:
    with pytest.raises(ags.BadAnswer):
        ags.read_results(answer)
    with pytest.raises(ags.BadAnswer):
        ags.read_line_items(answer)


@pytest.mark.parametrize("answer", [None, [], {}, {"id": ""}, {"id": None}])
def test_line_item_without_an_id_is_refused(answer: object) -> None:
    with pytest.raises(ags.BadAnswer):
        ags.read_line_item(answer)
