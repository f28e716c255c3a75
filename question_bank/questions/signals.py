"""Sent inside the transaction that made it true: a receiver only inserts rows and queues tasks on commit."""

from django.dispatch import Signal

# question_ids: list[int], now: datetime. They were written many at once, which `post_save` does not tell.
questions_changed = Signal()
# chapter_ids: list[int], now: datetime. Renamed, moved or merged into: the questions of each and of what is below it stand
# elsewhere now.
chapters_changed = Signal()
