"""Sent inside the transaction that made it true: a receiver only inserts rows and queues tasks on commit."""

from django.dispatch import Signal

# course_id: id of its page, now: datetime. Its activities are now what its public pages say.
course_synced = Signal()
# material_ids: list[int], now: datetime. Processed: what members may read of it is known.
materials_processed = Signal()
