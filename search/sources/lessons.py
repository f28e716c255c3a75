"""The words of lessons: what their pages show, down to subtitles and the pages of documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.files.storage import default_storage

from courses.models import LessonPage, Material
from learning.study.models import Activity

from .texts import plain, spoken

Blocks = list[tuple[str, Mapping[str, Any], Mapping[str, Any]]]  # type, value, part


def words_of(lessons: Mapping[int, tuple[LessonPage, Activity]]) -> dict[int, list[str]]:
    """The texts of each lesson's parts; one query, and a file for every material with subtitles."""
    blocks = {pk: shown(page, activity) for pk, (page, activity) in lessons.items()}
    used = {value["material"] for each in blocks.values() for _, value, _ in each if value.get("material")}
    fields = ("title", "kind", "subtitles", "pages")
    materials = {row.pk: row for row in Material.objects.ready().filter(pk__in=used).only(*fields)}
    said = {pk: list(_words_in(material)) for pk, material in materials.items()}
    return {pk: [text for each in rows for text in _texts(*each, said)] for pk, rows in blocks.items()}


def shown(page: LessonPage, activity: Activity) -> Blocks:
    """The blocks of the page as they are stored (so that no row is read for each), those that the activity asks for."""
    parts = {str(part["key"]): part for part in activity.parts}
    return [
        (block["type"], block["value"], parts[str(block["id"])])
        for block in page.body.raw_data
        if str(block.get("id")) in parts
    ]


def _texts(
    kind: str, value: Mapping[str, Any], part: Mapping[str, Any], said: Mapping[int, list[str]]
) -> Iterator[str]:
    """Of an exam only what the lesson calls it: nothing of its questions."""
    yield str(part.get("title") or value.get("title") or "")
    match kind:
        case "article":
            yield plain(str(value.get("text") or ""))
        case "video" | "audio" | "pdf":
            yield from said.get(value.get("material") or 0, ())
        case "book":
            yield from (str(value.get(name) or "") for name in ("author", "publisher", "isbn", "access_note"))
        case "link":
            yield str(value.get("access_note") or "")
        case "reflection":
            yield str(value.get("prompt") or "")


def _words_in(material: Material) -> Iterator[str]:
    yield material.title
    if material.subtitles:
        yield spoken(_subtitles(material.subtitles))
    for page in material.pages:
        yield str(page.get("text") or "").strip()


def _subtitles(name: str) -> str:
    """ "" where the file is gone: a lesson without its subtitles can still be found."""
    try:
        with default_storage.open(name, "rb") as file:
            return bytes(file.read()).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""
