"""What a paper is marked by: key and rule of each version, kept per worker; sections and corrections come
on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from learning.lane.kept import Kept
from question_bank.engine.kinds import PaperItem
from question_bank.engine.marking import AnswerKey
from question_bank.questions.models import QuestionVersion

from .papers import QUESTIONS_KEPT

_keys: Kept[int, AnswerKey] = Kept(QUESTIONS_KEPT)


def answer_keys(
    paper: Sequence[PaperItem], rules: Mapping[str, Any], corrections: Mapping[str, Any]
) -> dict[int, AnswerKey]:
    """The key of each version on the paper. A section's rule goes before the version's own, word by word;
    `corrections` are `Exam.corrections`. One query for versions this worker has not met yet."""
    stands_for = {
        item.version: corrections.get(str(item.version), {}).get("version", item.version) for item in paper
    }
    known = _known(set(stands_for.values()))
    keys = {}
    for item in paper:
        key = known[stands_for[item.version]]
        section_rule = rules["sections"][item.section]["rule"]
        if section_rule:
            key = replace(key, rule={**key.rule, **section_rule})
        if corrections.get(str(item.version), {}).get("void"):
            key = replace(key, void=True)
        keys[item.version] = key
    return keys


def forget() -> None:
    """Empties this worker's memory; for tests, whose databases begin again with the same ids."""
    _keys.clear()


def _known(versions: set[int]) -> dict[int, AnswerKey]:
    found = {version: key for version in versions if (key := _keys.get(version)) is not None}
    missing = versions - found.keys()
    if missing:
        for pk, key, rule in QuestionVersion.objects.filter(pk__in=missing).values_list("pk", "key", "rule"):
            found[pk] = _keys[pk] = AnswerKey(key, rule)
    return found
