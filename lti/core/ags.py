"""Assignment and Grade Services 2.0: addresses, bodies and answers. Sending, and when, is others' business."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

LINE_ITEM_TYPE: Final = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE: Final = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE_TYPE: Final = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE: Final = "application/vnd.ims.lis.v2.resultcontainer+json"

TICK: Final = timedelta(microseconds=1)
_ITEMS: Final = 10_000  # more on one page is no answer of a gradebook
_TEXT_LENGTH: Final = 5000
MOST_POINTS: Final = 1_000_000  # no gradebook counts so far, and no column of ours holds ten times more


class BadAnswer(ValueError):
    """A platform's answer is not what its media type says."""


class ActivityProgress(StrEnum):
    """How far the learner is: AGS 2.0, activityProgress."""

    INITIALIZED = "Initialized"
    STARTED = "Started"
    IN_PROGRESS = "InProgress"
    SUBMITTED = "Submitted"
    COMPLETED = "Completed"


class GradingProgress(StrEnum):
    """How far the marking is: AGS 2.0, gradingProgress. Moodle erases a grade that is not fully graded."""

    FULLY_GRADED = "FullyGraded"
    PENDING = "Pending"
    PENDING_MANUAL = "PendingManual"
    FAILED = "Failed"
    NOT_READY = "NotReady"


@dataclass(frozen=True, slots=True)
class LineItem:
    """A column of the platform's gradebook: AGS 2.0, line item. `url` is its id; "" and None = not given."""

    url: str
    label: str = ""
    maximum: Decimal | None = None
    resource_id: str = ""
    resource_link_id: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What the platform's gradebook holds for one person: AGS 2.0, result. `score` None: no grade."""

    user_id: str
    score: Decimal | None
    maximum: Decimal | None
    comment: str = ""


def scores_url(line_item_url: str) -> str:
    """Where scores of a line item are posted (AGS 2.0, score service): "/scores" goes before the query, which stays."""
    return _below(line_item_url, "scores")


def results_url(line_item_url: str, *, user_id: str = "") -> str:
    """Where results of a line item are read (AGS 2.0, result service), of one person if `user_id` is given."""
    return _below(line_item_url, "results", {"user_id": user_id} if user_id else {})


def line_items_url(
    lineitems: str, *, resource_id: str = "", resource_link_id: str = "", tag: str = ""
) -> str:
    """Where the line items of a context are listed, narrowed by what is given (AGS 2.0, container request filters)."""
    asked = {"resource_id": resource_id, "resource_link_id": resource_link_id, "tag": tag}
    return _below(lineitems, "", {name: value for name, value in asked.items() if value})


def _below(url: str, last: str, more: Mapping[str, str] | None = None) -> str:
    scheme, host, path, query, _ = urlsplit(url)
    if last:
        path = f"{path.rstrip('/')}/{last}"
    if more:
        query = "&".join(filter(None, (query, urlencode(more))))
    return urlunsplit((scheme, host, path, query, ""))


def line_item_body(
    *,
    label: str,
    maximum: Decimal,
    resource_id: str,
    resource_link_id: str = "",
    tag: str = "",
    grades_released: bool | None = None,
    review: Mapping[str, Any] | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> dict[str, Any]:
    """The body that creates or replaces a line item (AGS 2.0, line item service).

    `review` is `deeplinking.review_body(…)`. Open edX wants a resourceId or a resourceLinkId: we always give
    the first. Raises ValueError unless `maximum` is above 0.
    """
    if maximum <= 0:
        raise ValueError("a line item needs a maximum above 0")
    body: dict[str, Any] = {"label": label, "scoreMaximum": json_number(maximum), "resourceId": resource_id}
    if resource_link_id:
        body["resourceLinkId"] = resource_link_id
    if tag:
        body["tag"] = tag
    if grades_released is not None:
        body["gradesReleased"] = grades_released
    if review is not None:
        body["submissionReview"] = dict(review)
    if starts_at is not None:
        body["startDateTime"] = iso(starts_at)
    if ends_at is not None:
        body["endDateTime"] = iso(ends_at)
    return body


def score_body(
    *,
    user_id: str,
    score: Decimal | None,
    maximum: Decimal,
    timestamp: datetime,
    activity: ActivityProgress = ActivityProgress.COMPLETED,
    grading: GradingProgress = GradingProgress.FULLY_GRADED,
    comment: str = "",
    submitted_at: datetime | None = None,
    started_at: datetime | None = None,
) -> dict[str, Any]:
    """The body of a score (AGS 2.0, score service). `score` None leaves scoreGiven out, which some platforms take for
    "no grade" (Open edX). Raises ValueError for a negative score or a maximum of 0 where there is a score.
    """
    body: dict[str, Any] = {
        "userId": user_id,
        "timestamp": iso(timestamp),
        "activityProgress": activity.value,
        "gradingProgress": grading.value,
    }
    if score is not None:
        if score < 0 or maximum <= 0:
            raise ValueError("a score is at least 0, its maximum above 0")
        body["scoreGiven"] = json_number(score)
        body["scoreMaximum"] = json_number(maximum)
    if comment:
        body["comment"] = comment
    submission = {"startedAt": started_at, "submittedAt": submitted_at}
    if known := {name: iso(moment) for name, moment in submission.items() if moment is not None}:
        body["submission"] = known
    return body


def json_number(value: Decimal) -> int | float:
    """`value` as a JSON number of exactly its digits. Raises ValueError where a double cannot hold them."""
    if not value.is_finite():
        raise ValueError("no number")
    if value == value.to_integral_value():
        return int(value)
    near = float(value)
    if Decimal(repr(near)) != value:
        raise ValueError("more digits than a JSON number keeps")
    return near


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds (AGS 2.0, timestamp, asks for sub-seconds and a zone)."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def next_timestamp(
    *,
    now: datetime,
    last: datetime | None,
    platform_offset: timedelta = timedelta(0),
    step: timedelta = TICK,
) -> datetime:
    """The timestamp of the next score for one person and line item: later than `last` by at least `step`
    (AGS 2.0, timestamp: platforms drop what is not newer).

    `platform_offset` is the platform's clock minus ours: no timestamp is ahead of it, since Moodle accepts
    one from the future and then refuses all later ones. Only `last` can force that; then the answer is later
    than `now + platform_offset`, and the caller waits for that moment before sending. A `step` of a second
    gives whole seconds, all that Moodle compares.
    """
    moment = now + min(platform_offset, timedelta(0))
    if step >= timedelta(seconds=1):
        moment = moment.replace(microsecond=0)
        last = last and last.replace(microsecond=0)
    if last is None or moment - last >= step:
        return moment
    return last + step


def read_results(answer: object) -> tuple[Result, ...]:
    """The results in a page of the result service (AGS 2.0, result service). Raises BadAnswer.

    Unknown members are passed over, as are entries without a user.
    """
    return tuple(
        Result(
            user_id=user_id,
            score=_decimal(item.get("resultScore")),
            maximum=_decimal(item.get("resultMaximum")),
            comment=_text(item, "comment"),
        )
        for item in _items(answer)
        if (user_id := _text(item, "userId"))
    )


def read_line_items(answer: object) -> tuple[LineItem, ...]:
    """The line items in a page of the container (AGS 2.0, line item service). Raises BadAnswer."""
    return tuple(map(_line_item, (item for item in _items(answer) if _text(item, "id"))))


def read_line_item(answer: object) -> LineItem:
    """The line item that a platform answers with after making or being asked for one. Raises BadAnswer."""
    if not isinstance(answer, Mapping) or not _text(answer, "id"):
        raise BadAnswer("no line item with an id")
    return _line_item(answer)


def _line_item(item: Mapping[str, Any]) -> LineItem:
    maximum = _decimal(item.get("scoreMaximum"))
    return LineItem(
        url=_text(item, "id"),
        label=_text(item, "label"),
        maximum=maximum if maximum is not None and maximum > 0 else None,
        resource_id=_text(item, "resourceId"),
        resource_link_id=_text(item, "resourceLinkId"),
        tag=_text(item, "tag"),
    )


def _items(answer: object) -> list[Mapping[str, Any]]:
    if not isinstance(answer, list):
        raise BadAnswer("the answer is no list")
    if len(answer) > _ITEMS:
        raise BadAnswer(f"the answer has more than {_ITEMS} entries on one page")
    return [item for item in answer if isinstance(item, Mapping)]


def _text(item: Mapping[str, Any], name: str) -> str:
    """A string, or a whole number written as one (ids of some platforms); "" for all else."""
    value = item.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)[:_TEXT_LENGTH].replace("\0", "")


def _decimal(value: object) -> Decimal | None:
    """A JSON number, or one written as a string, below MOST_POINTS; None for all else. Digits as they are written."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):  # ValueError: a whole number of more than 4300 digits
        return None
    return number if number.is_finite() and abs(number) < MOST_POINTS else None
