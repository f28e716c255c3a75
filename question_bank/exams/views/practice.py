"""Free practice, a page a question: works as plain forms, and the form names its question."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from question_bank.engine.kinds import InvalidAnswer, PaperItem, is_blank
from question_bank.exams.models import NotebookEntry, PracticeAnswer, PracticeRun
from question_bank.exams.papers import shown_items
from question_bank.exams.practising import cards, runs
from question_bank.exams.practising.banks import practice_banks, practisable, shelves_of
from question_bank.exams.practising.collecting import collect
from question_bank.exams.practising.errors import (
    AnotherQuestion,
    AnsweredBefore,
    NothingToPractise,
    RunFinished,
    RunNotFound,
)
from question_bank.exams.practising.summary import summary_of
from question_bank.questions.models import Bank, QuestionVersion

from .forms import Incomplete, answer_from, as_typed, form_question
from .member import member

SEED_BITS = 62
RUNS_SHOWN = 5
DEFAULT_SIZE = 20


@login_required
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The banks open to the member, and the runs that can be gone on with."""
    day = timezone.localdate()
    banks = list(practice_banks(member(request), day=day).select_related("owner_unit").order_by("name"))
    counts = Counter(
        dict(
            practisable([bank.pk for bank in banks], day=day)
            .order_by()
            .values_list("bank")
            .annotate(n=Count("pk"))
        )
    )
    mine = (
        PracticeRun.objects.filter(user=member(request))
        .select_related("bank", "chapter")
        .annotate(answered=Count("answers"))
    )
    return render(
        request,
        "exams/practice/index.html",
        {
            "banks": [(bank, counts[bank.pk]) for bank in banks],
            "open_runs": mine.filter(finished_at=None).order_by("-started_at")[:RUNS_SHOWN],
            "finished_runs": mine.exclude(finished_at=None).order_by("-finished_at")[:RUNS_SHOWN],
        },
    )


@login_required
@never_cache
def bank(request: HttpRequest, bank_id: int) -> HttpResponse:
    """How to practise this bank; POST begins."""
    now = timezone.now()
    day = timezone.localdate(now)
    chosen = get_object_or_404(practice_banks(member(request), day=day), pk=bank_id)
    collect(user=member(request), now=now)
    wrong = NotebookEntry.objects.of(member(request)).active().filter(question__bank=chosen)
    if request.method == "POST":
        seed = secrets.randbits(SEED_BITS)
        try:
            if request.POST.get("mode") == PracticeRun.Mode.WRONG:
                entries = wrong.select_related("question").order_by("due_date", "pk")[: runs.MOST_SLOTS]
                run = runs.start_redo(
                    entries=list(entries), by=member(request), seed=seed, now=now, bank=chosen
                )
            else:
                run = runs.start_run(
                    choice=_choice(request, chosen), by=member(request), seed=seed, day=day, now=now
                )
        except NothingToPractise as error:
            messages.info(request, str(error))
            return redirect("practice_bank", bank_id=bank_id)
        return redirect("practice_slot", run_id=run.pk, slot=1)
    shelves = shelves_of(chosen, day=day)
    unfinished = (
        PracticeRun.objects.filter(user=member(request), bank=chosen, finished_at=None)
        .select_related("bank", "chapter")
        .annotate(answered=Count("answers"))
        .order_by("-started_at")[:RUNS_SHOWN]
    )
    return render(
        request,
        "exams/practice/bank.html",
        {
            "bank": chosen,
            "shelves": shelves,
            "total": len(shelves.questions),
            "wrong": wrong.count(),
            "sizes": runs.SIZES,
            "size": DEFAULT_SIZE,
            "open_runs": unfinished,
        },
    )


def _choice(request: HttpRequest, bank: Bank) -> runs.Choice:
    size = request.POST.get("n", "")
    n = int(size) if size.isdecimal() and int(size) in runs.SIZES else DEFAULT_SIZE
    chapter = request.POST.get("chapter", "")
    if chapter.isdecimal():
        return runs.Choice(bank, PracticeRun.Mode.CHAPTER, n, int(chapter))
    random = request.POST.get("mode") == PracticeRun.Mode.RANDOM
    return runs.Choice(bank, PracticeRun.Mode.RANDOM if random else PracticeRun.Mode.ORDER, n)


@dataclass(frozen=True, slots=True)
class Tile:
    """One slot on the answer sheet; `state` is right, wrong, answered (not judged) or ""."""

    slot: int
    state: str
    label: str
    current: bool


@login_required
@require_GET
def resume(request: HttpRequest, run_id: int) -> HttpResponse:
    """To the first question that is not answered yet."""
    run = _own_run(request, run_id)
    answered = set(run.answers.values_list("slot", flat=True))
    slot = next((n for n in range(1, len(run.paper) + 1) if n not in answered), None)
    if run.finished_at is not None or slot is None:
        return redirect("practice_summary", run_id=run.pk)
    return redirect("practice_slot", run_id=run.pk, slot=slot)


@login_required
@never_cache
def slot(request: HttpRequest, run_id: int, slot: int) -> HttpResponse:
    """The question as a form, or once answered with its verdict; POST answers it."""
    run = _own_run(request, run_id)
    if not 1 <= slot <= len(run.paper):
        raise Http404
    answers = {kept.slot: kept for kept in run.answers.all()}
    if slot not in answers:
        if run.finished_at is not None:
            return redirect("practice_summary", run_id=run.pk)
        if not _still_open(request, run):
            messages.info(request, _("这个题库已不再对您开放练习。"))
            return redirect("practice_summary", run_id=run.pk)
    shown = shown_items(run.paper[slot - 1 : slot])[0]
    problem = _answer(request, run, slot, shown) if request.method == "POST" else ""
    if request.method == "POST" and not problem:
        return redirect("practice_slot", run_id=run.pk, slot=slot)
    context: dict[str, Any] = {
        "run": run,
        "slot": slot,
        "total": len(run.paper),
        "answered": len(answers),
        "problem": problem,
        "tiles": _tiles(run, answers, slot),
        "next_url": _next_url(run, answers, slot),
    }
    if slot in answers:
        item, kept = PaperItem.from_json(run.paper[slot - 1]), answers[slot]
        version = QuestionVersion.objects.get(pk=item.version)
        context["card"] = cards.judged(item, version, kept.answer, kept.correct)
    else:
        context["question"] = as_typed(shown, request.POST) if problem else form_question(shown, None)
        context["version_id"] = run.paper[slot - 1]["v"]
    return render(request, "exams/practice/slot.html", context, status=422 if problem else 200)


def _answer(request: HttpRequest, run: PracticeRun, slot: int, shown: dict[str, Any]) -> str:
    """Answers the slot as the form says; why it was not taken, where the member can mend it."""
    given: object = None
    version = request.POST.get("version", "")
    try:
        if "give_up" not in request.POST:
            given = answer_from(shown, request.POST)
            if is_blank(given):
                return _("请先作答；不会做时，可以选“看答案”。")
        runs.answer_slot(
            run_id=run.pk,
            slot=slot,
            version_id=int(version) if version.isdecimal() else 0,
            answer=given,
            by=member(request),
            now=timezone.now(),
        )
    except Incomplete as error:
        return str(error)
    except InvalidAnswer:
        return _("答案的格式不对或者太长，请修改后再提交。")
    except AnsweredBefore as error:
        messages.info(request, str(error))
    except (AnotherQuestion, RunFinished) as error:
        messages.warning(request, str(error))
    return ""


def _still_open(request: HttpRequest, run: PracticeRun) -> bool:
    """A redo is of the member's own errors; a bank's run goes on only while the bank is open to the member."""
    if run.bank_id is None or run.mode == PracticeRun.Mode.WRONG:
        return True
    return practice_banks(member(request), day=timezone.localdate()).filter(pk=run.bank_id).exists()


@login_required
@require_POST
def judge(request: HttpRequest, run_id: int, slot: int) -> HttpResponse:
    """The member's own verdict on a text."""
    try:
        runs.judge_slot(
            run_id=run_id, slot=slot, correct=request.POST.get("correct") == "yes", by=member(request)
        )
    except RunNotFound as error:
        raise Http404 from error
    except AnsweredBefore:
        messages.info(request, _("这道题已经评过，以第一次为准。"))
    return redirect("practice_slot", run_id=run_id, slot=slot)


@login_required
@require_POST
def finish(request: HttpRequest, run_id: int) -> HttpResponse:
    try:
        runs.finish_run(run_id=run_id, by=member(request), now=timezone.now())
    except RunNotFound as error:
        raise Http404 from error
    return redirect("practice_summary", run_id=run_id)


@login_required
@never_cache
@require_GET
def summary(request: HttpRequest, run_id: int) -> HttpResponse:
    """What came of the run, by knowledge point too."""
    run = _own_run(request, run_id)
    answers = {kept.slot: kept for kept in run.answers.all()}
    return render(
        request,
        "exams/practice/summary.html",
        {
            "run": run,
            "summary": summary_of(run, list(answers.values())),
            "tiles": _tiles(run, answers, 0),
        },
    )


def _own_run(request: HttpRequest, run_id: int) -> PracticeRun:
    return get_object_or_404(
        PracticeRun.objects.select_related("bank", "chapter"), pk=run_id, user=member(request)
    )


def _tiles(run: PracticeRun, answers: dict[int, PracticeAnswer], current: int) -> list[Tile]:
    words = {
        "right": _("第%(n)s题，正确"),
        "wrong": _("第%(n)s题，错误"),
        "answered": _("第%(n)s题，已作答，未自评"),
        "": _("第%(n)s题，未作答"),
    }
    tiles = []
    for n in range(1, len(run.paper) + 1):
        kept = answers.get(n)
        state = "" if kept is None else {True: "right", False: "wrong", None: "answered"}[kept.correct]
        label = words[state] % {"n": n}
        tiles.append(Tile(n, state, label + (_("，当前题") if n == current else ""), n == current))
    return tiles


def _next_url(run: PracticeRun, answers: dict[int, PracticeAnswer], slot: int) -> str:
    """The next question without an answer, round the end; "" when there is none but this one."""
    total = len(run.paper)
    if run.finished_at is None:
        for step in range(1, total):
            n = (slot - 1 + step) % total + 1
            if n not in answers:
                return reverse("practice_slot", args=[run.pk, n])
    return ""
