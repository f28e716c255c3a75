"""The permission matrix: which role may do what, and over which units; and beside it what the teachers of a teaching group
may do for its people. Two tables; nothing else grants a right."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from functools import reduce
from operator import or_

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from .models import GroupRole, GroupStaff, Membership, Role, RoleAssignment, Unit, User
from .models.units import UnitQuerySet


class Action(StrEnum):
    ADMIN_ENTER = "admin.enter"  # Wagtail's admin at all
    BANK_VIEW = "bank.view"
    BANK_EDIT = "bank.edit"  # questions, chapters, import
    BANK_REVIEW = "bank.review"  # draft → ready, retire
    EXAM_VIEW = "exam.view"
    EXAM_BUILD = "exam.build"
    EXAM_PUBLISH = "exam.publish"
    EXAM_MONITOR = "exam.monitor"
    EXAM_ADJUST = "exam.adjust"  # extend, pause, reopen, void
    EXAM_MARK = "exam.mark"
    EXAM_RELEASE = "exam.release"
    COURSE_VIEW = "course.view"
    COURSE_EDIT = "course.edit"  # pages, media, drafts
    COURSE_PUBLISH = "course.publish"
    CLASS_MANAGE = "class.manage"  # training classes: admit, plan, graduate
    REFLECTION_MARK = "reflection.mark"
    STUDY_RECORD = "study.record"  # offline activities entered by hand
    STUDY_ERASE = "study.erase"
    REPORT_VIEW = "report.view"
    MEMBER_VIEW = "member.view"
    MEMBER_MANAGE = "member.manage"  # roster, reset, one-time codes
    UNIT_MANAGE = "unit.manage"
    ROLE_GRANT = "role.grant"
    AUDIT_VIEW = "audit.view"
    SITE_MANAGE = "site.manage"


A, R = Action, Role
MATRIX: dict[Role, frozenset[Action]] = {
    R.MEMBER: frozenset(),
    R.INVIGILATOR: frozenset({A.ADMIN_ENTER, A.EXAM_VIEW, A.EXAM_MONITOR, A.EXAM_ADJUST}),
    R.AUTHOR: frozenset({A.ADMIN_ENTER, A.BANK_VIEW, A.BANK_EDIT}),
    R.REVIEWER: frozenset({A.ADMIN_ENTER, A.BANK_VIEW, A.BANK_REVIEW}),
    R.MARKER: frozenset({A.ADMIN_ENTER, A.EXAM_VIEW, A.EXAM_MARK}),
    R.RELEASER: frozenset({A.ADMIN_ENTER, A.EXAM_VIEW, A.EXAM_RELEASE}),
    R.TEACHER: frozenset(
        {
            A.ADMIN_ENTER,
            A.BANK_VIEW,
            A.BANK_EDIT,
            A.EXAM_VIEW,
            A.EXAM_BUILD,
            A.EXAM_MONITOR,
            A.EXAM_MARK,
            A.COURSE_VIEW,
            A.COURSE_EDIT,
            A.REFLECTION_MARK,
            A.REPORT_VIEW,
            A.MEMBER_VIEW,
        }
    ),
    R.SECRETARY: frozenset(
        {
            A.ADMIN_ENTER,
            A.EXAM_VIEW,
            A.EXAM_MONITOR,
            A.COURSE_VIEW,
            A.STUDY_RECORD,
            A.REPORT_VIEW,
            A.MEMBER_VIEW,
        }
    ),
    # The organiser of a unit (党务工作者): everything about banks, exams and people below it.
    R.SCHOOL_OFFICE: frozenset(
        {
            A.ADMIN_ENTER,
            A.BANK_VIEW,
            A.BANK_EDIT,
            A.BANK_REVIEW,
            A.EXAM_VIEW,
            A.EXAM_BUILD,
            A.EXAM_PUBLISH,
            A.EXAM_MONITOR,
            A.EXAM_ADJUST,
            A.EXAM_MARK,
            A.EXAM_RELEASE,
            A.COURSE_VIEW,
            A.COURSE_EDIT,
            A.COURSE_PUBLISH,
            A.CLASS_MANAGE,
            A.REFLECTION_MARK,
            A.STUDY_RECORD,
            A.REPORT_VIEW,
            A.MEMBER_VIEW,
            A.MEMBER_MANAGE,
        }
    ),
    R.AUDITOR: frozenset(
        {
            A.ADMIN_ENTER,
            A.BANK_VIEW,
            A.EXAM_VIEW,
            A.COURSE_VIEW,
            A.REPORT_VIEW,
            A.MEMBER_VIEW,
            A.AUDIT_VIEW,
        }
    ),
    R.ADMINISTRATOR: frozenset(Action),
}

# For the people of the group, in what the group does together, and nothing else (decision 0012). Acts on the whole (build,
# publish, adjust, release, regrade) never stand here.
GROUP_MATRIX: dict[GroupRole, frozenset[Action]] = {
    GroupRole.TEACHER: frozenset({A.EXAM_VIEW, A.EXAM_MONITOR, A.EXAM_MARK, A.REPORT_VIEW, A.MEMBER_VIEW}),
    GroupRole.ASSISTANT: frozenset({A.EXAM_VIEW, A.EXAM_MONITOR, A.EXAM_MARK}),
}


def roles_allowing(action: Action) -> list[Role]:
    """The roles whose row of the matrix holds the action."""
    return [role for role, actions in MATRIX.items() if action in actions]


def scopes(user: User, action: Action, *, day: date | None = None) -> list[str]:
    """Tree paths below which the user may do the action today; [] = nowhere, [""] = everywhere (superuser). A launched
    session has no roles, whoever the person is.

    The answer is kept on the user object, which lives for one request."""
    if not user.is_authenticated or not user.is_active or user.launched:
        return []
    if user.is_superuser:
        return [""]
    kept: dict[tuple[Action, date], list[str]] = vars(_person(user)).setdefault("_scopes", {})
    day = day or timezone.localdate()
    if (action, day) not in kept:
        held = roles_held(user, day=day)
        for each in Action:
            kept[each, day] = sorted({path for role, path in held if each in MATRIX[role]})
    return kept[action, day]


def roles_held(user: User, *, day: date) -> list[tuple[Role, str]]:
    """The person's roles on that day, each with the tree path of its unit; one query for a user object and day."""
    return [(Role(role), path) for role, path, group in _held(user, day) if group is None]


def groups_allowing(user: User, action: Action) -> list[int]:
    """Ids of the teaching groups for whose people the user may do the action now; [] for a superuser, who needs none.
    Comes with `roles_held`: one query for both."""
    if not user.is_authenticated or not user.is_active or (user.is_superuser and not user.launched):
        return []
    held = _held(user, timezone.localdate())
    return [
        group for role, _path, group in held if group is not None and action in GROUP_MATRIX[GroupRole(role)]
    ]


def _held(user: User, day: date) -> list[tuple[str, str, int | None]]:
    """(role, tree path of its unit, None) or (role, "", group): all that the person holds on that day, by one query."""
    kept: dict[date, list[tuple[str, str, int | None]]] = vars(_person(user)).setdefault("_held", {})
    if day not in kept:
        no_group = Value(None, output_field=BigIntegerField())
        roles = RoleAssignment.objects.on(day).filter(user=user)
        groups = GroupStaff.objects.filter(user=user, removed_at=None)
        rows = roles.values_list("role", "unit__path", no_group).union(
            groups.values_list("role", Value(""), "group"), all=True
        )
        kept[day] = list(rows)
    return kept[day]


def forget_roles(user: User) -> None:
    """Drops what was found out of the person's roles and groups; for whoever changes them."""
    for name in ("_held", "_scopes"):
        vars(_person(user)).pop(name, None)


def _person(user: User) -> User:
    """request.user is a stand-in for the person; both must share what was found out."""
    person: User = vars(user).get("_wrapped", user)
    return person


def may(user: User, action: Action, unit: Unit | None = None) -> bool:
    """Whether the user may do the action on the unit; without a unit: anywhere at all."""
    paths = scopes(user, action)
    return bool(paths) if unit is None else any(unit.path.startswith(path) for path in paths)


def scope_q(user: User, action: Action, unit_field: str = "unit") -> Q:
    """A filter "row belongs to a unit where the user may do the action" for any model with a foreign key to Unit.

    `unit_field` "" means the queryset is of units themselves."""
    prefix = f"{unit_field}__" if unit_field else ""
    return any_path(scopes(user, action), f"{prefix}path__startswith")


def any_path(paths: Iterable[str], lookup: str) -> Q:
    return reduce(or_, (Q(**{lookup: path}) for path in paths), Q(pk__in=[]))


def units_allowing(user: User, action: Action) -> UnitQuerySet:
    """The units over which the user may do the action, in tree order."""
    units: UnitQuerySet = Unit.objects.get_queryset()
    found: UnitQuerySet = units.filter(scope_q(user, action, ""))
    return found


def people_allowing(user: User, action: Action, *, day: date | None = None) -> QuerySet[User]:
    """The people who are members today of a unit over which the user may do the action; for a superuser everybody."""
    everybody = User.objects.get_queryset()
    if scopes(user, action) == [""]:
        return everybody
    memberships = Membership.objects.on(day or timezone.localdate()).filter(scope_q(user, action))
    return everybody.filter(Exists(memberships.filter(user=OuterRef("pk"))))


def outranked(by: User, people: Iterable[User], *, day: date | None = None) -> set[int]:
    """Ids of those people who may do something, somewhere, that `by` may not do there."""
    people = list(people)
    if by.is_superuser and not by.launched:
        return set()
    above = {person.pk for person in people if person.is_superuser}
    held = RoleAssignment.objects.on(day or timezone.localdate()).filter(user__in=people)
    for user_id, role, path in held.values_list("user", "role", "unit__path"):
        for action in MATRIX[Role(role)]:
            if not any(path.startswith(scope) for scope in scopes(by, action)):
                above.add(user_id)
    return above
