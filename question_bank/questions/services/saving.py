"""Many new questions at once: a few bulk statements whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, OuterRef, Subquery

from learning.organisation.models import User
from learning.organisation.permissions import Action
from question_bank.questions.content import content_from_parsed, fingerprint_of, key_fingerprint_of
from question_bank.questions.exchange.verdicts import ParsedQuestion
from question_bank.questions.models import Bank, KnowledgePoint, Question, QuestionVersion
from question_bank.questions.signals import questions_changed

from .chapters import ensure_chapter
from .knowledge_points import ensure_points, point_name
from .rights import granted_status, require

BATCH = 500  # rows a statement: SQLite allows 32,766 parameters


def known_keys(bank: Bank) -> dict[str, str]:
    """Fingerprint → key fingerprint of every question of the bank; a retired one does not come back by an import."""
    rows = Question.objects.filter(bank=bank).order_by(F("retired_at").desc(nulls_last=True))
    return dict(rows.values_list("fingerprint", "key_fingerprint"))


def save_parsed(
    *, bank: Bank, by: User | None, questions: Sequence[ParsedQuestion], note: str = "", now: datetime
) -> list[Question]:
    """The questions, made in the order given, with chapters and knowledge points made where missing; ready where `by` may
    review. The caller has judged them: nothing is checked here but the right. Raises NotAllowed, IntegrityError."""
    require(by, Action.BANK_EDIT, bank)
    status = granted_status(by, bank, QuestionVersion.Status.READY)
    with transaction.atomic():
        chapters = {
            path: ensure_chapter(bank=bank, path=path) for path in {q.chapter for q in questions if q.chapter}
        }
        points = ensure_points(bank=bank, names=[name for q in questions for name in q.knowledge_points])
        contents = [content_from_parsed(question) for question in questions]
        made = Question.objects.bulk_create(
            [
                Question(
                    bank=bank,
                    chapter=chapters.get(parsed.chapter),
                    difficulty=parsed.difficulty or Question.Difficulty.MIDDLE,
                    tags=list(parsed.tags),
                    fingerprint=fingerprint_of(content),
                    key_fingerprint=key_fingerprint_of(content),
                    created_by=by,
                )
                for parsed, content in zip(questions, contents, strict=True)
            ],
            batch_size=BATCH,
        )
        QuestionVersion.objects.bulk_create(
            [
                QuestionVersion(
                    question=question,
                    no=1,
                    status=status,
                    kind=content.kind,
                    stem=content.stem,
                    body=content.body,
                    key=content.key,
                    rule=content.rule,
                    explanation=content.explanation,
                    citation=content.citation,
                    change_note=note[:200],
                    created_by=by,
                    created_at=now,
                )
                for question, content in zip(made, contents, strict=True)
            ],
            batch_size=BATCH,
        )
        _point_at_versions(bank, status)
        _link_points(made, questions, points)
        questions_changed.send(Question, question_ids=[question.pk for question in made], now=now)
    return made


def _point_at_versions(bank: Bank, status: str) -> None:
    fresh = Question.objects.filter(bank=bank, latest=None)
    first = QuestionVersion.objects.filter(question=OuterRef("pk"), no=1).values("pk")[:1]
    if status == QuestionVersion.Status.READY:
        fresh.update(latest=Subquery(first), current=Subquery(first))
    else:
        fresh.update(latest=Subquery(first))


def _link_points(
    made: Sequence[Question], questions: Sequence[ParsedQuestion], points: dict[str, KnowledgePoint]
) -> None:
    through = Question.knowledge_points.through
    links = []
    for question, parsed in zip(made, questions, strict=True):
        named = dict.fromkeys(point_name(name) for name in parsed.knowledge_points)
        links += [through(question=question, knowledgepoint=points[name]) for name in named if name in points]
    through.objects.bulk_create(links, batch_size=BATCH * 4)
