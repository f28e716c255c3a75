"""Questions, for those who may view their bank and nobody else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.urls import reverse

from learning.organisation.models import User
from learning.organisation.permissions import Action
from question_bank.questions.models import Question, QuestionVersion
from search.models import Kind

from . import keys
from .base import Draft, ids_of, may_pass
from .texts import body_of, plain, title_of, year_of
from .units import Tree


class QuestionSource:
    kind = Kind.QUESTION

    def drafts(self, ids: Sequence[int], *, now: datetime) -> list[Draft]:
        tree = Tree()
        rows = Question.objects.filter(pk__in=ids, retired_at=None, latest__isnull=False)
        return [
            self._draft(question, question.latest, tree)
            for question in rows.select_related("latest", "bank", "chapter")
            if question.latest is not None
        ]

    @staticmethod
    def _draft(question: Question, version: QuestionVersion, tree: Tree) -> Draft:
        stem = plain(version.stem)
        chapter = question.chapter.full_name.partition("/")[0] if question.chapter else ""
        return Draft(
            object_id=question.pk,
            title=title_of(stem) or f"#{question.pk}",
            body=body_of([stem, *choices_of(version), plain(version.explanation), version.citation]),
            audience=frozenset({keys.bank(question.bank_id)}),
            topics=(chapter,) if chapter else (),
            units=tree.labels(question.bank.owner_unit_id),
            year=year_of(question.created_at),
        )

    def every(self) -> Iterator[list[int]]:
        return ids_of(Question.objects.filter(retired_at=None))

    def doors(self, user: User | None, ids: Sequence[int], *, now: datetime) -> dict[int, str]:
        rows = Question.objects.filter(pk__in=ids, retired_at=None)
        if user is not None:
            if not may_pass(user):
                return {}
            rows = rows.allowing(user, Action.BANK_VIEW)
        return {pk: reverse("question_edit", args=[pk]) for pk in rows.values_list("pk", flat=True)}


def choices_of(version: QuestionVersion) -> list[str]:
    """What there is to choose from, in words."""
    return [plain(choice["text"]) for side in ("left", "options") for choice in version.body.get(side, ())]
