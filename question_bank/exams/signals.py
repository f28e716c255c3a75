"""Sent inside the transaction that made it true: a receiver only inserts rows and queues tasks on commit.

Every signal carries lists, so that closing ten thousand attempts calls each receiver once a batch.
"""

from django.dispatch import Signal

# closed: list[taking.closing.Closed], now: datetime. After a member's, a forced or an automatic submission.
attempts_submitted = Signal()
# closed: list[taking.closing.Closed], now: datetime. The score is final (until a regrade, which sends it
# again).
attempts_marked = Signal()
# attempts: list[Attempt], now: datetime. Reopened or voided: what was derived from their marks is to be
# taken back.
attempts_taken_back = Signal()
# release: Release, now: datetime. A part of the outcome may be seen (from release.at on), or no more
# (revoked_at).
release_changed = Signal()
