"""Launches as they end, without the platform: rows with the claims that a verified message had."""

from __future__ import annotations

from typing import Any

from learning.organisation.models import User
from lti.core import claims
from lti.models import Context, Launch, PlatformUser, ResourceLink
from tests.factories import NOW

RETURN_URL = "https://lms.example.edu/deep-links/7"


def claims_of(context: Context, sub: str, *, message_type: str, **more: Any) -> dict[str, Any]:
    """The least that a message of this type says; `more` by the names in lti.core.claims."""
    said: dict[str, Any] = {
        "iss": context.platform.issuer,
        "aud": context.platform.client_id,
        "sub": sub,
        claims.MESSAGE_TYPE: message_type,
        claims.VERSION: claims.VERSION_1_3,
        claims.DEPLOYMENT_ID: context.deployment.deployment_id,
        claims.TARGET_LINK_URI: "https://dangxiao.example.org/lti/launch",
        claims.ROLES: [claims.MEMBERSHIP_INSTRUCTOR],
        claims.CONTEXT: {"id": context.context_id, "title": context.title},
    }
    return said | {getattr(claims, name.upper()): value for name, value in more.items()}


def make_launch(
    context: Context,
    user: User,
    *,
    message_type: str = claims.DEEP_LINKING,
    link: ResourceLink | None = None,
    at: Any = NOW,
    settings: dict[str, Any] | None = None,
    **more: Any,
) -> Launch:
    """A good launch of this person; of a deep linking one `settings` change what the platform takes back."""
    person = PlatformUser.objects.get(platform=context.platform, user=user)
    if message_type == claims.DEEP_LINKING:
        more["deep_linking_settings"] = {
            "deep_link_return_url": RETURN_URL,
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_multiple": True,
            "data": "as it came",
            **(settings or {}),
        }
    if link is not None:
        more["resource_link_claim"] = {"id": link.link_id, "title": link.title}
    return Launch.objects.create(
        platform=context.platform,
        at=at,
        message_type=message_type,
        issuer=context.platform.issuer,
        user=user,
        context=context,
        resource_link=link,
        claims=claims_of(context, person.sub, message_type=message_type, **more),
        bound_by=Launch.BoundBy.COOKIE,
    )
