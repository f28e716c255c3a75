"""Doors of the tool. /lti/login, /lti/launch, /lti/jwks, /lti/register and /lti/config.json are a contract with
platforms, with and without a slash at the end."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
