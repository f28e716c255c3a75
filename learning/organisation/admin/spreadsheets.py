"""How our listings leave Wagtail: XLSX in local time only (CSV has no BOM for Excel and no guard against formulas)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.functional import cached_property


def local(value: datetime) -> datetime:
    """A naive datetime in the site's time zone, as a spreadsheet wants it."""
    return timezone.make_naive(value) if timezone.is_aware(value) else value


class LocalXlsx:
    """Put before Wagtail's IndexView."""

    FORMATS = ("xlsx",)
    custom_value_preprocess = {datetime: {"xlsx": local}, date: {"xlsx": None}}

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        buttons = super().header_more_buttons  # type: ignore[misc]  # IndexView
        return [button for button in buttons if not str(button.url).endswith("export=csv")]
