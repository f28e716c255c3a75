"""The queue of an installation without Redis: Kombu's filesystem transport, its messages made visible whole.

Kombu opens a message's file under its final name and writes it afterwards; a worker that looked in between read an empty
message and ended."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """A message may be sent before the first worker ever ran: by a command on a fresh installation."""
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # Kombu's
        for folder in {self.data_folder_in, self.data_folder_out}:
            Path(folder).mkdir(parents=True, exist_ok=True)

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:  # type: ignore[override]  # stubs lack kwargs
        """Names begin with the time, so that the queue keeps its order."""
        folder, name = Path(self.data_folder_out), f"{round(monotonic() * 1000)}_{uuid4()}"
        unfinished = folder / f"{name}.unfinished"
        unfinished.write_bytes(dumps(message).encode())  # type: ignore[no-untyped-call]  # Kombu's
        unfinished.rename(folder / f"{name}.{queue}.msg")


class Transport(filesystem.Transport):
    Channel = Channel
