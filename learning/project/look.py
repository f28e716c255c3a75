"""The site's own colours as a style sheet: the policy forbids inline style."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control

from .models import SiteLook


@cache_control(max_age=300)
def brand_css(request: HttpRequest) -> HttpResponse:
    brand = SiteLook.load(request_or_site=request).brand
    shades = {
        "brand": brand,
        "brand_dark": mixed(brand, "#000000", 0.78),
        "brand_tint": mixed(brand, "#ffffff", 0.08),
    }
    return render(request, "site/brand.css", shades, content_type="text/css")


def mixed(colour: str, other: str, share: float) -> str:
    """`share` of the first #rrggbb colour with the rest of the second, as #rrggbb."""
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(share * a + (1 - share) * b) for a, b in pairs).hex()
