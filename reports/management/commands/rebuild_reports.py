"""manage.py rebuild_reports [--check] [--exam ID …]: item statistics, how far enrolments have come, and the units' credit
hours, made anew from the records, or compared with them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from learning.study.services.hours import mend_hours, wrong_hours
from learning.study.services.reached import mend_reached, wrongly_reached
from reports.folding.rebuilding import differences, exams_to_fold, rebuild_exam


class Command(BaseCommand):
    help = (
        "Rebuilds the folded item statistics from the attempts, the progress of enrolments from sessions and completions, "
        "and the credit hours of units from completions; with --check only says where they differ (exit 1)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and the differences")
        parser.add_argument(
            "--exam", type=int, action="append", help="only this exam, and nothing of study (may be repeated)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        known = exams_to_fold()
        wanted = options["exam"] or known
        unknown = sorted(set(wanted) - set(known))
        if unknown:
            raise CommandError(f"No marked attempts of exam {', '.join(map(str, unknown))}.")
        if not options["check"]:
            count = sum(rebuild_exam(exam_id=exam_id, now=now) for exam_id in wanted)
            mended = ""
            if not options["exam"]:
                mended = f", mended {mend_reached()} enrolments and {mend_hours()} sums of credit hours"
            self.stdout.write(f"rebuilt {len(wanted)} exams from {count} attempts{mended}")
            return
        found = [line for exam_id in wanted for line in differences(exam_id=exam_id, now=now)]
        if not options["exam"]:
            found += [*wrongly_reached(), *wrong_hours()]
        for line in found:
            self.stdout.write(line)
        if found:
            raise CommandError(f"{len(found)} differences; manage.py rebuild_reports makes them anew")
        self.stdout.write(f"{len(wanted)} exams agree with their records")
