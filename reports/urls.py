"""Doors of the members in this room; organisers' screens are in wagtail_hooks."""

from __future__ import annotations

from django.urls import URLPattern, path

from .views import members

urlpatterns: list[URLPattern] = [path("me/report/", members.own_report, name="own_report")]
