"""`manage.py import_questions`: question files into a bank, without the site."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from question_bank.questions.errors import QuestionBankError
from question_bank.questions.exchange.tables import dump_line
from question_bank.questions.exchange.verdicts import FileRejected
from question_bank.questions.services.file_import import FileImport, UnreadableFile, import_files

UNREADABLE = 2  # exit code: a file could not be read


class Command(BaseCommand):
    help = "Imports question files (xlsx, xls, csv) into a bank; a missing bank is made."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--bank", required=True, metavar="NAME")
        parser.add_argument("--format", choices=["xlsx", "xls", "csv"], help="refuse files of another type")
        parser.add_argument("--check", action="store_true", help="save nothing")
        parser.add_argument("--strict", action="store_true", help="save nothing if any row is rejected")
        parser.add_argument("--json", action="store_true", help="one line of JSON on stdout")
        parser.add_argument("--dump", type=Path, metavar="OUT.jsonl", help="one line of JSON per row read")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcome = import_files(
                paths=options["files"],
                bank_name=options["bank"],
                file_type=options["format"],
                check_only=options["check"],
                strict=options["strict"],
                now=timezone.now(),
            )
        except FileRejected as error:
            self.refuse(error.code, error.message, as_json=options["json"])
        except UnreadableFile as error:
            self.refuse(error.code, f"文件无法打开：{error.path.name}", as_json=options["json"])
        except QuestionBankError as error:
            self.refuse(error.code, error.message, as_json=options["json"])
        if options["dump"]:
            lines = [json.dumps(dump_line(row), ensure_ascii=False) for _report, row in outcome.rows]
            options["dump"].write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        summary = self.summary(outcome)
        if options["json"]:
            self.stdout.write(json.dumps(summary, ensure_ascii=False))
        else:
            for each in summary["rejected"]:
                where = f"{each['file']} " if "file" in each else ""
                self.stdout.write(f"{where}第 {each['row']} 行：{each['message']}")
            self.stdout.write(
                f"读取 {summary['read']}，可导入 {summary['accepted']}（其中有提示 {summary['warned']}），"
                f"不能导入 {len(summary['rejected'])}，重复 {summary['duplicates']}；保存 {outcome.saved}。"
            )

    def summary(self, outcome: FileImport) -> dict[str, Any]:
        several = len(outcome.reports) > 1
        rejected = [
            {"row": row.row, "reason": row.reason, "message": row.message}
            | ({"sheet": row.sheet} if row.sheet else {})
            | ({"file": report.filename} if several else {})
            for report, row in outcome.rows
            if row.verdict == "rejected"
        ]
        return {
            "read": outcome.total("read"),
            "accepted": outcome.total("accepted"),
            "warned": outcome.total("warned"),
            "rejected": rejected,
            "duplicates": outcome.total("duplicates"),
        }

    def refuse(self, code: str, message: str, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False))
        else:
            self.stderr.write(message)
        sys.exit(UNREADABLE)
