"""Sums of credit hours while several people complete something, on PostgreSQL: nobody waits for another's sum, and what
is made one row, or mended, meanwhile is neither lost nor counted twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from learning.organisation.models import Unit
from learning.study.models import Activity, CreditedHours
from learning.study.services import hours
from learning.study.services.finishing import finish_part
from learning.study.services.hours import mend_hours, tidy_hours, wrong_hours
from tests.factories import NOW, make_unit, make_user
from tests.learning.study.factories import deed, make_course, make_lesson

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
WAIT_S = 20
STEP_S = 0.3  # long enough for a statement that nobody holds up to return


@pytest.fixture
def unit() -> Unit:
    return make_unit()


@pytest.fixture
def lesson(unit: Unit) -> Activity:
    return make_lesson(make_course(unit), deed())


def finish(unit: Unit, lesson: Activity) -> None:
    finish_part(user=make_user(unit=unit), activity=lesson, part="d", now=NOW)


@contextmanager
def held_open(work: Callable[[], Any]) -> Iterator[None]:
    """The work done in a transaction of another connection, which commits after the block."""
    done, go_on = threading.Event(), threading.Event()

    def run() -> None:
        try:
            with transaction.atomic():
                work()
                done.set()
                go_on.wait(WAIT_S)
        finally:
            connection.close()

    other = threading.Thread(target=run, daemon=True)
    other.start()
    assert done.wait(WAIT_S)
    yield
    go_on.set()
    other.join(WAIT_S)
    assert not other.is_alive()


def hundredths() -> int:
    return sum(CreditedHours.objects.filter(whole_month=False).values_list("hundredths", flat=True))


def test_nobody_waits_for_the_sum_of_another_and_tidying_loses_none(unit: Unit, lesson: Activity) -> None:
    for _ in range(2):
        finish(unit, lesson)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    try:
        with held_open(lambda: finish(unit, lesson)):
            finish(unit, lesson)  # the same unit and day
            tidy_hours()
            assert CreditedHours.objects.count() == 2
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    assert hundredths() == 4 * 67
    assert wrong_hours() == []
    tidy_hours()
    assert CreditedHours.objects.count() == 2
    assert hundredths() == 4 * 67


def mend_twice() -> None:
    """A second mending begins while the first is not yet committed."""
    second = threading.Thread(target=lambda: (mend_hours(), connection.close()), daemon=True)
    with held_open(mend_hours):
        second.start()
        second.join(STEP_S)
    second.join(WAIT_S)
    assert not second.is_alive()


def test_two_mendings_at_once_add_what_is_missing_once(unit: Unit, lesson: Activity) -> None:
    finish(unit, lesson)
    CreditedHours.objects.all().delete()
    mend_twice()
    assert hundredths() == 67


def test_without_its_lock_the_second_mending_adds_it_again(
    unit: Unit, lesson: Activity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hours, "LOCK", "SELECT 1 WHERE %s > 0")
    finish(unit, lesson)
    CreditedHours.objects.all().delete()
    mend_twice()
    assert hundredths() == 2 * 67
    assert mend_hours() == 2
    assert hundredths() == 67
