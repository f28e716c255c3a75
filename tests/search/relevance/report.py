"""The measure in a process of its own, on whatever database its settings name: `python -m tests.search.relevance.report`.
Prints the table, and one line of JSON last."""

from __future__ import annotations

import json
from typing import Any

import django
import pytest
from django.conf import settings

django.setup()

from search.engines.database import DatabaseEngine  # noqa: E402 — Django first
from tests.factories import NOW  # noqa: E402
from tests.search.entries import open_doors  # noqa: E402
from tests.search.relevance.measuring import answer, cases, lost, parts, share, table  # noqa: E402
from tests.search.relevance.world import data_folder, make_world  # noqa: E402

PARTS = 3000


def report() -> dict[str, Any]:
    settings.CELERY_TASK_ALWAYS_EAGER = True  # nobody works the queue of this process
    with pytest.MonkeyPatch.context() as patch:
        open_doors(patch)
        world = make_world(folder=data_folder(), now=NOW)
        answered = answer(cases(world.corpora), now=world.now)
        some = parts(PARTS)
        missing = lost(some, DatabaseEngine())
    print("\n".join(table(answered)))
    for each in answered:
        if each.place is None or each.place > 3:
            print(f"{each.case.group}: {each.case.query} at {each.place}, {each.results.total} hits")
    groups = dict.fromkeys(each.case.group for each in answered)
    return {
        "queries": len(answered),
        "entries": sum(map(len, world.drafts.values())),
        "corpora": list(world.corpora),
        "top_1": 100 * share(answered, 1),
        "top_3": 100 * share(answered, 3),
        "parts": len(some),
        "recall": 100 * (1 - len(missing) / len(some)),
        "classes": {
            name: 100 * share([each for each in answered if each.case.group == name], 3) for name in groups
        },
    }


if __name__ == "__main__":
    print(json.dumps(report(), ensure_ascii=False))
