"""What a lesson is made of. The id of a block in the StreamField is the key of the part that members complete."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

from courses import isbn

from .choosing import AudioFileBlock, ExamRowBlock, PdfFileBlock, PracticeRowBlock, VideoFileBlock

TEXT_FEATURES = ["h2", "h3", "bold", "italic", "ol", "ul", "blockquote", "hr", "link", "image"]
# Members read on campus pages behind TLS: a plain http link is blocked there or shows a warning.
SECURE_URL = URLValidator(schemes=["https"], message=_("请填写以 https:// 开头的完整网址。"))


def check_isbn(text: str) -> None:
    if text and not isbn.is_isbn(text):
        raise ValidationError(_("ISBN 的校验位不对，请核对书上的号码。"), code="isbn")


def required_block(*, default: bool = True) -> blocks.BooleanBlock:
    return blocks.BooleanBlock(label=_("必学"), default=default, required=False,
                               help_text=_("不勾选时可看可不看，不影响完成本课时。"))  # fmt: skip


def own_title(**more: Any) -> blocks.CharBlock:
    return blocks.CharBlock(label=_("标题"), max_length=120, required=False, **more)


class PartBlock(blocks.StructBlock):
    """Every part has a name of its own, else that of what it shows."""

    def named(self, value: Any) -> str:
        return str(value.get("title") or "")


class ArticleBlock(PartBlock):
    title = own_title()
    text = blocks.RichTextBlock(
        label=_("正文"),
        features=TEXT_FEATURES,
        help_text=_(
            "用小标题分段。学员读完每一段（每分钟按 600 字计，每段至少 5 秒）即为学完。图片请填写替代文字。"
        ),
    )
    required = required_block()

    class Meta:
        icon = "doc-full"
        label = _("文章")
        group = _("内容")


class MaterialPartBlock(PartBlock):
    def named(self, value: Any) -> str:
        return super().named(value) or str(value["material"] or "")


class VideoBlock(MaterialPartBlock):
    material = VideoFileBlock(label=_("视频"))
    title = own_title(help_text=_("留空则用课件的名称。"))
    required = required_block()

    class Meta:
        icon = "media"
        label = _("视频")
        group = _("内容")


class AudioBlock(MaterialPartBlock):
    material = AudioFileBlock(label=_("音频"))
    title = own_title(help_text=_("留空则用课件的名称。"))
    required = required_block()

    class Meta:
        icon = "media"
        label = _("音频")
        group = _("内容")


class PdfBlock(MaterialPartBlock):
    material = PdfFileBlock(label=_("PDF 文档"))
    title = own_title(help_text=_("留空则用课件的名称。"))
    download = blocks.BooleanBlock(label=_("允许下载原文件"), default=False, required=False)
    required = required_block()

    class Meta:
        icon = "doc-full-inverse"
        label = _("PDF 文档")
        group = _("内容")


class BookBlock(PartBlock):
    title = blocks.CharBlock(label=_("书名"), max_length=120)
    author = blocks.CharBlock(label=_("作者"), max_length=120, required=False)
    publisher = blocks.CharBlock(label=_("出版社"), max_length=120, required=False)
    cover = ImageChooserBlock(label=_("封面"), required=False)
    isbn = blocks.CharBlock(label="ISBN", max_length=20, required=False, validators=[check_isbn])
    url = blocks.URLBlock(label=_("电子书网址"), validators=[SECURE_URL])
    access_note = blocks.CharBlock(label=_("获取方式"), max_length=200, required=False,
                                   help_text=_("例如：在校园网内打开，或先登录图书馆。"))  # fmt: skip
    required = required_block(default=False)

    class Meta:
        icon = "openquote"
        label = _("电子书")
        group = _("链接")


class LinkBlock(PartBlock):
    title = blocks.CharBlock(label=_("标题"), max_length=120)
    url = blocks.URLBlock(label=_("视频网址"), validators=[SECURE_URL])
    access_note = blocks.CharBlock(label=_("说明"), max_length=200, required=False)
    required = required_block(default=False)

    class Meta:
        icon = "link-external"
        label = _("视频链接")
        group = _("链接")


class ExamPartBlock(PartBlock):
    must_pass = False

    def named(self, value: Any) -> str:
        return super().named(value) or str(value["exam"] or "")


class PracticeBlock(ExamPartBlock):
    exam = PracticeRowBlock(label=_("练习"), help_text=_("交卷即为完成。"))
    title = own_title(help_text=_("留空则用练习的名称。"))
    required = required_block()

    class Meta:
        icon = "edit"
        label = _("练习")
        group = _("考核")


class FormalBlock(ExamPartBlock):
    must_pass = True

    exam = ExamRowBlock(label=_("考试"), help_text=_("合格即为完成。"))
    title = own_title(help_text=_("留空则用考试的名称。"))
    required = required_block()

    class Meta:
        icon = "calendar-check"
        label = _("考试")
        group = _("考核")


class ReflectionBlock(PartBlock):
    title = blocks.CharBlock(label=_("标题"), max_length=120, default=_("心得体会"))
    prompt = blocks.TextBlock(label=_("要求"), required=False, max_length=2000)
    least_words = blocks.IntegerBlock(label=_("至少字数"), default=800, min_value=0, max_value=20_000)
    required = required_block()

    class Meta:
        icon = "comment"
        label = _("心得体会")
        group = _("考核")


class LessonBlocks(blocks.StreamBlock):
    article = ArticleBlock()
    video = VideoBlock()
    audio = AudioBlock()
    pdf = PdfBlock()
    book = BookBlock()
    link = LinkBlock()
    practice = PracticeBlock()
    exam = FormalBlock()
    reflection = ReflectionBlock()
