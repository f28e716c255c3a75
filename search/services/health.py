"""How the index stands, for those who look after the site."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q

from search.engines import choosing
from search.engines.base import EngineDown
from search.models import Entry, Kind, Pending

from . import leasing
from .bringing import IN_ORDER
from .filling import is_filled

FAILURES = 20


@dataclass(frozen=True, slots=True)
class Failure:
    kind: str  # as the screen says it
    object_id: int
    problem: str
    tries: int
    again_at: datetime | None


@dataclass(frozen=True, slots=True)
class Health:
    """`engine` is the one that is asked first, and `answers` whether it does (None: it is the database). `pending` things
    changed and are not yet in the database's index, the oldest since `oldest_at`; `unsent` ones the remote engine
    has not heard of. `breaker` is that of this process."""

    engine: str
    answers: bool | None
    filled: bool
    held: int | None  # entries that the remote engine has
    breaker: str
    entries: dict[Kind, int]
    pending: int
    unsent: int
    oldest_at: datetime | None
    failing: int
    failures: list[Failure] = field(default_factory=list)
    busy: bool = False
    indexed_at: datetime | None = None
    swept_at: datetime | None = None
    rebuilt_at: datetime | None = None
    remote_failed_at: datetime | None = None
    remote_problem: str = ""

    def lag_s(self, *, now: datetime) -> float:
        """The age of the oldest change that is not in the index and did not fail, in seconds."""
        return max((now - self.oldest_at).total_seconds(), 0.0) if self.oldest_at else 0.0

    @property
    def total(self) -> int:
        return sum(self.entries.values())


def index_health(*, now: datetime) -> Health:
    """As it is at this moment; the remote engine is asked once."""
    state, remote = leasing.state(), choosing.remote_engine()
    answers, held = None, None
    if remote is not None:
        try:
            held, answers = remote.count(), True
        except EngineDown:
            answers = False
    counts = dict(Entry.objects.values_list("kind").annotate(count=Count("pk")).order_by())
    building = Q(stage=Pending.Stage.BUILD)
    failed = Pending.objects.exclude(problem="")
    oldest = Pending.objects.filter(building, problem="").order_by("asked_at").first()
    return Health(
        engine=remote.name if remote else choosing.database_engine().name,
        answers=answers,
        filled=is_filled(state),
        held=held,
        breaker=remote.breaker.state.value if remote else "",
        entries={kind: counts.get(kind.value, 0) for kind in IN_ORDER},
        pending=Pending.objects.filter(building).values("kind", "object_id").distinct().count(),
        unsent=Pending.objects.exclude(building).values("kind", "object_id").distinct().count(),
        oldest_at=oldest.asked_at if oldest else None,
        failing=failed.count(),
        failures=[
            Failure(row.get_kind_display(), row.object_id, row.problem, row.tries, row.again_at)
            for row in failed.order_by("-tries", "pk")[:FAILURES]
        ],
        busy=state.lease_until is not None and state.lease_until > now,
        indexed_at=state.indexed_at,
        swept_at=state.swept_at,
        rebuilt_at=state.rebuilt_at,
        remote_failed_at=state.remote_failed_at,
        remote_problem=state.remote_problem,
    )
