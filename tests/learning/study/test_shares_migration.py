"""The migration that gives the lessons of courses published before it their share of the hours."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from learning.study.models import Activity
from learning.study.services.publishing import close_activity
from tests.factories import NOW, make_unit
from tests.learning.study.factories import make_course, make_lesson

migration = import_module("learning.study.migrations.0003_lessons_share_the_hours")


@pytest.mark.django_db
def test_what_was_published_before_has_the_shares_of_a_publication() -> None:
    course = make_course(make_unit())
    lessons = [make_lesson(course, minutes=minutes) for minutes in (20, 20, 10, 30)]
    close_activity(key=lessons[2].key, now=NOW)
    published = dict(course.children.filter(is_open=True).values_list("pk", "credit"))
    Activity.objects.filter(parent=course).update(credit={})
    migration.share(apps, None)
    shares = dict(course.children.values_list("pk", "credit"))
    assert shares == {**published, lessons[2].pk: {"hours": "0.22"}}
