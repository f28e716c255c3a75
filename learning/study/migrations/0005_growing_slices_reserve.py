"""A slice that grows reserves time ahead, and the guard against overlaps looks at what is reserved: `ended_at`, which
changes with every beat, then stands in no index."""

from django.db import migrations, models
from django.db.models import F, Q

# Room on a slice's page for the versions of those that grow. Finished ones keep it empty, so it is not more.
FILL_PERCENT = 80


def reserve_what_is_there(apps, schema_editor):
    apps.get_model("study", "StudySlice").objects.update(reserved_until=F("ended_at"))


def _on_postgresql(schema_editor, *statements):
    if schema_editor.connection.vendor == "postgresql":
        with schema_editor.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def _guard(until):
    return (
        "ALTER TABLE study_studyslice ADD CONSTRAINT slices_never_overlap "
        f"EXCLUDE USING gist ((user_id + 0) WITH =, tstzrange(started_at, {until}) WITH &&)"
    )


DROP = "ALTER TABLE study_studyslice DROP CONSTRAINT IF EXISTS slices_never_overlap"


def drop_guard(apps, schema_editor):
    """Before the column is filled: its index would be written for every row."""
    _on_postgresql(schema_editor, DROP)


def guard_the_end(apps, schema_editor):
    _on_postgresql(schema_editor, _guard("ended_at"))


def guard_the_reserve(apps, schema_editor):
    fill = f"ALTER TABLE study_studyslice SET (fillfactor = {FILL_PERCENT})"
    _on_postgresql(schema_editor, _guard("reserved_until"), fill)


def unguard_the_reserve(apps, schema_editor):
    _on_postgresql(schema_editor, DROP, "ALTER TABLE study_studyslice RESET (fillfactor)")


class Migration(migrations.Migration):
    dependencies = [("study", "0004_credited_hours")]

    operations = [
        migrations.RunPython(drop_guard, guard_the_end),
        migrations.AddField("studyslice", "reserved_until", models.DateTimeField(null=True)),
        migrations.RunPython(reserve_what_is_there, migrations.RunPython.noop),
        migrations.AlterField("studyslice", "reserved_until", models.DateTimeField()),
        migrations.AddConstraint(
            "studyslice",
            models.CheckConstraint(condition=Q(reserved_until__gte=F("ended_at")), name="slice_within_reserve"),
        ),
        migrations.RunPython(guard_the_reserve, unguard_the_reserve),
    ]
