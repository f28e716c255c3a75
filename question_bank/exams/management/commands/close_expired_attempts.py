"""Closes every attempt whose time and grace are over, or that was left too often; what the beat does each
15 seconds."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from question_bank.exams.taking.closing import close_expired
from question_bank.exams.taking.leaving import submit_those_away


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        self.stdout.write(f"closed {close_expired(now=now) + submit_those_away(now=now)}")
