"""The grade outbox: what is still to be told to a gradebook, and what was told when."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from .contexts import LineItem
from .people import PlatformUser
from .platforms import Deployment, Platform


class GradeDeliveryQuerySet(models.QuerySet["GradeDelivery"]):
    def open(self) -> GradeDeliveryQuerySet:
        """Those that still have to be told, or are being told."""
        return self.filter(state__in=GradeDelivery.OPEN)

    def due(self, now: datetime) -> GradeDeliveryQuerySet:
        """To be tried now, where there is somebody to tell: their moment has come, or the worker that claimed them has
        not come back. Nobody is telling the same column of the same person something else."""
        telling = GradeDelivery.objects.filter(
            line_item=OuterRef("line_item"),
            person=OuterRef("person"),
            state=GradeDelivery.State.SENDING,
            next_try_at__gt=now,
        )
        return self.open().filter(
            ~Exists(telling),
            next_try_at__lte=now,
            line_item__gone_at=None,
            line_item__context__deployment__state=Deployment.State.ACTIVE,
            line_item__context__platform__state=Platform.State.ACTIVE,
        )

    def newest(self) -> GradeDeliveryQuerySet:
        """Of each person and column the last telling: how that cell stands."""
        return self.exclude(self._followed())

    def overtaken(self) -> GradeDeliveryQuerySet:
        """Those that a later telling of the same person and column follows, or took the place of."""
        return self.filter(self._followed() | Q(state=GradeDelivery.State.SUPERSEDED))

    def _followed(self) -> Q:
        same = {name: OuterRef(name) for name in ("line_item", "person")}
        return Q(Exists(GradeDelivery.objects.filter(**same, sequence__gt=OuterRef("sequence"))))


class GradeDelivery(models.Model):
    """One telling of one person's outcome to one line item. The score is not kept before it is sent: it is that of the
    moment. Of several rows of a person and line item only the latest sequence is sent."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待公布")
        PENDING = "pending", _("待发送")
        SENDING = "sending", _("正在发送")
        SENT = "sent", _("已发送")
        SUPERSEDED = "superseded", _("已被后来的取代")
        FAILED = "failed", _("未能发送")

    class Cause(models.TextChoices):
        MARKED = "marked", _("评完")
        RELEASED = "released", _("公布")
        TAKEN_BACK = "taken_back", _("撤回")
        RESENT = "resent", _("重新发送")
        LINKED = "linked", _("加入课程")
        COMPLETED = "completed", _("学完")

    OPEN = (State.WAITING, State.PENDING, State.SENDING)

    line_item = models.ForeignKey(LineItem, on_delete=models.CASCADE, related_name="deliveries")
    person = models.ForeignKey(PlatformUser, on_delete=models.CASCADE, related_name="deliveries")
    sequence = models.PositiveIntegerField()  # rises over the whole outbox
    cause = models.CharField(max_length=10, choices=Cause.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True)  # while sending: until when the worker's claim holds
    tries = models.PositiveSmallIntegerField(default=0)
    # How often the platform took its timestamp for an old one.
    refused_as_old = models.PositiveSmallIntegerField(default=0)
    # What was sent: the score (null = the cell was emptied), and the timestamp, which rises with each telling.
    score = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    maximum = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    comment = models.CharField(max_length=500, blank=True)
    timestamp = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)  # HTTP; null = no answer came
    answer = models.CharField(
        max_length=500, blank=True
    )  # what the platform said, or why there was no answer

    objects = GradeDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("成绩回传")
        verbose_name_plural = _("成绩回传")
        constraints = [
            models.UniqueConstraint(fields=["line_item", "person", "sequence"], name="lti_delivery_once"),
            models.UniqueConstraint(
                fields=["line_item", "person"],
                condition=Q(state="sending"),
                name="lti_one_delivery_under_way",
            ),
        ]
        indexes = [models.Index(fields=["state", "next_try_at"], name="lti_delivery_due")]

    def __str__(self) -> str:
        return f"{self.line_item_id}/{self.person_id}/{self.sequence} {self.state}"
