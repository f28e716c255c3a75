"""`manage.py import_questions`, as API.md promises it to outside programs."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from learning.organisation.models import Unit
from question_bank.questions.models import Bank, Question, QuestionVersion
from tests.question_bank.questions.test_imports import ALSO_GOOD, GOOD, NO_ANSWER, workbook

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("import_questions", *arguments, "--json", stdout=out)
    lines = out.getvalue().splitlines()
    assert len(lines) == 1
    return dict(json.loads(lines[0]))


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(GOOD, NO_ANSWER, ALSO_GOOD))
    return str(path)


def test_an_empty_database_gets_a_root_unit_a_bank_and_ready_questions(file: str) -> None:
    said = run(file, "--bank", "新题库")
    assert (said["read"], said["accepted"], said["warned"], said["duplicates"]) == (3, 2, 0, 0)
    assert [(each["row"], each["reason"]) for each in said["rejected"]] == [(3, "answer_missing")]
    assert Bank.objects.get(name="新题库").owner_unit == Unit.objects.get(depth=1)
    assert Question.objects.usable().count() == 2


def test_the_same_file_twice_adds_nothing(file: str) -> None:
    run(file, "--bank", "题库")
    assert run(file, "--bank", "题库")["duplicates"] == 2
    assert Question.objects.count() == 2


def test_a_check_saves_nothing_not_even_the_bank(file: str) -> None:
    assert run(file, "--bank", "题库", "--check")["accepted"] == 2
    assert not Bank.objects.exists()
    assert not Unit.objects.exists()


def test_strict_saves_nothing_where_a_row_is_rejected(file: str) -> None:
    assert len(run(file, "--bank", "题库", "--strict")["rejected"]) == 1
    assert not Question.objects.exists()


def test_several_files_are_summed_and_rejected_rows_name_their_file(file: str, tmp_path: Path) -> None:
    other = tmp_path / "b.xlsx"
    other.write_bytes(workbook(GOOD, NO_ANSWER))
    said = run(file, str(other), "--bank", "题库")
    assert (said["read"], said["accepted"], said["duplicates"]) == (5, 2, 1)
    assert [each["file"] for each in said["rejected"]] == ["a.xlsx", "b.xlsx"]


@pytest.mark.parametrize(("content", "code"), [(b"%PDF-1.7", "wrong_type"), (None, "file_missing")])
def test_an_unreadable_file_ends_with_2_and_a_code_and_saves_nothing(
    file: str, tmp_path: Path, content: bytes | None, code: str
) -> None:
    path = tmp_path / "bad.xlsx"
    if content is not None:
        path.write_bytes(content)
    out = StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("import_questions", file, str(path), "--bank", "题库", "--json", stdout=out)
    assert caught.value.code == 2
    error = json.loads(out.getvalue())["error"]
    assert error["code"] == code
    assert error["message"]
    assert not Question.objects.exists()


def test_a_file_of_another_type_than_asked_is_refused(file: str) -> None:
    with pytest.raises(SystemExit):
        run(file, "--bank", "题库", "--format", "csv")


def test_the_dump_has_a_line_for_every_row_read(file: str, tmp_path: Path) -> None:
    dump = tmp_path / "out.jsonl"
    run(file, "--bank", "题库", "--check", "--dump", str(dump))
    lines = [json.loads(line) for line in dump.read_text(encoding="utf-8").splitlines()]
    assert [(line["row"], line["verdict"], line["kind"]) for line in lines] == [
        (2, "accepted", "single"),
        (3, "rejected", "single"),
        (4, "accepted", "true_false"),
    ]
    assert lines[0]["answer"] == [0]
    assert lines[0]["options"] == ["七月一日", "八月一日", "十月一日"]
    assert lines[2]["answer"] is True
    keys = {"row", "verdict", "kind", "stem", "options", "answer", "explanation", "warnings"}
    assert set(lines[0]) == keys


def test_a_real_bank_of_855_questions_is_saved_whole_and_a_second_time_not_at_all(test_data: Path) -> None:
    path = str(test_data / "banks" / "xlsx" / "史纲在线题库版.xlsx")
    said = run(path, "--bank", "史纲")
    assert said["read"] == said["accepted"] + len(said["rejected"]) + said["duplicates"] == 855
    assert said["accepted"] >= 830
    assert Question.objects.usable().count() == said["accepted"]
    assert set(QuestionVersion.objects.values_list("kind", flat=True)) == {"single", "multiple"}
    assert run(path, "--bank", "史纲")["accepted"] == 0


@pytest.mark.parametrize("name", ["PHPEMS模板.xls", "若依模板.xlsx", "通用模板.xlsx"])
def test_every_common_template_is_read_without_a_lost_question(test_data: Path, name: str) -> None:
    said = run(str(test_data / "assembled" / name), "--bank", "模板")
    assert (said["read"], said["accepted"]) == (60, 60)
