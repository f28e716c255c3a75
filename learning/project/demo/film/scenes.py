"""The demo film's script: what each slide shows and what its subtitles say. Times follow from the subtitles' length,
so the slides, the subtitles and the chimes cannot drift apart. Written for the demo; needs nothing but this file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

TITLE = "发展党员的五个阶段"
SERIES = "支部工作实务 · 短片"
STAGES = ("申请人", "入党积极分子", "发展对象", "预备党员", "正式党员")

CHARACTERS_A_SECOND = 4.6  # comfortable for reading subtitles while looking at a slide
LEAD_S = 0.8  # a slide stands before its first subtitle, and a subtitle before the next
TICK_S = 0.25  # every time is a multiple, so that frames and subtitles meet exactly


@dataclass(frozen=True)
class Step:
    """One subtitle, and the line that appears on the slide with it (none: the slide stays as it is)."""

    caption: str
    line: str = ""

    @property
    def seconds(self) -> float:
        wanted = LEAD_S + len(self.caption) / CHARACTERS_A_SECOND
        return round(wanted / TICK_S) * TICK_S


@dataclass(frozen=True)
class Scene:
    """A slide. `stage` is the number of the stage it speaks about (1–5), 0 where it speaks about all or none."""

    heading: str
    steps: tuple[Step, ...]
    stage: int = 0
    layout: str = "lines"  # lines | title | path | times


SCENES = (
    Scene(
        TITLE,
        (
            Step("这段短片介绍发展党员的五个阶段。"),
            Step("从递交入党申请书，到成为一名正式党员，每一步都有明确的要求。"),
        ),
        layout="title",
    ),
    Scene(
        "五个阶段",
        (
            Step("五个阶段依次是：申请人、入党积极分子、发展对象、预备党员、正式党员。"),
            Step("前一个阶段没有走实，就不能进入下一个阶段。"),
        ),
        layout="path",
    ),
    Scene(
        "第一阶段　申请人",
        (
            Step(
                "年满十八岁，承认党的纲领和章程，愿意参加党的一个组织并积极工作的，可以提出申请。",
                "年满十八岁，自愿申请",
            ),
            Step("申请要用书面形式，交给工作、学习所在单位的党组织。", "书面提出，交所在单位"),
            Step("党组织收到申请书后，应当在一个月内派人同申请人谈话。", "一个月内派人谈话"),
        ),
        stage=1,
    ),
    Scene(
        "第二阶段　入党积极分子",
        (
            Step("人选通过党员推荐、群团组织推优等方式产生。", "党员推荐，群团推优"),
            Step(
                "由支部委员会研究决定，没有设支委会的由党员大会决定，并报上级党委备案。", "支部研究，上级备案"
            ),
            Step("支部指定一至两名正式党员作培养联系人，经常同他谈心、帮助他学习。", "一至两名培养联系人"),
            Step("支部一般每半年考察一次，情况记入考察材料。", "每半年考察一次"),
        ),
        stage=2,
    ),
    Scene(
        "第三阶段　发展对象",
        (
            Step(
                "经过一年以上培养教育和考察、基本具备党员条件的积极分子，可以列为发展对象。",
                "培养考察一年以上",
            ),
            Step("列为发展对象之前，要听取党小组、培养联系人、党员和群众的意见。", "广泛听取意见"),
            Step("这一阶段要有两名正式党员作入党介绍人。", "两名入党介绍人"),
            Step("还要通过政治审查，参加短期集中培训，认真准备材料。", "政治审查，集中培训"),
        ),
        stage=3,
    ),
    Scene(
        "第四阶段　预备党员",
        (
            Step("接收预备党员，要经支部党员大会讨论，用无记名投票的方式表决。", "支部党员大会票决"),
            Step(
                "赞成人数超过应到会有表决权的正式党员的半数，才能通过，再报上级党委审批。",
                "过半数赞成，上级审批",
            ),
            Step("预备党员要面向党旗进行入党宣誓。", "面向党旗宣誓"),
            Step("预备期为一年，从支部党员大会通过之日算起。", "预备期一年"),
        ),
        stage=4,
    ),
    Scene(
        "第五阶段　正式党员",
        (
            Step("预备期满，本人提出书面转正申请，支部及时讨论。", "书面申请转正"),
            Step(
                "具备条件的按期转正；需要继续考察的，可以延长一次预备期；不具备条件的，取消资格。",
                "按期、延长或取消",
            ),
            Step("党员的党龄，从预备期满转为正式党员之日算起。", "党龄从转正之日算起"),
        ),
        stage=5,
    ),
    Scene(
        "算一算时间",
        (
            Step("成为积极分子以后培养考察至少一年，预备期又是一年。"),
            Step("所以从积极分子到正式党员，一般至少需要两年，不能着急，也不能走捷径。"),
        ),
        layout="times",
    ),
    Scene(
        "三点提醒",
        (
            Step("第一，坚持标准，把政治标准放在首位。", "坚持标准"),
            Step("第二，程序完整，每一步都有会议、有记录。", "程序完整"),
            Step("第三，材料真实，不补造、不代写。", "材料真实"),
        ),
    ),
    Scene(
        "想一想",
        (
            Step("您现在处在哪一个阶段？下一步应当做好哪一件事？", "您在哪一个阶段？"),
            Step("具体时限和手续，以现行规定和上级党组织的要求为准。", "下一步做好哪件事？"),
            Step("短片到此结束，请继续学习本课时的文字部分。"),
        ),
    ),
)


@dataclass(frozen=True)
class Moment:
    """A step with its place in time, [begins_s, ends_s); `shown` lines of the slide stand by then."""

    scene: Scene
    step: Step
    shown: int
    begins_s: float
    ends_s: float


def moments() -> Iterator[Moment]:
    """Every step in order, without gaps."""
    at = 0.0
    for scene in SCENES:
        shown = 0
        for step in scene.steps:
            shown += bool(step.line)
            yield Moment(scene, step, shown, at, at + step.seconds)
            at += step.seconds


def length_s() -> float:
    return sum(step.seconds for scene in SCENES for step in scene.steps)


def subtitles() -> str:
    """The WebVTT file."""
    cues = [
        f"{number}\n{_stamp(each.begins_s + LEAD_S / 2)} --> {_stamp(each.ends_s)}\n{each.step.caption}\n"
        for number, each in enumerate(moments(), 1)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _stamp(seconds: float) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{milliseconds:03d}"
