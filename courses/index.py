"""The index of courses and the site that serves it, so that a fresh installation has both."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext
from django.utils.translation import override as in_language
from wagtail.models import Locale, Page, Site

from .models import CoursesPage

SLUG = "courses"
UNTOUCHED = "home"  # the page "Welcome to your new Wagtail site!", made by Wagtail's migrations


def index_page() -> CoursesPage:
    """The index, made where it is missing; one query where it is there."""
    found: CoursesPage | None = CoursesPage.objects.first()
    return found or make_index()


@transaction.atomic
def make_index() -> CoursesPage:
    """Makes the index below the root and lets the site begin there, under whatever host it is asked for."""
    Locale.objects.get_or_create(language_code=settings.WAGTAIL_CONTENT_LANGUAGES[0][0])
    root = Page.get_first_root_node() or Page.add_root(title="Root", slug="root")
    with in_language(settings.LANGUAGE_CODE):
        index: CoursesPage = root.add_child(instance=CoursesPage(title=gettext("课程"), slug=SLUG))
    site = Site.objects.filter(is_default_site=True).first() or Site(
        hostname="localhost", is_default_site=True
    )
    site.root_page = index
    site.save()
    for page in root.get_children().filter(slug=UNTOUCHED, numchild=0, owner=None):
        if page.specific_class is Page:
            page.delete()
    Site.clear_site_root_paths_cache()
    return index


def make_index_after_migrating(sender: Any, **kwargs: Any) -> None:
    """After `migrate`, and after a test has emptied all tables."""
    if CoursesPage._meta.db_table in connection.introspection.table_names():
        index_page()
