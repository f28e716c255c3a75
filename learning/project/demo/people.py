"""The demo school's tree and people: invented names, the same at every load."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from itertools import count

from learning.organisation.models import PersonStatus, Role

SEED = 1921
MEMBERS_PER_BRANCH = 18

SCHOOL = ("XQ", "示范大学党委")
# General branches with their branches.
TREE = {
    ("XX", "信息学院党总支"): [
        ("XX01", "计算机研究生党支部"), ("XX02", "软件工程本科生党支部"), ("XX03", "信息学院教工党支部"),
    ],
    ("JX", "机械学院党总支"): [
        ("JX01", "机械本科生党支部"), ("JX02", "车辆工程研究生党支部"), ("JX03", "机械学院教工党支部"),
    ],
    ("WX", "文学院党总支"): [("WX01", "汉语言本科生党支部"), ("WX02", "新闻传播研究生党支部"), ("WX03", "文学院教工党支部")],
    ("LX", "理学院党总支"): [("LX01", "数学本科生党支部"), ("LX02", "物理研究生党支部"), ("LX03", "理学院教工党支部")],
}  # fmt: skip

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = [
    "晓雯", "志远", "思源", "雨桐", "嘉豪", "文静", "海涛", "明轩", "欣怡", "俊杰", "梦琪", "国栋",
    "佳宁", "子涵", "建华", "秀兰", "立新", "春梅", "振宇", "若琳", "浩然", "诗涵", "永强", "丽华",
    "博文", "雅婷", "宇航", "静怡", "德明", "玉洁", "鹏飞", "慧敏", "天佑", "可心", "一鸣", "书瑶",
    "卫东", "红霞", "凯旋", "紫萱",
]  # fmt: skip
# Students' branches hold people on their way into the Party, staff branches mostly full members.
STUDENT_MIX = (
    (PersonStatus.PROBATIONARY, 1), (PersonStatus.CANDIDATE, 3), (PersonStatus.FULL, 5), (PersonStatus.PROBATIONARY, 3),
    (PersonStatus.ACTIVIST, 4), (PersonStatus.APPLICANT, 2),
)  # fmt: skip
STAFF_MIX = ((PersonStatus.FULL, 15), (PersonStatus.PROBATIONARY, 1), (PersonStatus.ACTIVIST, 2))
# The way into the Party takes an undergraduate years; graduates come with it behind them.
UNDERGRADUATES_CAME = {
    PersonStatus.FULL: 2023, PersonStatus.PROBATIONARY: 2023, PersonStatus.CANDIDATE: 2024, PersonStatus.ACTIVIST: 2025,
    PersonStatus.APPLICANT: 2026,
}  # fmt: skip
GRADUATES_CAME = (2026, 2025, 2024)
STAFF_CAME = range(2016, 2026)


@dataclass(frozen=True)
class Person:
    """`joined`: the day on which they came, students in the autumn of their number's year."""

    number: str
    full_name: str
    unit_code: str
    person_status: str
    joined: date


@dataclass(frozen=True)
class Officer:
    """Somebody with a role over a unit, and the branch they belong to. `key` names the log-in."""

    key: str
    person: Person
    role: Role
    scope_code: str


def members() -> list[Person]:
    """216 people in twelve branches, numbers like 2026XX0107 that begin with the year in which they came; the first of
    the first branch stands first."""
    dice = random.Random(SEED)  # noqa: S311 — names, not secrets
    names = [surname + given for surname in SURNAMES for given in GIVEN]
    dice.shuffle(names)
    people: list[Person] = []
    for branches in TREE.values():
        for code, name in branches:
            mix = STAFF_MIX if code.endswith("03") else STUDENT_MIX
            statuses = [status for status, share in mix for _ in range(share)]
            for n in range(MEMBERS_PER_BRANCH):
                joined = _joined(name, statuses[n], n)
                number = f"{joined.year}{code}{n + 1:02d}"
                people.append(Person(number, names[len(people)], code, statuses[n], joined))
    return people


def _joined(branch: str, status: PersonStatus, n: int) -> date:
    """`n`: place in the branch, from 0. Terms of students begin in September; staff come all through the years."""
    dice = random.Random(f"{SEED} {branch} {n}")  # noqa: S311 — dates, not secrets
    if "本科" in branch:
        return date(UNDERGRADUATES_CAME[status], 9, dice.randint(1, 18))
    if "研究" in branch:
        return date(GRADUATES_CAME[n % len(GRADUATES_CAME)], 9, dice.randint(1, 18))
    return date(dice.choice(STAFF_CAME), dice.randint(9, 12), dice.randint(1, 28))


def officers() -> list[Officer]:
    """One person for each role of the permission matrix, and an organiser of one general branch beside the school's."""
    numbers = count(1)

    def officer(key: str, name: str, role: Role, scope: str, branch: str) -> Officer:
        n = next(numbers)
        joined = _joined("教工", PersonStatus.FULL, n)
        return Officer(key, Person(f"G{n:04d}", name, branch, PersonStatus.FULL, joined), role, scope)

    school = SCHOOL[0]
    return [
        officer("administrator", "管理员 秦朗", Role.ADMINISTRATOR, school, "XX03"),
        officer("organiser", "党校办公室 苏敏", Role.SCHOOL_OFFICE, school, "WX03"),
        officer("unit_organiser", "信息学院组织员 江河", Role.SCHOOL_OFFICE, "XX", "XX03"),
        officer("author", "出题人 方正", Role.AUTHOR, school, "WX03"),
        officer("reviewer", "审题人 严谨", Role.REVIEWER, school, "LX03"),
        officer("marker", "阅卷人 温岚", Role.MARKER, school, "WX03"),
        officer("releaser", "成绩发布人 石磊", Role.RELEASER, school, "JX03"),
        officer("invigilator", "监考 雷鸣", Role.INVIGILATOR, "XX", "XX03"),
        officer("teacher", "教师 柳青", Role.TEACHER, "JX", "JX03"),
        officer("secretary", "支部书记 安宁", Role.SECRETARY, "XX01", "XX01"),
        officer("auditor", "审计员 莫言诚", Role.AUDITOR, school, "LX03"),
    ]
