"""The filesystem queue: a reader sees a message whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from kombu import Connection

from learning.project.celery import app
from learning.project.queue import Channel


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    folders = {"data_folder_in": "m", "data_folder_out": "m", "processed_folder": "p", "control_folder": "c"}
    for name in set(folders.values()):
        (tmp_path / name).mkdir()
    options = {key: str(tmp_path / name) for key, name in folders.items()} | {"store_processed": False}
    return Connection("filesystem://localhost", transport_options=options)


def test_the_site_puts_its_tasks_through_this_transport(connection: Connection) -> None:
    assert app.conf.broker_url.startswith(("filesystem:", "redis:"))
    assert isinstance(connection.default_channel, Channel)


def test_messages_come_in_their_order(connection: Connection) -> None:
    queue = connection.SimpleQueue("work")
    for number in range(20):
        queue.put({"number": number})
    assert {queue.get(timeout=1).payload["number"] for _ in range(20)} == set(range(20))


def test_a_message_has_no_name_of_a_message_before_it_is_whole(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visible: list[list[bytes]] = []
    write = Path.write_bytes

    def watched(path: Path, data: bytes) -> int:
        written = write(path, data[: len(data) // 2])
        visible.append([each.read_bytes() for each in (tmp_path / "m").glob("*.msg")])
        return written + write(path, data)

    monkeypatch.setattr(Path, "write_bytes", watched)
    queue = connection.SimpleQueue("other")
    queue.put({"number": 1})
    queue.put({"number": 2})
    assert [len(each) for each in visible] == [0, 1]
    assert visible[1][0].endswith(b"}")
