from django.apps import AppConfig
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ExamsConfig(AppConfig):
    name = "question_bank.exams"
    label = "exams"
    verbose_name = _("考试")

    def ready(self) -> None:
        from learning.organisation.audit_facts import name_facts
        from learning.organisation.audit_words import name_actions
        from learning.organisation.exports import contribute
        from learning.organisation.models import PersonStatus

        from .models import Candidate, Exam, RegradeRun, Release, TimeAdjustment
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
                "exam.admit_group": _("按教学班准入考生"),
                "exam.leave_out": _("移出已离开教学班的考生"),
                "exam.extend": _("全场延长时间"),
                "exam.revoke": _("撤销全场时间调整"),
                "exam.pause": _("全场暂停"),
                "exam.resume": _("全场恢复"),
                "exam.regrade": _("更正试题并重评"),
                "exam.regraded": _("完成重评"),
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
        adjustments = dict(TimeAdjustment.Kind.choices)
        fields = [each for each in Exam._meta.fields if isinstance(each.verbose_name, Promise)]
        choices = {each.name: dict(each.flatchoices) for each in fields if each.flatchoices}
        states = dict(Candidate.State.choices)
        name_facts(
            {
                **{each.name: each.verbose_name for each in fields},
                "bands from": _("不低于（%）"),
                "bands name": _("等级"),
                "units": _("党组织"),
                "person_statuses": _("人员状态"),
                "admitted": _("准入人数"),
                "removed": _("移出人数"),
                "group": _("教学班"),
                "pool_version": _("试卷版本"),
                "what": _("公布内容"),
                "at": _("时间"),
                "exam": _("考试"),
                "attempts": _("作答份数"),
                "adjustment": _("时间调整编号"),
                "value": _("数值"),
                "seconds": _("秒数"),
                "slot": _("题号"),
                "user": _("考生"),
                "act": _("操作"),
                "question": _("试题"),
                "remedy": _("处理办法"),
                "corrected": _("改正后的版本"),
                "only_up": _("只升不降"),
                "raised": _("得分上升"),
                "lowered": _("得分下降"),
            },
            {
                **choices,
                "person_statuses": dict(PersonStatus.choices),
                "attempt.extend kind": adjustments,
                "exam.extend kind": adjustments,
                "what": dict(Release.What.choices),
                "remedy": dict(RegradeRun.Remedy.choices),
                "candidate.state from": states,
                "candidate.state to": states,
            },
            changes="exam.change",
        )
