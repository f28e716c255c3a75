"""A question's report as a Report: what is odd about it in words, its figures, its options in the better and the weaker
group, by exam and by version."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from django.utils.translation import gettext as _

from question_bank.engine.item_statistics import ItemFigures
from question_bank.exams.templatetags.exam_words import letter
from question_bank.questions.models import QuestionVersion
from question_bank.questions.sanitise import to_plain
from reports.exams.item_table import (
    flag_words,
    how_discrimination,
    how_facility,
    how_item_rest,
    how_seconds,
    milliseconds,
    stem_start,
)
from reports.exams.items import options_of, right_options
from reports.shape import (
    Chart,
    ChartKind,
    Choice,
    Column,
    Figure,
    Filter,
    Kind,
    Report,
    Row,
    Table,
    Value,
    Withheld,
)
from reports.words import said

from .numbers import Line, QuestionFilter, QuestionNumbers

PERCENT = Column("", "", Kind.PERCENT)
DECIMAL = Column("", "", Kind.DECIMAL)
OPTION_CHARS = 40


def question_report(numbers: QuestionNumbers, *, link_to: Callable[[int], str]) -> Report:
    """`link_to`: the address of an exam's report."""
    options, exams = _options(numbers), _exam_table(numbers, link_to)
    versions = _version_table(numbers)
    if options is not None:
        chart = Chart(ChartKind.BAR, options, "option", ("high", "low"), _("高分组与低分组的选择"))
        tables: tuple[Table, ...] = (exams, versions)
    else:
        chart = Chart(ChartKind.BAR, exams, "exam", ("facility",), _("各场考试的得分率"), lying=True)
        tables = (versions,)
    return Report(
        title=_("试题 %(id)d：测评报告") % {"id": numbers.question.pk},
        sentence=sentence(numbers),
        as_of=numbers.as_of,
        figures=_figures(numbers),
        chart=chart,
        tables=tables,
        filters=_filters(numbers),
        notes=_notes(numbers),
        name=_("试题报告-%(id)d") % {"id": numbers.question.pk},
    )


def sentence(numbers: QuestionNumbers) -> str:
    found = numbers.whole
    if not found.n:
        return _("在您可以查看的考试中，这道题还没有评分的作答。")
    if not found.enough:
        return _("共 %(n)d 份作答，样本不足 30，暂不评价这道题。") % {"n": found.n}
    text = _("共 %(n)d 份作答，得分率 %(p)s，区分度 %(r)s") % {
        "n": found.n,
        "p": said(PERCENT, found.facility),
        "r": said(DECIMAL, found.item_rest),
    }
    if found.flags:
        return _("%(text)s；提示：%(flags)s。") % {"text": text, "flags": flag_words(found.flags)}
    return _("%(text)s；没有异常提示。") % {"text": text}


def _few(found: ItemFigures) -> Withheld | None:
    return None if found.enough or not found.n else Withheld.SMALL_SAMPLE


def _figures(numbers: QuestionNumbers) -> tuple[Figure, ...]:
    found, few = numbers.whole, _few(numbers.whole)
    exposure = Fraction(found.n, numbers.shown) if numbers.shown else None

    def share(key: str, label: str, value: Value, how: str = "") -> Figure:
        return Figure(label, few or value, Kind.PERCENT, how=how, key=key)

    def seconds(key: str, label: str, value: Fraction | None, how: str = "") -> Figure:
        return Figure(label, few or milliseconds(value), Kind.DURATION, how=how, key=key)

    return (
        Figure(_("作答份数"), found.n, how=_("已评分的作答，空白也算。"), key="n"),
        Figure(_("出现率"), exposure, Kind.PERCENT, how=_("有这道题的作答 ÷ 这些考试的全部作答"), key="exposure"),
        share("facility", _("得分率"), found.facility, how_facility()),
        Figure(_("区分度 r"), few or found.item_rest, Kind.DECIMAL, how=_how_r(numbers), key="r"),
        Figure(_("区分度 D"), few or found.discrimination, Kind.DECIMAL, how=how_discrimination(), key="d"),
        share("blank", _("空白率"), found.blank),
        share("to_wrong", _("改错率"), found.to_wrong, _("第一次答对、最后答错的 ÷ 作答")),
        share("to_right", _("改对率"), found.to_right, _("第一次没答对、最后答对的 ÷ 作答")),
        seconds("median", _("用时中位数"), found.median_s, how_seconds()),
        seconds("iqr", _("用时四分位距"), found.iqr_s, _("第三四分位数 − 第一四分位数，包含端点。")),
        share("estimated", _("用时为估算的"), Fraction(found.estimated, found.timed) if found.timed else None),
    )  # fmt: skip


def _how_r(numbers: QuestionNumbers) -> str:
    if len(numbers.by_exam) > 1:
        return _("%(how)s多场考试时为各场 r 按份数加权的平均。") % {"how": how_item_rest()}
    return how_item_rest()


def _options(numbers: QuestionNumbers) -> Table | None:
    """None for kinds without options, and where versions are counted together."""
    version = numbers.version
    if version is None or not options_of(version):
        return None
    right, few = right_options(version), _few(numbers.whole)
    by_id = {each.option: each for each in numbers.whole.options}
    columns = (
        Column("option", _("选项")),
        *((Column("text", _("内容")), Column("right", _("答案"))) if numbers.readable else ()),
        Column("n", _("选择份数"), Kind.INT),
        Column("share", _("选择率"), Kind.PERCENT, how=_("选择的 ÷ 作答；多选题各项之和可超过 100%。")),
        Column("high", _("高分组"), Kind.PERCENT, how=_("总分最高的 27 % 中选择这一项的比例。")),
        Column("low", _("低分组"), Kind.PERCENT, how=_("总分最低的 27 % 中选择这一项的比例。")),
        Column(
            "r",
            _("点二列相关"),
            Kind.DECIMAL,
            how=_("是否选择这一项与其余各题总分的相关系数；错误选项应小于 0。"),
        ),
    )
    rows: list[Row] = []
    for place, option in enumerate(options_of(version)):
        found = by_id.get(option)
        words = (_text(version, option), "✓" if option in right else "") if numbers.readable else ()
        cells: Row = (0, None, None, None, None)
        if found is not None:
            cells = (found.n, few or found.share, few or found.high, few or found.low, few or found.r)
        rows.append((_label(version, option, place), *words, *cells))
    return Table(_("选项"), columns, rows, key="options")


def _label(version: QuestionVersion, option: str, place: int) -> str:
    if version.kind == QuestionVersion.Kind.TRUE_FALSE:
        return _("正确") if option == "true" else _("错误")
    return letter(place)


def _text(version: QuestionVersion, option: str) -> str:
    for each in version.body.get("options", ()):
        if each["id"] == option:
            text = to_plain(each["text"]).replace("\n", " ")
            return text[:OPTION_CHARS] + "…" if len(text) > OPTION_CHARS else text
    return ""


def _exam_table(numbers: QuestionNumbers, link_to: Callable[[int], str]) -> Table:
    columns = (
        Column("exam", _("考试")),
        Column("n", _("作答份数"), Kind.INT),
        Column("exposure", _("出现率"), Kind.PERCENT),
        *_common(),
    )
    rows = [
        (
            line.exam.title if line.exam else "",
            line.figures.n,
            Fraction(line.figures.n, line.shown) if line.shown else None,
            *_cells(line),
        )
        for line in numbers.by_exam
    ]
    links = [link_to(line.exam.pk) if line.exam else "" for line in numbers.by_exam]
    return Table(_("各场考试"), columns, rows, links, key="exams", empty=_("没有评分的作答。"))


def _version_table(numbers: QuestionNumbers) -> Table:
    columns = (Column("version", _("版本")), Column("n", _("作答份数"), Kind.INT), *_common())
    rows = [
        (_("版本 %(no)d") % {"no": line.version.no if line.version else 0}, line.figures.n, *_cells(line))
        for line in numbers.by_version
    ]
    return Table(_("各个版本"), columns, rows, key="versions", empty=_("没有评分的作答。"))


def _common() -> tuple[Column, ...]:
    return (
        Column("facility", _("得分率"), Kind.PERCENT),
        Column("r", _("区分度 r"), Kind.DECIMAL),
        Column("d", _("区分度 D"), Kind.DECIMAL),
        Column("blank", _("空白率"), Kind.PERCENT),
        Column("median", _("用时中位数"), Kind.DURATION),
        Column("flags", _("提示")),
    )


def _cells(line: Line) -> Row:
    found, few = line.figures, _few(line.figures)
    return (
        few or found.facility,
        few or found.item_rest,
        few or found.discrimination,
        few or found.blank,
        few or milliseconds(found.median_s),
        flag_words(found.flags),
    )


def _filters(numbers: QuestionNumbers) -> tuple[Filter, ...]:
    version, wanted = numbers.version, numbers.wanted
    versions = [
        Choice(str(each.no), _("版本 %(no)d") % {"no": each.no}) for each in reversed(numbers.versions)
    ]
    exams = [Choice(str(exam.pk), exam.title) for exam in numbers.exams]
    chosen = "all" if wanted.version == QuestionFilter.ALL else str(version.no) if version else ""
    return (
        Filter("version", _("版本"), chosen, (*versions, Choice("all", _("全部版本")))),
        Filter("exam", _("考试"), str(wanted.exam or ""), (Choice("", _("全部")), *exams)),
    )


def _notes(numbers: QuestionNumbers) -> tuple[str, ...]:
    version = numbers.version or numbers.newest
    notes = []
    if numbers.readable and version is not None:
        kind = str(version.get_kind_display())
        notes.append(_("%(kind)s：%(stem)s") % {"kind": kind, "stem": stem_start(version.stem)})
    elif version is not None:
        notes.append(_("您不能查看这个题库的试题，考试公布答案之前只显示数字。"))
    if numbers.version is not None and len(numbers.by_version) > 1:
        notes.append(_("数字只含版本 %(no)d 的作答。") % {"no": numbers.version.no})
    if numbers.whole.estimated:
        notes.append(_("部分用时按答案到达的间隔估算。"))
    return tuple(notes)
