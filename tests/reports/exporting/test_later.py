"""Files of many rows are made by a worker, for the one who asked."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from learning.organisation.models import AuditEntry, Role, Unit, User
from reports import tasks
from reports.exporting import later
from tests.factories import make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few_rows_are_many(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    monkeypatch.setattr(later, "MANY_ROWS", 0)


@pytest.fixture
def root() -> Unit:
    root = make_unit()
    make_unit(root, name="甲支部")
    return root


@pytest.fixture
def office(root: Unit) -> User:
    return make_user(unit=root, roles=[(Role.SCHOOL_OFFICE, root)])


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def asked(user: User, unit: Unit, kind: str = "xlsx") -> str:
    """The address that the export leads to."""
    response = client_of(user).get(reverse("reports_admin:unit", args=[unit.pk]), {"export": kind})
    assert response.status_code == 302
    return str(response["Location"])


@pytest.mark.parametrize("kind", ["xlsx", "pdf"])
def test_a_long_file_is_made_by_the_worker_and_taken_from_its_page(
    root: Unit, office: User, kind: str
) -> None:
    url = asked(office, root, kind)
    page = client_of(office).get(url)
    assert "文件已经生成" in page.content.decode()
    response = client_of(office).get(url, {"take": "1"})
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert f"report.{kind}" in response["Content-Disposition"]
    assert "no-store" in response["Cache-Control"]
    if kind == "xlsx":
        assert any(
            "甲支部" in str(cell.value)
            for sheet in load_workbook(io.BytesIO(content))
            for row in sheet
            for cell in row
        )
    else:
        assert content.startswith(b"%PDF")
    entry = AuditEntry.objects.get(action="report.export")
    assert (entry.actor, entry.data["kind"]) == (office, kind)


def test_nobody_else_finds_it(root: Unit, office: User) -> None:
    url = asked(office, root)
    other = make_user(unit=root, roles=[(Role.SCHOOL_OFFICE, root)])
    assert client_of(other).get(url).status_code == 404
    assert client_of(make_user(unit=root)).get(url).status_code in (302, 403, 404)
    assert (
        client_of(office).get(reverse("reports_admin:file", args=["nothing-of-the-kind-00"])).status_code
        == 404
    )


def test_who_waits_is_told_and_the_page_asks_again(
    root: Unit, office: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.make_file, "delay", lambda *_args: None)
    url = asked(office, root)
    page = client_of(office).get(url).content.decode()
    assert "正在后台生成" in page
    assert "data-waiting" in page
    assert "正在后台生成" in client_of(office).get(url, {"take": "1"}).content.decode()


def test_nobody_waits_for_ever(root: Unit, office: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.make_file, "delay", lambda *_args: None)
    url = asked(office, root)
    monkeypatch.setattr(later, "LONGEST", timedelta(0))
    assert "文件没有生成" in client_of(office).get(url).content.decode()


def test_without_a_queue_the_file_is_made_at_once(
    root: Unit, office: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_args: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(tasks.make_file, "delay", down)
    assert "文件已经生成" in client_of(office).get(asked(office, root)).content.decode()


def test_rights_are_those_of_the_moment_it_is_made(
    root: Unit, office: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.make_file, "delay", lambda *_args: None)
    url = asked(office, root)
    token = url.rstrip("/").rpartition("/")[2]
    office.role_assignments.all().delete()
    tasks.make_file(office.pk, token)
    assert later.has_failed(office.pk, token, now=timezone.now())
    assert later.made(office.pk, token) is None
    assert not AuditEntry.objects.filter(action="report.export").exists()


def test_a_second_delivery_makes_nothing_more(root: Unit, office: User) -> None:
    token = asked(office, root).rstrip("/").rpartition("/")[2]
    tasks.make_file(office.pk, token)
    assert AuditEntry.objects.filter(action="report.export").count() == 1


def test_what_is_older_than_a_day_is_deleted(root: Unit, office: User) -> None:
    url = asked(office, root)
    assert later.drop_old(now=timezone.now()) == 0
    assert later.drop_old(now=timezone.now() + later.KEPT + timedelta(minutes=1)) == 1
    assert client_of(office).get(url).status_code == 404
    assert default_storage.listdir(f"{later.FOLDER}/{office.pk}") == ([], [])
