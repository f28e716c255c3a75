from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExamsConfig(AppConfig):
    name = "question_bank.exams"
    label = "exams"
    verbose_name = _("考试")

    def ready(self) -> None:
        from learning.organisation.audit_words import name_actions
        from learning.organisation.exports import contribute

        from .own_record import exams_of

        contribute("exams", exams_of)
        name_actions(
            {
                "exam.create": _("新建考试"),
                "exam.copy": _("复制考试"),
                "exam.change": _("修改考试"),
                "exam.blueprint": _("修改组卷规则"),
                "exam.publish": _("发布考试"),
                "exam.withdraw": _("撤回考试"),
                "exam.admit_units": _("按党组织准入考生"),
                "exam.admit_users": _("按名单准入考生"),
                "exam.extend": _("全场延长时间"),
                "exam.revoke": _("撤销全场时间调整"),
                "exam.pause": _("全场暂停"),
                "exam.resume": _("全场恢复"),
                "exam.release": _("公布成绩"),
                "exam.release_revoked": _("撤回公布"),
                "exam.export_list": _("导出考试列表"),
                "exam.export_candidates": _("导出考生名单"),
                "exam.export_results": _("导出成绩"),
                "candidate.state": _("变更考生状态"),
                "candidate.extra": _("设置加时"),
                "candidate.remove": _("移除考生"),
                "attempt.extend": _("延长时间"),
                "attempt.revoke": _("撤销时间调整"),
                "attempt.pause": _("暂停作答"),
                "attempt.resume": _("恢复作答"),
                "attempt.reopen": _("重新打开作答"),
                "attempt.void": _("作废作答"),
                "attempt.force_submit": _("强制交卷"),
                "attempt.late_accepted": _("计入迟到的答案"),
                "mark.change": _("修改评分"),
            }
        )
