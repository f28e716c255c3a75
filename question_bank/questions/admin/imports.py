"""Bringing a file in: upload, progress, preview with mending, confirm or discard, sheets to download."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from django import forms
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from wagtail.admin import messages
from wagtail.admin.widgets.button import HeaderButton

from learning.organisation.admin.screens import found
from learning.organisation.permissions import Action
from question_bank.engine.kinds import Kind
from question_bank.questions.content import content_from_parsed
from question_bank.questions.errors import QuestionBankError
from question_bank.questions.exchange.grids import MAX_FILE_BYTES
from question_bank.questions.exchange.messages import TEMPLATES
from question_bank.questions.exchange.records import RawRecord
from question_bank.questions.exchange.verdicts import ParsedQuestion
from question_bank.questions.models import Bank, ImportJob, ImportRow, QuestionVersion
from question_bank.questions.presenting import ShownQuestion, with_key
from question_bank.questions.services import imports
from question_bank.questions.sheets import rejected_workbook, template_workbook
from question_bank.questions.tasks import check_import

from .access import BehindAction, RoomPage

logger = logging.getLogger("dangxiao.questions")

Verdict = ImportRow.Verdict
ROWS_A_PAGE = 50
SEPARATORS = [
    ("", gettext_lazy("每空只有一个答案")),
    ("/", gettext_lazy("用 / 分隔")),
    ("|", gettext_lazy("用 | 分隔")),
]


def words(code: str, params: dict[str, Any], fallback: str) -> str:
    """A code of the importer in the reader's language."""
    return _(TEMPLATES[code]).format_map(params) if code in TEMPLATES else fallback


def said_of(question: ParsedQuestion) -> list[str]:
    """The reason of a verdict and the warnings, in words."""
    said = []
    if question.reason:
        said.append(words(question.reason, dict(question.reason_params), question.message))
    return said + [words(each.code, dict(each.params), each.message) for each in question.warnings]


class UploadForm(forms.Form):
    bank = forms.ModelChoiceField(label=gettext_lazy("导入到题库"), queryset=Bank.objects.none())
    file = forms.FileField(
        label=gettext_lazy("文件"), help_text=gettext_lazy("Excel（.xlsx、.xls）或 CSV，不超过 20 MB。")
    )
    alternatives_separator = forms.ChoiceField(
        label=gettext_lazy("填空题同一空的多个答案"), choices=SEPARATORS, required=False
    )
    default_kind = forms.ChoiceField(
        label=gettext_lazy("没有写题型的行"),
        choices=[("", gettext_lazy("由内容推断")), *QuestionVersion.Kind.choices[:6]],
        required=False,
    )
    hidden_sheets = forms.BooleanField(label=gettext_lazy("也读取隐藏的工作表"), required=False)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE_BYTES:
            raise forms.ValidationError(
                _("文件过大，上限为 %(limit)d MB。") % {"limit": MAX_FILE_BYTES // 1024 // 1024}
            )
        return file

    def settings(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "alternatives_separator": data["alternatives_separator"] or None,
            "default_kind": data["default_kind"] or None,
            "hidden_sheets": data["hidden_sheets"],
        }


class MendForm(forms.Form):
    """A row's texts as the file's own reading understood them; judged again by the same rules."""

    kind = forms.ChoiceField(label=gettext_lazy("题型"), choices=QuestionVersion.Kind.choices[:7])
    stem = forms.CharField(
        label=gettext_lazy("题干"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    options = forms.CharField(
        label=gettext_lazy("选项"),
        widget=forms.Textarea(attrs={"rows": 5}),
        required=False,
        help_text=gettext_lazy("每行一个，不写字母；第一行是 A。"),
    )
    answer = forms.CharField(
        label=gettext_lazy("答案"),
        widget=forms.Textarea(attrs={"rows": 1}),
        required=False,
        help_text=gettext_lazy("单选、多选写字母；判断写“对”或“错”；填空各空用分号分隔。"),
    )
    explanation = forms.CharField(
        label=gettext_lazy("解析"), widget=forms.Textarea(attrs={"rows": 2}), required=False
    )

    @classmethod
    def showing(cls, question: ParsedQuestion) -> MendForm:
        return cls(
            initial={
                "kind": question.kind or Kind.SINGLE,
                "stem": question.stem,
                "options": "\n".join(option.replace("\n", " ") for option in question.options),
                "answer": answer_text(question),
                "explanation": question.explanation,
            }
        )

    def record(self, before: ParsedQuestion) -> RawRecord:
        """The texts as a row of a file; what the form does not show stays as it was read."""
        data = self.cleaned_data
        options = tuple(line.strip() for line in data["options"].splitlines() if line.strip())
        return RawRecord(
            sheet=before.sheet,
            row=before.row,
            raw=before.raw,
            more_rows=before.more_rows,
            kind=data["kind"],
            stem=data["stem"].strip().replace("\r\n", "\n"),
            options=options,
            answer=data["answer"].strip(),
            explanation=data["explanation"].strip().replace("\r\n", "\n"),
            difficulty=str(before.difficulty or ""),
            chapter=before.chapter,
            knowledge="；".join(before.knowledge_points),
            tags="；".join(before.tags),
            citation=before.citation,
            group=before.group,
        )


def answer_text(question: ParsedQuestion) -> str:
    """The answer as a person would write it in a file."""
    answer = question.answer
    if isinstance(answer, bool):
        return "对" if answer else "错"
    if isinstance(answer, tuple):
        return "；".join("/".join(p) for p in answer if isinstance(p, tuple)) or "".join(
            chr(ord("A") + at) for at in answer if isinstance(at, int)
        )
    return answer or ""


def shown_question(question: ParsedQuestion) -> ShownQuestion | None:
    """The question as members will see it, with its key; None where too little could be read."""
    if question.kind not in QuestionVersion.Kind.values or question.answer is None:
        return None
    try:
        return with_key(content_from_parsed(question))
    except (TypeError, IndexError, ValueError):  # a rejected row keeps whatever could be read, fitting or not
        return None


class ImportPage(RoomPage):
    action = Action.BANK_EDIT
    home = (reverse_lazy("import_list"), gettext_lazy("导入"))
    header_icon = "upload"

    def job(self) -> ImportJob:
        return own_job(self, self.kwargs["pk"])


def own_job(view: BehindAction, pk: int) -> ImportJob:
    jobs = ImportJob.objects.filter(bank__in=Bank.objects.allowing(view.user, Action.BANK_EDIT))
    return found(jobs.select_related("bank", "created_by"), pk)


class ImportList(ImportPage):
    template_name = "questions/admin/import_list.html"
    page_title = gettext_lazy("导入")
    SHOWN: ClassVar[int] = 100

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]

    @cached_property
    def header_buttons(self) -> list[Any]:
        return [
            HeaderButton(_("导入文件"), url=reverse("import_upload"), icon_name="upload"),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        jobs = ImportJob.objects.filter(bank__in=Bank.objects.allowing(self.user, Action.BANK_EDIT))
        jobs = jobs.select_related("bank", "created_by").order_by("-pk")[: self.SHOWN]
        return dict(super().get_context_data(**kwargs), jobs=list(jobs))


class ImportUpload(ImportPage):
    template_name = "questions/admin/import_upload.html"
    page_title = gettext_lazy("导入文件")

    def form(self, data: Any = None, files: Any = None) -> UploadForm:
        banks = Bank.objects.allowing(self.user, Action.BANK_EDIT).filter(archived_at=None).order_by("name")
        known = list(banks.values_list("pk", flat=True)[:2])
        only = known[0] if len(known) == 1 else None
        form = UploadForm(data, files, initial={"bank": self.request.GET.get("bank") or only})
        form.fields["bank"].queryset = banks  # type: ignore[attr-defined]
        return form

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST, request.FILES)
        if not form.is_valid():
            return self.again(form=form)
        file = form.cleaned_data["file"]
        job = imports.upload(
            bank=form.cleaned_data["bank"],
            by=self.user,
            file=file,
            filename=file.name,
            settings=form.settings(),
            now=timezone.now(),
        )
        try:
            check_import.delay(job.pk)
        except Exception:  # any broker's own error: the sweep queues the job again
            logger.exception("import %s could not be queued", job.pk)
        return redirect("import_job", pk=job.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context.setdefault("form", self.form())
        return context


class ImportJobPage(ImportPage):
    """The job in whatever state it is: progress, preview, done, failed."""

    template_name = "questions/admin/import_job.html"

    @cached_property
    def asked(self) -> ImportJob:
        return self.job()

    def get_page_title(self) -> str:
        return self.asked.filename

    def rows(self) -> QuerySet[ImportRow]:
        verdict = self.request.GET.get("verdict", "")
        rows = self.asked.rows.order_by("position")
        return rows.filter(verdict=verdict) if verdict in Verdict.values else rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        job = self.asked
        counts = job.counts
        context |= {
            "job": job,
            "error": _(job.error_message) if job.error_message else "",
            "saved_count": job.rows.exclude(question=None).count()
            if job.state == ImportJob.State.CONFIRMED
            else 0,
            "notes": [words(code, params, code) for code, params in job.header.get("notes", ())],
            "questions_url": f"{reverse('question_list')}?bank={job.bank_id}",
        }
        if job.state in (ImportJob.State.CHECKED, ImportJob.State.CONFIRMED):
            page = Paginator(self.rows(), ROWS_A_PAGE).get_page(self.request.GET.get("p"))
            entries = [(row, imports.parsed(row)) for row in page]
            context |= {
                "page": page,
                "entries": [(row, question, said_of(question)) for row, question in entries],
                "verdict": self.request.GET.get("verdict", ""),
                "tabs": [
                    ("", _("全部"), counts.get("read", 0)),
                    (Verdict.REJECTED, Verdict.REJECTED.label, counts.get("rejected", 0)),
                    (Verdict.WARNED, Verdict.WARNED.label, counts.get("warned", 0)),
                    (
                        Verdict.ACCEPTED,
                        Verdict.ACCEPTED.label,
                        counts.get("accepted", 0) - counts.get("warned", 0),
                    ),
                    (Verdict.DUPLICATE, Verdict.DUPLICATE.label, counts.get("duplicates", 0)),
                ],
            }
            picked = self.request.GET.get("row", "")
            row = job.rows.filter(pk=picked).first() if picked.isdecimal() and len(picked) <= 18 else None
            row = row or next((row for row, _question in entries), None)
            if row is not None:
                context |= row_context(row, job)
        return context


def row_context(row: ImportRow, job: ImportJob, form: MendForm | None = None) -> dict[str, Any]:
    question = imports.parsed(row)
    open_to_mending = job.state == ImportJob.State.CHECKED
    return {
        "job": job,
        "row": row,
        "question": question,
        "shown": shown_question(question),
        "said": said_of(question),
        "form": form or (MendForm.showing(question) if open_to_mending else None),
        "verdict_label": row.get_verdict_display(),
    }


class ImportRowPane(BehindAction, View):
    """The right side of the preview; POST judges the mended row again."""

    action = Action.BANK_EDIT

    def get(self, request: HttpRequest, pk: int, row_pk: int) -> HttpResponse:
        job = own_job(self, pk)
        return render(
            request, "questions/admin/import_row.html", row_context(found(job.rows.all(), row_pk), job)
        )

    def post(self, request: HttpRequest, pk: int, row_pk: int) -> HttpResponse:
        job = own_job(self, pk)
        row = found(job.rows.all(), row_pk)
        form = MendForm(request.POST)
        if form.is_valid():
            try:
                row = imports.mend(row_id=row.pk, texts=form.record(imports.parsed(row)), by=self.user)
            except QuestionBankError as error:
                messages.error(request, error.message)
            else:
                messages.success(
                    request,
                    _("第 %(row)d 行：%(verdict)s") % {"row": row.row, "verdict": row.get_verdict_display()},
                )
        address = reverse("import_job", args=[job.pk])
        return redirect(
            f"{address}?verdict={request.GET.get('verdict', '')}&p={request.GET.get('p', '')}&row={row.pk}#row"
        )


class ImportProgress(BehindAction, View):
    """The part of the job page that changes while the file is read; it reloads the page when that has ended."""

    action = Action.BANK_EDIT

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = own_job(self, pk)
        response = render(request, "questions/admin/import_progress.html", {"job": job})
        if job.state != ImportJob.State.UPLOADED:
            response["HX-Refresh"] = "true"
        return response


class ImportEnd(BehindAction, View):
    """Confirm or discard."""

    action = Action.BANK_EDIT

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = own_job(self, pk)
        act = {"confirm": imports.confirm, "discard": imports.discard}.get(request.POST.get("act", ""))
        if act is not None:
            try:
                act(job_id=job.pk, by=self.user, now=timezone.now())
            except QuestionBankError as error:
                messages.error(request, error.message)
        if act is imports.discard:
            messages.success(request, _("已放弃导入“%(file)s”，没有保存任何试题。") % {"file": job.filename})
            return redirect("import_list")
        return redirect("import_job", pk=job.pk)


class RejectedSheet(BehindAction, View):
    action = Action.BANK_EDIT

    def get(self, request: HttpRequest, pk: int) -> FileResponse:
        job = own_job(self, pk)
        return FileResponse(rejected_workbook(job), as_attachment=True, filename=f"rejected-{job.pk}.xlsx")


class TemplateSheet(BehindAction, View):
    action = Action.BANK_EDIT

    def get(self, request: HttpRequest) -> FileResponse:
        return FileResponse(template_workbook(), as_attachment=True, filename="questions-template.xlsx")
