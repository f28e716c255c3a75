from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("报告")

    def ready(self) -> None:
        from learning.organisation.audit_facts import name_facts
        from learning.organisation.audit_words import name_actions

        from . import receivers
        from .views.exams import add_tab

        receivers.connect()
        add_tab()
        name_actions({"report.export": _("导出报告")})
        name_facts({"report": _("报告"), "report.export kind": _("格式")})
