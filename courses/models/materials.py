"""Uploaded material (课件): video, audio, PDF; what processing found in it, and which open lessons use it."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import Unit, User
from learning.organisation.permissions import Action, scope_q
from learning.study.models import Activity

FOLDER = "materials"
NAME_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


def new_folder() -> str:
    """A folder whose name nobody can guess and which says nothing of what is in it."""
    return f"{FOLDER}/{get_random_string(24, NAME_LETTERS)}"


class MaterialQuerySet(models.QuerySet["Material"]):
    def allowing(self, user: User, action: Action) -> MaterialQuerySet:
        return self.filter(scope_q(user, action, "owner_unit"))

    def ready(self) -> MaterialQuerySet:
        return self.filter(state=Material.State.READY)

    def seen_by(self, user: User, *, day: date) -> MaterialQuerySet:
        """Those of organisers who may see courses of the owner, and those in a lesson that is open to the member.
        Two queries before its own."""
        lessons = Activity.objects.open_to(user, day=day).values("pk")
        used = MaterialUse.objects.filter(
            material=OuterRef("pk"), activity__is_open=True, activity__in=lessons
        )
        return self.filter(Q(Exists(used)) | scope_q(user, Action.COURSE_VIEW, "owner_unit"))


class Material(models.Model):
    """A file that lessons show. The names on disk are random; what the file is was read from its content.

    `pages` of a PDF: [{"file", "width", "height", "text"}], in order. `duration_ms` of video and audio."""

    class Kind(models.TextChoices):
        VIDEO = "video", _("视频")
        AUDIO = "audio", _("音频")
        PDF = "pdf", _("PDF 文档")

    class State(models.TextChoices):
        PROCESSING = "processing", _("处理中")
        READY = "ready", _("可以使用")
        FAILED = "failed", _("不能使用")

    title = models.CharField(_("名称"), max_length=120)
    kind = models.CharField(_("类型"), max_length=5, choices=Kind.choices)
    owner_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="materials", verbose_name=_("所属党组织")
    )
    file = models.CharField(
        max_length=120, unique=True
    )  # name in the storage: materials/<random>/original.<ending>
    original_name = models.CharField(_("原文件名"), max_length=200)
    content_type = models.CharField(max_length=40)
    size = models.PositiveBigIntegerField(_("大小"))
    subtitles = models.CharField(max_length=120, blank=True)  # name in the storage; WebVTT
    poster = models.CharField(max_length=120, blank=True)
    duration_ms = models.PositiveBigIntegerField(_("时长"), default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    pages = models.JSONField(default=list)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.PROCESSING)
    problem = models.CharField(_("原因"), max_length=300, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    begun_at = models.DateTimeField(null=True)  # when a worker took it; a dead worker's are taken again
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("上传时间"))

    objects = MaterialQuerySet.as_manager()

    class Meta:
        verbose_name = _("课件")
        verbose_name_plural = _("课件")
        indexes = [models.Index(fields=["state", "begun_at"], name="material_by_state")]

    def __str__(self) -> str:
        return self.title

    @property
    def folder(self) -> str:
        return self.file.rpartition("/")[0]

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY


class MaterialUse(models.Model):
    """A published lesson shows the material; written when it is published."""

    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="uses")
    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="material_uses")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["material", "activity"], name="material_used_once")]

    def __str__(self) -> str:
        return f"{self.material_id} @ {self.activity_id}"
