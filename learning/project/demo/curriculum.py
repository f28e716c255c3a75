"""What the demo school teaches: two courses and a topic, written for it. Texts of lessons are in courses/, the film's
script in film/. Facts follow the rules in force in general terms; no text of others is copied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from learning.organisation.models import PersonStatus

TEXTS = Path(__file__).with_name("courses")
CONSTITUTION = "党章学习入门"
BRANCH = "支部工作实务"
TOPIC = "党的基本知识专题书目"
FILM_TITLE = "短片：发展党员的五个阶段"
HANDOUT_TITLE = "学习提纲：党的组织与民主集中制"

# The reader opens the home page of the site and finds the text by its name: deep links grow old.
PARTY_SITE = "https://www.12371.cn/"
LIBRARY = "https://www.nlc.cn/"

REFLECTION = {
    "title": "联系实际谈支部工作",
    "prompt": "结合本课程的学习和您所在支部的实际，谈一谈：支部哪一项工作做得最好，哪一项最需要改进，您自己准备做哪一件具体的事。"
    "写真实的想法，不抄范文。",
    "least_words": 150,
}


@dataclass(frozen=True)
class Extra:
    """A block beside the article. `before`: it stands above the article. `value` as the block keeps it; "material" and
    "exam" are names that the school's own replace."""

    kind: str
    value: dict[str, Any]
    before: bool = False


@dataclass(frozen=True)
class LessonPlan:
    file: str
    extras: tuple[Extra, ...] = ()
    article: str = ""  # the article's own title, where it stands beside something else

    @property
    def title(self) -> str:
        return read_text(self.file)[0]

    def blocks(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """(block type, value) in the lesson's order."""
        above = [extra for extra in self.extras if extra.before]
        below = [extra for extra in self.extras if not extra.before]
        yield from ((extra.kind, extra.value) for extra in above)
        yield "article", {"title": self.article, "text": read_text(self.file)[1], "required": True}
        yield from ((extra.kind, extra.value) for extra in below)


@dataclass(frozen=True)
class ChapterPlan:
    """Lessons under a heading; without a title they stand right below the course."""

    title: str
    lessons: tuple[LessonPlan, ...]


@dataclass(frozen=True)
class CoursePlan:
    title: str
    summary: str
    teacher: str  # one of people.officers, or an invented name; several separated by 、
    cover: str
    due_days: int  # from the day that the demo is loaded; negative: it is over
    chapters: tuple[ChapterPlan, ...]
    statuses: tuple[str, ...] = ()
    in_order: bool = False
    certificate: bool = False


@dataclass(frozen=True)
class Book:
    title: str
    author: str = ""
    publisher: str = ""
    url: str = ""
    access_note: str = ""


COURSES = (
    CoursePlan(
        title=CONSTITUTION,
        summary="面向入党申请人、积极分子、发展对象和预备党员的入门课程：党章的结构，党的性质和宗旨，党员的条件、义务和权利，民主集中制，党的纪律。"
        "共五个课时，可以不按顺序学习，学完发给结业证书。",
        teacher="柳青、周慎之",
        cover="cover-constitution.jpg",
        due_days=-2,
        statuses=(
            PersonStatus.APPLICANT,
            PersonStatus.ACTIVIST,
            PersonStatus.CANDIDATE,
            PersonStatus.PROBATIONARY,
        ),
        certificate=True,
        chapters=(
            ChapterPlan(
                "第一章　总纲与党员",
                (
                    LessonPlan(
                        "constitution/1-what-it-is.md",
                        (
                            Extra(
                                "book",
                                {
                                    "title": "中国共产党章程",
                                    "author": "",
                                    "publisher": "人民出版社",
                                    "cover": None,
                                    "isbn": "",
                                    "url": PARTY_SITE,
                                    "access_note": "在共产党员网查找“中国共产党章程”，可以在线阅读全文。",
                                    "required": False,
                                },
                            ),
                        ),
                    ),
                    LessonPlan("constitution/2-general-programme.md"),
                    LessonPlan(
                        "constitution/3-duties-and-rights.md",
                        (
                            Extra(
                                "practice",
                                {"exam": "practice", "title": "随堂练习", "required": True},
                            ),
                        ),
                    ),
                ),
            ),
            ChapterPlan(
                "第二章　组织与纪律",
                (
                    LessonPlan(
                        "constitution/4-democratic-centralism.md",
                        (
                            Extra(
                                "pdf",
                                {"material": "handout", "title": "", "download": True, "required": True},
                            ),
                        ),
                    ),
                    LessonPlan(
                        "constitution/5-discipline.md",
                        (
                            Extra(
                                "exam",
                                {"exam": "formal", "title": "结课考试（自愿参加）", "required": False},
                            ),
                        ),
                    ),
                ),
            ),
        ),
    ),
    CoursePlan(
        title=BRANCH,
        summary="面向党员和发展对象：三会一课、发展党员的五个阶段、组织生活会和党费、支部换届。"
        "共四个课时，按顺序学习；第二课时有短片，最后写一篇心得体会。",
        teacher="江河",
        cover="cover-branch.jpg",
        due_days=14,
        statuses=(PersonStatus.CANDIDATE, PersonStatus.PROBATIONARY, PersonStatus.FULL),
        in_order=True,
        chapters=(
            ChapterPlan(
                "",
                (
                    LessonPlan("branch/1-meetings.md"),
                    LessonPlan(
                        "branch/2-admission.md",
                        (Extra("video", {"material": "film", "title": "", "required": True}, before=True),),
                        article="要点：五个阶段",
                    ),
                    LessonPlan("branch/3-life-and-dues.md"),
                    LessonPlan(
                        "branch/4-election.md", (Extra("reflection", {**REFLECTION, "required": True}),)
                    ),
                ),
            ),
        ),
    ),
)

TOPIC_SUMMARY = "学习党章、党史和支部工作时可以参考的书。"
TOPIC_INTRO = (
    "<p>下面的书适合和课程配合阅读：先读党章原文，再读党史，最后联系支部工作。图书馆一般都有收藏，也可以到书店购买。"
    "我们只列出书名、作者和出版社，不提供电子版。</p>"
)
AT_LIBRARY = "可以在学校图书馆借阅，或在国家图书馆网站检索馆藏。"
BOOKS = (
    Book("中国共产党章程", "", "人民出版社", PARTY_SITE, "在共产党员网可以在线阅读全文。"),
    Book("中国共产党支部工作条例（试行）", "", "", PARTY_SITE, "在共产党员网可以在线阅读全文。"),
    Book("中国共产党简史", "本书编写组", "人民出版社、中共党史出版社", LIBRARY, AT_LIBRARY),
    Book("论中国共产党历史", "习近平", "中央文献出版社", LIBRARY, AT_LIBRARY),
    Book("习近平谈治国理政", "习近平", "外文出版社", LIBRARY, AT_LIBRARY),
    Book("毛泽东选集", "毛泽东", "人民出版社", LIBRARY, AT_LIBRARY),
    Book("共产党宣言", "马克思、恩格斯", "人民出版社", LIBRARY, AT_LIBRARY),
    Book("红星照耀中国", "埃德加·斯诺", "人民文学出版社", LIBRARY, AT_LIBRARY),
)


def read_text(name: str) -> tuple[str, str]:
    """(title, rich text) of a lesson's file: `#` its title, `##` headings, `- ` lists, else paragraphs."""
    title, _rest, body = (TEXTS / name).read_text(encoding="utf-8").partition("\n")
    return title.removeprefix("# ").strip(), "".join(_pieces(body))


def _pieces(body: str) -> Iterator[str]:
    for piece in body.strip().split("\n\n"):
        if piece.startswith("## "):
            yield f"<h2>{escape(piece[3:].strip())}</h2>"
        elif piece.startswith("- "):
            items = (f"<li>{escape(line[2:].strip())}</li>" for line in piece.splitlines())
            yield f"<ul>{''.join(items)}</ul>"
        else:
            yield f"<p>{escape(piece.strip())}</p>"
