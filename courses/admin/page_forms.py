"""The editors of courses, chapters, lessons and topics: their panels, what a form offers, and what it refuses."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
    Panel,
    PublishingPanel,
    TabbedInterface,
)
from wagtail.models import Page
from wagtail.permissions import policy_registry

from courses.checking import lessons_of, problems_of_course, problems_of_lesson
from courses.models import ChapterPage, CoursePage, LessonPage, Material, TopicPage
from courses.parts import exams_in, materials_in
from learning.organisation.admin.choices import UnitField, indented
from learning.organisation.models import PersonStatus, Unit, User
from learning.organisation.permissions import Action, units_allowing
from question_bank.exams.models import Exam


class UnitsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not generic at run time
    def label_from_instance(self, unit: Any) -> str:
        return indented(unit)


class ScopedPageForm(WagtailAdminPageForm):
    """Offers the units in which the person edits courses."""

    for_user: Any
    parent_page: Any

    @property
    def person(self) -> User:
        return cast(User, self.for_user)

    def units(self) -> Any:
        return units_allowing(self.person, Action.COURSE_EDIT).open_on(timezone.localdate())


class OwnedPageForm(ScopedPageForm):
    owner_unit = UnitField(Unit.objects.none(), label=gettext_lazy("所属党组织"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(UnitField, self.fields["owner_unit"])
        if self.instance.first_published_at:
            # What was studied belongs to the owner's part of the tree: another owner is another course.
            field.queryset = Unit.objects.filter(pk=self.instance.owner_unit_id)
            field.disabled = True
            return
        field.queryset = self.units()
        if not self.instance.owner_unit_id:
            self.initial["owner_unit"] = field.queryset.first()


class CourseForm(OwnedPageForm):
    audience_units = UnitsField(
        Unit.objects.none(),
        label=gettext_lazy("党组织"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=gettext_lazy("含下级，可选多个。不选则为所属党组织的全体。"),
    )
    audience_statuses = forms.MultipleChoiceField(
        label=gettext_lazy("人员状态"),
        choices=PersonStatus.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("不选则不限。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = self.units()
        if self.instance.pk:
            units = units.within(self.instance.owner_unit)
        cast(UnitsField, self.fields["audience_units"]).queryset = units

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        owner, chosen = cleaned.get("owner_unit"), cleaned.get("audience_units") or []
        outside = [unit.name for unit in chosen if owner and not unit.path.startswith(owner.path)]
        if outside:
            told = _("这些党组织不在“%(owner)s”之下：%(units)s。") % {
                "owner": owner,
                "units": "、".join(outside),
            }
            self.add_error("audience_units", told)
        if cleaned.get("credit_kind") == CoursePage.Credit.FIXED and not cleaned.get("fixed_hours"):
            self.add_error("fixed_hours", _("请填写固定学时。"))
        return cleaned


class LessonForm(ScopedPageForm):
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        body = cleaned.get("body")
        if body:
            foreign = self._foreign(LessonPage(body=body))
            if foreign:
                told = _("这些课件或考试不存在，或不在您的管理范围内：%(names)s。") % {
                    "names": "、".join(foreign)
                }
                self.add_error(None, told)
        return cleaned

    def _foreign(self, lesson: LessonPage) -> list[str]:
        """What the person may not see and the lesson did not have before: a forged number in the form."""
        before = self.instance
        kept_material = set(materials_in(before)) if before.pk else set()
        kept_exams = set(exams_in(before)) if before.pk else set()
        materials = set(materials_in(lesson)) - kept_material
        exams = set(exams_in(lesson)) - kept_exams
        mine = Material.objects.allowing(self.person, Action.COURSE_VIEW).filter(
            pk__in=[m.pk for m in materials]
        )
        my_exams = Exam.objects.allowing(self.person, Action.EXAM_VIEW).filter(pk__in=[e.pk for e in exams])
        return [f"#{each.pk}" for each in [*(materials - set(mine)), *(exams - set(my_exams))]]


class TopicForm(OwnedPageForm):
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        seen = policy_registry.get_by_type(Page).explorable_instances(self.person)
        formset = self.formsets["courses"]
        for form in formset.forms:
            course = form.cleaned_data.get("course") if form.is_valid() else None
            if course and form.has_changed() and not seen.filter(pk=course.pk).exists():
                form.add_error("course", _("没有找到这门课程。"))
                self.add_error(None, _("请检查课程列表。"))
        return cleaned


class ChecklistPanel(Panel):
    """What stops publishing, over the editor of a course or a lesson."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "courses/admin/checklist_panel.html"

        def is_shown(self) -> bool:
            return bool(self.instance.pk)

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            if isinstance(self.instance, CoursePage):
                now = timezone.now()
                context["problems"] = problems_of_course(self.instance, lessons_of(self.instance), now=now)
            else:
                context["problems"] = problems_of_lesson(self.instance)
            return context


def panel(name: str, **kwargs: Any) -> FieldPanel:
    return FieldPanel(name, **kwargs)


COURSE = TabbedInterface(
    [
        ObjectList(
            [
                ChecklistPanel(),
                panel("title", heading=gettext_lazy("课程名称"), help_text=gettext_lazy("学员看到的名称。")),
                panel("summary"),
                panel("teacher"),
                panel("cover"),
                panel("owner_unit"),
                panel("certificate"),
            ],
            heading=gettext_lazy("课程"),
        ),
        ObjectList(
            [
                panel("audience_units"),
                panel("audience_statuses"),
                panel("required"),
                panel("due_at"),
            ],
            heading=gettext_lazy("学习对象"),
        ),
        ObjectList(
            [
                MultiFieldPanel(
                    [panel("threshold_percent"), panel("rate_max"), panel("no_skip"), panel("in_order")],
                    heading=gettext_lazy("怎样算学完"),
                ),
                panel("idle_s"),
                MultiFieldPanel(
                    [panel("credit_kind"), FieldRowPanel([panel("minutes_per_hour"), panel("fixed_hours")])],
                    heading=gettext_lazy("学时"),
                ),
            ],
            heading=gettext_lazy("规则"),
        ),
        ObjectList([PublishingPanel()], heading=gettext_lazy("发布时间")),
    ],
    base_form_class=CourseForm,
)
CHAPTER = ObjectList(
    [panel("title", heading=gettext_lazy("章名"), help_text=gettext_lazy("例如：第一章 总纲。"))],
    base_form_class=ScopedPageForm,
)
LESSON = TabbedInterface(
    [
        ObjectList(
            [
                ChecklistPanel(),
                panel("title", heading=gettext_lazy("课时名称"), help_text=gettext_lazy("学员看到的名称。")),
                FieldRowPanel([panel("nominal_minutes"), panel("required")]),
                panel("body"),
            ],
            heading=gettext_lazy("课时"),
        ),
        ObjectList([PublishingPanel()], heading=gettext_lazy("发布时间")),
    ],
    base_form_class=LessonForm,
)
TOPIC = TabbedInterface(
    [
        ObjectList(
            [
                panel("title", heading=gettext_lazy("专题名称"), help_text=gettext_lazy("学员看到的名称。")),
                panel("summary"),
                panel("cover"),
                panel("owner_unit"),
                panel("intro"),
                InlinePanel("courses", heading=gettext_lazy("课程"), label=gettext_lazy("课程")),
                InlinePanel("books", heading=gettext_lazy("专题书目"), label=gettext_lazy("书")),
            ],
            heading=gettext_lazy("专题"),
        ),
        ObjectList([PublishingPanel()], heading=gettext_lazy("发布时间")),
    ],
    base_form_class=TopicForm,
)


def set_up() -> None:
    """Gives the pages their editors; called when all models are loaded."""
    for model, handler in (
        (CoursePage, COURSE),
        (ChapterPage, CHAPTER),
        (LessonPage, LESSON),
        (TopicPage, TOPIC),
    ):
        model.edit_handler = handler
