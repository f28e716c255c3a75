"""Reflections (心得体会): what is asked, and what a person wrote."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import Unit, User
from learning.organisation.permissions import Action, scope_q


class ReflectionTaskQuerySet(models.QuerySet["ReflectionTask"]):
    def allowing(self, user: User, action: Action) -> ReflectionTaskQuerySet:
        """Tasks owned by units in the user's scope."""
        return self.filter(scope_q(user, action, "owner_unit"))


class ReflectionTask(models.Model):
    """What is to be written. `key` names the block of a lesson it was made for ("block:<id>"), "" one made by hand for
    the plan of a class."""

    key = models.CharField(max_length=60, blank=True)
    title = models.CharField(_("题目"), max_length=120)
    prompt = models.TextField(_("要求"), max_length=4000, blank=True)
    min_chars = models.PositiveIntegerField(
        _("至少字数"), default=800, validators=[MaxValueValidator(20_000)], help_text=_("不计空格和换行。")
    )
    owner_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="reflection_tasks", verbose_name=_("所属党组织")
    )
    due_at = models.DateTimeField(_("截止时间"), null=True, blank=True)
    created_at = models.DateTimeField()

    objects = ReflectionTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("心得体会题目")
        verbose_name_plural = _("心得体会题目")
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="one_reflection_task_a_block")
        ]

    def __str__(self) -> str:
        return self.title


class Reflection(models.Model):
    """One person's text for one task. `rev` rises with each save: a page that holds an older one is told, not obeyed."""

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        SUBMITTED = "submitted", _("待评阅")
        RETURNED = "returned", _("已退回")
        MARKED = "marked", _("已评阅")

    task = models.ForeignKey(ReflectionTask, on_delete=models.PROTECT, related_name="reflections")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reflections")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")  # at the submission
    text = models.TextField(blank=True)
    rev = models.PositiveIntegerField(default=0)
    state = models.CharField(_("状态"), max_length=9, choices=State.choices, default=State.DRAFT)
    saved_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    mark = models.DecimalField(_("评分"), max_digits=5, decimal_places=2, null=True, blank=True)
    comment = models.TextField(_("评语"), max_length=4000, blank=True)
    marked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    marked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("心得体会")
        verbose_name_plural = _("心得体会")
        constraints = [
            models.UniqueConstraint(fields=["task", "user"], name="one_reflection_a_task"),
            models.CheckConstraint(
                condition=Q(state="marked", mark__range=(0, 100)) | (~Q(state="marked") & Q(mark=None)),
                name="only_a_marked_reflection_has_a_mark",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(submitted_at__isnull=False), name="handed_in_has_a_time"
            ),
        ]
        indexes = [models.Index(fields=["task", "state", "submitted_at"], name="reflection_queue")]

    def __str__(self) -> str:
        return f"{self.task_id}: {self.user_id}"

    @property
    def is_open(self) -> bool:
        """Whether its author may still write."""
        return self.state in (self.State.DRAFT, self.State.RETURNED)
