"""What we say of ourselves to platforms: name, description, the parameters that we would like to be told, and all of it
as the JSON that Canvas reads."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from django.utils import translation
from django.utils.translation import gettext as _

from lti.core import claims
from lti.core.registration import ToolUrls

# Variables of LTI 1.3, Custom Parameter Substitution: what a copied course or link was copied from. A platform that does
# not know one sends it as it stands, which counts as not given.
CUSTOM: Final = {
    "link_history": "$ResourceLink.id.history",
    "context_history": "$Context.id.history",
}
PLACEMENTS: Final = ("assignment_selection", "link_selection")


def name(language: str) -> str:
    with translation.override(language):
        return _("党校考试与学习")


def description(language: str) -> str:
    with translation.override(language):
        return _("在课程中打开考试和网络课程，成绩自动回传到成绩册。")


def configuration(tool: ToolUrls, *, language: str) -> dict[str, Any]:
    """The tool as an LTI key of Canvas is configured (Developer Keys, "Paste JSON" or "Enter URL")."""
    title, host = name(language), urlsplit(tool.launch).netloc
    placements = [
        {
            "placement": placement,
            "message_type": claims.DEEP_LINKING,
            "target_link_uri": tool.launch,
            "text": title,
            "enabled": True,
        }
        for placement in PLACEMENTS
    ]
    return {
        "title": title,
        "description": description(language),
        "oidc_initiation_url": tool.login,
        "target_link_uri": tool.launch,
        "scopes": list(claims.SCOPES),
        "public_jwk_url": tool.jwks,
        "custom_fields": CUSTOM,
        "extensions": [
            {
                "platform": "canvas.instructure.com",
                "domain": host,
                "tool_id": "dangxiao",
                "privacy_level": "public",
                "settings": {"text": title, "placements": placements},
            }
        ],
    }
