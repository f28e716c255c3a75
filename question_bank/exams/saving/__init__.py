"""Ops on an open attempt: answers, views, flags, leaving the page. One source of the rules for the lane, the plain
form and submit: `ops` reads the wire, `judging` decides (pure), `writing` says which statements carry it out, and
`apply_ops` carries them out in the caller's transaction."""

from .applying import apply_ops
from .ops import MAX_OPS, Op, OpKind, parse_ops
from .replies import OpsReply
from .writing import Memory

__all__ = ["MAX_OPS", "Memory", "Op", "OpKind", "OpsReply", "apply_ops", "parse_ops"]
