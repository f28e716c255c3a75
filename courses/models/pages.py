"""Courses as pages: the index, a course with its rules, chapters, lessons. What members may study of them are the
Activities that publishing makes (courses/publishing.py)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalManyToManyField
from wagtail.fields import StreamField
from wagtail.models import Page

from courses.serving import view_of
from learning.organisation.models import Unit, User
from learning.organisation.models.units import KEY_ALPHABET

from .blocks import LessonBlocks
from .page_tester import CoursePageTester

SLUG_LENGTH = 10


class StudyPage(Page):
    """What pages of this room have in common: an address that neither repeats a Chinese title nor changes with it, and
    a view of the member's room that shows it."""

    slug: str  # Wagtail has no types
    show_in_menus_default = False
    promote_panels: list[Any] = []

    class Meta:
        abstract = True

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        self._give_address()
        super().full_clean(*args, **kwargs)

    def minimal_clean(self) -> None:
        """What Wagtail asks of a draft in place of full_clean."""
        self._give_address()
        super().minimal_clean()

    def _give_address(self) -> None:
        if not self.slug:
            self.slug = get_random_string(SLUG_LENGTH, KEY_ALPHABET)

    def permissions_for_user(self, user: User) -> CoursePageTester:
        return CoursePageTester(user, self)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        view = view_of(self)
        if view:
            return view(self, request)
        response: HttpResponse = super().serve(request, *args, **kwargs)
        return response

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """By the same view, which sees `request.is_preview`; Wagtail itself would fill the template alone."""
        return self.serve(request)


class CoursesPage(StudyPage):
    """The one index of all courses and topics, at /courses/."""

    max_count = 1
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["courses.CoursePage", "courses.TopicPage"]

    class Meta:
        verbose_name = _("课程目录")
        verbose_name_plural = _("课程目录")


class CoursePage(StudyPage):
    class Threshold(models.IntegerChoices):
        MOST = 70, "70 %"
        NEARLY = 90, "90 %"
        ALMOST = 95, "95 %"
        ALL = 100, "100 %"

    class Rate(models.TextChoices):
        NORMAL = "1.0", _("不可加速")
        QUICK = "1.25", _("1.25 倍")
        QUICKER = "1.5", _("1.5 倍")
        DOUBLE = "2.0", _("2 倍")

    class Credit(models.TextChoices):
        NOMINAL = "nominal", _("按标称时长折算")
        TIERS = "tiers", _("按时长分档（≥ 30 分钟 1 学时，15–30 分钟 0.5，不足 15 分钟 0.25，测验 0.5）")
        FIXED = "fixed", _("固定学时（学完全课后一次计入）")

    summary = models.TextField(_("简介"), max_length=1000, blank=True)
    teacher = models.CharField(
        _("主讲人"), max_length=120, blank=True, help_text=_("多位之间用顿号（、）隔开。可以不填。")
    )
    cover = models.ForeignKey("wagtailimages.Image", on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
                              verbose_name=_("封面"))  # fmt: skip
    owner_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="course_pages", verbose_name=_("所属党组织"),
        help_text=_("课程归谁管理。只有这个党组织及其下级的人员可以学习。"),
    )  # fmt: skip
    audience_units = ParentalManyToManyField(
        Unit, blank=True, related_name="+", verbose_name=_("学习对象：党组织"),
        help_text=_("含下级。不选则为所属党组织的全体。"),
    )  # fmt: skip
    audience_statuses = models.JSONField(
        _("学习对象：人员状态"), default=list, blank=True, help_text=_("不选则不限。")
    )
    required = models.BooleanField(
        _("应学"), default=False, help_text=_("勾选后，发布时把全体学习对象列入应学名单；不勾选则自愿学习。")
    )
    due_at = models.DateTimeField(_("应学完时间"), null=True, blank=True)

    threshold_percent = models.PositiveSmallIntegerField(
        _("看完的标准"), choices=Threshold.choices, default=Threshold.NEARLY,
        help_text=_("视频、音频看过（重复不计）达到全长的这个比例，即为看完。"),
    )  # fmt: skip
    no_skip = models.BooleanField(
        _("首次观看不可跳过"), default=False, help_text=_("看完一遍之后可以随意拖动。")
    )
    rate_max = models.CharField(_("最高播放速度"), max_length=4, choices=Rate.choices, default=Rate.DOUBLE)
    idle_s = models.PositiveSmallIntegerField(
        _("无操作暂停计时（秒）"), default=120, validators=[MinValueValidator(60), MaxValueValidator(300)],
        help_text=_("阅读时多久没有任何操作就暂停计时，60 至 300 秒。播放视频时不适用。"),
    )  # fmt: skip
    in_order = models.BooleanField(
        _("按顺序学习"), default=False, help_text=_("学完前一个必学课时，才能打开下一个。")
    )
    credit_kind = models.CharField(
        _("学时计算"), max_length=7, choices=Credit.choices, default=Credit.NOMINAL
    )
    minutes_per_hour = models.PositiveSmallIntegerField(
        _("每学时分钟数"), choices=[(45, _("45 分钟")), (60, _("60 分钟"))], default=45
    )
    fixed_hours = models.DecimalField(
        _("固定学时"), max_digits=5, decimal_places=1, default=Decimal(0), validators=[MinValueValidator(0)]
    )
    certificate = models.BooleanField(_("学完发结业证书"), default=False)

    parent_page_types = ["courses.CoursesPage"]
    subpage_types = ["courses.ChapterPage", "courses.LessonPage"]

    class Meta:
        verbose_name = _("课程")
        verbose_name_plural = _("课程")
        constraints = [
            models.CheckConstraint(
                condition=Q(threshold_percent__in=[70, 90, 95, 100]), name="course_threshold"
            ),
            models.CheckConstraint(condition=Q(idle_s__range=(60, 300)), name="course_idle"),
            models.CheckConstraint(condition=Q(fixed_hours__gte=0), name="course_hours"),
        ]


class ChapterPage(StudyPage):
    """A heading over lessons. It is public with its first public lesson."""

    preview_modes: list[Any] = []  # it has no page of its own
    parent_page_types = ["courses.CoursePage"]
    subpage_types = ["courses.LessonPage"]

    class Meta:
        verbose_name = _("章")
        verbose_name_plural = _("章")


class LessonPage(StudyPage):
    required = models.BooleanField(_("必学"), default=True, help_text=_("必学课时全部学完，才算学完课程。"))
    nominal_minutes = models.PositiveSmallIntegerField(
        _("标称时长（分钟）"), default=0, validators=[MaxValueValidator(600)],
        help_text=_("学时按它折算。填 0 则按视频、音频的长度和文字的阅读时间估算。"),
    )  # fmt: skip
    body = StreamField(LessonBlocks(required=False), verbose_name=_("内容"), blank=True)

    parent_page_types = ["courses.CoursePage", "courses.ChapterPage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("课时")
        verbose_name_plural = _("课时")
