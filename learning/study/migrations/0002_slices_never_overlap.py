"""On PostgreSQL the database itself refuses two slices of one person that overlap; SQLite has no such constraint."""

from django.db import migrations, transaction
from django.db.utils import Error

ADVICE = (
    "The constraint that keeps study slices from overlapping needs the extension btree_gist, and this database role "
    "could not create it ({reason}). Let a superuser run, in this very database, "
    '"CREATE EXTENSION btree_gist;" (it comes with the package postgresql-contrib), then migrate again.'
)
# Rows that are written with every beat keep room on their page: an update then touches no index.
ROOMY = {"study_studysession": 50, "study_studypace": 50, "study_coverage": 50}


class ExtensionMissing(Exception):
    pass


def forbid_overlaps(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'btree_gist'")
        if cursor.fetchone() is None:
            try:
                with transaction.atomic(using=connection.alias):
                    cursor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
            except Error as error:
                raise ExtensionMissing(ADVICE.format(reason=str(error).strip())) from error
        # "+ 0" keeps the planner from looking a person's slices up here: this index knows no order of time.
        cursor.execute(
            "ALTER TABLE study_studyslice ADD CONSTRAINT slices_never_overlap "
            "EXCLUDE USING gist ((user_id + 0) WITH =, tstzrange(started_at, ended_at) WITH &&)"
        )
        for table, percent in ROOMY.items():
            cursor.execute(f"ALTER TABLE {table} SET (fillfactor = {percent})")


def allow_overlaps(apps, schema_editor):
    """The extension stays: others may use it."""
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE study_studyslice DROP CONSTRAINT IF EXISTS slices_never_overlap")
        for table in ROOMY:
            cursor.execute(f"ALTER TABLE {table} RESET (fillfactor)")


class Migration(migrations.Migration):
    dependencies = [("study", "0001_initial")]

    operations = [migrations.RunPython(forbid_overlaps, allow_overlaps)]
