"""One search page over courses, lessons, topics, books, exams and, for organisers, questions and people."""

from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = _("搜索")

    def ready(self) -> None:
        from . import checks, receivers
        from .engines.choosing import remote_address
        from .engines.database import make_index_after_migrating
        from .wagtail_backend.renewing import renew_after_migrating

        post_migrate.connect(make_index_after_migrating, sender=self, dispatch_uid="search.index")
        post_migrate.connect(renew_after_migrating, sender=self, dispatch_uid="search.wagtail")
        receivers.connect()
        remote_address()  # a wrong SEARCH_URL is said at the start
        register(checks.search_url)
