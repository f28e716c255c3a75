"""Credit hours as members read them."""

from __future__ import annotations

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def hours(value: Decimal | float | str | None) -> str:
    """2, 0.5, 1.25: without the zeros that the database keeps."""
    return f"{Decimal(value or 0).normalize():f}"
