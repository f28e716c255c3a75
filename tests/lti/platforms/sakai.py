"""Sakai: platform storage in the page around the tool's frame."""

from __future__ import annotations

from typing import Any

from tests.lti.platforms.base import Platform


class Sakai(Platform):
    family = "sakai"
    storage_target = "_parent"

    def storage_frame(self) -> dict[str, Any]:
        return {"storage_in_page": True}
