"""What the audit log calls the acts on courses and material."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from learning.organisation.audit_facts import name_facts
from learning.organisation.audit_words import name_actions

from .models import ChapterPage, CoursePage, LessonPage, Material, TopicPage

PAGES = (CoursePage, ChapterPage, LessonPage, TopicPage)


def enter() -> None:
    """Called once, from apps.ready."""
    name_actions(
        {
            "course.publish": _("发布课程"),
            "course.withdraw": _("下架课程"),
            "course.copy": _("复制课程"),
            "page.publish": _("发布课程页面"),
            "page.withdraw": _("下架课程页面"),
            "page.delete": _("删除课程草稿"),
            "material.upload": _("上传课件"),
            "material.change": _("修改课件"),
            "material.delete": _("删除课件"),
        }
    )
    name_facts(
        {
            "course.copy from": _("原课程"),
            "material_kind": _("课件类型"),
            "material.upload size": _("大小（字节）"),
            "material.change changed": _("修改的内容"),
            "page_kind": _("页面类型"),
        },
        {
            "material_kind": dict(Material.Kind.choices),
            "page_kind": {str(model._meta.model_name): model._meta.verbose_name for model in PAGES},
            "changed": {"title": _("名称"), "subtitles": _("字幕")},
        },
    )
