"""Names and Role Provisioning Services 2.0: who is in a course, page by page. A dialect overrides `roles`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from tests.lti.platforms.campus import MEMBERS, Context, Person, Refused
from tests.lti.platforms.granting import Granting
from tests.lti.platforms.serving import Answer, Asked, in_json

CONTAINER = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
PATH = re.compile(r"^/nrps/(?P<context>[^/]+)/memberships$")


class Roster:
    def __init__(
        self,
        *,
        contexts: dict[str, Context],
        people: dict[str, Person],
        granting: Granting,
        base: Callable[[], str],
    ) -> None:
        self.contexts, self.people, self.granting, self.base = contexts, people, granting, base
        self.page = 50
        self.shares_names = True

    def url(self, context: Context) -> str:
        return f"{self.base()}/nrps/{context.id}/memberships"

    def answer(self, asked: Asked) -> Answer:
        found = PATH.match(asked.path)
        context = self.contexts.get(found["context"]) if found else None
        if not context:
            raise Refused(404, "no such course")
        if asked.method != "GET":
            raise Refused(405, "method")
        if self.granting.bearer(asked, MEMBERS).client_id != context.client.client_id:
            raise Refused(403, "another tool's course")
        if CONTAINER not in asked.headers.get("accept", ""):
            raise Refused(406, f"memberships are {CONTAINER}")
        wanted = asked.query.get("role")
        members = [
            self.member(context, sub)
            for sub, roles in context.roles.items()
            if not wanted or wanted in roles or wanted in self.roles(roles)
        ]
        size = min(int(asked.query.get("limit") or self.page), self.page)
        first = int(asked.query.get("from") or 0)
        link = {}
        if first + size < len(members):
            following = urlencode(asked.query | {"from": first + size, "limit": size})
            link = {"Link": f'<{self.url(context)}?{following}>; rel="next"'}
        body = {
            "id": self.url(context),
            "context": {"id": context.id, "title": context.title},
            "members": members[first : first + size],
        }
        return in_json(body, media_type=CONTAINER, **link)

    def member(self, context: Context, sub: str) -> dict[str, Any]:
        person = self.people[sub]
        names = {"name": person.name, "email": person.email} if self.shares_names else {}
        return {
            "user_id": sub,
            "status": "Inactive" if sub in context.left else "Active",
            "roles": self.roles(context.roles[sub]),
            **names,
        }

    def roles(self, roles: list[str]) -> list[str]:
        return roles
