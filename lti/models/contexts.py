"""Courses of a platform, the links in them that open us, and the columns of their gradebooks."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from learning.organisation.models import TeachingGroup
from question_bank.exams.models import Exam

from .platforms import Deployment, Platform


class Context(models.Model):
    """A course of the platform. Its people are the teaching group's; its services as the latest launch named them."""

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="contexts")
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="contexts")
    context_id = models.CharField(max_length=255)  # "" for launches that name no course
    title = models.CharField(_("课程名称"), max_length=255, blank=True)
    label = models.CharField(_("课程代号"), max_length=255, blank=True)
    group = models.OneToOneField(TeachingGroup, on_delete=models.PROTECT, related_name="lti_context")
    roster_url = models.CharField(max_length=2000, blank=True)  # NRPS context_memberships_url
    line_items_url = models.CharField(max_length=2000, blank=True)
    scopes = models.JSONField(default=list)  # AGS scopes granted
    copied_from = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="copies")
    created_at = models.DateTimeField()
    roster_at = models.DateTimeField(null=True, blank=True)
    roster_problem = models.CharField(max_length=500, blank=True)  # why the last sync failed; "" = it did not

    class Meta:
        verbose_name = _("平台课程")
        verbose_name_plural = _("平台课程")
        constraints = [models.UniqueConstraint(fields=["deployment", "context_id"], name="lti_context_once")]

    def __str__(self) -> str:
        return self.title or self.label or self.context_id


class LineItem(models.Model):
    """A column of the platform's gradebook. Ours to fill: one exam, or the completion of one course."""

    class MadeBy(models.TextChoices):
        PLATFORM = "platform", _("平台")
        TOOL = "tool", _("本站")

    context = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="line_items")
    url = models.CharField(max_length=2000)
    label = models.CharField(max_length=255, blank=True)
    maximum = models.DecimalField(max_digits=9, decimal_places=2)
    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, null=True, related_name="line_items")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, null=True, related_name="+")
    made_by = models.CharField(max_length=8, choices=MadeBy.choices)
    created_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)  # the platform says that it is no more

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["context", "url"], name="lti_line_item_once"),
            models.CheckConstraint(
                condition=Q(exam=None, page__isnull=False) | Q(exam__isnull=False, page=None),
                name="lti_line_item_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.url


class ResourceLink(models.Model):
    """A link in a course of the platform, and what of ours it opens: one exam or one course page, or nothing yet."""

    context = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="links")
    link_id = models.CharField(max_length=255)
    title = models.CharField(max_length=255, blank=True)
    exam = models.ForeignKey(Exam, on_delete=models.SET_NULL, null=True, related_name="resource_links")
    page = models.ForeignKey(Page, on_delete=models.SET_NULL, null=True, related_name="+")
    line_item = models.ForeignKey(LineItem, on_delete=models.SET_NULL, null=True, related_name="links")
    column_asked_at = models.DateTimeField(null=True)  # when the platform was last asked for that column
    created_at = models.DateTimeField()
    last_launch_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["context", "link_id"], name="lti_resource_link_once"),
            models.CheckConstraint(condition=Q(exam=None) | Q(page=None), name="lti_link_to_one_thing"),
        ]

    def __str__(self) -> str:
        # A platform's own id of a link says nothing to people.
        return self.title or str(_("未命名的链接"))
