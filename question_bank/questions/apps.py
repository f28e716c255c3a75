from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QuestionsConfig(AppConfig):
    name = "question_bank.questions"
    label = "questions"
    verbose_name = _("题库")
