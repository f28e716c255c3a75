"""Imports: from the uploaded file to saved questions; nothing half saved, nothing twice."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.files.base import ContentFile
from django.utils.translation import override
from openpyxl import Workbook, load_workbook

from learning.organisation.models import Role, User
from question_bank.questions.content import content_from_parsed, fingerprint_of, key_fingerprint_of
from question_bank.questions.errors import NotAllowed, WrongState
from question_bank.questions.exchange.duplicates import fingerprint, key_fingerprint
from question_bank.questions.exchange.records import RawRecord
from question_bank.questions.exchange.tables import read_table
from question_bank.questions.exchange.verdicts import FileRejected
from question_bank.questions.models import Bank, ImportJob, Question
from question_bank.questions.services import imports
from question_bank.questions.services.questions import retire
from question_bank.questions.services.saving import save_parsed
from question_bank.questions.sheets import questions_workbook, rejected_workbook, template_workbook
from question_bank.questions.tasks import sweep_imports
from tests.factories import NOW, make_bank, make_question, make_unit, make_user

pytestmark = pytest.mark.django_db

HEADER = ("题型", "题干", "选项A", "选项B", "选项C", "答案", "章节", "知识点", "难度")
GOOD = (
    "单选题",
    "党的生日是哪一天（ ）",
    "七月一日",
    "八月一日",
    "十月一日",
    "A",
    "党史/创建",
    "党的历史；纪念日",
    "易",
)
ALSO_GOOD = ("判断题", "中国共产党成立于1921年。", "", "", "", "对", "党史", "", "中")
NO_ANSWER = ("单选题", "党的最高领导机关是（ ）", "党代会", "支部", "小组", "", "", "", "")


def workbook(*rows: Sequence[Any]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEADER, *rows):
        sheet.append(list(row))
        for cell in sheet[sheet.max_row]:
            if cell.data_type == "f":
                cell.data_type = "s"  # typed text that begins with "="
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def bank() -> Bank:
    return make_bank(make_unit())


@pytest.fixture
def by(bank: Bank) -> User:
    return make_user(roles=[(Role.SCHOOL_OFFICE, bank.owner_unit)])


def uploaded(bank: Bank, by: User, data: bytes) -> ImportJob:
    return imports.upload(bank=bank, by=by, file=ContentFile(data), filename="题库.xlsx", now=NOW)


def checked(bank: Bank, by: User, data: bytes) -> ImportJob:
    job = imports.check(job_id=uploaded(bank, by, data).pk, now=NOW)
    assert job is not None
    return job


def test_a_check_saves_verdicts_and_no_question(bank: Bank, by: User) -> None:
    job = checked(bank, by, workbook(GOOD, ALSO_GOOD, NO_ANSWER, GOOD))
    assert job.state == "checked"
    assert job.counts == {"read": 4, "accepted": 2, "warned": 0, "rejected": 1, "duplicates": 1}
    rejected = job.rows.get(verdict="rejected")
    assert (rejected.row, rejected.reason) == (4, "answer_missing")
    assert not Question.objects.exists()


def test_confirming_saves_every_accepted_row_with_its_place_and_again_adds_nothing(
    bank: Bank, by: User
) -> None:
    job = checked(bank, by, workbook(GOOD, ALSO_GOOD, NO_ANSWER))
    imports.confirm(job_id=job.pk, by=by, now=NOW)
    imports.confirm(job_id=job.pk, by=by, now=NOW)
    assert Question.objects.count() == 2
    question = Question.objects.get(latest__kind="single")
    assert question.current == question.latest
    assert question.chapter is not None
    assert question.chapter.full_name == "党史/创建"
    assert sorted(question.knowledge_points.values_list("name", flat=True)) == ["党的历史", "纪念日"]
    assert job.rows.get(question=question).row == 2


def test_an_author_s_import_waits_for_review(bank: Bank) -> None:
    author = make_user(roles=[(Role.AUTHOR, bank.owner_unit)])
    imports.confirm(job_id=checked(bank, author, workbook(GOOD)).pk, by=author, now=NOW)
    question = Question.objects.get()
    assert question.current is None
    assert question.latest is not None
    assert question.latest.status == "draft"


def test_the_same_file_twice_adds_nothing_even_what_was_retired(bank: Bank, by: User) -> None:
    data = workbook(GOOD, ALSO_GOOD)
    imports.confirm(job_id=checked(bank, by, data).pk, by=by, now=NOW)
    retire(question_id=Question.objects.filter(latest__kind="single").get().pk, by=by, now=NOW)
    again = checked(bank, by, data)
    assert again.counts["duplicates"] == 2
    imports.confirm(job_id=again.pk, by=by, now=NOW)
    assert Question.objects.count() == 2


def test_two_jobs_of_one_file_checked_side_by_side_save_it_once(bank: Bank, by: User) -> None:
    first, second = checked(bank, by, workbook(GOOD)), checked(bank, by, workbook(GOOD))
    imports.confirm(job_id=first.pk, by=by, now=NOW)
    late = imports.confirm(job_id=second.pk, by=by, now=NOW)
    assert Question.objects.count() == 1
    assert late.counts["duplicates"] == 1


def test_another_key_for_a_known_question_is_shown_and_changes_nothing(bank: Bank, by: User) -> None:
    imports.confirm(job_id=checked(bank, by, workbook(GOOD)).pk, by=by, now=NOW)
    before = Question.objects.get().latest
    job = checked(bank, by, workbook((*GOOD[:5], "B", *GOOD[6:])))
    assert job.rows.get().reason == "key_conflict_bank"
    imports.confirm(job_id=job.pk, by=by, now=NOW)
    assert Question.objects.get().latest == before


def test_a_mended_row_is_judged_by_the_same_rules_and_then_saved(bank: Bank, by: User) -> None:
    job = checked(bank, by, workbook(GOOD, NO_ANSWER))
    row = job.rows.get(verdict="rejected")
    texts = RawRecord(
        sheet="", row=0, raw=(), kind="single", stem=NO_ANSWER[1], options=NO_ANSWER[2:5], answer="Z"
    )
    assert imports.mend(row_id=row.pk, texts=texts, by=by).reason == "answer_beyond_options"
    texts = RawRecord(
        sheet="", row=0, raw=(), kind="single", stem=NO_ANSWER[1], options=NO_ANSWER[2:5], answer="A"
    )
    mended = imports.mend(row_id=row.pk, texts=texts, by=by)
    assert (mended.verdict, mended.mended, mended.row) == ("accepted", True, 3)
    imports.confirm(job_id=job.pk, by=by, now=NOW)
    assert Question.objects.count() == 2


def test_a_row_mended_into_another_row_is_a_duplicate(bank: Bank, by: User) -> None:
    job = checked(bank, by, workbook(GOOD, NO_ANSWER))
    row = job.rows.get(verdict="rejected")
    texts = RawRecord(sheet="", row=0, raw=(), kind="single", stem=GOOD[1], options=GOOD[2:5], answer="A")
    assert imports.mend(row_id=row.pk, texts=texts, by=by).verdict == "duplicate"


def test_a_failure_in_the_middle_of_confirming_leaves_nothing(bank: Bank, by: User) -> None:
    job = checked(bank, by, workbook(GOOD, ALSO_GOOD))
    with (
        mock.patch(
            "question_bank.questions.services.saving._link_points", side_effect=RuntimeError("disk full")
        ),
        pytest.raises(RuntimeError),
    ):
        imports.confirm(job_id=job.pk, by=by, now=NOW)
    job.refresh_from_db()
    assert job.state == "checked"
    assert not Question.objects.exists()
    assert not bank.chapters.exists()


def test_nobody_else_s_organiser_confirms_or_mends(bank: Bank, by: User) -> None:
    job = checked(bank, by, workbook(GOOD))
    stranger = make_user(roles=[(Role.SCHOOL_OFFICE, make_unit())])
    with pytest.raises(NotAllowed):
        imports.confirm(job_id=job.pk, by=stranger, now=NOW)
    with pytest.raises(NotAllowed):
        imports.mend(row_id=job.rows.get().pk, texts=RawRecord(sheet="", row=0, raw=()), by=stranger)


def test_a_discarded_job_cannot_be_confirmed_and_a_confirmed_one_not_discarded(bank: Bank, by: User) -> None:
    given_up, done = checked(bank, by, workbook(GOOD)), checked(bank, by, workbook(ALSO_GOOD))
    imports.discard(job_id=given_up.pk, by=by, now=NOW)
    with pytest.raises(WrongState):
        imports.confirm(job_id=given_up.pk, by=by, now=NOW)
    imports.confirm(job_id=done.pk, by=by, now=NOW)
    with pytest.raises(WrongState):
        imports.discard(job_id=done.pk, by=by, now=NOW)


def zip_bomb() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 250_000_000)
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04 this is not a workbook", "corrupt"),
        (b"%PDF-1.7 a paper", "wrong_type"),
        (b"   ", "empty"),
        (zip_bomb, "archive_too_large"),
    ],
    ids=["corrupt", "wrong type", "empty", "zip bomb"],
)
def test_an_unreadable_file_says_why_and_leaves_nothing(
    bank: Bank, by: User, data: bytes | Callable[[], bytes], code: str
) -> None:
    job = checked(bank, by, data() if callable(data) else data)
    assert (job.state, job.error_code) == ("failed", code)
    assert job.error_message
    assert not job.rows.exists()


def test_a_formula_without_a_value_and_merged_cells_get_their_row_s_verdict(bank: Bank, by: User) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEADER, GOOD, (*NO_ANSWER[:5], "=A1", "", "", ""), ALSO_GOOD):
        sheet.append(list(row))
    sheet.merge_cells("G2:G4")
    data = io.BytesIO()
    book.save(data)
    job = checked(bank, by, data.getvalue())
    assert job.rows.get(row=3).reason == "formula_without_value"
    assert job.rows.get(row=4).content["chapter"] == ["党史", "创建"]


def test_too_many_rows_are_refused_as_a_whole(bank: Bank, by: User) -> None:
    lines = "题型,题干,选项A,选项B,答案\n" + "".join(f"单选题,题{n},甲,乙,A\n" for n in range(200_001))
    job = checked(bank, by, lines.encode())
    assert (job.state, job.error_code) == ("failed", "too_many_rows")


def test_a_second_check_of_a_job_under_way_does_nothing_and_a_dead_one_is_begun_again(
    bank: Bank, by: User
) -> None:
    job = uploaded(bank, by, workbook(GOOD))
    ImportJob.objects.filter(pk=job.pk).update(started_at=NOW)
    assert imports.check(job_id=job.pk, now=NOW) is None
    later = NOW + imports.STALLED_AFTER + timedelta(seconds=1)
    assert imports.waiting_jobs(now=later) == [job.pk]
    again = imports.check(job_id=job.pk, now=later)
    assert again is not None
    assert again.state == "checked"


def test_the_sweep_reads_what_a_lost_message_left(bank: Bank, by: User) -> None:
    job = uploaded(bank, by, workbook(GOOD))
    sweep_imports()
    job.refresh_from_db()
    assert job.state == "checked"


def test_the_rejected_sheet_comes_back_with_row_and_reason_and_can_be_imported(bank: Bank, by: User) -> None:
    job = checked(bank, by, workbook(GOOD, NO_ANSWER))
    data = rejected_workbook(job)
    rows = list(load_workbook(data).worksheets[0].values)
    assert rows[0][:4] == ("原行号", "原因", "题型", "题干")
    assert rows[1][:2] == (3, "没有答案。")
    data.seek(0)
    report = read_table(data, filename="rejected.xlsx")
    assert [(row.stem, row.reason) for row in report.rows] == [
        (job.rows.get(row=3).content["stem"], "answer_missing")
    ]


def test_a_filled_in_template_is_imported_without_its_examples() -> None:
    book = load_workbook(template_workbook())
    filled, examples = book.worksheets
    header = [cell.value for cell in filled[1]]
    for column, value in {"题型": "判断题", "题干": "花是植物。", "答案": "对"}.items():
        filled.cell(2, header.index(column) + 1, value)
    data = io.BytesIO()
    book.save(data)
    data.seek(0)
    report = read_table(data, filename="t.xlsx")
    assert [(row.stem, row.verdict) for row in report.rows] == [("花是植物。", "accepted")]
    assert [note.code for note in report.notes] == ["examples_sheet"]
    assert examples.max_row == 6


def test_each_example_of_the_template_is_a_question_that_would_be_accepted() -> None:
    book = load_workbook(template_workbook())
    book.remove(book.worksheets[0])
    book.worksheets[0].title = "试题"
    data = io.BytesIO()
    book.save(data)
    data.seek(0)
    report = read_table(data, filename="t.xlsx")
    assert [row.kind for row in report.rows] == ["single", "multiple", "true_false", "fill", "short"]
    assert {row.verdict for row in report.rows} == {"accepted"}


def test_an_empty_template_says_that_it_holds_no_question() -> None:
    with pytest.raises(FileRejected) as refused:
        read_table(template_workbook(), filename="t.xlsx")
    assert refused.value.code == "empty"


def test_an_export_read_again_holds_the_same_questions(bank: Bank, by: User) -> None:
    fill = ("填空题", "成立于____年。", "", "", "", "1921", "党史", "", "")
    multiple = ("多选题", "下列哪些正确（ ）", "=甲", "乙", "丙", "AC", "", "", "难")
    job = checked(bank, by, workbook(GOOD, ALSO_GOOD, fill, multiple))
    imports.confirm(job_id=job.pk, by=by, now=NOW)
    rows = list(Question.objects.select_related("latest", "chapter").prefetch_related("knowledge_points"))
    other = make_bank(bank.owner_unit)
    report = read_table(questions_workbook(rows), filename="e.xlsx")
    save_parsed(bank=other, by=by, questions=report.rows, now=NOW)
    pairs = [set(each.questions.values_list("fingerprint", "key_fingerprint")) for each in (bank, other)]
    assert len(pairs[0]) == 4
    assert pairs[0] == pairs[1]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("levels", [(1, 2, 3, 4, 5), (1, 2, 3), (2, 4), (2,), (4,), (1, 5), (3, 3)])
def test_an_export_in_any_language_brings_every_difficulty_and_kind_back(
    bank: Bank, by: User, levels: tuple[int, ...], language: str
) -> None:
    kinds = ("single", "multiple", "true_false", "fill", "order")
    for at, level in enumerate(levels):
        make_question(bank, kinds[at], stem=f"第{'甲乙丙丁戊'[at]}道题问的是什么____", difficulty=level)
    rows = list(bank.questions.select_related("latest", "chapter").prefetch_related("knowledge_points"))
    with override(language):
        data = questions_workbook(rows)
    other = make_bank(bank.owner_unit)
    save_parsed(bank=other, by=by, questions=read_table(data, filename="e.xlsx").rows, now=NOW)
    said = [sorted(each.questions.values_list("latest__kind", "difficulty")) for each in (bank, other)]
    assert said[0] == said[1]


def test_saved_content_has_the_fingerprints_by_which_the_importer_knows_it(bank: Bank, by: User) -> None:
    for question in read_table(io.BytesIO(workbook(GOOD, ALSO_GOOD)), filename="a.xlsx").rows:
        content = content_from_parsed(question)
        assert fingerprint_of(content) == fingerprint(question.stem, question.options, question.group)
        expected = key_fingerprint(question.kind or "", question.options, question.answer)
        assert key_fingerprint_of(content) == expected


def test_saving_takes_as_many_statements_for_forty_rows_as_for_four(
    bank: Bank, by: User, django_assert_max_num_queries: Any
) -> None:
    few, many = (
        read_table(
            io.BytesIO(
                workbook(*[(*GOOD[:1], f"第{n}个问题是什么", *GOOD[2:]) for n in range(start, start + count)])
            ),
            filename="a.xlsx",
        ).rows
        for start, count in ((1000, 4), (2000, 40))
    )
    with django_assert_max_num_queries(24):
        save_parsed(bank=bank, by=by, questions=few, now=NOW)
    with django_assert_max_num_queries(20):
        save_parsed(bank=bank, by=by, questions=many, now=NOW)
    assert Question.objects.count() == 44
