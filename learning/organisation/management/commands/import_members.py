"""`manage.py import_members FILE [--check] [--json]`: the roster import for scripts; exit 2 = the file is unreadable."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from learning.organisation.errors import RosterUnreadable
from learning.organisation.roster import read_roster
from learning.organisation.services.roster import apply_roster, plan_roster


class Command(BaseCommand):
    help = (
        "Import a roster (XLSX or CSV): people, units, statuses. Saves every accepted row in one transaction."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--check", action="store_true", help="say what would happen, save nothing")
        parser.add_argument("--json", action="store_true", help="one line of JSON on stdout")

    def handle(self, *, file: Path, check: bool, json: bool, **options: Any) -> None:
        now = timezone.now()
        try:
            rows = read_roster(file.read_bytes(), file.name)
        except (OSError, RosterUnreadable) as error:
            self.say_unreadable(error, json)
            sys.exit(2)
        plan = (
            plan_roster(rows, by=None, now=now)
            if check
            else apply_roster(rows, file_name=file.name, by=None, now=now)[0]
        )
        self.say(plan.summary, json)

    def say_unreadable(self, error: Exception, as_json: bool) -> None:
        if as_json:
            self.stdout.write(
                json.dumps({"error": {"code": "unreadable", "message": str(error)}}, ensure_ascii=False)
            )
        else:
            self.stderr.write(str(error))

    def say(self, summary: dict[str, Any], as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(summary, ensure_ascii=False))
            return
        for row in summary["rejected"]:
            self.stdout.write(_("第 %(row)s 行：%(reason)s") % row)
        self.stdout.write(
            _("共 %(read)s 行，接受 %(accepted)s 行，重复 %(duplicates)s 行，拒绝 %(refused)s 行。")
            % {**summary, "refused": len(summary["rejected"])}
        )
