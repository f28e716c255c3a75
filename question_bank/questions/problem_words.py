"""The engine's problem codes in words for authors, and at which field of the editor each one belongs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from question_bank.engine.authoring import Problem

from .differences import letter

_WORDS = {
    "empty_stem": ("stem", gettext_lazy("请填写题干。")),
    "bad_body": ("options", gettext_lazy("选项无法识别，请重新填写。")),
    "too_few_options": ("options", gettext_lazy("至少需要两个选项。")),
    "too_few_left": ("options", gettext_lazy("至少需要两组配对。")),
    "no_option_id": ("options", gettext_lazy("选项无法识别，请重新填写。")),
    "duplicate_option_ids": ("options", gettext_lazy("选项无法识别，请重新填写。")),
    "empty_option": ("options", gettext_lazy("选项 %(where)s 没有内容。")),
    "duplicate_options": ("options", gettext_lazy("选项 %(where)s 与前面的选项相同。")),
    "no_key": ("key", gettext_lazy("请给出答案。")),
    "several_keys": ("key", gettext_lazy("单选题只能有一个正确选项；如有多个，请改用多选题。")),
    "one_key": ("key", gettext_lazy("多选题只有一个正确选项，请确认。")),
    "bad_key": ("key", gettext_lazy("答案与题型不符。")),
    "key_not_in_options": ("key", gettext_lazy("答案指向了不存在的选项。")),
    "key_duplicate": ("key", gettext_lazy("答案中有重复的选项。")),
    "key_incomplete": ("key", gettext_lazy("答案没有包含选项 %(where)s。")),
    "bad_blanks": ("key", gettext_lazy("填空题至少需要一个空。")),
    "blanks_mismatch": ("key", gettext_lazy("答案的数目与空的数目不同。")),
    "empty_alternative": ("key", gettext_lazy("第 %(where)s 空的答案中有空白项。")),
    "unknown_rule": ("rule", gettext_lazy("未知的计分规则。")),
    "bad_mark": ("rule", gettext_lazy("分值须为不小于 0 的数字。")),
    "blank_marks_mismatch": ("rule", gettext_lazy("各空分值的数目与空的数目不同。")),
    "per_option_mark_missing": ("rule", gettext_lazy("请填写每个正确选项的分值。")),
    "rule_pays_guessing": ("rule", gettext_lazy("此规则下全选也能得分，请确认。")),
}


@dataclass(frozen=True)
class Remark:
    """A problem as the editor shows it: at a field (stem, options, key, rule), in words."""

    field: str
    text: str
    fatal: bool


def remark(problem: Problem, body: Mapping[str, Any]) -> Remark:
    field, words = _WORDS.get(problem.code, ("", gettext_lazy("试题内容有误（%(code)s）。")))
    if problem.code == "no_key" and problem.where:
        words = gettext_lazy("第 %(where)s 空没有答案。")
    return Remark(
        field, str(words) % {"where": _where(problem.where, body), "code": problem.code}, problem.fatal
    )


def _where(where: str, body: Mapping[str, Any]) -> str:
    for index, choice in enumerate(body.get("options", ())):
        if choice.get("id") == where:
            return letter(index)
    for index, side in enumerate(body.get("left", ()), start=1):
        if side.get("id") == where:
            return _("左 %(number)s") % {"number": index}
    return where
