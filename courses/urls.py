"""Doors of the members in this room; organisers' screens are in wagtail_hooks."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from . import media
from .classes.urls import urlpatterns as class_doors
from .reading import addresses, opening, record

urlpatterns: list[URLPattern] = [
    path("materials/<int:pk>/<str:what>", media.material, name="material"),
    path("materials/<int:pk>/pages/<int:number>", media.page, name="material_page"),
    path("study/<int:activity_id>/parts/<str:part>/", opening.open_part, name="study_open_part"),
    path("me/study/", record.own_record, name="own_study"),
    path("me/study/how/", record.how, name="study_how"),
    *class_doors,
    # The name by which Wagtail makes addresses. Its own list would also mount a log-in page that counts no failures.
    re_path(r"^courses/((?:[\w\-]+/)*)$", addresses.page_at, name="wagtail_serve"),
]
