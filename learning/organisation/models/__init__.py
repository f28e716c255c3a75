"""Who learns: people, the unit tree, memberships, roles, teaching groups, one-time codes, the audit log."""

from .accounts import AccessCode, User
from .audit import AuditEntry
from .classes import ClassMember, TrainingClass, TrainingClassQuerySet
from .groups import GroupMember, GroupRole, GroupStaff, TeachingGroup
from .roles import Role, RoleAssignment
from .roster import RosterImport
from .units import Membership, PersonStatus, Unit, UnitClosure

__all__ = [
    "AccessCode",
    "AuditEntry",
    "ClassMember",
    "GroupMember",
    "GroupRole",
    "GroupStaff",
    "Membership",
    "PersonStatus",
    "Role",
    "RoleAssignment",
    "RosterImport",
    "TeachingGroup",
    "TrainingClass",
    "TrainingClassQuerySet",
    "Unit",
    "UnitClosure",
    "User",
]
