"""What waits for the person in the question bank, on the admin's first page: own drafts to mend, drafts to review."""

from __future__ import annotations

from typing import Any

from django.template.context import Context
from wagtail.admin.ui.components import Component

from learning.organisation.models import User
from learning.organisation.permissions import Action, may
from question_bank.questions.models import Question


class DraftsPanel(Component):
    name = "questions"
    order = 60
    template_name = "questions/admin/home_panel.html"

    def __init__(self, user: User) -> None:
        self.returned = self.waiting = 0
        if may(user, Action.BANK_EDIT):
            mine = Question.objects.allowing(user, Action.BANK_EDIT).filter(latest__created_by=user)
            self.returned = mine.returned().count()
        if may(user, Action.BANK_REVIEW):
            self.waiting = Question.objects.allowing(user, Action.BANK_REVIEW).awaiting_review().count()

    @property
    def empty(self) -> bool:
        return not self.returned and not self.waiting

    def get_context_data(self, parent_context: Context | None) -> dict[str, Any]:
        return {"returned": self.returned, "waiting": self.waiting}
