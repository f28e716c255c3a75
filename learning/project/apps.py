from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from wagtail.users.apps import WagtailUsersAppConfig


class ProjectConfig(AppConfig):
    name = "learning.project"
    label = "project"
    verbose_name = _("党校")


class MembersWagtailUsersConfig(WagtailUsersAppConfig):
    user_viewset = "learning.organisation.admin.users.UserViewSet"
