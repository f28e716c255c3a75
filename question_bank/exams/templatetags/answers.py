"""Answers and keys in words, for those who read an attempt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join, linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from .exam_words import letter

register = template.Library()


@register.simple_tag
def answer_words(item: Mapping[str, Any], answer: Any, is_key: bool = False) -> SafeString:
    """The answer (or key) to an item as papers.shown_items gives it; options with the letters that were shown."""
    if answer is None or answer in ("", [], {}):
        return format_html('<span class="muted">{}</span>', _("（无）") if is_key else _("（未作答）"))
    match item["kind"]:
        case "single":
            return _option(item, answer)
        case "multiple" | "order":
            return format_html_join(
                mark_safe("<br>"), "{}", ((_option(item, each),) for each in _ordered(item, answer))
            )
        case "true_false":
            return conditional_escape(_("正确") if answer else _("错误"))
        case "fill":
            said = (" / ".join(each) if isinstance(each, list) else each for each in answer)
            return format_html_join(
                mark_safe("<br>"),
                "{}. {}",
                ((n, text or _("（空）")) for n, text in enumerate(said, start=1)),
            )
        case "match":
            left = {each["id"]: each["text"] for each in item.get("left", ())}
            pairs = (
                (mark_safe(left.get(name, name)), _option(item, right)) for name, right in answer.items()
            )
            return format_html_join(mark_safe("<br>"), "{} → {}", pairs)
        case _:
            text = answer.get("text", "") if isinstance(answer, dict) else str(answer)
            return mark_safe(linebreaks(text, autoescape=True))


def _ordered(item: Mapping[str, Any], answer: list[str]) -> list[str]:
    if item["kind"] == "order":
        return answer
    shown = [option["id"] for option in item["options"]]
    return sorted(answer, key=lambda each: shown.index(each) if each in shown else len(shown))


def _option(item: Mapping[str, Any], option_id: str) -> SafeString:
    for index, option in enumerate(item["options"]):
        if option["id"] == option_id:
            return format_html("<b>{}</b> {}", letter(index), mark_safe(option["text"]))
    return conditional_escape(option_id)
