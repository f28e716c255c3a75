"""The wrong-answer notebook (错题本): by knowledge point, due today, redo as cards, the member's own notes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from question_bank.exams.models import NotebookEntry, PracticeAnswer
from question_bank.exams.practising import cards, notebook, runs
from question_bank.exams.practising.collecting import collect
from question_bank.exams.practising.errors import NothingToPractise, RunNotFound
from question_bank.exams.practising.overview import Filters, Overview, overview_of

from .member import member
from .practice import SEED_BITS

PAGE = 20
TRIES_SHOWN = 20
TABS = ("due", "all", "left")


@login_required
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    filters = filters_from(request.GET)
    found = _overview(request, filters, now)
    page = Paginator(found.chosen, PAGE).get_page(request.GET.get("page"))
    entries = {
        entry.pk: entry
        for entry in NotebookEntry.objects.of(member(request))
        .filter(pk__in=list(page))
        .select_related("version")
        .only(
            *("wrong_count", "right_streak", "source", "last_wrong_at", "due_date", "left_at", "kept"),
            *("taken_out_at", "note", "question_id", "version__kind", "version__stem"),
        )
    }
    return render(
        request,
        "exams/practice/notebook.html",
        {
            "overview": found,
            "filters": filters,
            "narrowed": asdict(filters) != asdict(Filters(show=filters.show)),
            "tabs": [
                ("due", _("今日复习"), found.due),
                ("all", _("全部错题"), found.active),
                ("left", _("已移出"), found.left),
            ],
            "selects": _selects(found, filters),
            "page_obj": page,
            "entries": [entries[pk] for pk in page if pk in entries],
            "rights": notebook.rights_to_leave(),
            "today": timezone.localdate(now),
            "most": runs.MOST_SLOTS,
        },
    )


def _selects(found: Overview, filters: Filters) -> list[tuple[str, str, object, str]]:
    """Name, label, groups and present value of each filter."""
    return [
        ("point", _("知识点"), found.points, str(filters.point or "")),
        ("source", _("来源"), found.sources, filters.source),
        ("kind", _("题型"), found.kinds, filters.kind),
        ("chapter", _("章节"), found.chapters, str(filters.chapter or "")),
    ]


def _overview(request: HttpRequest, filters: Filters, now: datetime) -> Overview:
    collect(user=member(request), now=now)
    return overview_of(user=member(request), day=timezone.localdate(now), filters=filters)


def filters_from(data: Mapping[str, str]) -> Filters:
    """Unknown values fall back to everything: an old link still shows a page."""
    show = data.get("show", "")
    chapter, point = data.get("chapter", ""), data.get("point", "")
    return Filters(
        show=show if show in TABS else TABS[0],
        source=data.get("source", ""),
        kind=data.get("kind", ""),
        chapter=int(chapter) if chapter.isdecimal() else 0,
        point=int(point) if point.isdecimal() else 0,
    )


@login_required
@require_POST
def redo(request: HttpRequest) -> HttpResponse:
    """Cards of one entry, of what a run got wrong, or of what the filters choose."""
    now = timezone.now()
    entries = NotebookEntry.objects.of(member(request)).select_related("question")
    one, run = request.POST.get("entry", ""), request.POST.get("run", "")
    if one.isdecimal():
        chosen = list(entries.filter(pk=int(one)))
    elif run.isdecimal():
        wrong = PracticeAnswer.objects.filter(run=int(run), run__user=member(request), correct=False)
        chosen = list(entries.filter(question__in=wrong.values("version__question")).order_by("pk"))
    else:
        pks = _overview(request, filters_from(request.POST), now).chosen[: runs.MOST_SLOTS]
        by_pk = entries.in_bulk(list(pks))
        chosen = [by_pk[pk] for pk in pks if pk in by_pk]
    try:
        made = runs.start_redo(entries=chosen, by=member(request), seed=secrets.randbits(SEED_BITS), now=now)
    except NothingToPractise as error:
        messages.info(request, str(error))
        return redirect("notebook")
    return redirect("practice_slot", run_id=made.pk, slot=1)


@login_required
@never_cache
@require_GET
def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One question with the own wrong answer, the key and why, every try, and the note."""
    now = timezone.now()
    collect(user=member(request), now=now)
    found = get_object_or_404(
        NotebookEntry.objects.of(member(request)).select_related(
            "version", "question__chapter", "question__bank"
        ),
        pk=entry_id,
    )
    card = cards.judged(cards.item_of(found.version), found.version, found.last_answer, False)
    return render(
        request,
        "exams/practice/entry.html",
        {
            "entry": found,
            "card": card,
            "tries": found.tries.order_by("-at", "-pk")[:TRIES_SHOWN],
            "rights": notebook.rights_to_leave(),
            "today": timezone.localdate(now),
            "newer": found.question.current_id not in (None, found.version_id),
            "points": list(found.question.knowledge_points.order_by("name")),
            "note_chars": notebook.NOTE_CHARS,
        },
    )


@login_required
@require_POST
def change(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Note, keep, let the streak decide again, or take out."""
    act, by = request.POST.get("act", ""), member(request)
    try:
        match act:
            case "note":
                notebook.write_note(entry_id=entry_id, text=request.POST.get("note", ""), by=by)
                messages.success(request, _("笔记已保存。"))
            case "keep":
                notebook.keep_entry(entry_id=entry_id, keep=True, by=by)
                messages.success(request, _("这道题会一直保留在错题本里。"))
            case "release":
                notebook.keep_entry(entry_id=entry_id, keep=False, by=by)
                messages.success(request, _("连续答对后，这道题会自动移出。"))
            case "take_out":
                notebook.take_out_entry(entry_id=entry_id, by=by, now=timezone.now())
                messages.success(request, _("这道题已移出错题本；再答错时会重新收进来。"))
            case _:
                raise Http404
    except RunNotFound as error:
        raise Http404 from error
    return redirect("notebook_entry", entry_id=entry_id)
