"""Assignment and Grade Services 2.0: line items, scores, results. A dialect overrides what its platform does otherwise:
`stale`, `show`, `query`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any
from urllib.parse import urlencode

from tests.lti.platforms.campus import (
    LINE_ITEM,
    LINE_ITEM_READONLY,
    RESULT,
    SCORE,
    Context,
    LineItem,
    Link,
    Refused,
)
from tests.lti.platforms.granting import Granting
from tests.lti.platforms.serving import Answer, Asked, in_json

CONTAINER = "application/vnd.ims.lis.v2.lineitemcontainer+json"
ITEM = "application/vnd.ims.lis.v2.lineitem+json"
SCORES = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
ACTIVITY = {"Initialized", "Started", "InProgress", "Submitted", "Completed"}
GRADING = {"FullyGraded", "Pending", "PendingManual", "Failed", "NotReady"}
PATH = re.compile(r"^/ags/(?P<context>[^/]+)/lineitems(?:/(?P<item>[^/]+)(?:/(?P<what>scores|results))?)?$")


class Gradebook:
    query: dict[str, str] = {}  # what every URL of a line item carries

    def __init__(
        self,
        *,
        contexts: dict[str, Context],
        links: dict[str, Link],
        granting: Granting,
        base: Callable[[], str],
        now: Callable[[], float],
    ) -> None:
        self.contexts, self.links, self.granting, self.base, self.now = contexts, links, granting, base, now
        self.items: dict[str, LineItem] = {}
        self.page = 50
        self.ids = count(1)

    # --- what tests ask

    def add(self, context: Context, **fields: Any) -> LineItem:
        item = LineItem(id=str(next(self.ids)), context=context, **fields)
        self.items[item.id] = item
        return item

    def shown(self, sub: str, item: LineItem | None = None) -> dict[str, Any] | None:
        """The result in the gradebook, of the only line item unless one is given."""
        if item is None:
            (item,) = self.items.values()
        return item.results.get(sub)

    def items_url(self, context: Context) -> str:
        return self.url(f"/ags/{context.id}/lineitems")

    def item_url(self, item: LineItem) -> str:
        return self.url(f"/ags/{item.context.id}/lineitems/{item.id}")

    def url(self, path: str, **query: Any) -> str:
        parameters = self.query | query
        return self.base() + path + (f"?{urlencode(parameters)}" if parameters else "")

    # --- what the tool asks

    def answer(self, asked: Asked) -> Answer:
        found = PATH.match(asked.path)
        context = self.contexts.get(found["context"]) if found else None
        if not found or not context:
            raise Refused(404, "no such course")
        if any(asked.query.get(name) != value for name, value in self.query.items()):
            raise Refused(404, "the URL lost its query")
        if found["item"] is None:
            return self.all_items(asked, context)
        item = self.items.get(found["item"])
        if item is None or item.context is not context:
            raise Refused(404, "no such line item")
        match found["what"]:
            case "scores":
                return self.score(asked, item)
            case "results":
                return self.results(asked, item)
        return self.one_item(asked, item)

    def allow(self, asked: Asked, context: Context, *scopes: str) -> None:
        if self.granting.bearer(asked, *scopes).client_id != context.client.client_id:
            raise Refused(403, "another tool's course")

    def all_items(self, asked: Asked, context: Context) -> Answer:
        if asked.method == "POST":
            self.allow(asked, context, LINE_ITEM)
            fields = self.fields_of(asked, context)
            item = self.add(context, **fields, made_by_tool=True)
            link = self.links.get(item.link_id)
            if link and link.item is None:
                link.item = item
            return in_json(self.described(item), status=201, media_type=ITEM)
        self.allow(asked, context, LINE_ITEM, LINE_ITEM_READONLY)
        wanted = asked.query
        found = [
            item
            for item in self.items.values()
            if item.context is context
            and wanted.get("resource_link_id", item.link_id) == item.link_id
            and wanted.get("resource_id", item.resource_id) == item.resource_id
            and wanted.get("tag", item.tag) == item.tag
        ]
        return self.paged(asked, [self.described(item) for item in found], CONTAINER)

    def one_item(self, asked: Asked, item: LineItem) -> Answer:
        if asked.method == "GET":
            self.allow(asked, item.context, LINE_ITEM, LINE_ITEM_READONLY)
        elif asked.method == "PUT":
            self.allow(asked, item.context, LINE_ITEM)
            for name, value in self.fields_of(asked, item.context).items():
                setattr(item, name, value)
        elif asked.method == "DELETE":
            self.allow(asked, item.context, LINE_ITEM)
            del self.items[item.id]
            return Answer(status=204)
        else:
            raise Refused(405, "method")
        return in_json(self.described(item), media_type=ITEM)

    def fields_of(self, asked: Asked, context: Context) -> dict[str, Any]:
        if asked.media_type != ITEM:
            raise Refused(415, f"a line item is {ITEM}")
        told = asked.json()
        if not isinstance(told.get("label"), str) or not told["label"].strip():
            raise Refused(400, "label")
        if not positive(told.get("scoreMaximum")):
            raise Refused(400, "scoreMaximum")
        link = told.get("resourceLinkId", "")
        if link and (link not in self.links or self.links[link].context is not context):
            raise Refused(404, "no such link in this course")
        known = {"id", "label", "scoreMaximum", "resourceId", "tag", "resourceLinkId"}
        return {
            "label": told["label"],
            "maximum": told["scoreMaximum"],
            "resource_id": told.get("resourceId", ""),
            "tag": told.get("tag", ""),
            "link_id": link,
            "more": {name: value for name, value in told.items() if name not in known},
        }

    def described(self, item: LineItem) -> dict[str, Any]:
        named = {"resourceId": item.resource_id, "tag": item.tag, "resourceLinkId": item.link_id}
        return {
            "id": self.item_url(item),
            "label": item.label,
            "scoreMaximum": item.maximum,
            **{name: value for name, value in named.items() if value},
            **item.more,
        }

    def score(self, asked: Asked, item: LineItem) -> Answer:
        if asked.method != "POST":
            raise Refused(405, "method")
        self.allow(asked, item.context, SCORE)
        if asked.media_type != SCORES:
            raise Refused(415, f"a score is {SCORES}")
        score = asked.json()
        self.check_score(score, item)
        earlier = item.accepted.get(score["userId"], [])
        if earlier and self.stale(moment(score["timestamp"]), moment(earlier[-1]["timestamp"])):
            raise Refused(409, "a score with this timestamp or a later one is here")
        item.accepted.setdefault(score["userId"], []).append(score)
        self.show(score, item)
        return in_json({})

    def check_score(self, score: dict[str, Any], item: LineItem) -> None:
        if score.get("userId") not in item.context.roles:
            raise Refused(404, "not a member of this course")
        if score.get("activityProgress") not in ACTIVITY or score.get("gradingProgress") not in GRADING:
            raise Refused(400, "activityProgress or gradingProgress")
        given = score.get("scoreGiven")
        if given is not None:
            if isinstance(given, bool) or not isinstance(given, int | float) or given < 0:
                raise Refused(400, "scoreGiven")
            if not positive(score.get("scoreMaximum")):
                raise Refused(400, "scoreMaximum")
        if not isinstance(score.get("comment", ""), str):
            raise Refused(400, "comment")
        try:
            at = moment(score["timestamp"])
        except (KeyError, TypeError, ValueError) as error:
            raise Refused(400, "timestamp") from error
        if at.tzinfo is None:
            raise Refused(400, "timestamp without a time zone")

    def stale(self, at: datetime, latest: datetime) -> bool:
        return at <= latest

    def show(self, score: dict[str, Any], item: LineItem) -> None:
        """A score becomes the result when it is final; one without points takes the result away."""
        sub = score["userId"]
        if score.get("scoreGiven") is None:
            item.results.pop(sub, None)
        elif score["gradingProgress"] == "FullyGraded":
            item.results[sub] = {
                "resultScore": score["scoreGiven"] * item.maximum / score["scoreMaximum"],
                "resultMaximum": item.maximum,
                "comment": score.get("comment", ""),
            }

    def results(self, asked: Asked, item: LineItem) -> Answer:
        if asked.method != "GET":
            raise Refused(405, "method")
        self.allow(asked, item.context, RESULT)
        url = self.item_url(item)
        path, _, query = url.partition("?")
        found = [
            {"id": f"{path}/results/{sub}?{query}", "scoreOf": url, "userId": sub} | result
            for sub, result in item.results.items()
            if asked.query.get("user_id", sub) == sub
        ]
        return self.paged(asked, found, RESULTS)

    def paged(self, asked: Asked, rows: list[dict[str, Any]], media_type: str) -> Answer:
        size = min(int(asked.query.get("limit") or self.page), self.page)
        first = int(asked.query.get("from") or 0)
        link = {}
        if first + size < len(rows):
            following = asked.query | {"from": first + size, "limit": size}
            link = {"Link": f'<{self.url(asked.path, **following)}>; rel="next"'}
        return in_json(rows[first : first + size], media_type=media_type, **link)


def positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
