"""The parts of a lesson as its page shows them: the block, what it asks for, and how far the member is with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from django.utils.translation import gettext as _

from courses.reading_time import blocks_of
from courses.reflecting.returned import Returned
from learning.study.services.progress import PartProgress
from question_bank.exams.standing import Standing

from .words import covered_words, missing_words, read_words

MEASURED = ("video", "audio", "text", "pdf")
STRIP_UNITS = 1000  # width of the drawn strip, whatever the length
HEADING = re.compile(r"<h[2-4][^>]*>(.*?)</h[2-4]>", re.IGNORECASE | re.DOTALL)
TAG = re.compile(r"<[^>]*>")

Spec = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A heading with what stands below it: HTML of the editor, and the name by which it is missed."""

    html: str
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A covered span of the strip."""

    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Part:
    """`spec` is the activity's entry (Activity.parts), `progress` the member's; {} and None in a draft."""

    key: str
    block_type: str
    value: Any
    spec: Spec
    progress: PartProgress | None
    exam: Standing | None = None
    returned: Returned | None = None  # of a reflection: given back by a teacher
    blocks: Sequence[TextBlock] = field(default=())

    @property
    def template(self) -> str:
        return f"courses/blocks/{self.block_type}.html"

    @property
    def kind(self) -> str:
        return str(self.spec.get("kind", ""))

    @property
    def title(self) -> str:
        return str(self.spec.get("title") or self.value.get("title") or "")

    @property
    def name(self) -> str:
        """What a link to it says; an article may have no title."""
        headings = (heading_of(block.html) for block in self.blocks)
        return self.title or next(filter(None, headings), _("正文"))

    @property
    def required(self) -> bool:
        return bool(self.spec.get("required", True))

    @property
    def done(self) -> bool:
        return self.progress is not None and self.progress.completed_at is not None

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Of media: what was watched."""
        return list(self.progress.spans) if self.progress else []

    @property
    def read(self) -> list[int]:
        """Of a text: ms for each block."""
        return list(self.progress.read) if self.progress else [0] * len(self.least_ms)

    @property
    def length_ms(self) -> int:
        return int(self.spec.get("length_ms") or 0)

    @property
    def least_ms(self) -> list[int]:
        return list(self.spec.get("least_ms") or ())

    @property
    def words(self) -> str:
        """What is learned and what is missing, before the scripts run and without them."""
        if self.kind in ("video", "audio"):
            covered = covered_words(self.progress.covered_ms if self.progress else 0, self.length_ms)
            rest = _("已学完") if self.done else missing_words(self.spans, self.length_ms)
            return _("，").join(filter(None, [covered, rest]))
        if self.done:
            return _("已学完")
        return read_words(self.kind, self.read, self.least_ms, self.labels)

    @property
    def labels(self) -> list[str]:
        if self.kind == "pdf":
            return [_("第 %(n)s 页") % {"n": n} for n in range(1, len(self.least_ms) + 1)]
        found = [block.label for block in self.blocks]
        return [*found, *[self.title] * len(self.least_ms)][: len(self.least_ms)]

    @property
    def strip(self) -> list[Bar]:
        total = self.length_ms or 1
        edges = [(STRIP_UNITS * start // total, STRIP_UNITS * end // total) for start, end in self.spans]
        return [Bar(start, max(1, end - start)) for start, end in edges]

    def for_scripts(self) -> dict[str, Any]:
        """As types.js describes it."""
        return {
            "key": self.key,
            "kind": self.kind,
            "required": self.required,
            "length_ms": self.length_ms,
            "least_ms": self.least_ms,
            "spans": self.spans or self.read,
            "position_ms": self.progress.position_ms if self.progress else 0,
            "completed": self.done,
        }


def parts_of(
    body: Any,
    specs: Sequence[Spec],
    progress: Mapping[str, PartProgress],
    exams: Mapping[int, Standing],
    returned: Mapping[str, Returned],
) -> list[Part]:
    """The blocks of a lesson's body in order, each with its spec, how far the member is and, of an exam, where they stand.
    `returned` by the id of the block."""
    by_key = {str(spec["key"]): spec for spec in specs}
    found = []
    for block in body:
        key = str(block.id)
        spec = by_key.get(key, {})
        texts = text_blocks(block.value["text"].source) if block.block_type == "article" else ()
        exam = exams.get(int(spec["exam"])) if spec.get("exam") else None
        back = returned.get(key)
        found.append(Part(key, block.block_type, block.value, spec, progress.get(key), exam, back, texts))
    return found


def text_blocks(html: str) -> list[TextBlock]:
    return [
        TextBlock(block.html, heading_of(block.html) or _("第 %(n)s 段") % {"n": n})
        for n, block in enumerate(blocks_of(html), 1)
    ]


def heading_of(html: str) -> str:
    """The words of the first heading, "" if there is none."""
    found = HEADING.search(html)
    return unescape(TAG.sub("", found[1])).strip() if found else ""
