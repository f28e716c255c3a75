"""Taking in uploads: judged by content, kept under random names, never larger than the setting allows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.db import transaction
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from wagtail.models import ReferenceIndex

from learning.organisation.models import Unit, User
from learning.organisation.services import audit

from . import vtt
from .models import LessonPage, Material
from .models.materials import new_folder
from .parts import materials_in
from .sniffing import HEAD, NotMaterial, Sniffed, sniff

FORM_FIELDS = 1024 * 1024  # bytes that the rest of the form may add to the file


class UploadRefused(Exception):
    """With the words for the organiser."""


class SubtitlesRefused(UploadRefused):
    """The film is none the worse for it."""


def too_large() -> str:
    limit = filesizeformat(settings.MATERIAL_MAX_BYTES)
    return _("文件太大：每个课件最多 %(limit)s。请压缩或拆分后上传。") % {"limit": limit}


def announced_too_large(request: HttpRequest) -> bool:
    """Whether the browser says beforehand that it sends more: then nothing of it is read."""
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return True
    return announced > settings.MATERIAL_MAX_BYTES + vtt.LONGEST + FORM_FIELDS


class LimitedUploads(FileUploadHandler):
    """Before Django's own handlers: stops reading when all files together are larger, whatever was announced."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.left = settings.MATERIAL_MAX_BYTES + vtt.LONGEST
        self.stopped = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.left -= len(raw_data)
        if self.left < 0:
            self.stopped = True
            raise StopUpload(connection_reset=True)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None  # the next handler has the file


def what_is(file: UploadedFile[Any]) -> Sniffed:
    """Raises UploadRefused with words."""
    if (file.size or 0) > settings.MATERIAL_MAX_BYTES:
        raise UploadRefused(too_large())
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    try:
        return sniff(head)
    except NotMaterial as error:
        raise UploadRefused(_words_for(error.code)) from None


def _words_for(code: str) -> str:
    accepted = _("可以上传：视频 MP4、WebM，音频 MP3、M4A、OGG，文档 PDF。")
    words = {
        "empty": _("文件是空的，请检查后重新上传。"),
        "convert": _("浏览器放不了这种格式。请转换为 MP4（H.264）或 M4A 后上传。"),
        "epub": _(
            "EPUB 不能作为课件上传：里面可能有脚本和外部内容。请在课时里用“电子书”填写网址，或另存为 PDF。"
        ),
        "office": _("请把文档、演示文稿另存为 PDF 后上传。"),
        "markup": _("文件的内容是网页或 SVG，里面可能有脚本，不能作为课件上传。"),
        "subtitles": _("字幕请和视频一起上传，填在“字幕”一栏。"),
    }
    return words.get(code, _("认不出这个文件的内容。")) + (accepted if code in ("unknown", "empty") else "")


def check_subtitles(file: UploadedFile[Any]) -> bytes:
    """The content. Raises SubtitlesRefused with words."""
    if (file.size or 0) > vtt.LONGEST:
        raise SubtitlesRefused(_("字幕文件太大，最多 2 MB。"))
    file.seek(0)
    data = bytes(file.read())
    try:
        vtt.check(data)
    except vtt.NotSubtitles as error:
        words = {
            "encoding": _("字幕文件须用 UTF-8 编码保存。"),
            "header": _("字幕须是 WebVTT 文件，第一行为 WEBVTT。"),
            "timing": _("字幕第 %(line)d 行的时间写法不对，应如 00:01:02.000 --> 00:01:05.000。"),
            "order": _("字幕第 %(line)d 行的结束时间不晚于开始时间。"),
            "style": _("字幕里不能有样式（第 %(line)d 行）。"),
            "none": _("字幕文件里没有字幕。"),
        }
        raise SubtitlesRefused(words[error.code] % {"line": error.line}) from None
    return data


@transaction.atomic
def take_material(
    *,
    file: UploadedFile[Any],
    title: str,
    owner_unit: Unit,
    subtitles: UploadedFile[Any] | None = None,
    by: User,
    now: datetime,
) -> Material:
    """Keeps the file and queues its processing on commit. Raises UploadRefused with words for what it may not be."""
    sniffed = what_is(file)
    if subtitles is not None and sniffed.kind != Material.Kind.VIDEO:
        raise SubtitlesRefused(_("只有视频可以配字幕。"))
    words = check_subtitles(subtitles) if subtitles is not None else b""
    folder = new_folder()
    name = default_storage.save(f"{folder}/original.{sniffed.ending}", file)
    material = Material.objects.create(
        title=title,
        kind=sniffed.kind,
        owner_unit=owner_unit,
        file=name,
        original_name=str(file.name)[-200:],
        content_type=sniffed.content_type,
        size=file.size or 0,
        subtitles=keep_subtitles(folder, words) if words else "",
        created_by=by,
        created_at=now,
    )
    facts: dict[str, Any] = {"title": title, "material_kind": sniffed.kind, "size": material.size}
    audit.record(actor=by, action="material.upload", obj=material, unit=owner_unit, data=facts, now=now)
    return material


@transaction.atomic
def change_material(
    *,
    material: Material,
    title: str,
    subtitles: UploadedFile[Any] | None,
    drop_subtitles: bool,
    by: User,
    now: datetime,
) -> None:
    """A new title, other subtitles or none. Raises UploadRefused with words."""
    changed = [name for name, old, new in (("title", material.title, title),) if old != new]
    material.title = title
    if subtitles is not None:
        if material.kind != Material.Kind.VIDEO:
            raise SubtitlesRefused(_("只有视频可以配字幕。"))
        material.subtitles = keep_subtitles(material.folder, check_subtitles(subtitles))
        changed.append("subtitles")
    elif drop_subtitles and material.subtitles:
        material.subtitles = ""
        changed.append("subtitles")
    if changed:
        material.save(update_fields=["title", "subtitles"])
        facts = {"title": title, "changed": changed}
        audit.record(
            actor=by, action="material.change", obj=material, unit=material.owner_unit, data=facts, now=now
        )


@transaction.atomic
def delete_material(*, material: Material, by: User, now: datetime) -> None:
    """The row and, once that is certain, its files. Raises UploadRefused where a page, even a draft, names it."""
    if in_use(material):
        raise UploadRefused(_("有课时在使用这个课件，不能删除。请先在课时里换掉它。"))
    names = [material.file, material.subtitles, material.poster, *(page["file"] for page in material.pages)]
    facts = {"title": material.title}
    audit.record(
        actor=by, action="material.delete", obj=material, unit=material.owner_unit, data=facts, now=now
    )
    material.delete()
    transaction.on_commit(lambda: _delete_files(names))


def in_use(material: Material) -> bool:
    """Whether an open lesson shows it, or a page or the newest draft of one names it."""
    return (
        material.uses.exists() or ReferenceIndex.get_references_to(material).exists() or _in_a_draft(material)
    )


def _in_a_draft(material: Material) -> bool:
    drafts = LessonPage.objects.filter(has_unpublished_changes=True).select_related("latest_revision")
    pages = (page.get_latest_revision_as_object() for page in drafts)
    return any(material in materials_in(page) for page in pages)


def keep_subtitles(folder: str, words: bytes) -> str:
    """The name under which they are kept; a new one each time, for browsers keep what an address gave them."""
    return default_storage.save(f"{folder}/{get_random_string(8)}.vtt", ContentFile(words))


def _delete_files(names: list[str]) -> None:
    for name in names:
        if name:
            default_storage.delete(name)
