"""What a lesson asks for: the parts of an Activity, read from the body of its page."""

from __future__ import annotations

from math import ceil
from typing import Any

from question_bank.exams.models import Exam

from .models import LessonPage, Material
from .reading_time import blocks_of, least_ms

Part = dict[str, Any]
MINUTE_MS = 60_000


def parts_of(lesson: LessonPage) -> list[Part]:
    """The parts in their order, as `Activity.parts` keeps them. What cannot be shown (its material failed or was taken
    away, its exam is gone) is left out: nobody could complete it."""
    found = (part_of(block) for block in lesson.body)
    return [part for part in found if part is not None]


def part_of(block: Any) -> Part | None:
    """The part of one block of the body; its key is the block's id."""
    value = block.value
    part: Part = {
        "key": str(block.id),
        "title": block.block.named(value)[:120],
        "required": bool(value["required"]),
    }
    match block.block_type:
        case "article":
            texts = blocks_of(value["text"].source)
            return {**part, "kind": "text", "least_ms": [each.least_ms for each in texts]} if texts else None
        case "video" | "audio" as kind:
            material = _ready(value["material"])
            return {**part, "kind": kind, "length_ms": material.duration_ms} if material else None
        case "pdf":
            material = _ready(value["material"])
            if material is None:
                return None
            return {
                **part,
                "kind": "pdf",
                "least_ms": [least_ms(len(page["text"])) for page in material.pages],
            }
        case "practice" | "exam" as kind:
            exam: Exam | None = value["exam"]
            return {**part, "kind": "exam", "exam": exam.pk, "pass": kind == "exam"} if exam else None
        case "reflection":
            asked = {"prompt": value["prompt"], "least_words": value["least_words"]}
            return {**part, "kind": "reflection", **asked}
        case kind:  # book, link
            return {**part, "kind": kind}


def materials_in(lesson: LessonPage) -> list[Material]:
    """The material that the page names, in its order, whatever its state; each once."""
    found = [block.value["material"] for block in lesson.body if "material" in block.value]
    return list(dict.fromkeys(material for material in found if material))


def exams_in(lesson: LessonPage) -> list[Exam]:
    found = [block.value["exam"] for block in lesson.body if "exam" in block.value]
    return list(dict.fromkeys(exam for exam in found if exam))


def minutes_of(parts: list[Part]) -> int:
    """Minutes that the required parts take at least, rounded up: media at normal speed, reading by its least times."""
    asked = [part for part in parts if part["required"]]
    ms: int = sum(part.get("length_ms", 0) + sum(part.get("least_ms", ())) for part in asked)
    return ceil(ms / MINUTE_MS)


def _ready(material: Material | None) -> Material | None:
    return material if material is not None and material.is_ready else None
