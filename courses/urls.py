"""Doors of the members in this room; organisers' screens are in wagtail_hooks."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
