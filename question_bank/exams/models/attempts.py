"""One sitting: the paper fixed at start, the latest answers, and everything that happened, append-only."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import Unit, User
from learning.organisation.permissions import Action, may, scope_q

from .exams import Candidate, Exam, group_q


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def open(self) -> AttemptQuerySet:
        return self.filter(state__in=[Attempt.State.IN_PROGRESS, Attempt.State.PAUSED])

    def allowing(self, user: User, action: Action) -> AttemptQuerySet:
        """Attempts of exams owned in the user's scope, of candidates whose unit lies in it, and of people of the user's
        groups."""
        scope = scope_q(user, action, "exam__owner_unit") | scope_q(user, action, "candidate__unit")
        return self.filter(scope | group_q(user, action))

    def markable(self, user: User, exam: Exam) -> AttemptQuerySet:
        """Attempts of the exam that the user may mark: all where it is owned in their scope, else those of their groups'
        people. Markers of a candidate's unit alone mark nothing. The exam comes with its owner unit."""
        attempts = self.filter(exam=exam)
        if may(user, Action.EXAM_MARK, exam.owner_unit):
            return attempts
        return attempts.filter(group_q(user, Action.EXAM_MARK))


class Attempt(models.Model):
    """`paper`: list of engine.kinds.PaperItem as JSON, slot = index + 1. `rules`: what applied at start (limit_s,
    end_policy, net_grace_s, earliest_submit_s, pass_percent, bands, away_*, sections [{title, instructions, rule}]).
    `auto_marks`: one decimal string or null (for a human) per slot."""

    class State(models.TextChoices):
        IN_PROGRESS = "in_progress", _("进行中")
        PAUSED = "paused", _("已暂停")
        MARKING = "marking", _("阅卷中")
        MARKED = "marked", _("已评分")
        VOID = "void", _("已作废")

    class Finish(models.TextChoices):
        SELF = "self", _("自行交卷")
        AUTO = "auto", _("到时自动交卷")
        FORCED = "forced", _("强制交卷")

    exam = models.ForeignKey(Exam, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="attempts")
    no = models.PositiveSmallIntegerField(_("第几次"))
    state = models.CharField(_("状态"), max_length=12, choices=State.choices, default=State.IN_PROGRESS)
    started_at = models.DateTimeField(_("开始时间"))
    deadline_at = models.DateTimeField(_("截止时间"))
    accept_until = models.DateTimeField()
    clock_rev = models.PositiveIntegerField(default=1)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_ms = models.PositiveBigIntegerField(default=0)
    submitted_at = models.DateTimeField(_("交卷时间"), null=True, blank=True)
    finish_kind = models.CharField(max_length=8, choices=Finish.choices, blank=True)
    seed = models.BigIntegerField()
    paper = models.JSONField()
    rules = models.JSONField()
    auto_marks = models.JSONField(null=True)
    score = models.DecimalField(_("得分"), max_digits=7, decimal_places=2, null=True)
    max_score = models.DecimalField(_("满分"), max_digits=7, decimal_places=2)
    passed = models.BooleanField(_("合格"), null=True)
    answered = models.PositiveSmallIntegerField(null=True)  # fixed at submit, part of the receipt
    receipt_number = models.CharField(_("回执号"), max_length=24, blank=True)
    receipt_hash = models.CharField(max_length=64, blank=True)
    lease_client = models.CharField(
        max_length=64, blank=True
    )  # the page that may write; "" = nobody has written yet
    away_ms = models.PositiveBigIntegerField(default=0)
    other_ms = models.PositiveBigIntegerField(default=0)
    away_count = models.PositiveIntegerField(default=0)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("作答")
        verbose_name_plural = _("作答")
        constraints = [
            models.UniqueConstraint(fields=["exam", "user", "no"], name="attempt_no"),
            models.UniqueConstraint(
                fields=["exam", "user"],
                condition=Q(state__in=["in_progress", "paused"]),
                name="one_open_attempt",
            ),
            models.CheckConstraint(
                condition=Q(accept_until__gte=F("deadline_at")), name="grace_after_deadline"
            ),
            models.CheckConstraint(
                condition=Q(submitted_at=None) | Q(submitted_at__gte=F("started_at")),
                name="submitted_after_start",
            ),
            models.UniqueConstraint(
                fields=["receipt_number"], condition=~Q(receipt_number=""), name="receipt_number_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["accept_until"], condition=Q(state="in_progress"), name="open_attempts_by_end"
            ),
            models.Index(fields=["user", "exam"], name="attempt_by_user"),
            models.Index(fields=["exam", "state"], name="attempt_by_exam_state"),
        ]

    def __str__(self) -> str:
        return f"{self.exam_id}: {self.user_id} #{self.no}"


class AttemptItem(models.Model):
    """The latest state of a slot; a row appears with the slot's first op. `last_client`/`last_seq` tell a replayed
    view or flag from a new one."""

    attempt = models.ForeignKey(
        Attempt, on_delete=models.CASCADE, related_name="items", db_index=False, db_constraint=False
    )  # written under the attempt's own lock (decision 0004)
    slot = models.PositiveSmallIntegerField()
    answer = models.JSONField(null=True)
    answer_rev = models.PositiveIntegerField(default=0)
    first_view_at = models.DateTimeField(null=True)
    first_answer_at = models.DateTimeField(null=True)
    last_answer_at = models.DateTimeField(null=True)
    active_ms = models.PositiveBigIntegerField(default=0)
    first_answer_active_ms = models.PositiveBigIntegerField(
        null=True
    )  # think time: active ms at the first answer
    visits = models.PositiveIntegerField(default=0)
    changes = models.PositiveIntegerField(default=0)
    flagged = models.BooleanField(default=False)
    last_client = models.CharField(max_length=64, blank=True)
    last_seq = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "slot"], name="one_row_per_slot")]

    def __str__(self) -> str:
        return f"{self.attempt_id}/{self.slot}"


class AnswerEvent(models.Model):
    """Every answer received, whatever became of it."""

    class Verdict(models.TextChoices):
        APPLIED = "applied"
        STALE = "stale"
        GRACE = "grace"
        LATE = "late"
        INVALID = "invalid"

    attempt = models.ForeignKey(
        Attempt, on_delete=models.CASCADE, related_name="answer_events", db_index=False, db_constraint=False
    )  # as AttemptItem's
    slot = models.PositiveIntegerField()
    op_id = models.CharField(max_length=64)
    client = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    payload = models.JSONField()  # {"answer": …, "base": n, "active_ms": n}
    recv_at = models.DateTimeField()
    verdict = models.CharField(max_length=8, choices=Verdict.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "op_id"], name="op_once")]

    def __str__(self) -> str:
        return f"{self.attempt_id}/{self.slot} {self.verdict}"


class AttemptClient(models.Model):
    """A load of the player that has written to the attempt; the newest one holds the writer's lease."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="clients", db_index=False)
    client = models.CharField(max_length=64)
    first_seen_at = models.DateTimeField()
    fingerprint = models.CharField(
        max_length=64, blank=True
    )  # hash of address and browser: a change is shown, not judged

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "client"], name="client_once")]

    def __str__(self) -> str:
        return f"{self.attempt_id}: {self.client}"


class AttemptPresence(models.Model):
    """When the lane last heard from the attempt; batched, at most once in 15 s, never on the attempt's own row."""

    attempt = models.OneToOneField(
        Attempt, on_delete=models.CASCADE, primary_key=True, related_name="presence"
    )
    last_seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.attempt_id}"


class AttemptEvent(models.Model):
    """What happened to an attempt besides answers: start, takeover, warn, extend, pause, resume, submit, reopen, void."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="events")
    type = models.CharField(max_length=24)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    data = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.type}"


class TimeAdjustment(models.Model):
    """Append-only change of the clock of one attempt, of a unit's candidates, or of the whole exam."""

    class Kind(models.TextChoices):
        ADD = "add", _("延长（秒）")
        PERCENT = "percent", _("按百分比加时")
        WINDOW = "window", _("推迟结束时间（秒）")

    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="time_adjustments")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, null=True, related_name="time_adjustments")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    value = models.IntegerField()  # seconds, or percent added (20 = +20 %)
    reason = models.CharField(_("原因"), max_length=200)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(attempt=None) | Q(unit=None), name="adjustment_has_one_scope")
        ]

    def __str__(self) -> str:
        return f"{self.exam_id} {self.kind} {self.value}"
