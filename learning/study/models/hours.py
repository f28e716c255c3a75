"""Credit hours summed by unit and date, so that a report over thousands of people reads sums instead of completions."""

from __future__ import annotations

from django.db import models

from learning.organisation.models import Unit


class CreditedHours(models.Model):
    """Hundredths of a credit hour (学时) that completions brought to a unit on a local day, and once more in the month of
    that day.

    Rows are only added, in the transaction that makes or erases the completions, and whoever reads adds up those of one
    unit and date: nobody who completes a lesson waits for another's row. A nightly task makes one row of several.
    `manage.py rebuild_reports` compares the sums with the completions and mends them."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="+", db_index=False)
    from_date = models.DateField()  # the day, or the first of the month
    whole_month = models.BooleanField()
    hundredths = models.IntegerField()  # negative where completions were erased

    class Meta:
        indexes = [
            # With the sums, so that neither reading touches a row: of all units in a period, and of a few units.
            models.Index(
                fields=["whole_month", "from_date"],
                include=["unit", "hundredths"],
                name="credited_in_period",
            ),
            models.Index(
                fields=["unit", "whole_month", "from_date"],
                include=["hundredths"],
                name="credited_to_unit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.from_date}"
