"""The room's doors in Wagtail's admin: addresses, the menu group, style and script."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse_lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import Menu, SubmenuMenuItem

from learning.organisation.admin.menus import ActionMenuItem
from learning.organisation.models import User
from learning.organisation.permissions import Action

from .admin import banks, editor, imports, listing, versions
from .admin.home_panel import DraftsPanel


@hooks.register("register_admin_urls")
def register_urls() -> list[URLPattern]:
    return [
        path("banks/", banks.BankList.as_view(), name="bank_list"),
        path("banks/add/", banks.BankAdd.as_view(), name="bank_add"),
        path("banks/<int:pk>/", banks.BankEdit.as_view(), name="bank_edit"),
        path("banks/<int:pk>/shares/", banks.BankShares.as_view(), name="bank_shares"),
        path("banks/<int:pk>/chapters/", banks.BankChapters.as_view(), name="bank_chapters"),
        path("banks/<int:pk>/points/", banks.BankPoints.as_view(), name="bank_points"),
        path("questions/", listing.QuestionList.as_view(), name="question_list"),
        path(
            "questions/results/",
            listing.QuestionList.as_view(results_only=True),
            name="question_list_results",
        ),
        path("questions/export/", listing.QuestionExport.as_view(), name="question_export"),
        path("questions/bulk/", listing.QuestionBulk.as_view(), name="question_bulk"),
        path("questions/add/", editor.QuestionAdd.as_view(), name="question_add"),
        path("questions/preview/", editor.QuestionPreview.as_view(), name="question_preview"),
        path("questions/review/", versions.ReviewQueue.as_view(), name="question_review_queue"),
        path(
            "questions/review/results/",
            versions.ReviewQueue.as_view(results_only=True),
            name="question_review_queue_results",
        ),
        path("questions/<int:pk>/", editor.QuestionEdit.as_view(), name="question_edit"),
        path("questions/<int:pk>/state/", editor.QuestionState.as_view(), name="question_state"),
        path("questions/<int:pk>/versions/", versions.QuestionVersions.as_view(), name="question_versions"),
        path("questions/<int:pk>/review/", versions.QuestionReview.as_view(), name="question_review"),
        path("imports/", imports.ImportList.as_view(), name="import_list"),
        path("imports/upload/", imports.ImportUpload.as_view(), name="import_upload"),
        path("imports/template/", imports.TemplateSheet.as_view(), name="import_template"),
        path("imports/<int:pk>/", imports.ImportJobPage.as_view(), name="import_job"),
        path("imports/<int:pk>/progress/", imports.ImportProgress.as_view(), name="import_progress"),
        path("imports/<int:pk>/rows/<int:row_pk>/", imports.ImportRowPane.as_view(), name="import_row"),
        path("imports/<int:pk>/end/", imports.ImportEnd.as_view(), name="import_end"),
        path("imports/<int:pk>/rejected/", imports.RejectedSheet.as_view(), name="import_rejected"),
    ]


@hooks.register("register_admin_menu_item")
def register_menu() -> SubmenuMenuItem:
    items = [
        ActionMenuItem(
            _("试题"),
            reverse_lazy("question_list"),
            name="questions",
            icon_name="list-ul",
            order=1,
            action=Action.BANK_VIEW,
        ),
        ActionMenuItem(
            _("审题"),
            reverse_lazy("question_review_queue"),
            name="question-review",
            icon_name="tasks",
            order=2,
            action=Action.BANK_REVIEW,
        ),
        ActionMenuItem(
            _("导入"),
            reverse_lazy("import_list"),
            name="question-imports",
            icon_name="upload",
            order=3,
            action=Action.BANK_EDIT,
        ),
        ActionMenuItem(
            _("题库管理"),
            reverse_lazy("bank_list"),
            name="banks",
            icon_name="folder-open-inverse",
            order=4,
            action=Action.BANK_VIEW,
        ),
    ]
    return SubmenuMenuItem(
        _("题库"), Menu(items=items), name="question-bank", icon_name="folder-open-inverse", order=200
    )


@hooks.register("construct_homepage_panels")
def add_panel(request: HttpRequest, panels: list[Any]) -> None:
    panel = DraftsPanel(cast(User, request.user))
    if not panel.empty:
        panels.append(panel)


@hooks.register("insert_global_admin_css")
def admin_css() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("questions/admin.css"))
