"""What publishing again would change for those who start later, in words. Papers already given never change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from question_bank.exams.models import Exam
from question_bank.exams.papers import item_count_of, max_score_of
from question_bank.exams.publishing import Drawn, drawn_frozen
from question_bank.exams.templatetags.exam_words import points
from question_bank.questions.models import QuestionVersion

Section = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Changes:
    """`plan` and `pool` are sentences; both empty: a paper drawn after publishing again is what it was."""

    plan: tuple[str, ...] = ()
    pool: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.plan or self.pool)


NOTHING = Changes()


def changes_since_publication(exam: Exam, live: Drawn) -> Changes:
    """Of a published exam; at most two queries. A cell whose filters changed shows by what it may draw."""
    if exam.state != Exam.State.PUBLISHED:
        return NOTHING
    frozen = drawn_frozen(exam)
    return Changes(tuple(plan_changes(frozen.plan, live.plan)), tuple(_pool_changes(frozen, live)))


def plan_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Between two plans as `Exam.plan` keeps them: the totals first, then by section."""
    if before == after:
        return []
    said = []
    counts = item_count_of(dict(before)), item_count_of(dict(after))
    totals = max_score_of(dict(before)), max_score_of(dict(after))
    if counts[0] != counts[1]:
        said.append(_("题数：%(before)s 题改为 %(after)s 题。") % {"before": counts[0], "after": counts[1]})
    if totals[0] != totals[1]:
        said.append(
            _("总分：%(before)s 分改为 %(after)s 分。")
            % {"before": points(totals[0]), "after": points(totals[1])}
        )
    pairs = _paired(before["sections"], after["sections"])
    for old, new in pairs:
        said += _section_changes(old, new)
    if not said:
        said.append(_("大题的次序有改动。"))
    return said


def _paired(
    before: Sequence[Section], after: Sequence[Section]
) -> list[tuple[Section | None, Section | None]]:
    """Sections of the same title belong together, those left over in the order they stand."""
    old, pairs = list(before), []
    unmatched = []
    for new in after:
        same = next((each for each in old if each["title"] == new["title"]), None)
        if same is None:
            unmatched.append(new)
        else:
            old.remove(same)
            pairs.append((same, new))
    longest = max(len(old), len(unmatched))
    rest_old: list[Section | None] = [*old, *[None] * (longest - len(old))]
    rest_new: list[Section | None] = [*unmatched, *[None] * (longest - len(unmatched))]
    return [*pairs, *zip(rest_old, rest_new, strict=True)]


def _section_changes(old: Section | None, new: Section | None) -> list[str]:
    if old is None and new is not None:
        return [_("新增大题“%(title)s”：%(size)s。") % {"title": new["title"], "size": _size(new)}]
    if new is None and old is not None:
        return [_("删去大题“%(title)s”（%(size)s）。") % {"title": old["title"], "size": _size(old)}]
    if old is None or new is None or old == new:
        return []
    said = []
    title = {"title": new["title"]}
    if old["title"] != new["title"]:
        said.append(_("大题“%(old)s”改名为“%(title)s”。") % {"old": old["title"], **title})
    if _size(old) != _size(new):
        said.append(
            _("“%(title)s”：%(before)s改为%(after)s。") % {**title, "before": _size(old), "after": _size(new)}
        )
    elif old["parts"] != new["parts"]:
        said.append(_("“%(title)s”：抽题规则或固定试题有改动。") % title)
    if old["rule"] != new["rule"]:
        said.append(_("“%(title)s”：多选题计分有改动。") % title)
    if any(old[name] != new[name] for name in ("shuffle_questions", "shuffle_options")):
        said.append(_("“%(title)s”：打乱题序或选项的设置有改动。") % title)
    if old["instructions"] != new["instructions"]:
        said.append(_("“%(title)s”：说明有改动。") % title)
    return said


def _size(section: Section) -> str:
    parts = section["parts"]
    count = sum(part.get("n", 1) for part in parts)
    total = sum((part.get("n", 1) * Decimal(part["mark"]) for part in parts), Decimal(0))
    return _("%(count)s 题 %(total)s 分") % {"count": count, "total": points(total)}


def _pool_changes(frozen: Drawn, live: Drawn) -> list[str]:
    if frozen.pool == live.pool:
        return []
    before = {version for _cell, version in frozen.pool}
    after = {version for _cell, version in live.pool}
    touched = before ^ after
    rows = QuestionVersion.objects.filter(pk__in=touched).values_list("pk", "question_id")
    question_of = dict(rows)
    gone = {question_of[version] for version in before - after}
    come = {question_of[version] for version in after - before}
    renewed = len(gone & come)
    said = []
    if come - gone:
        said.append(_("可抽的试题新增 %(count)s 道。") % {"count": len(come - gone)})
    if gone - come:
        said.append(_("不再抽取 %(count)s 道试题。") % {"count": len(gone - come)})
    if renewed:
        said.append(_("%(count)s 道试题换成改正后的新版本。") % {"count": renewed})
    if not said:
        said.append(_("各条抽题规则可抽的试题有变动。"))
    return said
