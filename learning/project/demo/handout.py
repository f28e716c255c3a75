"""The demo's handout as a PDF, printed when the school is built: the outline of one lesson on two pages."""

from __future__ import annotations

from learning.printing.pdf import Column, Document

from .curriculum import CONSTITUTION, HANDOUT_TITLE

LEVELS = (
    ("中央组织", "全国代表大会、中央委员会", "决定全党的重大问题，领导党的全部工作"),
    ("地方组织", "地方各级代表大会和委员会", "在本地区执行上级的决定，讨论本地区的重大问题"),
    ("基层组织", "基层委员会、总支部委员会、支部委员会", "直接教育、管理、监督党员，组织和服务群众"),
)
QUESTIONS = (
    "民主和集中为什么不能分开？各举一个身边的例子。",
    "“四个服从”分别说的是谁服从谁？",
    "对支部的决定有不同意见时，党章允许怎样做，不允许怎样做？",
    "您所在的支部由谁领导，又直接联系哪些群众？",
)


def print_handout() -> bytes:
    document = Document(HANDOUT_TITLE, footer=f"《{CONSTITUTION}》第四课时")
    document.paragraph("请先读课时正文，再对照本提纲复习。第二页的问题可以在支部学习时讨论。")
    document.heading("一、民主集中制")
    document.facts(
        [
            ("民主", "作决定之前，让大家充分发表意见，按少数服从多数的办法表决。"),
            ("集中", "作出决定以后，人人执行；意见可以保留，也可以向上级提出。"),
            ("结合", "民主基础上的集中和集中指导下的民主相结合，是党的根本组织原则。"),
        ]
    )
    document.heading("二、四个服从")
    document.table(
        [Column("谁", 2), Column("服从谁", 3)],
        [
            ("党员个人", "党的组织"),
            ("少数", "多数"),
            ("下级组织", "上级组织"),
            ("全党各个组织和全体党员", "党的全国代表大会和中央委员会"),
        ],
    )
    document.heading("三、三级组织")
    document.table([Column("层级", 1), Column("主要机关", 2), Column("主要任务", 3)], LEVELS)
    document.page_break()
    document.heading("四、高校里的组织")
    document.paragraph(
        "学校党委领导全校工作；院系设党委或者党总支；师生按年级、专业、教研室等设党支部。正式党员三人以上的单位应当成立"
        "党的基层组织。支部的建立、调整和撤销，都要报上级党组织批准。"
    )
    document.heading("五、讨论问题")
    for number, question in enumerate(QUESTIONS, 1):
        document.paragraph(f"{number}. {question}")
    document.heading("六、我的笔记")
    document.paragraph("写下这一课您印象最深的一句话，以及准备在支部里做的一件事。")
    return document.finish()
