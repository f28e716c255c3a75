"""Deep Linking 2.0, the platform's half: what it asks the picker, and what it does with the answer."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from tests.lti.platforms.campus import Link, Refused
from tests.lti.platforms.serving import Answer, Asked, page

if TYPE_CHECKING:
    from tests.lti.platforms.base import Platform
    from tests.lti.platforms.launching import Beginning

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"


class Choosing:
    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.open: dict[
            str, tuple[Beginning, str]
        ] = {}  # by the id in the return URL: what asked, and its data
        self.nonces: set[str] = set()
        self.items: list[dict[str, Any]] = []  # as they came, oldest first
        self.messages: list[str] = []
        self.accept_multiple = True
        self.made: list[Link] = []

    def claims(self, begun: Beginning) -> dict[str, Any]:
        asked_id, data = secrets.token_urlsafe(9), secrets.token_urlsafe(9)
        self.open[asked_id] = (begun, data)
        settings = {
            "deep_link_return_url": f"{self.platform.url}/deep-links/{asked_id}",
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_multiple": self.accept_multiple,
            "accept_lineitem": True,
            "data": data,
        }
        return {DL + "deep_linking_settings": settings}

    def answer(self, asked: Asked) -> Answer:
        begun, data = self.open.get(asked.path.rpartition("/")[2], (None, ""))
        if begun is None or asked.method != "POST":
            raise Refused(404, "nobody asked for this")
        signed = asked.form().get("JWT", "")
        client, claims = self.platform.granting.verified(signed, audiences=[self.platform.issuer])
        context = begun.link.context
        expected = {
            CLAIM + "message_type": "LtiDeepLinkingResponse",
            CLAIM + "version": "1.3.0",
            CLAIM + "deployment_id": context.deployment_id,
            DL + "data": data,
        }
        wrong = [name for name, value in expected.items() if claims.get(name) != value]
        nonce = claims.get("nonce")
        if client is not context.client or not nonce or nonce in self.nonces:
            wrong.append("client or nonce")
        items = claims.get(DL + "content_items", [])
        if any(item.get("type") != "ltiResourceLink" for item in items) or (
            len(items) > 1 and not self.accept_multiple
        ):
            wrong.append("content_items")
        if wrong:
            raise Refused(400, "wrong or missing: " + ", ".join(wrong))
        self.nonces.add(nonce)
        del self.open[asked.path.rpartition("/")[2]]
        self.messages += [claims[DL + "msg"]] if claims.get(DL + "msg") else []
        self.items += items
        self.take(items, begun)
        return page("<title>Chosen</title><p>The links are in the course.</p>")

    def take(self, items: list[dict[str, Any]], begun: Beginning) -> None:
        """The items become links at once, with the columns that they ask for."""
        for item in items:
            self.make(item, begun)

    def make(self, item: dict[str, Any], begun: Beginning) -> None:
        platform, context = self.platform, begun.link.context
        link = Link(
            id=f"link-{secrets.token_hex(4)}",
            context=context,
            title=item.get("title", ""),
            target=item.get("url") or begun.link.target,
            custom=item.get("custom", {}),
        )
        if column := item.get("lineItem"):
            known = {"label", "scoreMaximum", "resourceId", "tag"}
            link.item = platform.gradebook.add(
                context,
                label=column.get("label") or link.title,
                maximum=column["scoreMaximum"],
                resource_id=column.get("resourceId", ""),
                tag=column.get("tag", ""),
                link_id=link.id,
                more={name: value for name, value in column.items() if name not in known},
            )
        platform.links[link.id] = link
        self.made.append(link)
