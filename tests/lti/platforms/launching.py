"""A launch from the platform's side: what a browser is sent to the tool with, the auth endpoint, the message."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import jwt

from tests.lti.platforms import pages
from tests.lti.platforms.campus import LINE_ITEM, RESULT, SCORE, Campus, Link, Refused
from tests.lti.platforms.choosing import Choosing
from tests.lti.platforms.gradebook import Gradebook
from tests.lti.platforms.granting import Granting
from tests.lti.platforms.notifying import Notifying
from tests.lti.platforms.roster import Roster
from tests.lti.platforms.serving import Answer, Asked, page

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS_CLAIM = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
RESOURCE_LINK, DEEP_LINKING = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"
SUBMISSION_REVIEW = "LtiSubmissionReviewRequest"


@dataclass
class Beginning:
    """A launch that was begun: what lti_message_hint stands for."""

    sub: str
    link: Link
    message: str
    target: str
    for_user: str
    changes: dict[str, Any]
    answered: int = 0  # times the auth endpoint gave out a message for it
    claims: dict[str, Any] = field(default_factory=dict)  # of the last message


class Launching(Campus):
    family = "strict"  # product_family_code
    storage_target: str | None = None
    id_token_s = 3600

    url: str
    auth_url: str
    begun: dict[str, Beginning]
    granting: Granting
    gradebook: Gradebook
    roster: Roster
    choosing: Choosing
    notifying: Notifying

    @property
    def issuer(self) -> str:
        return self.url

    def begin(
        self,
        sub: str,
        link_id: str = "exam",
        *,
        message: str = RESOURCE_LINK,
        target: str = "window",
        for_user: str = "",
        changes: dict[str, Any] | None = None,
    ) -> str:
        """The tool's login with this platform's parameters. `changes` go over the claims; None takes one away."""
        hint, link = secrets.token_urlsafe(12), self.links[link_id]
        self.begun[hint] = Beginning(sub, link, message, target, for_user, changes or {})
        parameters = self.login_parameters(self.begun[hint]) | {"lti_message_hint": hint}
        return f"{link.context.client.login_url}?{urlencode(parameters)}"

    def login_parameters(self, begun: Beginning) -> dict[str, str]:
        context = begun.link.context
        storage = {"lti_storage_target": self.storage_target} if self.storage_target else {}
        return {
            "iss": self.issuer,
            "login_hint": begun.sub,
            "target_link_uri": begun.link.target,
            "client_id": context.client.client_id,
            "lti_deployment_id": context.deployment_id,
            **storage,
        }

    def authenticate(self, asked: Asked) -> Answer:
        given = asked.form() if asked.method == "POST" else asked.query
        begun = self.begun.get(given.get("lti_message_hint", ""))
        if begun is None:
            raise Refused(400, "lti_message_hint")
        client = begun.link.context.client
        expected = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": client.client_id,
            "login_hint": begun.sub,
        }
        wrong = [name for name, value in expected.items() if given.get(name) != value]
        wrong += [name for name in ("nonce", "state") if not given.get(name)]
        if given.get("redirect_uri") not in client.redirect_uris:
            wrong.append("redirect_uri")
        if wrong:
            raise Refused(400, "wrong or missing: " + ", ".join(wrong))
        if not client.active:
            raise Refused(403, "this tool is not active yet")
        begun.answered += 1
        begun.claims = self.claims(begun, given["nonce"])
        fields = {"id_token": self.sign(begun.claims), "state": given["state"]}
        return page(pages.posting(given["redirect_uri"], fields | self.beside_the_token()))

    def beside_the_token(self) -> dict[str, str]:
        return {"lti_storage_target": self.storage_target} if self.storage_target else {}

    def sign(self, claims: dict[str, Any]) -> str:
        kid, key = self.keys[-1]
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid})

    def claims(self, begun: Beginning, nonce: str) -> dict[str, Any]:
        link, person, now = begun.link, self.people[begun.sub], int(self.now())
        context = link.context
        given_name, _, family_name = person.name.partition(" ")
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": context.client.client_id,
            "sub": begun.sub,
            "iat": now,
            "exp": now + self.id_token_s,
            "nonce": nonce,
            "name": person.name,
            "given_name": given_name,
            "family_name": family_name,
            "email": person.email,
            CLAIM + "message_type": begun.message,
            CLAIM + "version": "1.3.0",
            CLAIM + "deployment_id": context.deployment_id,
            CLAIM + "target_link_uri": link.target,
            CLAIM + "roles": context.roles.get(begun.sub, []),
            CLAIM + "context": {"id": context.id, "title": context.title, "label": context.id},
            CLAIM + "tool_platform": {
                "guid": self.issuer,
                "product_family_code": self.family,
                "name": self.family,
            },
            CLAIM + "launch_presentation": {
                "document_target": begun.target,
                "return_url": f"{self.url}/course",
            },
            CLAIM + "platformnotificationservice": self.notifying.claim(context),
            NRPS_CLAIM: {"context_memberships_url": self.roster.url(context), "service_versions": ["2.0"]},
        }
        if begun.message == DEEP_LINKING:
            claims |= self.choosing.claims(begun)
        else:
            claims |= {
                CLAIM + "resource_link": {"id": link.id, "title": link.title},
                CLAIM + "custom": link.custom,
            }
            claims[AGS_CLAIM] = self.grade_claim(link)
        if begun.for_user:
            claims[CLAIM + "for_user"] = {"user_id": begun.for_user}
        return {name: value for name, value in (claims | begun.changes).items() if value is not None}

    def grade_claim(self, link: Link) -> dict[str, Any]:
        item = {"lineitem": self.gradebook.item_url(link.item)} if link.item else {}
        scopes = sorted({LINE_ITEM, SCORE, RESULT} & self.granting.allowed)
        return {"scope": scopes, "lineitems": self.gradebook.items_url(link.context), **item}
