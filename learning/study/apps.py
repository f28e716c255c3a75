from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StudyConfig(AppConfig):
    name = "learning.study"
    label = "study"
    verbose_name = _("学习")

    def ready(self) -> None:
        from learning.organisation.audit_facts import name_facts
        from learning.organisation.audit_words import name_actions
        from learning.organisation.exports import contribute

        from .own_record import study_of

        contribute("study", study_of)
        name_actions(
            {
                "study.record": _("人工登记学习"),
                "study.take_back": _("撤销人工登记"),
                "study.erase": _("删除学习记录"),
            }
        )
        name_facts(
            {
                "people": _("人数"),
                "minutes": _("学习时长（分钟）"),
                "study.record new": _("新登记人数"),
                "study.take_back hours": _("学时"),
                "study.erase hours": _("学时"),
                "study.take_back numbers": _("学号/工号"),
                "slices": _("学习时段"),
                "coverages": _("学习进度"),
                "completions": _("完成记录"),
                "enrolments": _("自选课程"),
                "sessions": _("学习会话"),
            }
        )
