"""The doors of search."""

from __future__ import annotations

from django.urls import path

from .views.results import results
from .views.suggestions import suggestions

urlpatterns = [
    path("search/", results, name="search"),
    path("search/suggest/", suggestions, name="search_suggest"),
]
