"""`manage.py permission_matrix > docs/permissions.md`: the permission matrix as the handbook shows it."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import override

from learning.organisation.matrix_page import matrix_page


class Command(BaseCommand):
    help = "Print the permission matrix as a Markdown page."

    def handle(self, **options: Any) -> None:
        with override("zh-hans"):
            self.stdout.write(matrix_page(), ending="")
