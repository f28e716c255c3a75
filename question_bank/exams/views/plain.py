"""Taking an exam without script: saving one question, the overview, handing in. The same rules as the lane's."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from question_bank.engine.kinds import is_blank
from question_bank.exams.clock import OPEN_STATES, remaining_ms
from question_bank.exams.errors import AttemptClosed, ExamError, TimeRemains
from question_bank.exams.models import Attempt
from question_bank.exams.outcome import stored_items
from question_bank.exams.papers import shown_items, shown_sections
from question_bank.exams.saving import Op, OpKind, OpsReply, apply_ops
from question_bank.exams.taking.closing import locked_attempt
from question_bank.exams.taking.submitting import submit_attempt

from .attempt import after_the_end, attempt_page, own_attempt
from .forms import Incomplete, answer_from, as_typed
from .member import member

SAVED = ("applied", "grace", "duplicate")


@never_cache
@login_required
@require_POST
def attempt_save(request: HttpRequest, attempt_id: int) -> HttpResponse:
    """Saves one slot and goes where the button says; what could not be saved is shown again as it was typed."""
    now = timezone.now()
    attempt = own_attempt(member(request), attempt_id, now)
    item = _item(attempt, request.POST.get("slot", ""))
    slot = item["slot"]
    try:
        ops = _ops(request, item, now)
    except Incomplete as error:
        return _again(request, attempt, item, str(error), now, status=422)
    with transaction.atomic():
        locked = locked_attempt(attempt.pk)
        reply = apply_ops(attempt=locked, client=plain_client(request), ops=ops, now=now)
    if reply.closed:
        messages.warning(request, _("作答已经结束，这次的修改没有计入，已留存备查。"))
        return after_the_end(own_attempt(member(request), attempt_id, now))
    problem = _problem(reply, ops)
    if problem:
        return _again(request, attempt, item, problem, now, status=409)
    if now >= locked.deadline_at:
        return _hand_in(request, attempt, "time_up", now)
    return redirect(_next_page(request, attempt, slot))


@never_cache
@login_required
@require_GET
def attempt_summary(request: HttpRequest, attempt_id: int) -> HttpResponse:
    """Every slot with its state; ?confirm asks for the second deliberate tap."""
    now = timezone.now()
    attempt = own_attempt(member(request), attempt_id, now)
    if attempt.state not in OPEN_STATES:
        return after_the_end(attempt)
    rows = stored_items(attempt)
    tiles: list[dict[str, Any]] = []
    for slot, item in enumerate(attempt.paper, start=1):
        row = rows.get(slot)
        tiles.append(
            {
                "slot": slot,
                "section": item["s"],
                "answered": row is not None and not is_blank(row.answer),
                "flagged": bool(row and row.flagged),
            }
        )
    sections = [
        {"title": section["title"], "tiles": [tile for tile in tiles if tile["section"] == number]}
        for number, section in enumerate(shown_sections(attempt.rules))
    ]
    context = {
        "attempt": attempt,
        "sections": [section for section in sections if section["tiles"]],
        "unanswered": [tile for tile in tiles if not tile["answered"]],
        "flagged": [tile for tile in tiles if tile["flagged"]],
        "answered": sum(tile["answered"] for tile in tiles),
        "total": len(tiles),
        "remaining_ms": remaining_ms(attempt, now),
        "confirm": "confirm" in request.GET,
    }
    return render(request, "exams/attempt_summary.html", context)


@never_cache
@login_required
@require_POST
def attempt_submit(request: HttpRequest, attempt_id: int) -> HttpResponse:
    now = timezone.now()
    attempt = own_attempt(member(request), attempt_id, now)
    if attempt.state not in OPEN_STATES:
        return after_the_end(attempt)
    return _hand_in(request, attempt, "self", now)


def plain_client(request: HttpRequest) -> str:
    """One client for all plain forms of a session: there is no load of a player to name."""
    return "plain-" + salted_hmac("exams.plain", request.session.session_key or "").hexdigest()[:24]


def _item(attempt: Attempt, slot: str) -> dict[str, Any]:
    if not slot.isdecimal() or not 1 <= int(slot) <= len(attempt.paper):
        raise Http404
    return shown_items(attempt.paper)[int(slot) - 1]


def _ops(request: HttpRequest, item: dict[str, Any], now: datetime) -> list[Op]:
    """The view, the flag and the answer as the form has them; an empty answer is none, clearing is a button. Raises
    Incomplete."""
    form, slot = request.POST, item["slot"]
    name = form.get("op", "")[:40] or secrets.token_hex(8)
    seq = int(now.timestamp() * 1000)
    ops = [Op(f"{name}-v", seq, OpKind.VIEW, slot)]
    if ("flagged" in form) != (form.get("was_flagged") == "1"):
        ops.append(Op(f"{name}-f", seq + 1, OpKind.FLAG, slot, flagged="flagged" in form))
    base = int(form["base"]) if form.get("base", "").isdecimal() else 0
    if form.get("then") == "clear":
        ops.append(Op(f"{name}-a", seq + 2, OpKind.ANSWER, slot, base=base, answer=None))
        return ops
    answer = answer_from(item, form)
    if not is_blank(answer):
        ops.append(Op(f"{name}-a", seq + 2, OpKind.ANSWER, slot, base=base, answer=answer))
    return ops


def _problem(reply: OpsReply, ops: list[Op]) -> str:
    """Why the form is shown again; "" if everything is saved."""
    verdicts = {reply.verdicts[op.id].value for op in ops if op.kind is OpKind.ANSWER}
    if "readonly" in {verdict.value for verdict in reply.verdicts.values()}:
        return _("考试已暂停，还不能保存。您填写的内容都在下面，恢复后请再按一次。")
    if "stale" in verdicts:
        return _("这道题在另一处有更新的答案，没有被覆盖。下面是您刚才填写的内容；再按一次就会替换它。")
    if verdicts - set(SAVED):
        return _("这道题的答案未被接受，可能太长或格式不对。您填写的内容都在下面。")
    return ""


def _again(
    request: HttpRequest, attempt: Attempt, item: dict[str, Any], problem: str, now: datetime, *, status: int
) -> HttpResponse:
    typed = as_typed(item, request.POST)
    return attempt_page(
        request, attempt, now=now, slot=item["slot"], question=typed, problem=problem, status=status
    )


def _next_page(request: HttpRequest, attempt: Attempt, slot: int) -> str:
    then = request.POST.get("then", "next")
    page = reverse("attempt", args=[attempt.pk])
    if then == "summary" or (then == "next" and slot == len(attempt.paper)):
        return reverse("attempt_summary", args=[attempt.pk])
    step = {"next": 1, "previous": -1}.get(then, 0)
    return f"{page}?slot={max(1, slot + step)}"


def _hand_in(request: HttpRequest, attempt: Attempt, reason: str, now: datetime) -> HttpResponse:
    try:
        submit_attempt(
            attempt_id=attempt.pk,
            by=member(request),
            client=plain_client(request),
            ops=[],
            reason=reason,
            now=now,
        )
    except TimeRemains:
        return redirect("attempt", attempt.pk)
    except AttemptClosed:
        return redirect("exam_start", attempt.exam_id)
    except ExamError as error:
        messages.warning(request, str(error))
        return redirect("attempt_summary", attempt.pk)
    return redirect("attempt_receipt", attempt.pk)
