"""What goes back to a platform whose teacher chose content here: Deep Linking 2.0, the response."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from lti.core import claims
from lti.core.ags import json_number

LINK_TYPE: Final = "ltiResourceLink"
LIFE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Icon:
    """A picture of an item: Deep Linking 2.0, content item types; pixels."""

    url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Review:
    """How the platform's gradebook opens a submission here: Submission Review 1.0, line item extension.

    `url` "" means the link's own; `statuses` are those for which the platform offers it.
    """

    label: str = ""
    url: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)
    statuses: tuple[str, ...] = ("InProgress", "Submitted", "Completed")


@dataclass(frozen=True, slots=True)
class ItemLine:
    """The column of the gradebook that comes with an item: Deep Linking 2.0, ltiResourceLink.

    `grades_released` None: left to the platform.
    """

    maximum: Decimal
    label: str
    resource_id: str
    tag: str = ""
    grades_released: bool | None = None
    review: Review | None = None


@dataclass(frozen=True, slots=True)
class ContentItem:
    """A link that the platform is to place: Deep Linking 2.0, ltiResourceLink.

    `target` is "iframe", "window" or "" (the platform's own way); sizes are CSS pixels. What is sat in
    [opens_at, closes_at) stays to be looked at afterwards: only its beginning bounds the link itself.
    """

    title: str
    url: str
    text: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)
    icon: Icon | None = None
    line: ItemLine | None = None
    target: str = ""
    width: int | None = None
    height: int | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None


def response_claims(
    items: Sequence[ContentItem],
    *,
    settings: claims.DeepLinkingClaim,
    deployment_id: str,
    client_id: str,
    issuer: str,
    now: datetime,
    nonce: str,
    life: timedelta = LIFE,
    message: str = "",
    log: str = "",
) -> dict[str, Any]:
    """The claims of the LtiDeepLinkingResponse, to be signed with our key (Deep Linking 2.0, response message).

    `settings` are those of the request: `data` is echoed exactly when it came, line items are left out when
    it refuses them, and so are ways of showing that it does not take. No item is a valid answer: nothing was
    chosen. Raises ValueError for several items where one was asked for, and for links where none are taken.
    """
    if len(items) > 1 and not settings.accept_multiple:
        raise ValueError("the platform takes one item only")
    if items and settings.accept_types and LINK_TYPE not in settings.accept_types:
        raise ValueError("the platform takes no links")
    issued = int(now.timestamp())
    response: dict[str, Any] = {
        "iss": client_id,
        "aud": issuer,
        "iat": issued,
        "exp": issued + int(life.total_seconds()),
        "nonce": nonce,
        claims.MESSAGE_TYPE: claims.DEEP_LINKING_RESPONSE,
        claims.VERSION: claims.VERSION_1_3,
        claims.DEPLOYMENT_ID: deployment_id,
        claims.CONTENT_ITEMS: [_item(item, settings) for item in items],
    }
    if settings.data is not None:
        response[claims.DEEP_LINKING_DATA] = settings.data
    if message:
        response[claims.DEEP_LINKING_MESSAGE] = message
    if log:
        response[claims.DEEP_LINKING_LOG] = log
    return response


def _item(item: ContentItem, settings: claims.DeepLinkingClaim) -> dict[str, Any]:
    written: dict[str, Any] = {"type": LINK_TYPE, "title": item.title, "url": item.url}
    if item.text:
        written["text"] = item.text
    if item.custom:
        written["custom"] = dict(item.custom)
    if item.icon:
        written["icon"] = {"url": item.icon.url, "width": item.icon.width, "height": item.icon.height}
    if item.target and (not settings.accept_targets or item.target in settings.accept_targets):
        written[item.target] = _presentation(item)
    if item.line and settings.accept_lineitem is not False:
        written["lineItem"] = _line(item.line)
    if item.opens_at:
        written["available"] = {"startDateTime": _instant(item.opens_at)}
    if period := {
        name: _instant(at)
        for name, at in (("startDateTime", item.opens_at), ("endDateTime", item.closes_at))
        if at
    }:
        written["submission"] = period
    return written


def _instant(at: datetime) -> str:
    """ISO 8601 in UTC, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _presentation(item: ContentItem) -> dict[str, Any]:
    shown: dict[str, Any] = {} if item.target == "iframe" else {"targetName": "_blank"}
    if item.width is not None:
        shown["width"] = item.width
    if item.height is not None:
        shown["height"] = item.height
    return shown


def _line(line: ItemLine) -> dict[str, Any]:
    written: dict[str, Any] = {
        "scoreMaximum": json_number(line.maximum),
        "label": line.label,
        "resourceId": line.resource_id,
    }
    if line.tag:
        written["tag"] = line.tag
    if line.grades_released is not None:
        written["gradesReleased"] = line.grades_released
    if line.review:
        written["submissionReview"] = review_body(line.review)
    return written


def review_body(review: Review) -> dict[str, Any]:
    """The submissionReview member of a line item, in a content item and in AGS alike."""
    written: dict[str, Any] = {"reviewableStatus": list(review.statuses)}
    if review.label:
        written["label"] = review.label
    if review.url:
        written["url"] = review.url
    if review.custom:
        written["custom"] = dict(review.custom)
    return written
