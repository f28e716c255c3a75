"""Who learns: people, the unit tree, memberships, roles, one-time codes, the audit log."""

from .accounts import AccessCode, User
from .audit import AuditEntry
from .classes import ClassMember, TrainingClass, TrainingClassQuerySet
from .roles import Role, RoleAssignment
from .roster import RosterImport
from .units import Membership, PersonStatus, Unit, UnitClosure

__all__ = [
    "AccessCode",
    "AuditEntry",
    "ClassMember",
    "Membership",
    "PersonStatus",
    "Role",
    "RoleAssignment",
    "RosterImport",
    "TrainingClass",
    "TrainingClassQuerySet",
    "Unit",
    "UnitClosure",
    "User",
]
