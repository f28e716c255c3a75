"""Each lesson is given its share of its course's credit hours, as a publication of the course does from now on. Hours
that were credited stay."""

from django.db import migrations

from learning.study.crediting import shared_hours
from learning.study.lessons import is_test, parts_of


def share(apps, schema_editor):
    activities = apps.get_model("study", "Activity")
    for course in activities.objects.filter(kind="course"):
        lessons = list(activities.objects.filter(parent=course, is_open=True).order_by("position", "pk"))
        facts = [(each.nominal_minutes, is_test(parts_of(each.parts))) for each in lessons]
        for lesson, hours in zip(lessons, shared_hours(course.credit, facts), strict=True):
            activities.objects.filter(pk=lesson.pk).update(credit={"hours": str(hours)})
        for lesson in activities.objects.filter(parent=course, is_open=False):  # may be finished by a late mark
            (hours,) = shared_hours(course.credit, [(lesson.nominal_minutes, is_test(parts_of(lesson.parts)))])
            activities.objects.filter(pk=lesson.pk).update(credit={"hours": str(hours)})


class Migration(migrations.Migration):
    dependencies = [("study", "0002_slices_never_overlap")]

    operations = [migrations.RunPython(share, migrations.RunPython.noop)]
