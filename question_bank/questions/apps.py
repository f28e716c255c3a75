from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QuestionsConfig(AppConfig):
    name = "question_bank.questions"
    label = "questions"
    verbose_name = _("题库")

    def ready(self) -> None:
        from learning.organisation.audit_facts import name_facts
        from learning.organisation.audit_words import name_actions

        from .models import ImportRow

        name_actions(
            {
                "bank.create": _("新建题库"),
                "bank.change": _("修改题库"),
                "bank.share": _("共享题库"),
                "bank.withdraw_share": _("撤销共享"),
                "bank.archive": _("停用题库"),
                "bank.unarchive": _("恢复题库"),
                "chapter.add": _("新建章节"),
                "chapter.rename": _("章节改名"),
                "chapter.move": _("移动章节"),
                "chapter.merge": _("合并章节"),
                "chapter.delete": _("删除章节"),
                "knowledge_point.rename": _("知识点改名"),
                "knowledge_point.merge": _("合并知识点"),
                "knowledge_point.delete": _("删除知识点"),
                "question.ready": _("审定试题"),
                "question.return": _("退回试题"),
                "question.resubmit": _("再次送审"),
                "question.retire": _("停用试题"),
                "question.restore": _("恢复试题"),
                "question.export": _("导出试题"),
                "question.place": _("批量调整章节"),
                "question.difficulty": _("批量调整难度"),
                "import.upload": _("上传试题文件"),
                "import.confirm": _("确认导入试题"),
                "import.discard": _("放弃导入"),
                "import.command": _("命令行导入试题"),
            }
        )
        name_facts(
            {
                "bank": _("题库"),
                "open_for_practice": _("开放练习"),
                "may_edit": _("可以编辑"),
                "into": _("并入"),
                "before": _("原来"),
                "version": _("版本"),
                "comment": _("退回意见"),
                "questions": _("试题编号"),
                "files": _("文件"),
                "saved": _("保存题数"),
                **dict(ImportRow.Verdict.choices),
            }
        )
