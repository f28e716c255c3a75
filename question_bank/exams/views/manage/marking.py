"""The marking desk, by question and without names: overview, the next answer, its mark, looking back."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from learning.organisation.admin.screens import found, tell, user_of, warn
from learning.organisation.permissions import Action
from question_bank.exams.errors import ExamError
from question_bank.exams.models import Attempt, Exam, SavedComment
from question_bank.exams.organising import marking_desk
from question_bank.exams.organising.forms import MarkForm
from question_bank.exams.organising.marking_desk import Answer, QuestionQueue
from question_bank.questions.models import QuestionVersion

from .builder import short_stem
from .doors import door, go, link, may_mark, page, watched_exam


def _exam_to_mark(request: HttpRequest, exam_id: int) -> Exam:
    """The exam, if the person marks it or the people of a group that sits it; otherwise 404. Whoever gets it reads the
    answers through `_attempts`."""
    exam = watched_exam(request, exam_id, Action.EXAM_MARK)
    if exam.state == Exam.State.DRAFT or not may_mark(request, exam):
        raise Http404
    return exam


def _attempts(request: HttpRequest, exam: Exam) -> QuerySet[Attempt]:
    return Attempt.objects.markable(user_of(request), exam)


def _queue(request: HttpRequest, exam: Exam, version_id: int) -> QuestionQueue:
    for queue in marking_desk.queues(_attempts(request, exam)):
        if queue.version_id == version_id:
            return queue
    raise Http404


@door
@require_GET
def marking_overview(request: HttpRequest, exam_id: int) -> HttpResponse:
    exam = _exam_to_mark(request, exam_id)
    queues = marking_desk.queues(_attempts(request, exam))
    versions = QuestionVersion.objects.in_bulk([queue.version_id for queue in queues])
    context = {
        "rows": [
            {
                "queue": queue,
                "stem": short_stem(versions[queue.version_id].stem),
                "kind": versions[queue.version_id].get_kind_display(),
            }
            for queue in queues
        ],
        "waiting": sum(queue.waiting for queue in queues),
        "attempts_waiting": marking_desk.waiting_count(_attempts(request, exam)),
    }
    return page(
        request, "exams/manage/marking.html", context, title=_("阅卷"), exam=exam, tab="manage_marking"
    )


@door
@require_GET
def marking_next(request: HttpRequest, exam_id: int, version_id: int) -> HttpResponse:
    """Leads to the next answer without a mark that nobody else has before them."""
    exam = _exam_to_mark(request, exam_id)
    queue = _queue(request, exam, version_id)
    answer = marking_desk.claim_next(queue=queue, by=user_of(request), now=timezone.now())
    if answer is None:
        if queue.waiting:
            warn(request, _("剩下的 %(count)s 份正在由其他阅卷人评阅。") % {"count": queue.waiting})
        else:
            tell(request, _("这道题已全部评完。"))
        return go(request, "manage_marking", exam.pk)
    return go(request, "manage_marking_item", exam.pk, version_id, answer.attempt_id, answer.slot)


@door
def marking_item(
    request: HttpRequest, exam_id: int, version_id: int, attempt_id: int, slot: int
) -> HttpResponse:
    """One answer: read it beside the reference, give a mark, go on. A mark given already may be given anew."""
    exam = _exam_to_mark(request, exam_id)
    queue = _queue(request, exam, version_id)
    answer = marking_desk.find(queue.answers, attempt_id, slot)
    if answer is None:
        raise Http404
    now, user = timezone.now(), user_of(request)
    if answer.mark is None and not marking_desk.take_claim(answer=answer, by=user, now=now):
        warn(request, _("这份作答正在由其他阅卷人评阅。"))
        return go(request, "manage_marking_next", exam.pk, version_id)
    written = marking_desk.written(attempt_id=answer.attempt_id, slot=answer.slot)
    form = MarkForm(
        request.POST or None,
        max_mark=answer.max_mark,
        initial={"value": answer.mark, "seen_mark": answer.seen_mark, "seen_rev": written.rev},
    )
    if request.method == "POST" and form.is_valid():
        try:
            _mark(request, exam, answer, version_id, form.cleaned_data)
        except marking_desk.MarkedMeanwhile as error:
            warn(request, str(error))
            return go(request, "manage_marking_next", exam.pk, version_id)
        except ExamError as error:
            form.add_error("value", str(error))
        else:
            return _after(request, exam, queue, answer)
    return _item_page(request, exam, queue, answer, form, written.text)


def _mark(request: HttpRequest, exam: Exam, answer: Answer, version_id: int, data: dict[str, Any]) -> None:
    user = user_of(request)
    marking_desk.give_mark(
        attempt_id=answer.attempt_id,
        slot=answer.slot,
        value=data["value"],
        comment=data["comment"],
        seen_mark=data["seen_mark"],
        seen_rev=data["seen_rev"],
        by=user,
        now=timezone.now(),
    )
    if data["comment"].strip():
        marking_desk.count_use(by=user, version_id=version_id, comment=data["comment"])
        if "keep_comment" in request.POST:
            version = found(QuestionVersion.objects.all(), version_id)
            marking_desk.save_comment(by=user, version=version, text=data["comment"])


def _after(request: HttpRequest, exam: Exam, queue: QuestionQueue, answer: Answer) -> HttpResponse:
    """After a first mark the next answer; after a changed one the same, to be looked at."""
    if answer.mark is not None:
        tell(request, _("评分已修改，原来的评分保留在记录中。"))
        return go(request, "manage_marking_item", exam.pk, queue.version_id, answer.attempt_id, answer.slot)
    return go(request, "manage_marking_next", exam.pk, queue.version_id)


def _item_page(
    request: HttpRequest, exam: Exam, queue: QuestionQueue, answer: Answer, form: MarkForm, text: str
) -> HttpResponse:
    user = user_of(request)
    version = found(QuestionVersion.objects.all(), queue.version_id)
    before, after = marking_desk.neighbours(queue, answer)
    key = version.key
    context = {
        "queue": queue,
        "answer": answer,
        "text": text,
        "version": version,
        "reference": key.get("text", "") if isinstance(key, dict) else key or "",
        "rubric": key.get("rubric", "") if isinstance(key, dict) else "",
        "form": form,
        "buttons": marking_desk.mark_buttons(answer.max_mark),
        "place": queue.answers.index(answer) + 1,
        "before": before,
        "after": after,
        "history": marking_desk.history_of(attempt_id=answer.attempt_id, slot=answer.slot),
        "saved": list(SavedComment.objects.filter(by=user, version=version).order_by("-used", "text")),
        "others": marking_desk.others_at_work(queue, by=user, now=timezone.now()),
    }
    return page(
        request,
        "exams/manage/marking_item.html",
        context,
        title=_("第 %(place)s/%(total)s 份") % {"place": context["place"], "total": queue.total},
        exam=exam,
        trail=[(link(request, "manage_marking", exam.pk), _("阅卷"))],
        status=422 if form.is_bound else 200,
    )


@door
@require_POST
def comment_remove(request: HttpRequest, exam_id: int, comment_id: int) -> HttpResponse:
    exam = _exam_to_mark(request, exam_id)
    comment = found(SavedComment.objects.filter(by=user_of(request)), comment_id)
    version_id = comment.version_id
    comment.delete()
    tell(request, _("常用评语已删除。"))
    return go(request, "manage_marking_next", exam.pk, version_id)
