"""The organisation tree, its dated closure, and who belongs where from when to when."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node, MP_NodeManager, MP_NodeQuerySet

from .accounts import User

# Look-alikes (0 O 1 I l) are left out: keys are read aloud on the telephone.
KEY_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_unit_key() -> str:
    return get_random_string(12, KEY_ALPHABET)


class UnitQuerySet(MP_NodeQuerySet["Unit"]):
    def within(self, unit: Unit) -> UnitQuerySet:
        """The unit itself and everything below it, as the tree stands now."""
        found: UnitQuerySet = self.filter(path__startswith=unit.path)
        return found

    def open_on(self, day: date) -> UnitQuerySet:
        found: UnitQuerySet = self.filter(Q(closed_date=None) | Q(closed_date__gt=day))
        return found


class UnitManager(MP_NodeManager.from_queryset(UnitQuerySet)):  # type: ignore[misc]  # treebeard is untyped
    def get_queryset(self) -> UnitQuerySet:
        units: UnitQuerySet = UnitQuerySet(self.model, using=self._db).order_by("path")
        return units


class Unit(MP_Node):
    """A Party organisation (党组织). `key` never changes and is what snapshots keep; `path` is treebeard's and is
    reused after a move, so nothing outside this model stores it. Units are closed, never deleted."""

    class Kind(models.TextChoices):
        COMMITTEE = "committee", _("党委")
        GENERAL_BRANCH = "general_branch", _("党总支")
        BRANCH = "branch", _("党支部")

    key = models.CharField(max_length=12, unique=True, default=new_unit_key, editable=False)
    code = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=120)
    kind = models.CharField(_("类别"), max_length=16, choices=Kind.choices)
    opened_date = models.DateField(_("成立日期"))
    closed_date = models.DateField(_("撤销日期"), null=True, blank=True)

    objects: ClassVar[UnitManager] = UnitManager()

    class Meta:
        verbose_name = _("党组织")
        verbose_name_plural = _("党组织")
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_date=None) | Q(closed_date__gte=F("opened_date")),
                name="unit_closed_after_opened",
            )
        ]

    def __str__(self) -> str:
        return self.name


def paths_above(path: str) -> list[str]:
    """A unit's path and those of all units above it, the root's first."""
    return [path[:end] for end in range(Unit.steplen, len(path) + 1, Unit.steplen)]


class UnitClosureQuerySet(models.QuerySet["UnitClosure"]):
    def on(self, day: date) -> UnitClosureQuerySet:
        return self.filter(Q(to_date=None) | Q(to_date__gt=day), from_date__lte=day)


class UnitClosure(models.Model):
    """`ancestor` stood `depth` levels above `unit` (0 = the unit itself) in [from_date, to_date)."""

    ancestor = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="closure_below")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="closure_above")
    depth = models.PositiveSmallIntegerField()
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)

    objects = UnitClosureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ancestor", "unit"], condition=Q(to_date=None), name="one_current_closure_row"
            ),
            models.CheckConstraint(
                condition=Q(to_date=None) | Q(to_date__gt=F("from_date")), name="closure_period"
            ),
        ]
        indexes = [models.Index(fields=["unit", "from_date"], name="closure_by_unit")]

    def __str__(self) -> str:
        return f"{self.ancestor_id} > {self.unit_id} ({self.depth})"


class PersonStatus(models.TextChoices):
    PUBLIC = "public", _("群众")
    APPLICANT = "applicant", _("申请人")
    ACTIVIST = "activist", _("入党积极分子")
    CANDIDATE = "development", _("发展对象")
    PROBATIONARY = "probationary", _("预备党员")
    FULL = "full", _("正式党员")


class MembershipQuerySet(models.QuerySet["Membership"]):
    def on(self, day: date) -> MembershipQuerySet:
        return self.filter(Q(to_date=None) | Q(to_date__gt=day), from_date__lte=day)

    def within(self, unit: Unit) -> MembershipQuerySet:
        return self.filter(unit__path__startswith=unit.path)


class Membership(models.Model):
    """A person in a unit in [from_date, to_date) with one person status; a change of either opens a new row."""

    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("人员")
    )
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("党组织")
    )
    person_status = models.CharField(_("人员状态"), max_length=14, choices=PersonStatus.choices)
    from_date = models.DateField(_("起"))
    to_date = models.DateField(_("止"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("组织关系")
        verbose_name_plural = _("组织关系")
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(to_date=None), name="one_current_membership"
            ),
            models.CheckConstraint(
                condition=Q(to_date=None) | Q(to_date__gt=F("from_date")), name="membership_period"
            ),
        ]
        indexes = [models.Index(fields=["unit", "to_date"], name="membership_by_unit")]

    def __str__(self) -> str:
        return f"{self.user_id} @ {self.unit_id} {self.from_date}"
