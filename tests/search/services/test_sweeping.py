"""By night, and by command, the index becomes what its origins say."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from learning.organisation.models import Membership
from search.models import Entry, IndexState, Kind, Pending, Reach, Shelf, entry_id
from search.services import leasing
from search.services.health import index_health
from search.services.indexing import catch_up
from search.services.keeping import keep_up, turn_day
from search.services.noting import note
from search.services.rebuilding import Busy, rebuild_all
from search.services.sweeping import sweep
from tests.factories import NOW, make_unit, make_user
from tests.search.fakes import MemoryEngine
from tests.search.indexing import Server, Things, only

pytestmark = pytest.mark.django_db
QUESTION = Kind.QUESTION


def now() -> datetime:
    return NOW


@pytest.fixture
def questions(index: MemoryEngine, monkeypatch: pytest.MonkeyPatch) -> Things:
    things = Things(QUESTION, _1="党章的总纲", _2="党员的义务", _3="党的纪律")
    only(monkeypatch, things)
    return things


def entries() -> dict[int, str]:
    return dict(Entry.objects.values_list("object_id", "title"))


def test_a_site_that_never_was_indexed_is_indexed_whole(questions: Things, index: MemoryEngine) -> None:
    assert keep_up(clock=now) == 3
    assert entries() == questions.texts
    assert IndexState.objects.get().swept_at == NOW
    index.asked.clear()
    assert keep_up(clock=now) == 0


def test_lost_changes_are_made_good_and_what_is_gone_is_dropped(
    questions: Things, index: MemoryEngine
) -> None:
    sweep(clock=now)
    questions.texts[2] = "党员的权利"
    questions.texts[9] = "新题"
    del questions.texts[1]
    [walk] = [walk for walk in sweep(clock=now) if walk.kind == QUESTION]
    assert entries() == questions.texts
    assert set(index.documents) == {entry_id(QUESTION, pk) for pk in questions.texts}
    assert (walk.put, walk.dropped) == (2, 1)


def test_what_is_right_already_is_not_written(questions: Things, index: MemoryEngine) -> None:
    sweep(clock=now)
    index.asked.clear()
    sweep(clock=now)
    assert index.asked == ["count"]


def test_an_engine_that_lost_entries_gets_all_again(questions: Things, index: MemoryEngine) -> None:
    sweep(clock=now)
    index.documents = {}
    sweep(clock=now)
    assert len(index.documents) == 3


def test_pending_rows_are_done_with_the_sweep_and_those_of_broken_things_stay(questions: Things) -> None:
    questions.broken = {2}
    note(QUESTION, [1, 2], now=NOW)
    sweep(clock=now)
    row = Pending.objects.get()
    assert (row.object_id, row.tries) == (2, 1)
    assert set(entries()) == {1, 3}


def test_what_reaches_many_things_is_done_too_by_a_walk_through_all(questions: Things) -> None:
    for whole in (sweep, rebuild_all):
        note(Reach.UNIT, [1], now=NOW)
        whole(clock=now)
        assert not Pending.objects.exists()


def test_a_change_during_the_sweep_is_not_forgotten(
    questions: Things, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = questions.drafts

    def and_then_it_changes(ids: list[int], *, now: datetime) -> object:
        found = drafts(ids, now=now)
        if 1 in ids and len(questions.asked) == 1:
            questions.texts[1] = "新党章"
            note(QUESTION, [1], now=now)
        return found

    monkeypatch.setattr(questions, "drafts", and_then_it_changes)
    sweep(clock=now)
    assert entries()[1] == "党章的总纲"
    catch_up(clock=now)
    assert entries()[1] == "新党章"


def test_unused_shelves_go(questions: Things) -> None:
    sweep(clock=now)
    Shelf.objects.create(key="old", values={})
    sweep(clock=now)
    assert Shelf.objects.count() == 1


def test_people_whose_membership_turns_with_the_day_are_noted() -> None:
    unit, today = make_unit(), date(2026, 6, 1)
    begins, ends, stands = (make_user() for _ in range(3))
    for user, first, last in (
        (begins, today, None),
        (ends, date(2020, 1, 1), today),
        (stands, date(2020, 1, 1), None),
    ):
        Membership.objects.create(user=user, unit=unit, person_status="full", from_date=first, to_date=last)
    Pending.objects.all().delete()
    assert turn_day(now=NOW) == 2
    assert set(Pending.objects.values_list("kind", "object_id")) == {
        ("member", begins.pk),
        ("member", ends.pk),
    }


# search_rebuild


def rebuilt(*arguments: str) -> str:
    out = StringIO()
    call_command("search_rebuild", *arguments, stdout=out)
    return out.getvalue()


def test_a_rebuild_writes_all_again_and_says_how_many(questions: Things, index: MemoryEngine) -> None:
    sweep(clock=now)
    index.documents = {}
    questions.texts.pop(3)
    said = rebuilt()
    assert set(index.documents) == {entry_id(QUESTION, 1), entry_id(QUESTION, 2)}
    assert "question: 2 entries, 1 dropped, 0 failed" in said
    assert IndexState.objects.get().rebuilt_at is not None


def test_a_rebuild_of_one_kind_leaves_the_others(
    index: MemoryEngine, monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    courses, questions = Things(Kind.COURSE, _7="党课"), Things(QUESTION, _1="党章")
    only(monkeypatch, courses, questions)
    sweep(clock=now)
    index.asked.clear()
    server.asked.clear()
    courses.texts[7], questions.texts[1] = "新党课", "新党章"
    said = rebuilt("--kind", "course")
    assert set(entries().values()) == {"新党课", "党章"}
    assert "question" not in said
    assert server.asked == ["count", "put"], "the server is told of it, not filled anew"


def test_a_rebuild_fills_the_server_beside_the_old_index(questions: Things, server: Server) -> None:
    rebuilt()
    assert len(server.documents) == 3
    assert server.asked == ["rebuild", "swap"]


def test_a_server_that_is_down_is_said_and_the_database_is_whole(
    questions: Things, index: MemoryEngine, server: Server
) -> None:
    server.down = True
    with pytest.raises(CommandError, match="database's index is whole"):
        rebuilt()
    assert len(index.documents) == 3
    assert leasing.take(now=NOW + timedelta(days=4000)) is not None


def test_a_rebuild_waits_for_nobody_longer_than_it_is_told(questions: Things) -> None:
    leasing.take(now=timezone.now())
    with pytest.raises(CommandError, match="Somebody else is indexing"):
        rebuilt("--wait", "0")
    with pytest.raises(Busy):
        rebuild_all(clock=timezone.now)
    assert sweep(clock=timezone.now) == []


def test_what_could_not_be_rebuilt_is_an_error(questions: Things) -> None:
    questions.broken = {2}
    with pytest.raises(CommandError, match="1 could not be indexed"):
        rebuilt()
    said = rebuilt("--state")
    assert "failed 1 times: 试题 2: ValueError: a broken thing" in said
    assert "question: 2 entries" in said


# The lease


def test_of_two_one_has_the_lease_until_it_is_given_back() -> None:
    first = leasing.take(now=NOW)
    assert first is not None
    assert leasing.take(now=NOW + timedelta(seconds=30)) is None
    leasing.give_back(first)
    assert leasing.take(now=NOW + timedelta(seconds=30)) is not None


def test_who_lost_the_lease_neither_keeps_it_nor_takes_it_from_the_next() -> None:
    first = leasing.take(now=NOW)
    later = NOW + leasing.LASTS
    second = leasing.take(now=later)
    assert first is not None
    assert second is not None
    with pytest.raises(leasing.LeaseLost):
        leasing.keep(first, now=later)
    leasing.give_back(first)
    leasing.keep(second, now=later)


def test_the_lag_is_the_age_of_the_oldest_change_that_did_not_fail(index: MemoryEngine) -> None:
    Pending.objects.create(kind=QUESTION, object_id=1, asked_at=NOW - timedelta(days=3), problem="x")
    note(QUESTION, [2], now=NOW - timedelta(seconds=70))
    note(QUESTION, [3, 2], now=NOW)
    health = index_health(now=NOW)
    assert (health.lag_s(now=NOW), health.pending, health.failing) == (70, 3, 1)
