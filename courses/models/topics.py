"""A topic (专题): an introduction, courses on it, and a list of books."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.fields import RichTextField
from wagtail.models import Orderable

from learning.organisation.models import Unit

from .blocks import SECURE_URL, check_isbn
from .pages import StudyPage


class TopicPage(StudyPage):
    summary = models.CharField(_("简介"), max_length=200, blank=True)
    cover = models.ForeignKey("wagtailimages.Image", on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
                              verbose_name=_("封面"))  # fmt: skip
    owner_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="topic_pages", verbose_name=_("所属党组织"),
        help_text=_("专题归谁管理。这个党组织及其下级的人员可以看到。"),
    )  # fmt: skip
    intro = RichTextField(
        _("导语"), features=["h2", "h3", "bold", "italic", "ol", "ul", "blockquote", "link"], blank=True
    )

    parent_page_types = ["courses.CoursesPage"]
    subpage_types: list[Any] = []

    class Meta:
        verbose_name = _("专题")
        verbose_name_plural = _("专题")


class TopicCourse(Orderable):
    topic = ParentalKey(TopicPage, on_delete=models.CASCADE, related_name="courses")
    course = models.ForeignKey(
        "courses.CoursePage", on_delete=models.CASCADE, related_name="+", verbose_name=_("课程")
    )

    class Meta(Orderable.Meta):
        constraints = [models.UniqueConstraint(fields=["topic", "course"], name="course_once_in_topic")]


class TopicBook(Orderable):
    """A book of the list (专题书目). We keep what a reader needs to find it, never the book."""

    topic = ParentalKey(TopicPage, on_delete=models.CASCADE, related_name="books")
    title = models.CharField(_("书名"), max_length=120)
    author = models.CharField(_("作者"), max_length=120, blank=True)
    publisher = models.CharField(_("出版社"), max_length=120, blank=True)
    isbn = models.CharField("ISBN", max_length=20, blank=True, validators=[check_isbn])
    cover = models.ForeignKey("wagtailimages.Image", on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
                              verbose_name=_("封面"))  # fmt: skip
    url = models.URLField(_("网址"), blank=True, validators=[SECURE_URL])
    access_note = models.CharField(
        _("获取方式"),
        max_length=200,
        blank=True,
        help_text=_("例如：图书馆三楼社科阅览室；或在校园网内打开。"),
    )

    class Meta(Orderable.Meta):
        verbose_name = _("书")
        verbose_name_plural = _("专题书目")

    def __str__(self) -> str:
        return self.title
