"""搜索状态: for the administrator, with the engine up or down, and nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learning.organisation.models import Role, User
from search.models import IndexState, Kind, Pending
from search.services.noting import note
from tests.factories import NOW, make_unit, make_user
from tests.search.fakes import MemoryEngine
from tests.search.indexing import Server, Things, only

pytestmark = pytest.mark.django_db
STATE, CATCH_UP, REBUILD = "search_admin_state", "search_admin_catch_up", "search_admin_rebuild"


@pytest.fixture
def administrator() -> User:
    return make_user(name="管理员", roles=[(Role.ADMINISTRATOR, make_unit(name="校党委"))])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, "learning.organisation.backends.NumberBackend")
    return client


@pytest.fixture
def page(administrator: User) -> Client:
    return signed_in(administrator)


def text(client: Client) -> str:
    answer = client.get(reverse(STATE))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_administrator_finds_it_in_the_menu_and_reads_how_it_stands(
    index: MemoryEngine, page: Client
) -> None:
    assert reverse(STATE) in page.get(reverse("wagtailadmin_home")).content.decode()
    Pending.objects.all().delete()
    said = text(page)
    assert "本站数据库（memory）" in said
    assert "索引是最新的" in said
    assert "从未" in said


def test_what_waits_is_counted_once_with_its_age(index: MemoryEngine, page: Client) -> None:
    Pending.objects.all().delete()
    for _ in range(2):
        note(Kind.QUESTION, [1, 2], now=timezone.now() - timedelta(seconds=90))
    assert "2 条，最早的一条等了 1分30秒" in text(page)


def test_a_failure_is_told_with_its_reason(index: MemoryEngine, page: Client) -> None:
    Pending.objects.create(kind=Kind.LESSON, object_id=7, asked_at=NOW, tries=3, problem="ValueError: <b>")
    said = text(page)
    assert "课时 7" in said
    assert "ValueError: &lt;b&gt;" in said


def test_the_server_s_standing_is_told(index: MemoryEngine, server: Server, page: Client) -> None:
    assert "索引未建立" in text(page)
    IndexState.objects.update_or_create(
        pk=1, defaults={"remote_filled": "http://search.example:9200/dangxiao"}
    )
    assert "正常" in text(page)
    server.down = True
    assert "没有应答，正由数据库代为搜索" in text(page)


def test_catching_up_also_tries_what_failed(
    index: MemoryEngine, page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, Things(Kind.QUESTION, _1="党章"))
    Pending.objects.all().delete()
    Pending.objects.create(
        kind=Kind.QUESTION,
        object_id=1,
        asked_at=NOW,
        problem="x",
        again_at=timezone.now() + timedelta(hours=5),
    )
    answer = page.post(reverse(CATCH_UP), follow=True)
    assert "已开始补齐" in answer.content.decode()
    assert not Pending.objects.exists()
    assert index.count() == 1


def test_rebuilding_writes_everything(
    index: MemoryEngine, page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, Things(Kind.QUESTION, _1="党章", _2="党史", _3="党建"))
    answer = page.post(reverse(REBUILD), follow=True)
    assert "已开始全部重建" in answer.content.decode()
    assert index.count() == 3


@pytest.mark.parametrize("name", [CATCH_UP, REBUILD])
def test_nothing_begins_by_a_link(page: Client, name: str) -> None:
    assert page.get(reverse(name)).status_code == 405


@pytest.mark.parametrize("name", [STATE, CATCH_UP, REBUILD])
def test_for_organisers_there_is_no_such_screen(name: str) -> None:
    organiser = signed_in(make_user(roles=[(Role.SCHOOL_OFFICE, make_unit())]))
    assert organiser.get(reverse(name)).status_code == 404
    assert organiser.post(reverse(name)).status_code == 404
