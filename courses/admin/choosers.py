"""The windows that the editor of a lesson opens: material by kind, practices, exams; only of the own scope."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic.chooser import ChooseResultsView, ChooseView
from wagtail.admin.viewsets.chooser import ChooserViewSet

from courses.models import Material
from learning.organisation.admin.scoped import ScopedViewSetMixin
from learning.organisation.models import User
from learning.organisation.permissions import Action
from learning.organisation.searching import holding
from question_bank.exams.models import Exam

from .words import length_words


class WordsFilter(BaseFilterForm):
    q = forms.CharField(label=_("查找"), required=False)

    def filter(self, objects: QuerySet[Any]) -> QuerySet[Any]:
        objects = super().filter(objects)
        words = self.cleaned_data.get("q", "").strip()
        self.is_searching = bool(words)
        self.search_query = words
        return holding(objects, words, "title")


class MaterialColumns:
    """The columns of a window: what the material is called, how long it is, whose it is."""

    filter_form_class = WordsFilter

    @property
    def columns(self) -> list[Column]:
        return [
            self.title_column,  # type: ignore[attr-defined]  # the view this is mixed into
            Column("length", label=_("长度"), accessor=length_words),
            Column("state", label=_("状态"), accessor="get_state_display"),
            Column("unit", label=_("所属党组织"), accessor="owner_unit"),
        ]  # fmt: skip


class ExamColumns:
    filter_form_class = WordsFilter

    @property
    def columns(self) -> list[Column]:
        return [
            self.title_column,  # type: ignore[attr-defined]  # the view this is mixed into
            Column("kind", label=_("类型"), accessor="get_kind_display"),
            Column("state", label=_("状态"), accessor="get_state_display"),
            Column("unit", label=_("所属党组织"), accessor="owner_unit"),
        ]  # fmt: skip


class ChooseMaterial(MaterialColumns, ChooseView):
    pass


class ChooseMaterialResults(MaterialColumns, ChooseResultsView):
    pass


class ChooseExam(ExamColumns, ChooseView):
    pass


class ChooseExamResults(ExamColumns, ChooseResultsView):
    pass


class MaterialChooserViewSet(ScopedViewSetMixin, ChooserViewSet):
    """Material of one kind that has not failed, the newest first."""

    model = Material
    actions: ClassVar = {"view": Action.COURSE_VIEW}
    register_widget = False
    choose_view_class = ChooseMaterial
    choose_results_view_class = ChooseMaterialResults
    kind: str

    def model_queryset(self, user: User, action: Action) -> QuerySet[Material]:
        rows = Material.objects.allowing(user, action).filter(kind=self.kind)
        return rows.exclude(state=Material.State.FAILED)

    def get_object_list(self) -> QuerySet[Material]:
        return Material.objects.select_related("owner_unit").order_by("-pk")


class ExamChooserViewSet(ScopedViewSetMixin, ChooserViewSet):
    model = Exam
    icon = "calendar-check"
    actions: ClassVar = {"view": Action.EXAM_VIEW}
    register_widget = False
    choose_view_class = ChooseExam
    choose_results_view_class = ChooseExamResults
    kinds: tuple[str, ...]

    def model_queryset(self, user: User, action: Action) -> QuerySet[Exam]:
        rows = Exam.objects.allowing(user, action).filter(kind__in=self.kinds)
        return rows.exclude(state=Exam.State.WITHDRAWN)

    def get_object_list(self) -> QuerySet[Exam]:
        return Exam.objects.select_related("owner_unit").order_by("-pk")


def _material_chooser(kind: str, title: Any, icon: str) -> MaterialChooserViewSet:
    return MaterialChooserViewSet(
        f"{kind}_chooser", url_prefix=f"choose-{kind}", kind=kind, choose_one_text=title, icon=icon
    )


KINDS = Exam.Kind
CHOOSERS = [
    _material_chooser("video", _("选择视频"), "media"),
    _material_chooser("audio", _("选择音频"), "media"),
    _material_chooser("pdf", _("选择 PDF"), "doc-full"),
    ExamChooserViewSet("practice_chooser", url_prefix="choose-practice", choose_one_text=_("选择练习"),
                       kinds=(KINDS.PRACTICE, KINDS.MOCK)),
    ExamChooserViewSet("exam_chooser", url_prefix="choose-exam", choose_one_text=_("选择考试"),
                       kinds=(KINDS.FORMAL, KINDS.RESIT, KINDS.MOCK)),
]  # fmt: skip
