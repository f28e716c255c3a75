"""Uploaded material becomes usable: length, poster, pages. The row is the work; a dead worker's is taken again."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from .models import Material
from .pdf_pages import MOST_PAGES, SECONDS
from .probing import Unusable, poster, probe
from .signals import materials_processed

MOST_TRIES = 3
TAKEN_FOR = timedelta(minutes=20)  # longer than all limits of one run together
PDF_PROGRAM = Path(__file__).with_name("pdf_pages.py")


def words_for(code: str, **facts: Any) -> str:
    """Why a material failed, for the organiser."""
    words = {
        "broken": _("文件已损坏，或不是它看上去的那种文件。请重新导出后上传。"),
        "no_tool": _("服务器没有安装 ffmpeg，只能处理 MP4、M4A 和 PDF。请转换格式，或请管理员安装 ffmpeg。"),
        "no_length": _("读不出时长，或时长超过 12 小时。"),
        "no_video": _("文件里没有视频画面。"),
        "no_audio": _("文件里没有声音。"),
        "encrypted": _("PDF 设有密码。请去掉密码后上传。"),
        "no_pages": _("PDF 里没有页面。"),
        "too_long": _("PDF 有 %(count)d 页，最多 %(most)d 页。请拆分后上传。"),
        "too_slow": _("PDF 太复杂，没能在规定时间内处理完。请简化或拆分后上传。"),
        "gone": _("找不到上传的文件。请重新上传。"),
    }
    crashed = _("处理多次中断。请检查文件后重新上传；仍不成功时请联系管理员。")
    return words.get(code, crashed) % {"most": MOST_PAGES, **facts}


def waiting(*, now: datetime) -> list[int]:
    """Ids of what nobody works on: new, or left by a worker that died."""
    idle = Q(begun_at=None) | Q(begun_at__lte=now - TAKEN_FOR)
    return list(Material.objects.filter(idle, state=Material.State.PROCESSING).values_list("pk", flat=True))


def process(*, material_id: int, now: datetime) -> None:
    """Processes it unless somebody else does; again: nothing changes. What takes it down thrice has failed."""
    idle = Q(begun_at=None) | Q(begun_at__lte=now - TAKEN_FOR)
    rows = Material.objects.filter(pk=material_id, state=Material.State.PROCESSING)
    if not rows.filter(idle).update(begun_at=now, tries=F("tries") + 1):
        return
    material = Material.objects.get(pk=material_id)
    if material.tries > MOST_TRIES:
        _end(material, now=now, problem=words_for("crashed"))
        return
    try:
        with local_file(material.file) as path:
            found = _pages(material, path) if material.kind == Material.Kind.PDF else _streams(material, path)
    except Unusable as error:
        _end(material, now=now, problem=words_for(error.code))
    except TooLong as error:
        _end(material, now=now, problem=words_for("too_long", count=error.count))
    except FileNotFoundError:
        _end(material, now=now, problem=words_for("gone"))
    else:
        _end(material, now=now, **found)


class TooLong(Exception):
    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(count)


@transaction.atomic
def _end(material: Material, *, now: datetime, problem: str = "", **found: Any) -> None:
    state = Material.State.FAILED if problem else Material.State.READY
    Material.objects.filter(pk=material.pk, state=Material.State.PROCESSING).update(
        state=state, problem=problem[:300], **found
    )
    materials_processed.send(Material, material_ids=[material.pk], now=now)


def _streams(material: Material, path: Path) -> dict[str, Any]:
    found = probe(path, material.file.rpartition(".")[2])
    if material.kind == Material.Kind.VIDEO and not found.has_video:
        raise Unusable("no_video")
    if material.kind == Material.Kind.AUDIO and not found.has_audio:
        raise Unusable("no_audio")
    known: dict[str, Any] = {"duration_ms": found.duration_ms, "width": found.width, "height": found.height}
    if material.kind == Material.Kind.VIDEO:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "poster.jpg"
            if poster(path, target, found.duration_ms):
                known["poster"] = _kept(target, f"{material.folder}/poster.jpg")
    return known


def _pages(material: Material, path: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        told = render(path, Path(folder))
        if told.get("problem") == "too_long":
            raise TooLong(int(told["count"]))
        if "pages" not in told:
            raise Unusable(str(told.get("problem", "broken")))
        pages = [
            {**page, "file": _kept(Path(folder) / page["file"], f"{material.folder}/pages/{page['file']}")}
            for page in told["pages"]
        ]
    return {"pages": pages}


def render(path: Path, folder: Path) -> dict[str, Any]:
    """What pdf_pages.py tells of the file, run in a process of its own. Raises Unusable where that ends badly."""
    try:
        done = subprocess.run(
            [sys.executable, str(PDF_PROGRAM), str(path), str(folder)],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS + 30, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Unusable("too_slow") from None
    try:
        told: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
    except ValueError:
        told = {}
    return told or {"problem": "broken"}


def _kept(source: Path, name: str) -> str:
    """Puts the file into the storage under just this name; a run before may have left one there."""
    if default_storage.exists(name):
        default_storage.delete(name)
    with source.open("rb") as file:
        return str(default_storage.save(name, File(file)))


@contextmanager
def local_file(name: str) -> Iterator[Path]:
    """The file of the storage on this machine: its own place, or a copy for as long as it is used."""
    if isinstance(default_storage, FileSystemStorage) or hasattr(default_storage, "location"):
        path = Path(default_storage.path(name))
        if not path.is_file():
            raise FileNotFoundError(name)
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name.rpartition("/")[2]
        with default_storage.open(name) as source, path.open("wb") as target:
            for chunk in source.chunks():
                target.write(chunk)
        yield path
