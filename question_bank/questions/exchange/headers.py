"""Which row is the header and what its words mean; of columns for one field the first synonym wins."""

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache


class Field(StrEnum):
    KIND = "kind"
    STEM = "stem"
    OPTION = "option"  # one column per option
    OPTIONS = "options"  # all in one cell, or one per row
    RIGHT = "right"  # 是否正确项, with one row per option
    LABEL = "label"  # the option's own letter, with one row per option
    ANSWER = "answer"
    ANSWER_TEXT = "answer_text"
    BLANK = "blank"  # one column per blank
    EXPLANATION = "explanation"
    SHARED_EXPLANATION = "shared_explanation"
    DIFFICULTY = "difficulty"
    CHAPTER = "chapter"
    KNOWLEDGE = "knowledge"
    TAGS = "tags"
    MARK = "mark"
    CITATION = "citation"
    NUMBER = "number"
    MATERIAL = "material"
    MATERIAL_KIND = "material_kind"
    MATERIAL_NUMBER = "material_number"
    IGNORED = "ignored"


_SYNONYMS: dict[Field, str] = {
    Field.STEM: (
        "题干 小题题干 试题题干 题目题干 试题内容 题目内容 问题内容 试题 题目 问题 问题描述 题目描述 "
        "试题描述 题面 标题 试题标题 题目标题 题目名称 试题名称 题干内容 question stem questionstem "
        "questiontext questioncontent questiontitle prompt text title 内容 content"
    ),
    Field.KIND: (
        "小题题型 小题类型 题型 试题类型 题目类型 试题题型 题目题型 题型名称 类型 题类 题目种类 type "
        "questiontype qtype kind 类别"
    ),
    Field.OPTIONS: (
        "选项 选项内容 备选项 备选答案 候选项 候选答案 选项列表 答案选项 试题选项 题目选项 可选项 "
        "选项文本 options choices alternatives option optiontext choice optioncontent"
    ),
    Field.RIGHT: (
        "是否正确项 是否正确 是否正确答案 是否答案 是否为正确答案 是否为答案 是否正确选项 "
        "是否为正确选项 是否为正确项 正确与否 iscorrect iscorrectanswer isright isanswer correct?"
    ),
    Field.LABEL: (
        "选项标号 选项序号 选项编号 选项标识 选项字母 选项号 选项标签 optionlabel optionkey optionletter"
    ),
    Field.ANSWER: (
        "正确答案 答案 参考答案 标准答案 试题答案 题目答案 正确选项 正确项 小题答案 本题答案 答案要点 "
        "correctanswer rightanswer correctanswers correctoption correctoptions answer answers "
        "answerkey key correct solution"
    ),
    Field.ANSWER_TEXT: ("正确答案文本 答案文本 正确答案内容 答案内容 答案文字 answertext correctanswertext"),
    Field.EXPLANATION: (
        "题目解析 小题解析 解析 答案解析 试题解析 解析说明 答案说明 详解 题解 答题解析 explanation "
        "explanations analysis rationale feedback solutionexplanation"
    ),
    Field.SHARED_EXPLANATION: "整体解析 大题解析 材料解析 题组解析",
    Field.DIFFICULTY: (
        "难度 难易度 难易程度 难度等级 难度系数 难易 试题难度 题目难度 难度级别 difficulty "
        "difficultylevel level"
    ),
    Field.CHAPTER: (
        "课程 课程名称 科目 学科 所属题库 题库 分类 试题分类 题目分类 所属分类 目录 所属目录 专题 "
        "单元 章节 所属章节 章节名称 章 节 chapter section category course unit subject"
    ),
    Field.KNOWLEDGE: (
        "知识点 所属知识点 考点 考查点 知识点名称 knowledge knowledgepoint knowledgepoints topic topics"
    ),
    Field.TAGS: "标签 关键词 关键字 tags tag keywords",
    Field.MARK: (
        "分值 分数 满分值 满分 题目分数 题目分值 试题分值 试题分数 本题分数 本题分值 分 score points "
        "mark marks point"
    ),
    Field.CITATION: (
        "出处 依据 出题依据 参考依据 法规依据 条款 来源 题目来源 试题来源 引用 reference source citation"
    ),
    Field.NUMBER: (
        "题号 序号 编号 题目序号 试题序号 题目编号 试题编号 小题序号 小题题号 小题编号 题目id 试题id "
        "id no number num index questionid questionno questionnumber serial"
    ),
    Field.MATERIAL: (
        "大题题干 材料 材料内容 题组题干 共用题干 公共题干 背景材料 阅读材料 材料题干 主题干 父题干 "
        "passage material"
    ),
    Field.MATERIAL_KIND: "题组类型 大题题型 大题类型",
    Field.MATERIAL_NUMBER: (
        "大题序号 大题题号 大题编号 父题号 父题序号 父题编号 父id 材料编号 材料序号 题组编号 题组序号 "
        "所属大题 所属材料 parentid parent groupid"
    ),
    Field.IGNORED: (
        "原因 原行号 错误原因 失败原因 错误信息 选项数量 选项数 选项个数 正确次数 错误次数 答题次数 "
        "创建时间 更新时间 创建人 出题人 备注 状态 是否启用 图片 optioncount remark status"
    ),
}
_BY_WORD: dict[str, tuple[Field, int]] = {
    word: (meaning, rank) for meaning, words in _SYNONYMS.items() for rank, word in enumerate(words.split())
}
_CHINESE_DIGITS = "一二三四五六七八九十"
_OPTION = re.compile(
    r"(?:答案选项|备选答案|备选项|候选项|可选项|选项|选择|答案|answeroption|answerchoice|answer|option|choice|opt|alternative)"
    r"([a-z]|\d{1,2}|[一二三四五六七八九十])|([a-z])(?:选项|项|答案|option)|(?:第)([一二三四五六七八九十\d]{1,2})(?:个)?(?:选项|项)"
)
_BLANK = re.compile(
    r"(?:填空|空|第|blank|空格|填空答案)([一二三四五六七八九十\d]{1,2})(?:空|个空|空答案)?(?:答案)?"
)
_NUMBERED_ANSWER = re.compile(r"(?:正确|参考|标准)?(?:答案|answer)(\d{1,2}|[一二三四五六七八九十])")
_NOTE = re.compile(r"[(（\[【〔<《][^)）\]】〕>》]*[)）\]】〕>》]")
MAX_HEADER_CHARS = 60


@lru_cache(maxsize=4096)
def _word(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    bare = _NOTE.sub("", folded) if len(folded) <= 400 else folded
    if not re.sub(r"\W", "", bare):
        bare = folded
    return re.sub(r"[\s_*\-.:;,/\\|#&'\"“”、。<>\[\]【】()]+", "", bare)


def header_note(text: str) -> str:
    """What stands in brackets behind a header word ("题型（1单选 2多选）")."""
    return " ".join(_NOTE.findall(unicodedata.normalize("NFKC", text)))


@lru_cache(maxsize=4096)
def field_of(text: str) -> tuple[Field, int] | None:
    """The field a header cell names and its number (option or blank from 0, else a rank), or None."""
    if not text or len(text) > MAX_HEADER_CHARS * 4:
        return None
    word = _word(text)
    if not word or len(word) > MAX_HEADER_CHARS:
        return None
    return _BY_WORD.get(word) or _numbered(word)


def _numbered(word: str) -> tuple[Field, int] | None:
    if match := _NUMBERED_ANSWER.fullmatch(word):
        return Field.BLANK, 100 + _number(match[1])  # 100 up: may turn out to be options, see `_settle`
    if match := _OPTION.fullmatch(word):
        return Field.OPTION, _number(match[1] or match[2] or match[3])
    if match := _BLANK.fullmatch(word):
        return Field.BLANK, _number(match[1])
    if len(word) == 1 and "a" <= word <= "z":
        return Field.OPTION, ord(word) - 97
    return None


def _number(text: str) -> int:
    if text.isdigit():
        return max(int(text) - 1, 0)
    return _CHINESE_DIGITS.index(text[0]) if text[0] in _CHINESE_DIGITS else ord(text) - 97


@dataclass
class Columns:
    """Where each field stands in a table; columns are counted from 0."""

    row: int | None = None  # None: told from the content
    texts: tuple[str, ...] = ()
    one: dict[Field, int] = field(default_factory=dict)
    chapters: list[int] = field(default_factory=list)
    options: list[int] = field(default_factory=list)  # columns in the order of the options
    blanks: list[int] = field(default_factory=list)
    hint: str = ""

    def meanings(self) -> list[tuple[int, str]]:
        named = [(at, str(meaning)) for meaning, at in self.one.items()]
        named += [(at, str(Field.CHAPTER)) for at in self.chapters]
        named += [(at, f"option {number}") for number, at in enumerate(self.options, start=1)]
        named += [(at, f"blank {number}") for number, at in enumerate(self.blanks, start=1)]
        return sorted(named)


def read_header(cells: tuple[str, ...]) -> Columns | None:
    """The columns that this row names, or None where it is no header of questions."""
    found = [(at, *known) for at, cell in enumerate(cells) if cell and (known := field_of(cell.strip()))]
    if len(found) < 2:
        return None
    columns = Columns(
        texts=cells, hint=" ".join(filter(None, (header_note(cell) for cell in cells if len(cell) < 400)))
    )
    ranks: dict[Field, int] = {}
    options: dict[int, int] = {}
    blanks: dict[int, int] = {}
    for at, meaning, rank in found:
        if meaning is Field.OPTION:
            options.setdefault(rank, at)
        elif meaning is Field.BLANK:
            blanks.setdefault(rank, at)
        elif meaning is Field.CHAPTER:
            columns.chapters.append(at)
            ranks[meaning] = 0
        elif meaning not in ranks or rank < ranks[meaning]:
            ranks[meaning] = rank
            columns.one[meaning] = at
    columns.chapters.sort(key=lambda at: _BY_WORD[_word(cells[at].strip())][1])
    _settle(columns, options, blanks, cells)
    one = columns.one
    if Field.STEM not in one and Field.MATERIAL in one:
        one[Field.STEM] = one.pop(Field.MATERIAL)
    if Field.KIND not in one and Field.MATERIAL_KIND in one:
        one[Field.KIND] = one.pop(Field.MATERIAL_KIND)
    if Field.STEM not in one:
        return None
    telling = {Field.ANSWER, Field.OPTIONS, Field.KIND, Field.RIGHT, Field.ANSWER_TEXT}
    if not (telling & one.keys() or columns.options or columns.blanks):
        return None
    return columns


def _settle(
    columns: Columns, options: dict[int, int], blanks: dict[int, int], cells: tuple[str, ...]
) -> None:
    """Decide the words that mean different things beside different neighbours."""
    numbered_answers = {number - 100: at for number, at in blanks.items() if number >= 100}
    plain_blanks = {number: at for number, at in blanks.items() if number < 100}
    if numbered_answers:
        if options or Field.ANSWER not in columns.one:
            plain_blanks = plain_blanks or numbered_answers
        elif len(numbered_answers) > 1:
            options = numbered_answers
    if len(options) == 1:
        at = next(iter(options.values()))
        options = {}
        if len(_word(cells[at].strip())) > 1:  # a lone "A" is an answer, not a heading
            columns.one.setdefault(Field.OPTIONS, at)
    columns.options = [options[number] for number in sorted(options)]
    columns.blanks = [plain_blanks[number] for number in sorted(plain_blanks)]
    first = columns.one.get(Field.OPTIONS)
    if first is not None and not columns.options and Field.RIGHT not in columns.one:
        # one heading 选项 over several columns: the unnamed columns to its right are the other options
        run = [first]
        while run[-1] + 1 < len(cells) and not cells[run[-1] + 1].strip():
            run.append(run[-1] + 1)
        if len(run) > 1 and run[-1] + 1 < len(cells):
            columns.options = run
            del columns.one[Field.OPTIONS]


def join_two_rows(upper: tuple[str, ...], lower: tuple[str, ...]) -> tuple[str, ...] | None:
    """One header out of two rows ("选项" above "A B C D"), or None where the lower row is not part of it."""
    named = [cell.strip() for cell in lower if cell.strip()]
    if len(named) < 2 or not all(field_of(cell) for cell in named):
        return None
    width = max(len(upper), len(lower))
    above = upper + ("",) * (width - len(upper))
    below = lower + ("",) * (width - len(lower))
    return tuple(under.strip() or over for over, under in zip(above, below, strict=True))
