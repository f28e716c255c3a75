"""The choosers that blocks of a lesson open; their windows are in courses/admin/choosers.py."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.widgets import BaseChooser
from wagtail.coreutils import resolve_model_string


class VideoChooser(BaseChooser):
    model = "courses.Material"
    chooser_modal_url_name = "video_chooser:choose"
    choose_one_text = _("选择视频")
    choose_another_text = _("换一个视频")
    link_to_chosen_text = _("查看这个课件")
    icon = "media"


class AudioChooser(VideoChooser):
    chooser_modal_url_name = "audio_chooser:choose"
    choose_one_text = _("选择音频")
    choose_another_text = _("换一段音频")


class PdfChooser(VideoChooser):
    chooser_modal_url_name = "pdf_chooser:choose"
    choose_one_text = _("选择 PDF")
    choose_another_text = _("换一份 PDF")
    icon = "doc-full"


class ExamChooser(BaseChooser):
    model = "exams.Exam"
    chooser_modal_url_name = "exam_chooser:choose"
    choose_one_text = _("选择考试")
    choose_another_text = _("换一场考试")
    show_edit_link = False
    icon = "calendar-check"


class PracticeChooser(ExamChooser):
    chooser_modal_url_name = "practice_chooser:choose"
    choose_one_text = _("选择练习")
    choose_another_text = _("换一个练习")


class RowBlock(blocks.ChooserBlock):
    """A row of `model` ("app.Model"), chosen by `chooser`."""

    model: str
    chooser: type[BaseChooser]

    @cached_property
    def target_model(self) -> Any:
        return resolve_model_string(self.model)

    @cached_property
    def widget(self) -> BaseChooser:
        return self.chooser()


class VideoFileBlock(RowBlock):
    model = "courses.Material"
    chooser = VideoChooser


class AudioFileBlock(RowBlock):
    model = "courses.Material"
    chooser = AudioChooser


class PdfFileBlock(RowBlock):
    model = "courses.Material"
    chooser = PdfChooser


class ExamRowBlock(RowBlock):
    model = "exams.Exam"
    chooser = ExamChooser


class PracticeRowBlock(RowBlock):
    model = "exams.Exam"
    chooser = PracticeChooser
