"""Banks, who may use them, and how a bank is ordered: chapters (a tree) and knowledge points."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import Unit, User
from learning.organisation.models.units import paths_above
from learning.organisation.permissions import Action, any_path, scopes


class BankQuerySet(models.QuerySet["Bank"]):
    def allowing(self, user: User, action: Action) -> BankQuerySet:
        """Banks on which the user may do the action: owned inside the user's scope, or shared with a unit that
        the scope lies in or contains (a share for use never allows editing)."""
        paths = scopes(user, action)
        owned = any_path(paths, "owner_unit__path__startswith")
        if "" in paths:
            return self.filter(owned)
        shares = BankShare.objects.filter(
            any_path(paths, "unit__path__startswith")
            | Q(unit__path__in=sorted({p for path in paths for p in paths_above(path)}))
        )
        if action is not Action.BANK_VIEW:
            shares = shares.filter(may_edit=True)
        return self.filter(owned | Q(pk__in=shares.values("bank")))


class Bank(models.Model):
    name = models.CharField(_("名称"), max_length=120)
    owner_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="banks", verbose_name=_("所属党组织")
    )
    description = models.TextField(_("说明"), blank=True)
    open_for_practice = models.BooleanField(_("允许自由练习"), default=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BankQuerySet.as_manager()

    class Meta:
        verbose_name = _("题库")
        verbose_name_plural = _("题库")
        constraints = [models.UniqueConstraint(fields=["owner_unit", "name"], name="bank_name_in_unit")]

    def __str__(self) -> str:
        return self.name


class BankShare(models.Model):
    """The bank may be used (or also edited) by organisers of the unit and of those below it."""

    bank = models.ForeignKey(Bank, on_delete=models.CASCADE, related_name="shares")
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="bank_shares", verbose_name=_("党组织")
    )
    may_edit = models.BooleanField(_("可编辑"), default=False)

    class Meta:
        verbose_name = _("题库共享")
        constraints = [models.UniqueConstraint(fields=["bank", "unit"], name="one_share_per_unit")]

    def __str__(self) -> str:
        return f"{self.bank_id} → {self.unit_id}"


class Chapter(models.Model):
    """A chapter of a bank; `full_name` ("党章/总纲") is unique in the bank and written by the service that names it."""

    bank = models.ForeignKey(Bank, on_delete=models.CASCADE, related_name="chapters")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children",
                               verbose_name=_("上级章节"))  # fmt: skip
    name = models.CharField(_("名称"), max_length=80)
    full_name = models.CharField(max_length=400, editable=False)
    order = models.PositiveIntegerField(_("次序"), default=0)

    class Meta:
        verbose_name = _("章节")
        verbose_name_plural = _("章节")
        constraints = [models.UniqueConstraint(fields=["bank", "full_name"], name="chapter_in_bank")]

    def __str__(self) -> str:
        return self.full_name


class KnowledgePoint(models.Model):
    bank = models.ForeignKey(Bank, on_delete=models.CASCADE, related_name="knowledge_points")
    name = models.CharField(_("名称"), max_length=80)

    class Meta:
        verbose_name = _("知识点")
        verbose_name_plural = _("知识点")
        constraints = [models.UniqueConstraint(fields=["bank", "name"], name="knowledge_point_in_bank")]

    def __str__(self) -> str:
        return self.name
