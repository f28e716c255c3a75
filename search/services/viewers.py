"""Who searches, as keys: an entry is found by whoever holds one of its keys."""

from __future__ import annotations

from dataclasses import dataclass

from learning.organisation.models import User


@dataclass(frozen=True, slots=True)
class Viewer:
    """`keys` None: finds everything there is. `user` None: nobody's door is asked."""

    user: User | None
    keys: frozenset[str] | None


EVERYTHING = Viewer(None, None)
