"""The LTI 1.3 Advantage tool: campus platforms embed us, rosters come in, grades go out."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LtiConfig(AppConfig):
    name = "lti"
    verbose_name = _("校园平台")

    def ready(self) -> None:
        from learning.organisation.own_links import add_own_link

        from . import audit_names, receivers
        from .views.joining import link_to_joining

        receivers.connect()
        audit_names.enter()
        add_own_link(link_to_joining)
