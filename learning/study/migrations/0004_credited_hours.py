"""The sums of credit hours by unit and date, from the completions so far."""

from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from learning.study.summing import Brought, sums_of


def sum_up(apps, schema_editor):
    completions = apps.get_model("study", "Completion").objects
    kept = apps.get_model("study", "CreditedHours")
    days = (
        completions.filter(unit__isnull=False, credit_hours__gt=0)
        .annotate(day=TruncDate("completed_at", tzinfo=timezone.get_default_timezone()))
        .values_list("unit", "day")
        .annotate(hours=Sum("credit_hours"))
    )
    brought = [Brought(unit, day, Decimal(hours).quantize(Decimal("0.01"))) for unit, day, hours in days]
    kept.objects.bulk_create([kept(**each._asdict()) for each in sums_of(brought)], batch_size=200)


class Migration(migrations.Migration):
    dependencies = [
        ("organisation", "0003_training_classes"),
        ("study", "0003_lessons_share_the_hours"),
    ]

    operations = [
        migrations.CreateModel(
            name="CreditedHours",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_date", models.DateField()),
                ("whole_month", models.BooleanField()),
                ("hundredths", models.IntegerField()),
                (
                    "unit",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="organisation.unit",
                    ),
                ),
            ],
            options={
                "indexes": [
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
                ],
            },
        ),
        migrations.RunPython(sum_up, migrations.RunPython.noop),
    ]
