"""Who learns: people, the unit tree, memberships, roles, one-time codes, the audit log."""

from .accounts import AccessCode, User
from .audit import AuditEntry
from .roles import Role, RoleAssignment
from .roster import RosterImport
from .units import Membership, PersonStatus, Unit, UnitClosure

__all__ = [
    "AccessCode",
    "AuditEntry",
    "Membership",
    "PersonStatus",
    "Role",
    "RoleAssignment",
    "RosterImport",
    "Unit",
    "UnitClosure",
    "User",
]
