"""Two pages of one person at the same moment, on PostgreSQL; each with its control: the same race without the lock on the
person's row shows what the lock is for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection

from learning.organisation.models import User
from learning.study.beating import statements
from learning.study.beating.beats import Beat
from learning.study.beating.writing import Beating, Memory, beat_batch
from learning.study.models import Activity, Completion, Coverage, StudySlice
from learning.study.services.finishing import finish_part
from tests.factories import make_unit, make_user
from tests.lane_client import in_lane
from tests.learning.study.factories import (
    Page,
    after,
    credited_s,
    deed,
    make_course,
    make_lesson,
    text,
    video,
)
from tests.learning.study.study_lane import StudyClient, told

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
LOCK = " FOR NO KEY UPDATE"
STEP_S = 0.3  # long enough for a statement that nobody holds up to return
WAIT_S = 20
ROUNDS = 6


@pytest.fixture
def member() -> User:
    return make_user(unit=make_unit())


@pytest.fixture
def course(member: User) -> Activity:
    return make_course(member.memberships.get().unit)


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lane without its lock."""
    sql = statements.PostgresqlDialect._paces
    assert LOCK in sql
    monkeypatch.setattr(statements.PostgresqlDialect, "_paces", sql.replace(LOCK, ""))


@pytest.fixture
def unguarded() -> Any:
    """A database that takes slices which overlap."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE study_studyslice DROP CONSTRAINT slices_never_overlap")
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE study_studyslice")
        cursor.execute(
            "ALTER TABLE study_studyslice ADD CONSTRAINT slices_never_overlap "
            "EXCLUDE USING gist ((user_id + 0) WITH =, tstzrange(started_at, reserved_until) WITH &&)"
        )


class BeatHeldOpen:
    """A beat that has read what stands (in so many `reads`), and is held up before it writes."""

    def __init__(self, page: Page, beat: Beat, at: float, *, reads: int = 1) -> None:
        self.reads = reads
        self.connection: Any = connection.copy()
        session = page.session
        self.batch = beat_batch(
            [Beating(session.user_id, session.pk, session.activity_id, beat)],
            now=after(at),
            dialect=statements.PostgresqlDialect(),
            memory=Memory(activities={}),
            zone=ZoneInfo("Asia/Shanghai"),
        )

    def __enter__(self) -> BeatHeldOpen:
        self.connection.set_autocommit(False)
        self.rows = self._run(next(self.batch))
        for _ in range(1, self.reads):
            self.rows = self._run(self.batch.send(self.rows))
        return self

    def finish(self) -> None:
        """Writes and commits."""
        try:
            wanted = self.batch.send(self.rows)
            while True:
                wanted = self.batch.send(self._run(wanted))
        except StopIteration:
            self.connection.commit()

    def _run(self, wanted: list[Any]) -> list[Any]:
        rows: list[Any] = []
        with self.connection.cursor() as cursor:
            for statement in wanted:
                cursor.execute(statement.sql, statement.parameters)
                rows.append(cursor.fetchall() if statement.reads else [])
        return rows

    def __exit__(self, *_error: object) -> None:
        self.connection.rollback()
        self.connection.close()


def elsewhere(work: Callable[[], Any]) -> threading.Thread:
    """Runs in a thread with a connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    return threading.Thread(target=run, daemon=True)


def race(held: BeatHeldOpen, work: Callable[[], Any]) -> None:
    other = elsewhere(work)
    with held:
        other.start()
        other.join(STEP_S)
        held.finish()
        other.join(WAIT_S)
    assert not other.is_alive()


def two_tabs(member: User, course: Activity) -> None:
    one, two = Page(member, make_lesson(course, video(60))), Page(member, make_lesson(course, video(60)))
    media = {"media": [[0, 30]]}
    race(BeatHeldOpen(one, one.next_beat(15, **media), 15), lambda: two.beat(15, **media))


def test_two_tabs_at_once_are_credited_once_and_covered_from_one_allowance(
    member: User, course: Activity
) -> None:
    two_tabs(member, course)
    assert credited_s(member) == 15
    assert sum(each.covered_ms for each in Coverage.objects.all()) == 30_000


@pytest.mark.usefixtures("unlocked")
def test_control_without_the_lock_the_database_refuses_the_second(member: User, course: Activity) -> None:
    with pytest.raises(IntegrityError, match="slices_never_overlap"):
        two_tabs(member, course)
    assert credited_s(member) == 15


@pytest.mark.usefixtures("unlocked", "unguarded")
def test_control_without_lock_and_constraint_the_same_minute_counts_twice(
    member: User, course: Activity
) -> None:
    two_tabs(member, course)
    assert credited_s(member) == 30
    assert sum(each.covered_ms for each in Coverage.objects.all()) == 60_000


def last_two_lessons(member: User, course: Activity) -> bool:
    """One is completed by a beat, the other by an exam passed at the same moment; whether the course was."""
    read, exam = make_lesson(course, text(5_000)), make_lesson(course, deed("exam"))
    page = Page(member, read)
    race(
        BeatHeldOpen(page, page.next_beat(15, read={"t": [5_000]}), 15, reads=2),
        lambda: finish_part(user=member, activity=exam, part="d", now=after(15)),
    )
    assert Completion.objects.filter(activity__in=[read, exam]).count() == 2
    return Completion.objects.filter(activity=course).exists()


def test_the_last_two_lessons_at_once_complete_the_course(member: User, course: Activity) -> None:
    assert last_two_lessons(member, course)
    assert Completion.objects.filter(activity=course).count() == 1


@pytest.mark.usefixtures("unlocked")
def test_control_without_the_lock_the_course_is_forgotten(member: User, course: Activity) -> None:
    assert not last_two_lessons(member, course)


def test_two_lanes_of_one_person_agree_on_every_second(member: User, course: Activity) -> None:
    lesson = make_lesson(course, video(600), text(30_000))
    pages = [Page(member, lesson) for _ in range(4)]

    async def story(first: StudyClient) -> None:
        second = StudyClient(connection.settings_dict)
        async with second.lane.lifespan():
            for number in range(1, ROUNDS + 1):
                first.now = second.now = after(15 * number)
                beats = [
                    lane.beat(page, **told(number, 15 * number, media=[[0, 600]], read={"t": [30_000]}))
                    for page, lane in zip(pages, (first, second, first, second), strict=True)
                ]
                assert [answer.status for answer in await asyncio.gather(*beats)] == [200] * 4

    in_lane(story, connection.settings_dict, client=StudyClient)
    spent = 15 * ROUNDS
    assert credited_s(member) == spent
    assert StudySlice.objects.filter(user=member).count() == 1
    covered = {each.part: each.covered_ms for each in Coverage.objects.all()}
    assert covered["v"] / 2 + covered.get("t", 0) <= spent * 1000
    assert covered["v"] > 0


def test_beats_in_reversed_orders_of_people_do_not_deadlock(course: Activity) -> None:
    unit = course.owner_unit
    pages = [Page(make_user(unit=unit), make_lesson(course)) for _ in range(20)]

    async def story(first: StudyClient) -> None:
        second = StudyClient(connection.settings_dict)
        async with second.lane.lifespan():
            for number in range(1, ROUNDS + 1):
                first.now = second.now = after(15 * number)
                there = [first.beat(page, **told(2 * number, 15 * number)) for page in pages]
                back = [second.beat(page, **told(2 * number + 1, 15 * number)) for page in reversed(pages)]
                answers = await asyncio.gather(*there, *back)
                assert {answer.status for answer in answers} == {200}

    in_lane(story, connection.settings_dict, client=StudyClient)
    assert all(credited_s(page.user) == 15 * ROUNDS for page in pages)
