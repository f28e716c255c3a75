"""Closes every attempt whose time and grace are over; what the beat does each 15 seconds."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from question_bank.exams.taking.closing import close_expired


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"closed {close_expired(now=timezone.now())}")
