"""Beats of a lesson's page: what it says every 15 seconds about time, watching and reading. One source of the rules for the
lane and for a beat that passes it by: `beats` reads the wire, `judging` decides (pure), `writing` says which statements
carry it out, `apply_beat` carries them out in Django's own transaction."""

from .applying import apply_beat
from .beats import Beat, parse_beat
from .judging import Reply

__all__ = ["Beat", "Reply", "apply_beat", "parse_beat"]
