"""The same documents and questions for every engine; what each must answer, tests.search.fakes.MemoryEngine works out."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from search.analysis.queries import parse
from search.analysis.tokens import text_tokens, title_tokens
from search.engines.base import Document, Engine, Found
from search.models import Kind, entry_id

SUBJECTS = (
    "党章", "党史", "党的纪律处分条例", "发展党员工作细则", "入党申请书", "思想汇报", "民主生活会", "组织生活会",
    "三会一课", "主题党日", "社会主义核心价值观", "中国特色社会主义", "共产党宣言", "红船精神", "井冈山精神", "延安整风",
    "改革开放史", "新时代", "廉洁自律准则", "巡视工作条例", "基层党组织选举", "流动党员管理", "党费收缴", "学生党支部",
    "預備黨員", "青年马克思主义者", "Marxism and China", "Python 数据分析", "COVID-19 防控", "第三十一条", "ＡＢＣ",
    "乒乓球", "〇〇后党员", "C++ 程序设计", "㐀㐁㐂",
)  # fmt: skip
ENDINGS = (
    "导读",
    "专题讲座",
    "学习要点",
    "测验",
    "问答",
    "案例",
    "第一讲",
    "第二讲",
    "2024 年修订",
    "（试行）",
    "",
)
SENTENCES = (
    "中国共产党是中国工人阶级的先锋队，同时是中国人民和中华民族的先锋队。",
    "年满十八岁的中国工人、农民、军人、知识分子和其他社会阶层的先进分子，可以申请加入中国共产党。",
    "预备党员的预备期为一年。预备期从支部大会通过之日算起。",
    "党员违反党的纪律，应当依照本条例第三十一条给予处分。",
    "支部委员会由三至五人组成，每届任期三年。",
    "The Communist Manifesto was published in February 1848 in London.",
    "学习时间为 45 分钟，成绩 60 分以上为合格，编号 20240013。",
    "民主集中制是党的根本组织制度和领导制度。",
    "请 e-mail 至 party.school@example.edu 报名。",
    "學習貫徹落實，繁體字也找得到。",
)
PEOPLE = ("曾小明", "单雄信", "欧阳修", "张伟", "李娜", "王芳", "Alice Wang", "阿卜杜拉·买买提")
TOPICS = ("党史学习", "纪律教育", "入党培训", "理论前沿")
YEARS = ("2021", "2022", "2023", "2024")
UNITS = ("校党委", "文学院", "理学院", "文学院 / 学生党支部", "理学院 / 学生党支部")
# Title and text: written apart in the title and together in the text; equal but for punctuation; one ids apart.
SPECIAL = (
    ("张 伟", "张伟同志"),
    ("张伟", ""),
    ("党章！学习", "党章学习"),
    ("党章学习", ""),
    ("学习党章", "党章学习"),
    ("章党", "党章"),
)
KEYS = ("u1", "u2", "u3", "c11", "e7", "cv1", "b4")


@cache
def corpus(size: int = 400) -> tuple[Document, ...]:
    """The same each time."""
    dice = random.Random(31)
    return tuple(_document(dice, number) for number in range(1, size + 1)) + tuple(
        _placed(dice, Kind.EXAM, size + number, title_tokens(title), body)
        for number, (title, body) in enumerate(SPECIAL, 1)
    )


def _document(dice: random.Random, number: int) -> Document:
    kind = dice.choice(list(Kind))
    title = dice.choice(SUBJECTS) + dice.choice(("", "", "与" + dice.choice(SUBJECTS))) + dice.choice(ENDINGS)
    person = dice.choice(PEOPLE)
    names = (person,) if dice.random() < 0.3 else ()
    if kind is Kind.MEMBER:
        title, names = person, (person,)
    body = "".join(dice.sample(SENTENCES, dice.randrange(0, 4))) + dice.choice(("", dice.choice(SUBJECTS)))
    return _placed(dice, kind, number, title_tokens(title, names), body, person)


def _placed(
    dice: random.Random, kind: Kind, number: int, in_title: frozenset[str], body: str, person: str = ""
) -> Document:
    return Document(
        id=entry_id(kind, number),
        title=in_title,
        text=in_title | text_tokens(body),
        keys=frozenset(dice.sample(KEYS, dice.randrange(0, 3))),
        facets={
            "kind": [kind.value],
            "topic": dice.sample(TOPICS, dice.choice((0, 1, 1, 2))),
            "teacher": [person] if kind in (Kind.COURSE, Kind.LESSON) else [],
            "year": [dice.choice(YEARS)] if kind is not Kind.MEMBER else [],
            "unit": UNITS[:1] if dice.random() < 0.3 else dice.sample(UNITS, 2),
        },
        shelf=0,
    )


@dataclass(frozen=True, slots=True)
class Case:
    text: str
    keys: frozenset[str] | None = None
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        held = "+".join(sorted(self.keys or ())) or "nobody"
        keys = "" if self.keys is None else f" as {held[:20]}"
        chosen = "".join(f" {facet}={'|'.join(values)}" for facet, values in self.filters.items())
        return f"{self.text[:30]!r}{keys}{chosen}"


_TEXTS = (
    # Words of two to four characters, one character, glued words, a whole title, a sentence.
    "党章", "党史", "纪律", "条例", "党员", "支部", "预备党员", "思想汇报", "三会一课", "核心价值观", "党", "申", "㐀", "〇",
    "党史党章", "党章 党史", "纪律处分条例学习", "发展党员工作细则导读", "学习要点", "入党申请书怎么写",
    "中国共产党是中国工人阶级的先锋队，同时是中国人民和中华民族的先锋队。",
    # Numbers, Latin, mixed, wide and traditional forms, names and how they sound.
    "第三十一条", "第31条", "2024", "20240013", "1848", "45 分钟", "Marxism", "marx", "m", "communist manifesto",
    "python数据", "Python 数据分析", "c++", "covid", "ABC", "预备黨員", "學習貫徹", "张伟", "张 伟",
    "党章学习", "党章！学习", "曾小明", "zxm", "zengxiao", "oyx",
    "alice", "wang", "买买提", "dzdd",
    # Nothing of this is there, or only nearly.
    "足球比赛", "党张", "四会一课", "资治通鉴", "xylophone",
    # Nothing that could be searched, and what breaks query languages.
    "", "   ", "。，！", "😀😀", '"党章', "党章\"", "党*章", "党章 OR", "AND OR NOT", "(党章", "党章)", "{}[]^~?:\\/",
    "title:党章", "-党章", "+党章 -党史", "党\x00章", "\u202e党章", "党\ud800章", "'; DROP TABLE search_entry; --", "党" * 300,
    "a" * 10_000, "甲乙丙丁戊己庚辛壬癸" * 20, "%", "_", "党_", "<b>党章</b>", "&amp;", "党\t章\n",
)  # fmt: skip
_MANY = "党员"
_NOBODY: frozenset[str] = frozenset()

CASES: tuple[Case, ...] = (
    *(Case(text) for text in _TEXTS),
    *(Case(text, frozenset({"u1", "c11"})) for text in ("党章", "纪律", "", "党", "张伟", "条例")),
    *(Case(text, frozenset({"u2"})) for text in ("党员", "学习要点", "m")),
    Case(_MANY, frozenset(f"u{number}" for number in range(2, 400))),
    *(Case(text, _NOBODY) for text in ("党章", "")),
    Case(_MANY, frozenset({"u", "u11"})),  # beginnings and endings of keys are no keys
    Case("", filters={"kind": ["course"]}),
    Case("", filters={"kind": ["course", "lesson"], "year": ["2023"]}),
    Case(_MANY, filters={"kind": ["course", "exam"]}),
    Case(_MANY, filters={"kind": ["question"], "topic": ["党史学习", "纪律教育"]}),
    Case(_MANY, filters={"unit": ["文学院 / 学生党支部"]}),
    Case(_MANY, filters={"teacher": ["Alice Wang"], "unit": ["校党委"], "year": ["2021", "2022", "2024"]}),
    Case(_MANY, frozenset({"u1", "b4"}), {"kind": ["exam", "question"], "topic": ["入党培训"]}),
    Case(_MANY, filters={"topic": ["没有这个专题"]}),
    Case(_MANY, filters={"topic": ['"]}', "党史学习"]}),
    Case(_MANY, filters={"topic": ["党\ud800史"]}),
    Case(_MANY, filters={"topic": []}),
    Case(_MANY, filters={"colour": ["red"]}),
    Case(_MANY, filters={"kind": ["Course", " course"]}),
)


def ask(engine: Engine, case: Case, *, first: int = 0, count: int = 60) -> Found:
    return engine.find(parse(case.text), keys=case.keys, filters=case.filters, first=first, count=count)
