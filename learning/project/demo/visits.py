"""One load of a lesson's page by a simulated member: it counts as the page's own script does, tells its beats to the
rules of study, and what they credit is what stands. Nobody writes slices or coverage here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count

from learning.organisation.models import User
from learning.study.beating import Beat, Reply, apply_beat
from learning.study.models import Activity
from learning.study.services.sessions import open_session

# A real page tells every 15 s; the rules credit up to 45 s a beat, and fewer beats load the demo sooner.
BEAT_MS = 44_000
_tabs = count(1)


class Visit:
    """`at` is the member's time, from the opening on; `active_ms` what the page has counted."""

    def __init__(self, user: User, lesson: Activity, *, begins: datetime) -> None:
        self.session, _token = open_session(
            user=user, activity_id=lesson.pk, tab=f"demo-{next(_tabs)}", now=begins
        )
        self.begins = begins
        self.active_ms = self._told_ms = self._seq = 0
        self.completed = False
        self._read: dict[str, list[int]] = {}
        self._played: tuple[int, int] | None = None
        self._part = ""

    @property
    def at(self) -> datetime:
        return self.begins + timedelta(milliseconds=self.active_ms)

    def read(self, part: str, least_ms: Sequence[int], had_ms: Sequence[int], *, pace: float) -> None:
        """Reads the blocks to their ends; `pace` ≥ 1 times as long as they ask for. `had_ms`: read earlier."""
        mine = self._read.setdefault(part, [0] * len(least_ms))
        for number, least in enumerate(least_ms):
            wanted = max(0, least - (had_ms[number] if number < len(had_ms) else 0))
            # Only what a block still asks for counts as read; the page gives the rest to no block.
            for piece in self._pieces(round(wanted * pace)):
                mine[number] = min(wanted, mine[number] + piece)
                self._spent(piece)

    def watch(self, part: str, from_ms: int, to_ms: int, *, rate: float = 1.0) -> None:
        self._part, place = part, float(from_ms)
        for piece in self._pieces(round((to_ms - from_ms) / rate)):
            before = round(place)
            place = min(float(to_ms), place + piece * rate)
            start = self._played[0] if self._played else before
            self._played = (start, round(place))
            self._spent(piece)
        self._beat()
        self._part = ""

    def leave(self) -> None:
        """The last beat, sent when the page goes."""
        self._beat()

    def _pieces(self, ms: int) -> list[int]:
        """`ms` cut where beats fall due."""
        room = BEAT_MS - (self.active_ms - self._told_ms)
        if ms <= room:
            return [ms] if ms > 0 else []
        return [room, *[BEAT_MS] * ((ms - room) // BEAT_MS), *filter(None, [(ms - room) % BEAT_MS])]

    def _spent(self, ms: int) -> None:
        self.active_ms += ms
        if self.active_ms - self._told_ms >= BEAT_MS:
            self._beat()

    def _beat(self) -> None:
        if self.active_ms == self._told_ms:
            return
        self._seq += 1
        self._told_ms = self.active_ms
        beat = Beat(
            seq=self._seq,
            elapsed_ms=self.active_ms,
            active_ms=self.active_ms,
            visible_ms=self.active_ms,
            part=self._part,
            media=(self._played,) if self._played else (),
            read={part: list(blocks) for part, blocks in self._read.items()},
            position_ms=self._played[1] if self._played else None,
        )
        reply = apply_beat(session=self.session, beat=beat, now=self.at)
        if not isinstance(reply, Reply):
            raise RuntimeError(f"A beat of the demo was refused: {reply}")
        self.completed = reply.completed
        self._played = None
