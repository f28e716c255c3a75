from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from wagtail.users.apps import WagtailUsersAppConfig

# Loaded with Django, or a task queued by a web process would go to Celery's own default broker.
from .celery import app as celery_app

__all__ = ["MembersWagtailUsersConfig", "ProjectConfig", "celery_app"]


class ProjectConfig(AppConfig):
    name = "learning.project"
    label = "project"
    verbose_name = _("党校")


class MembersWagtailUsersConfig(WagtailUsersAppConfig):
    user_viewset = "learning.organisation.admin.users.UserViewSet"
