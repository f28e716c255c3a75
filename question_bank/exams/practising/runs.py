"""A practice run from start to finish: one answer a slot, judged at once by engine.marking, and told to the
notebook."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from learning.organisation.models import User
from question_bank.engine.kinds import PaperItem, is_blank, validate_answer
from question_bank.engine.marking import mark
from question_bank.exams.models import NotebookEntry, PracticeAnswer, PracticeRun
from question_bank.questions.models import Bank, QuestionVersion

from .banks import shelves_of
from .drawing import next_stretch, practice_paper, random_versions
from .errors import AnotherQuestion, AnsweredBefore, NothingToPractise, RunFinished, RunNotFound
from .notebook import Outcome, hold_notebook, record_outcomes

SIZES = (10, 20, 50, 100)
MOST_SLOTS = 100

Mode = PracticeRun.Mode


@dataclass(frozen=True, slots=True)
class Choice:
    """What to practise: `n` questions of a bank that the member may practise from, or of one chapter and
    below."""

    bank: Bank
    mode: str
    n: int
    chapter_id: int | None = None


def start_run(*, choice: Choice, by: User, seed: int, day: date, now: datetime) -> PracticeRun:
    """A new run; an unfinished one of the same sort is finished as it stands. By order and in a chapter it
    goes on where the last such run stopped. Raises NothingToPractise."""
    shelves = shelves_of(choice.bank, day=day)
    questions: Collection[tuple[int, int]] = shelves.questions
    if choice.chapter_id is not None:
        shelf = shelves.within(choice.chapter_id)
        questions = shelf.questions if shelf else ()
    n = min(choice.n, MOST_SLOTS)
    same = PracticeRun.objects.filter(user=by, bank=choice.bank, mode=choice.mode, chapter=choice.chapter_id)
    if choice.mode == Mode.RANDOM:
        versions = random_versions(questions, n=n, seed=seed, met=_met(by, choice.bank))
    else:
        stretch = next_stretch(tuple(questions), after=_stopped_at(same.order_by("-pk").first()), n=n)
        versions = tuple(version for _, version in stretch)
    if not versions:
        raise NothingToPractise
    paper = practice_paper(versions, seed=seed, shuffle=choice.mode == Mode.RANDOM)
    with transaction.atomic():
        same.filter(finished_at=None).update(finished_at=now)
        return PracticeRun.objects.create(
            user=by,
            bank=choice.bank,
            chapter_id=choice.chapter_id,
            mode=choice.mode,
            seed=seed,
            paper=paper,
            started_at=now,
        )


def _met(user: User, bank: Bank) -> set[int]:
    answers = PracticeAnswer.objects.filter(run__user=user, version__question__bank=bank)
    return set(answers.values_list("version__question_id", flat=True))


def _stopped_at(run: PracticeRun | None) -> int | None:
    """The question of the last slot answered; of an untouched run nothing."""
    if run is None:
        return None
    last = run.answers.order_by("-slot").values_list("version__question_id", flat=True)
    return last.first()


def start_redo(
    *, entries: Collection[NotebookEntry], by: User, seed: int, now: datetime, bank: Bank | None = None
) -> PracticeRun:
    """The member's own entries (with their questions) as a set of cards, at most 100: each question as it
    reads now, or as it read when it was answered wrongly if nothing is ready. Raises NothingToPractise."""
    versions = [entry.question.current_id or entry.version_id for entry in entries][:MOST_SLOTS]
    if not versions:
        raise NothingToPractise
    paper = practice_paper(versions, seed=seed, shuffle=False)
    with transaction.atomic():
        same = PracticeRun.objects.filter(user=by, bank=bank, mode=Mode.WRONG, finished_at=None)
        same.update(finished_at=now)
        return PracticeRun.objects.create(
            user=by, bank=bank, mode=Mode.WRONG, seed=seed, paper=paper, started_at=now
        )


def answer_slot(
    *, run_id: int, slot: int, version_id: int, answer: object, by: User, now: datetime
) -> PracticeAnswer:
    """The answer as kept, with its verdict; `correct` is None for a text that the member judges. None as
    answer gives up: wrong. The last slot finishes the run.

    Raises RunNotFound, RunFinished, AnotherQuestion, AnsweredBefore, engine.kinds.InvalidAnswer.
    """
    with transaction.atomic():
        run, item = _locked_slot(run_id, slot, by)
        if item.version != version_id:
            raise AnotherQuestion
        answered = set(run.answers.values_list("slot", flat=True))
        if slot in answered:
            raise AnsweredBefore
        if run.finished_at is not None:
            raise RunFinished
        given = validate_answer(item, answer)
        version = QuestionVersion.objects.select_related("question__bank").get(pk=item.version)
        marked = mark(
            item.kind, version.key, version.rule, given, item.max_mark, option_count=len(item.options)
        )
        kept = PracticeAnswer.objects.create(
            run=run,
            slot=slot,
            version=version,
            answer=None if is_blank(given) else given,
            correct=marked.correct,
            at=now,
        )
        if len(answered) + 1 == len(run.paper):
            run.finished_at = now
            run.save(update_fields=["finished_at"])
        _tell_notebook(run, kept)
    return kept


def judge_slot(*, run_id: int, slot: int, correct: bool, by: User) -> PracticeAnswer:
    """The member's own verdict on a text; the first one stands. Raises RunNotFound, AnsweredBefore."""
    with transaction.atomic():
        run, _item = _locked_slot(run_id, slot, by)
        kept = run.answers.select_related("version__question__bank").filter(slot=slot).first()
        if kept is None:
            raise RunNotFound
        if kept.correct is not None:
            raise AnsweredBefore
        kept.correct = correct
        kept.save(update_fields=["correct"])
        _tell_notebook(run, kept)
    return kept


def finish_run(*, run_id: int, by: User, now: datetime) -> PracticeRun:
    """The run with its finish; what was not answered stays so. Again: unchanged. Raises RunNotFound."""
    with transaction.atomic():
        run = _locked_run(run_id, by)
        if run.finished_at is None:
            run.finished_at = now
            run.save(update_fields=["finished_at"])
    return run


def _locked_run(run_id: int, by: User) -> PracticeRun:
    run = PracticeRun.objects.select_for_update(of=("self",)).filter(pk=run_id, user=by).first()
    if run is None:
        raise RunNotFound
    return run


def _locked_slot(run_id: int, slot: int, by: User) -> tuple[PracticeRun, PaperItem]:
    run = _locked_run(run_id, by)
    if not 1 <= slot <= len(run.paper):
        raise RunNotFound
    return run, PaperItem.from_json(run.paper[slot - 1])


def _tell_notebook(run: PracticeRun, kept: PracticeAnswer) -> None:
    if kept.correct is None:
        return
    question: Any = kept.version.question
    hold_notebook(run.user_id)
    record_outcomes(
        user_id=run.user_id,
        outcomes=[
            Outcome(
                question_id=question.pk,
                version_id=kept.version_id,
                answer=kept.answer,
                correct=kept.correct,
                at=kept.at,
                source_kind=NotebookEntry.SourceKind.PRACTICE,
                source=question.bank.name,
                redo=run.mode == Mode.WRONG,
                practice_id=kept.pk,
            )
        ],
    )
