"""The words by which files name kinds of questions: in a column or heading, before the stem, by number."""

import re
import unicodedata

from question_bank.engine.kinds import Kind

GROUP = "group"  # 材料题: a shared text with questions of their own below it
CHOICE = "choice"  # 选择题: single or multiple, told by the key

# what the sheets we write call each kind
KIND_WORDS = {
    "single": "单选题",
    "multiple": "多选题",
    "true_false": "判断题",
    "fill": "填空题",
    "short": "简答题",
    "essay": "论述题",
    "order": "排序题",
    "match": "匹配题",
}

# the longer word first where one contains another
_WORDS: tuple[tuple[str, str], ...] = (
    (
        r"不定项|多项选择|多选|多项|multiple(answers?|responses?|select|correct)|multi(select|ple)?|checkbox|mr",
        Kind.MULTIPLE,
    ),
    (r"单项选择|单选|单项|single(choice|answer|select)?|radio|mcq1", Kind.SINGLE),
    (
        r"判断|是非|对错|正误|true/?or/?false|true/?false|truefalse|trueorfalse|t/?f|judge?ment|judge|boolean|yes/?no",
        Kind.TRUE_FALSE,
    ),
    (r"填空|完形填空|fill(in)?(the)?(blanks?)?|blanks?|gapfill|cloze|completion", Kind.FILL),
    (r"论述|材料分析|案例分析|分析|作文|申论|写作|综述|essay|longanswer|discussion", Kind.ESSAY),
    (r"简答|问答|名词解释|概念|主观|计算|解答|辨析|简述|shortanswer|short|openended|text", Kind.SHORT),
    (r"排序|顺序|order(ing)?|sequence|sorting", Kind.ORDER),
    (r"匹配|连线|配对|match(ing)?", Kind.MATCH),
    (r"材料|阅读理解|题组|综合|案例|共用题干|套题|组合|passage|group|comprehension", GROUP),
    (r"multi(?:ple)?choice|选择|choice|mcq|mc", CHOICE),
)
_PATTERNS = tuple(
    (re.compile(rf"(?:{words})(?:型|类)?(?:题|试题|题目|questions?|items?)?"), kind) for words, kind in _WORDS
)
_CHINESE = (
    "单项选择题?|单选题?|多项选择题?|多选题?|不定项选择题?|不定项题?|判断题?|是非题|填空题?|简答题?|问答题?|论述题?"
    "|名词解释题?|材料分析题|案例分析题|材料题|选择题"
)
_NUMBERING = (
    r"(?:第?\s*[一二三四五六七八九十百]{1,3}\s*(?:部分|大题|题|[、.．:：\s)）])"
    r"|[(（][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}\s*[、.．:：)）\s])"
)
_HEADING = re.compile(
    rf"^\s*{_NUMBERING}?\s*[、.．:：]?\s*[【\[]?({_CHINESE})[】\]]?(?=$|[\s:：(（,，。、.．;；共本每\d\[【])"
)
_HEADING_REST = re.compile(r"[共每计]\s*\d|\d+\s*(?:小?题|道|分|个)|分[数值]|每(?:小|道)?题")
_STEM_MARK = re.compile(
    rf"^\s*(?:\d{{1,4}}\s*[.．、)）:：]\s*)?(?:[\[【〔(（<《]\s*({_CHINESE})\s*[\]】〕)）>》]\s*[:：]?|({_CHINESE})(?:\s*[:：]\s*|\s+|\s*(?=\d{{1,4}}\s*[.．、)）])))"
)
_EACH = re.compile(r"每(?:小|道)?[题空]\s*(\d+(?:\.\d+)?)\s*分")
_ID_TOKENS = re.compile(rf"(\d{{1,2}})|({_CHINESE})")


def kind_of(text: str) -> str | None:
    """The kind a type cell names: an engine Kind, GROUP, CHOICE, or None for unknown words and numbers."""
    word = re.sub(r"[\s_\-*()（）\[\]【】.、:：]+", "", unicodedata.normalize("NFKC", text).casefold())
    word = re.sub(r"^(?:子题|小题|试题)|^[一二三四五六七八九十\d]+(?=\D)", "", word)
    if not word or len(word) > 30:
        return None
    for pattern, kind in _PATTERNS:
        if pattern.fullmatch(word):
            return kind
    if re.search(r"[\u4e00-\u9fff]", word):
        for pattern, kind in _PATTERNS:
            if pattern.search(word):
                return kind
    return None


def heading_kind(text: str) -> str | None:
    """The kind of a section heading such as "一、单选题（共40题，每题2分）"; None for any other text."""
    match = _HEADING.match(text)
    if match is None:
        return None
    rest = text[match.end() :]
    # "判断：党成立于1921年。" is a question: behind a heading stand only counts, points and advice
    if rest.strip(" \t:：()（）,，。、.．;；") and not (len(rest) <= 80 and _HEADING_REST.search(rest)):
        return None
    return kind_of(match[1])


def heading_mark(text: str) -> str:
    """The points of each question that a heading promises ("每题2分"), or an empty string."""
    match = _EACH.search(text)
    return match[1] if match else ""


def take_stem_mark(stem: str) -> tuple[str | None, str]:
    """The kind named before the stem ("单选题  1. …", "【多选】…"), and the rest with its number."""
    match = _STEM_MARK.match(stem)
    if not match or not stem[match.end() :].strip():
        return None, stem
    return kind_of(match[1] or match[2]), stem[match.end() :].lstrip()


def kind_ids(hint: str) -> dict[str, str]:
    """Number → kind as a note explains it ("1单选 2多选 3判断", "单选题=1，多选题=2"); empty without one."""
    tokens = [(match[1], match[2]) for match in _ID_TOKENS.finditer(unicodedata.normalize("NFKC", hint))]
    pairs: dict[str, str] = {}
    if len(tokens) < 4:
        return pairs
    number_first = bool(tokens[0][0])
    for first, second in zip(tokens[::2], tokens[1::2], strict=False):
        number, word = (first[0], second[1]) if number_first else (second[0], first[1])
        kind = kind_of(word) if word else None
        if not number or kind is None or number in pairs:
            return {}
        pairs[number] = kind
    return pairs
