"""Exams: found by their candidates while published, by organisers of the owner, and by those who watch some of the
candidates. What is asked in them never stands here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import override

from learning.organisation.models import User
from learning.organisation.permissions import Action, groups_allowing, scope_q, scopes
from question_bank.exams.models import Candidate, Exam, ExamGroup
from search.models import Kind

from . import keys
from .base import Draft, ids_of, may_pass
from .texts import body_of, title_of, year_of
from .units import Tree


class ExamSource:
    kind = Kind.EXAM

    def drafts(self, ids: Sequence[int], *, now: datetime) -> list[Draft]:
        fields = ("title", "kind", "state", "owner_unit_id", "instructions", "opens_at")
        exams, tree, groups = Exam.objects.filter(pk__in=ids).only(*fields), Tree(), groups_of(ids)
        with override(settings.LANGUAGE_CODE):  # whoever's request or worker it is
            return [self._draft(exam, tree, groups[exam.pk]) for exam in exams]

    @staticmethod
    def _draft(exam: Exam, tree: Tree, groups: Sequence[int]) -> Draft:
        return Draft(
            object_id=exam.pk,
            title=title_of(exam.title),
            body=body_of([str(exam.get_kind_display()), exam.instructions]),
            audience=found_by(exam, tree, groups),
            units=tree.labels(exam.owner_unit_id),
            year=year_of(exam.opens_at),
        )

    def every(self) -> Iterator[list[int]]:
        return ids_of(Exam.objects.all())

    def doors(self, user: User | None, ids: Sequence[int], *, now: datetime) -> dict[int, str]:
        """Where an organiser builds it; else where the candidate begins; else the candidates who are watched."""
        exams = Exam.objects.filter(pk__in=ids)
        if user is None:
            return {pk: reverse("manage_exam", args=[pk]) for pk in exams.values_list("pk", flat=True)}
        if not may_pass(user):
            return {}
        rows = exams.annotate(sits=Exists(Candidate.objects.filter(exam=OuterRef("pk"), user=user)))
        facts = rows.values_list("pk", "owner_unit__path", "state", "sits")
        own = tuple(scopes(user, Action.EXAM_VIEW))
        found, others = {}, []
        for pk, path, state, sits in facts:
            if path.startswith(own):
                found[pk] = reverse("manage_exam", args=[pk])
            elif sits and state == Exam.State.PUBLISHED:
                found[pk] = reverse("exam_start", args=[pk])
            else:
                others.append(pk)
        if others and (own or groups_allowing(user, Action.EXAM_VIEW)):
            seen = watched_by(user).filter(pk__in=others).values_list("pk", flat=True)
            found |= {pk: reverse("manage_candidates", args=[pk]) for pk in seen}
        return found


def watched_by(user: User) -> QuerySet[Exam]:
    """What listing.visible_exams holds besides the user's own, asked exam by exam: that the list gathers all candidates of
    the scope first is too slow for a few exams."""
    taught = ExamGroup.objects.filter(exam=OuterRef("pk"), group__in=groups_allowing(user, Action.EXAM_VIEW))
    return Exam.objects.exclude(state=Exam.State.DRAFT).filter(has_candidates_of(user) | Exists(taught))


def has_candidates_of(user: User) -> Exists:
    """Of an exam: somebody of the user's scope sits it."""
    return Exists(Candidate.objects.filter(scope_q(user, Action.EXAM_VIEW), exam=OuterRef("pk")))


def groups_of(exams: Sequence[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    rows = ExamGroup.objects.filter(exam__in=exams).order_by("pk").values_list("exam_id", "group_id")
    for exam, group in rows:
        found[exam].append(group)
    return found


def found_by(exam: Exam, tree: Tree, groups: Sequence[int]) -> frozenset[str]:
    """As listing.visible_exams and Exam.objects.for_member say. Which of them hold `sitting`, and that candidates lose it
    when the exam is withdrawn, is the viewer's own query; a draft is nobody else's business."""
    found = tree.overseers(keys.exams_of, exam.owner_unit_id)
    if exam.state != Exam.State.DRAFT:
        found |= {keys.sitting(exam.pk), *map(keys.teaching, groups)}
    return frozenset(found)
