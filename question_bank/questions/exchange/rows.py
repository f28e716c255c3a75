"""Decides about each raw record: kind, options, key, and whether it may be saved."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from question_bank.engine.kinds import Kind
from question_bank.questions.exchange.answers import (
    AnswerRefused,
    bare,
    count_blanks,
    read_choice,
    take_key,
    take_truth,
    truth_of,
)
from question_bank.questions.exchange.keys import Draft, Refused, read_key
from question_bank.questions.exchange.kinds import CHOICE, GROUP, KIND_WORDS, kind_of, take_stem_mark
from question_bank.questions.exchange.options import labelled, same_text, split_options, strip_labels
from question_bank.questions.exchange.records import RawRecord
from question_bank.questions.exchange.verdicts import ImportSettings, ParsedQuestion, Verdict, warning

# "1.5 米" and "1949、1950年" begin with a quantity, "1.1921年" with the number 1
_NUMBER = re.compile(
    r"^\s*(?:第\s*\d{1,4}\s*题\s*[.．、:：]?|[（(]\s*\d{1,4}\s*[)）]|\d{1,3}\s*、(?=\d{4}年)"
    r"|\d{1,4}\s*(?:[.．](?!\d(?!\d{3}年))|、(?!\d)|[)）:：]|[,，](?!\d)))\s*"
)
_TEMPLATE = re.compile(
    r"[【\[(（〔]\s*(?:示例|样例|例题|示范|模板)[^】\])）〕]{0,20}[】\])）〕]|^(?:示例|样例|例题?)\s*\d*\s*[:：]|示例需删除"
)
_NOTE = re.compile(
    r"^\s*(?:填写|导入|填表|使用)?(?:说明|须知|注意事项|注意|备注|注|提示)\s*\d*\s*[:：]|^(?:填写|导入)说明|^\s*(?:合计|总计|共计)"
)
_LEVELS = {
    1: "很易 极易 容易 简单 易 低 基础 easy simple low e 一级 入门 ★",
    2: "较易 较容易 较简单 偏易 比较简单 ★★",
    3: "中 中等 一般 适中 普通 中级 medium middle normal moderate m ★★★",
    4: "较难 偏难 较高 比较难 ★★★★",
    5: "难 困难 很难 极难 高 高级 hard difficult high h ★★★★★",
}
_LEVEL_OF = {word: level for level, words in _LEVELS.items() for word in words.split()}
MIDDLE = 3
# Our own five steps. A file that goes to 很易 or 很难 has 易 and 难 inside, not at the ends.
STEP_WORDS = ("很易", "易", "中", "难", "很难")
_STEP_OF = {word: step for step, word in enumerate(STEP_WORDS, 1)}
_NUMBERED_STEP = re.compile(rf"([1-5])({'|'.join(STEP_WORDS)})")
_TRUTH_MARKS = {
    "√",
    "×",
    "✓",
    "✗",
    "对",
    "错",
    "正确",
    "错误",
    "T",
    "F",
}  # an answer even where the stem has a gap
_LIST = re.compile(r"\s*[;；,，、|/\n]\s*")
MAX_OPTIONS = 26


@dataclass
class Facts:
    """What only the whole sheet tells: whether stems are numbered, scales, the meaning of type numbers."""

    numbered: bool = False
    stars: int = 5
    levels: int = 5
    step_words: bool = False
    kind_of_id: dict[str, str] = field(default_factory=dict)
    zero_based: bool = False


def learn(records: Sequence[RawRecord]) -> Facts:
    """The facts of one sheet."""
    facts = Facts()
    stems = [take_stem_mark(record.stem)[1] for record in records if record.stem]
    facts.numbered = bool(stems) and sum(1 for stem in stems if _NUMBER.match(stem)) >= 0.6 * len(stems)
    numbers = [
        int(float(level))
        for record in records
        if re.fullmatch(r"[1-5](?:\.0)?", level := record.difficulty.strip())
    ]
    facts.levels = 5 if max(numbers, default=5) > 3 else 3
    stars = [
        len(text)
        for record in records
        if re.fullmatch(r"[★☆⭐]+", text := record.difficulty.replace("☆", "").strip())
    ]
    facts.stars = 5 if max(stars, default=5) > 3 else 3
    facts.step_words = any(record.difficulty.strip() in (STEP_WORDS[0], STEP_WORDS[-1]) for record in records)
    by_id: dict[str, set[str]] = defaultdict(set)
    for record in records:
        answer = bare(record.answer)
        if record.kind.isdigit() and not record.kind_ids:
            draft = Draft(record, record.stem, _options(record)[0])
            by_id[record.kind].add(_infer(draft, answer) or "")
        if answer == "0" and len([text for text in record.options if text] or record.options_text) > 1:
            options = _options(record)[0]
            facts.zero_based |= len(options) > 2 and not any(same_text(option) == "0" for option in options)
    for number, kinds in by_id.items():
        known = kinds - {""}
        if len(known) == 1:
            facts.kind_of_id[number] = known.pop()
        elif known == {Kind.SINGLE, Kind.MULTIPLE}:
            facts.kind_of_id[number] = Kind.MULTIPLE
    return facts


def build(record: RawRecord, facts: Facts, settings: ImportSettings) -> ParsedQuestion:
    """The question of this record: accepted, warned or rejected. Duplicates are judged elsewhere."""
    draft = Draft(record, record.stem, ())
    draft.warnings += [warning(code) for code in record.warnings]
    reason: Refused | None = None
    try:
        _decide(draft, facts, settings)
    except Refused as refused:
        reason = refused
    level = _difficulty(draft, facts)
    question = ParsedQuestion(
        row=record.row,
        sheet=record.sheet,
        verdict=Verdict.WARNED if draft.warnings else Verdict.ACCEPTED,
        kind=draft.kind,
        stem=draft.stem,
        options=draft.options,
        answer=draft.answer,
        explanation=record.explanation,
        difficulty=level,
        chapter=record.chapter,
        knowledge_points=_knowledge(draft),
        tags=tuple(part for part in _LIST.split(record.tags) if part),
        mark=_mark(draft),
        citation=record.citation,
        raw=record.raw,
        more_rows=record.more_rows,
        group=record.group,
    )
    question = replace(question, warnings=tuple(dict.fromkeys(draft.warnings)))
    if reason is not None:
        return replace(
            question,
            verdict=Verdict.REJECTED,
            reason=reason.code,
            message=reason.message,
            reason_params=tuple(reason.params.items()),
        )
    return replace(question, verdict=Verdict.WARNED if question.warnings else Verdict.ACCEPTED)


def _decide(draft: Draft, facts: Facts, settings: ImportSettings) -> None:
    record = draft.record
    marked, rest = take_stem_mark(record.stem)
    declared, told = _declared_kind(draft, facts)
    if marked and (declared in (None, CHOICE, marked)):
        draft.stem = rest
    else:
        marked = None
    if facts.numbered or marked:
        draft.stem = _NUMBER.sub("", draft.stem, count=1).strip() or draft.stem
    draft.options, how = _options(record)
    draft.kind = declared if declared in {*Kind} else None
    _refuse_rows_that_ask_nothing(draft)
    hinted = marked or record.kind_hint or settings.default_kind
    kind = declared or hinted
    _options_from_stem(draft, kind)
    answer = _answer(draft, kind if kind in {*Kind} else None)
    if not draft.stem.strip():
        raise Refused("stem_missing")  # it was nothing but its key, or its options
    if kind in (None, CHOICE, GROUP):
        kind = _infer(draft, answer)
        if kind is None:
            raise _without_kind(draft, answer)
        if declared != CHOICE or kind not in (Kind.SINGLE, Kind.MULTIPLE):
            draft.warn("kind_inferred", kind=KIND_WORDS[kind])
    elif told == "ids":
        draft.warn("kind_inferred", kind=KIND_WORDS[kind])
    draft.kind = kind
    if how in ("spaces", "commas", "pauses") and kind in (Kind.SINGLE, Kind.MULTIPLE, Kind.ORDER):
        draft.warn("options_split_doubtful", count=len(draft.options))
    if (
        facts.zero_based
        and re.fullmatch(r"\d(?:[\s,，;；|]*\d)*", bare(record.answer))
        and kind in (Kind.SINGLE, Kind.MULTIPLE)
    ):
        raise Refused("answer_numbers_from_zero")
    read_key(draft, answer, settings)


def _without_kind(draft: Draft, answer: str) -> Refused:
    """Why the content shows no kind: no answer, one that no option fits, or none that tells kinds apart."""
    if not answer:
        return Refused("answer_missing")
    if sum(map(bool, draft.options)) >= 2:
        try:
            read_choice(answer, draft.options, one=False)
        except AnswerRefused as refused:
            return Refused(refused.code, answer=answer[:60])
    return Refused("kind_missing")


def _refuse_rows_that_ask_nothing(draft: Draft) -> None:
    record = draft.record
    if any(_TEMPLATE.search(cell) for cell in record.raw if len(cell) < 2_000):
        raise Refused("template_row")
    if not draft.stem and sum(1 for cell in record.raw if cell.strip()) == 1 and not record.faults:
        raise Refused("note_row")
    if not draft.stem:
        raise Refused(record.faults[0] if record.faults else "stem_missing")
    if _NOTE.search(draft.stem) and not record.answer and not draft.options:
        raise Refused("note_row")
    if record.faults:
        raise Refused(record.faults[0])


def _declared_kind(draft: Draft, facts: Facts) -> tuple[str | None, str]:
    """The kind its column states, and how: by word or by number ("ids")."""
    text = draft.record.kind.strip()
    if not text:
        return None, ""
    if re.fullmatch(r"\d{1,3}", text):
        stated = dict(draft.record.kind_ids).get(text)
        if stated:
            return stated, "word"
        return facts.kind_of_id.get(text), "ids"
    kind = kind_of(text)
    if kind is None:
        draft.warn("kind_unknown", text=text[:40])
    return kind, "word"


def _options(record: RawRecord) -> tuple[tuple[str, ...], str]:
    """Options with empty places inside but none at the end, and how they were separated."""
    if record.options_text and record.right is None:
        split = split_options(record.options_text)
        options, how = split.texts, split.how
        if how in ("lines", "bars", "semicolons"):
            options = strip_labels(options)
    else:
        options, how = record.options, "columns"
    end = len(options)
    while end and not options[end - 1]:
        end -= 1
    return options[:end], how


def _options_from_stem(draft: Draft, kind: str | None) -> None:
    """Options that stand in the stem's cell, for a question that has none elsewhere but needs some."""
    record = draft.record
    if draft.options or kind not in (None, CHOICE, GROUP, Kind.SINGLE, Kind.MULTIPLE):
        return
    letters = re.fullmatch(r"[A-J](?:[\s,，、]*[A-J])*", bare(record.answer).upper())
    if not letters and not (kind and not record.answer):
        return
    found = labelled(draft.stem)
    if found and found.before.strip() and all(found.texts):
        draft.stem, draft.options = found.before.strip(), found.texts
        draft.warn("options_from_stem")


def _answer(draft: Draft, kind: str | None) -> str:
    """The answer's text from its column, its text column, 是否正确项 or the brackets in the stem."""
    record = draft.record
    answer = record.answer
    if record.right is not None and draft.options:
        answer = _from_rights(record, answer)
    choice = kind in (None, Kind.SINGLE, Kind.MULTIPLE) and bool(draft.options)
    if choice:
        letters, emptied = take_key(draft.stem)
        if letters and not answer:
            draft.stem = emptied
            draft.warn("answer_from_stem")
            return letters
        if letters:
            plain = "".join(sorted(set(re.sub(r"[\s,，、;；|]", "", bare(answer)).upper())))
            if plain == "".join(sorted(set(letters))):
                draft.stem = emptied
                draft.warn("answer_shown_in_stem")
            elif ord(max(letters)) - 65 < len(draft.options):
                draft.warn("letters_in_stem_differ", letters=letters)
    elif kind in (None, Kind.TRUE_FALSE):
        mark, shortened = take_truth(draft.stem)
        if mark and (not answer or truth_of(answer) == truth_of(mark)):
            draft.stem = shortened
            draft.warn("answer_shown_in_stem" if answer else "answer_from_stem")
            answer = answer or mark
        elif mark and kind == Kind.TRUE_FALSE and truth_of(answer) is not None:
            draft.warn("letters_in_stem_differ", letters=mark)
    if not answer and record.answer_text:
        draft.warn("answer_from_text")
        return record.answer_text
    return answer


def _from_rights(record: RawRecord, answer: str) -> str:
    letters = ""
    for at, said in enumerate(record.right or ()):
        right = {"1": True, "0": False, "": False}.get(said.strip(), truth_of(said))
        if right is None:
            raise Refused("right_mark_unreadable", text=said[:20])
        if right:
            letters += chr(65 + at) if at < MAX_OPTIONS else ""
    return letters or answer


def _infer(draft: Draft, answer: str) -> str | None:
    """The kind that the content shows; None where it shows none."""
    filled = [option for option in draft.options if option]
    if len(filled) >= 2:
        truths = [truth_of(option) for option in filled]
        if len(filled) == 2 and None not in truths and truths[0] != truths[1]:
            return Kind.TRUE_FALSE
        count = draft.right_options(answer)
        return None if count == 0 else Kind.SINGLE if count == 1 else Kind.MULTIPLE
    return _infer_from_text(draft, answer)


def _infer_from_text(draft: Draft, answer: str) -> str | None:
    """The kind of a question without options; None where letters or nothing at all answer it."""
    text, blanks = bare(answer), count_blanks(draft.stem)
    if not text:
        return Kind.FILL if any(draft.record.blanks) else None
    if truth_of(text) is not None and not (blanks and text not in _TRUTH_MARKS):
        return Kind.TRUE_FALSE
    if re.fullmatch(r"[A-J]{1,10}|[01]", text.upper()) and not blanks:
        return None
    if blanks:
        return Kind.FILL
    return Kind.SHORT if len(text) > 30 or "\n" in answer else Kind.FILL


def _difficulty(draft: Draft, facts: Facts) -> int | None:
    text = draft.record.difficulty.strip().casefold()
    if not text:
        return None
    word = re.sub(r"[\s()（）:：度☆]+|题$|级$", "", text)
    word = (
        re.sub(r"^难", "", word)
        if len(word) > 1 and word.startswith("难") and word[1:] in _LEVEL_OF
        else word
    )
    if re.fullmatch(r"[★⭐]+", word):
        return _scaled(len(word), facts.stars)
    if re.fullmatch(r"[1-5](?:\.0)?", word):
        return _scaled(int(float(word)), facts.levels)
    if numbered := _NUMBERED_STEP.fullmatch(word):
        return int(numbered[1])
    if facts.step_words and word in _STEP_OF:
        return _STEP_OF[word]
    level = _LEVEL_OF.get(word) or _LEVEL_OF.get(text)
    if level is None:
        draft.warn("difficulty_unknown", text=text[:20])
        return MIDDLE
    return level


def _scaled(number: int, levels: int) -> int:
    """A step on a scale of 3 or 5 as one of 1 to 5."""
    return min(number, 5) if levels == 5 else {1: 1, 2: MIDDLE, 3: 5}[min(number, 3)]


def _knowledge(draft: Draft) -> tuple[str, ...]:
    parts = tuple(dict.fromkeys(part for part in _LIST.split(draft.record.knowledge) if part))
    if parts and all(part.isdigit() for part in parts):
        draft.warn("knowledge_ids_ignored", text=draft.record.knowledge[:40])
        return ()
    return parts


def _mark(draft: Draft) -> Decimal | None:
    text = bare(draft.record.mark)
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,2})?)\s*分?", text)
    mark = Decimal(match[1]) if match else Decimal(0)
    if mark <= 0:
        draft.warn("mark_unreadable", text=text[:20])
        return None
    return mark
