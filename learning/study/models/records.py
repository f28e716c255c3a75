"""What was studied, when and how far: sessions of a page, slices of credited time, coverage, completions."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import Unit, User

from .activities import Activity


class StudySession(models.Model):
    """One load of a lesson's page (a tab); what its cumulative counters said last."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="study_sessions", db_index=False)
    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="sessions")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")  # at that time
    tab = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    last_recv_at = models.DateTimeField()
    last_seq = models.BigIntegerField(default=-1)
    elapsed_ms = models.PositiveBigIntegerField(default=0)
    active_ms = models.PositiveBigIntegerField(default=0)
    visible_ms = models.PositiveBigIntegerField(default=0)
    credited_ms = models.PositiveBigIntegerField(default=0)
    late_ms = models.PositiveBigIntegerField(default=0)  # of that from offline replays, at most 2 h
    reads = models.JSONField(
        default=dict
    )  # {part: [cumulative ms per block]}: how much of the page's claim is settled

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "activity", "tab"], name="session_of_a_tab")]

    def __str__(self) -> str:
        return f"{self.user_id} @ {self.activity_id}"


class StudyPace(models.Model):
    """One row a person: which page holds the lease, and how much new coverage the person's wall time still pays for.
    Whoever writes what a person studied holds the lock on this row."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="study_pace")
    session = models.ForeignKey(StudySession, on_delete=models.SET_NULL, null=True, related_name="+")
    covered_at = models.DateTimeField(null=True)  # until when wall time has been turned into allowance
    allowance_ms = models.PositiveBigIntegerField(default=0)  # of wall time

    def __str__(self) -> str:
        return f"{self.user_id}"


class StudySliceQuerySet(models.QuerySet["StudySlice"]):
    def within(self, unit: Unit) -> StudySliceQuerySet:
        return self.filter(unit__path__startswith=unit.path)

    def release(self) -> int:
        """Gives up what these slices reserve beyond their end, so that others can be written there; how many did.
        Their people are locked."""
        return self.filter(reserved_until__gt=F("ended_at")).update(reserved_until=F("ended_at"))


class ReservedUntil(models.DateTimeField):  # type: ignore[type-arg]  # the same types as its base
    """Not told, it is the slice's end: nothing is reserved."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        told, ended_at = getattr(model_instance, self.attname), model_instance.ended_at  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, ended_at if told is None else max(told, ended_at))
        return super().pre_save(model_instance, add)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs  # the column is an ordinary one


class StudySlice(models.Model):
    """A span [started_at, ended_at) of credited active time; a person's slices never overlap, none crosses local
    midnight. On PostgreSQL an exclusion constraint over [started_at, reserved_until) is the last guard (migration).

    The slice that grows reserves some minutes ahead: `ended_at` stands in no index, so growing into them touches none."""

    class Kind(models.TextChoices):
        MEASURED = "measured", _("实测")
        LATE = "late", _("离线补传")
        MANUAL = "manual", _("人工登记")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="study_slices", db_index=False)
    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="slices", db_index=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    started_at = models.DateTimeField(_("开始"))
    ended_at = models.DateTimeField(_("结束"))
    reserved_until = ReservedUntil()
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.MEASURED)

    objects = StudySliceQuerySet.as_manager()

    class Meta:
        verbose_name = _("学习记录")
        verbose_name_plural = _("学习记录")
        constraints = [
            models.CheckConstraint(condition=Q(ended_at__gt=F("started_at")), name="slice_has_length"),
            models.CheckConstraint(
                condition=Q(reserved_until__gte=F("ended_at")), name="slice_within_reserve"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "started_at"], name="slice_by_user"),
            models.Index(fields=["activity", "started_at"], name="slice_by_activity"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.started_at:%F %T}"


class Coverage(models.Model):
    """How much of a part of a lesson a person has taken in, over all sessions; it only grows.

    `spans`: video, audio [[from_ms, to_ms], …] sorted, disjoint; text, pdf [ms per block or page]; else [] or [1].
    `covered_ms` of `total_ms`: of media the length of the union, of reading Σ min(read, least); else 0 or 1 of 1."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="coverages")
    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="coverages", db_index=False)
    part = models.CharField(max_length=40)
    spans = models.JSONField(default=list)
    covered_ms = models.PositiveBigIntegerField(default=0)
    total_ms = models.PositiveBigIntegerField(default=0)
    position_ms = models.PositiveBigIntegerField(default=0)  # where to resume
    completed_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["activity", "user", "part"], name="coverage_of_a_part"),
            models.CheckConstraint(condition=Q(covered_ms__lte=F("total_ms")), name="covered_within_total"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.activity_id}/{self.part}"


class CompletionQuerySet(models.QuerySet["Completion"]):
    def within(self, unit: Unit) -> CompletionQuerySet:
        return self.filter(unit__path__startswith=unit.path)


class Completion(models.Model):
    """An activity finished by rule, once and for good, and the credit hours (学时) that it brought.

    Of a course with credit by lesson (nominal, tiers) the lessons carry the hours and the course 0; with fixed hours
    the course carries them. Hours of a person in a year: the sum over `completed_at` in that year, local time."""

    class Kind(models.TextChoices):
        MEASURED = "measured", _("实测")
        MANUAL = "manual", _("人工登记")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="completions", db_index=False)
    activity = models.ForeignKey(
        Activity, on_delete=models.PROTECT, related_name="completions", db_index=False
    )
    unit = models.ForeignKey(  # at that time
        Unit, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    completed_at = models.DateTimeField(_("完成时间"))
    credit_hours = models.DecimalField(_("学时"), max_digits=6, decimal_places=2, default=0)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.MEASURED)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)

    objects = CompletionQuerySet.as_manager()

    class Meta:
        verbose_name = _("完成记录")
        verbose_name_plural = _("完成记录")
        constraints = [
            models.UniqueConstraint(fields=["activity", "user"], name="completed_once"),
            models.CheckConstraint(condition=Q(credit_hours__gte=0), name="hours_not_negative"),
        ]
        indexes = [
            models.Index(fields=["user", "completed_at"], name="completion_by_user"),
            models.Index(fields=["unit", "completed_at"], include=["credit_hours"], name="hours_by_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.activity_id}"
