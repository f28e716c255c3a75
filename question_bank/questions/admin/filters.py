"""The filters of the question listing; they live in the URL and decide the export and the bulk acts as well."""

from __future__ import annotations

import json
from typing import Any

import django_filters  # type: ignore[import-untyped]  # comes with Wagtail, without stubs
from django import forms
from django.db import connection
from django.db.models import F, Q, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet

from learning.organisation.permissions import Action
from learning.organisation.searching import LONGEST_TEXT, words_of
from question_bank.questions.models import Bank, Chapter, KnowledgePoint, Question, QuestionVersion
from question_bank.questions.models.questions import QuestionQuerySet
from question_bank.questions.services.chapters import subtree

STATUSES = [
    ("ready", _("可用")),
    ("draft", _("草稿待审")),
    ("returned", _("退回修改")),
    ("revised", _("可用，有新草稿")),
    ("retired", _("停用")),
]


def visible_banks(request: HttpRequest | None) -> Any:
    user = getattr(request, "user", None)
    if user is None:
        return Bank.objects.none()
    return Bank.objects.allowing(user, Action.BANK_VIEW).order_by("archived_at", "name")


class QuestionFilters(WagtailFilterSet):
    bank = django_filters.ChoiceFilter(label=_("题库"), empty_label=_("全部题库"))
    chapter = django_filters.ModelChoiceFilter(
        label=_("章节（含下级）"),
        queryset=Chapter.objects.none(),
        method="in_chapter",
        empty_label=_("全部章节"),
    )
    kind = django_filters.MultipleChoiceFilter(
        label=_("题型"),
        field_name="latest__kind",
        choices=QuestionVersion.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    difficulty = django_filters.MultipleChoiceFilter(
        label=_("难度"), choices=Question.Difficulty.choices, widget=forms.CheckboxSelectMultiple
    )
    status = django_filters.ChoiceFilter(
        label=_("状态"),
        choices=STATUSES,
        method="with_status",
        widget=forms.RadioSelect,
        empty_label=_("全部（不含停用）"),
    )
    point = django_filters.ModelChoiceFilter(
        label=_("知识点"),
        queryset=KnowledgePoint.objects.none(),
        field_name="knowledge_points",
        empty_label=_("全部知识点"),
    )
    author = django_filters.ChoiceFilter(
        label=_("出题人"), choices=[("me", _("我"))], method="written_by", empty_label=_("不限")
    )
    tag = django_filters.CharFilter(label=_("标签"), method="with_tag")

    class Meta:
        model = Question
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # One query gives the choices, their validation and the bank whose chapters are offered.
        banks = {str(pk): name for pk, name in visible_banks(self.request).values_list("pk", "name")}
        self.filters["bank"].extra["choices"] = list(banks.items())
        chosen = str(self.data.get("bank", "")) if self.data else ""
        if chosen not in banks:
            # Chapters and knowledge points belong to one bank; without it their names say nothing.
            del self.filters["chapter"], self.filters["point"]
        else:
            self.filters["chapter"].queryset = Chapter.objects.filter(bank=int(chosen)).order_by("full_name")
            self.filters["point"].queryset = KnowledgePoint.objects.filter(bank=int(chosen)).order_by("name")

    def filter_queryset(self, queryset: QuestionQuerySet) -> QuestionQuerySet:
        rows: QuestionQuerySet = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("status") == "retired" else rows.filter(retired_at=None)

    def in_chapter(self, rows: QuestionQuerySet, _name: str, chapter: Chapter) -> QuestionQuerySet:
        return rows.filter(chapter__in=Chapter.objects.filter(subtree(chapter)).values("pk"))

    def with_status(self, rows: QuestionQuerySet, _name: str, status: str) -> QuestionQuerySet:
        match status:
            case "ready":
                return rows.filter(current__isnull=False)
            case "draft":
                return rows.filter(current=None)
            case "returned":
                return rows.returned()
            case "revised":
                return rows.filter(current__isnull=False).exclude(current=F("latest"))
            case _:
                return rows.filter(retired_at__isnull=False)

    def written_by(self, rows: QuestionQuerySet, _name: str, _me: str) -> QuestionQuerySet:
        return rows.filter(latest__created_by=self.request.user)

    def with_tag(self, rows: QuestionQuerySet, _name: str, tag: str) -> QuestionQuerySet:
        tag = tag.strip()[:LONGEST_TEXT]
        if connection.features.supports_json_field_contains:
            return rows.filter(tags__contains=[tag])
        # SQLite keeps JSON as the text that json.dumps wrote
        return rows.alias(_tags=Cast("tags", TextField())).filter(_tags__contains=json.dumps(tag))


def search(rows: QuestionQuerySet, words: str) -> QuestionQuerySet:
    """Questions whose stem, explanation or citation holds every word; "#12" or "12" also finds the number."""
    for word in words_of(words):
        fits = Q(latest__stem__icontains=word) | Q(latest__explanation__icontains=word)
        fits |= Q(latest__citation__icontains=word)
        number = word.lstrip("#")
        if number.isdecimal() and len(number) <= 18:
            fits |= Q(pk=int(number))
        rows = rows.filter(fits)
    return rows
