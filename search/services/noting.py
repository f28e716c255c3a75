"""Something changed that may be found: a row a thing, written in the transaction that changes it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from learning.organisation.rows import instant, write
from search.models import Kind, Pending, Reach

# Only an INSERT, of all ids at once: it waits for no other transaction and cannot meet one in a deadlock.
NOTE = {
    "postgresql": "SELECT %s, unnest(%s::bigint[]), %s, %s, 0, ''",
    "sqlite": "SELECT %s, value, %s, %s, 0, '' FROM json_each(%s)",
}
INTO = "INSERT INTO search_pending (kind, object_id, stage, asked_at, tries, problem) "


def note(
    kind: Kind | Reach,
    ids: Iterable[int],
    *,
    now: datetime,
    stage: Pending.Stage = Pending.Stage.BUILD,
) -> int:
    """Has these things of one kind brought into the index, or out of it, once the transaction is committed; returns how
    many. One statement whatever their number, none for none."""
    wanted = sorted(set(ids))
    if not wanted:
        return 0
    at = instant(now)
    if connection.vendor == "postgresql":
        values = [kind.value, wanted, stage.value, at]
    else:
        values = [kind.value, stage.value, at, json.dumps(wanted)]
    write(INTO + NOTE[connection.vendor], [values])
    return len(wanted)
