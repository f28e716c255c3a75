from .asked import Asked
from .entries import ORDER, Entry, Kind, Shelf, entry_id, origin_of
from .pending import Pending, Reach
from .state import IndexState

__all__ = [
    "ORDER",
    "Asked",
    "Entry",
    "IndexState",
    "Kind",
    "Pending",
    "Reach",
    "Shelf",
    "entry_id",
    "origin_of",
]
