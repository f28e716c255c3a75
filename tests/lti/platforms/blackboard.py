"""Blackboard: one issuer for every school, a launch that once lacked its resource link, and a gradebook that shows
only the columns that the tool made."""

from __future__ import annotations

from typing import Any

from tests.lti.platforms.base import Platform
from tests.lti.platforms.campus import LineItem
from tests.lti.platforms.gradebook import Gradebook
from tests.lti.platforms.launching import CLAIM, Beginning

ISSUER = "https://blackboard.example.com"


class BlackboardGradebook(Gradebook):
    def show(self, score: dict[str, Any], item: LineItem) -> None:
        if item.made_by_tool:
            super().show(score, item)


class Blackboard(Platform):
    family = "BlackboardLearn"
    forgets_link = False  # the next message has a resource_link without id; only that one

    @property
    def issuer(self) -> str:
        return ISSUER

    def make_gradebook(self) -> Gradebook:
        return self.gradebook_of(BlackboardGradebook)

    def claims(self, begun: Beginning, nonce: str) -> dict[str, Any]:
        claims = super().claims(begun, nonce)
        if self.forgets_link:
            self.forgets_link = False
            claims[CLAIM + "resource_link"] = {"title": begun.link.title}
        return claims
