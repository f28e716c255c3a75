"""Sent inside the transaction that made it true: a receiver only writes rows and queues tasks on commit."""

from __future__ import annotations

from django.dispatch import Signal

# Somebody is in a running class as of now: `training_class`, `user_ids` (list), `by`, `now`.
# Of a class that starts: all of its members; of one that runs: those just admitted.
class_joined = Signal()

# user_ids: list[int], now: datetime. Their accounts or memberships were written many at once, which `post_save` does not
# tell.
people_changed = Signal()
# unit_ids: list[int], now: datetime. Opened, moved or renamed: what stands below them may be called otherwise too.
units_changed = Signal()
