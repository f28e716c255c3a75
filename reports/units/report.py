"""A unit's evaluation report as a Report: the sentence, key figures, one chart with its table of children, lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from django.utils.translation import gettext as _

from learning.organisation.models import PersonStatus, Unit
from reports.attendance import attendance_figures, attended, most_absent
from reports.shape import (
    Chart,
    ChartKind,
    Choice,
    Column,
    Figure,
    Filter,
    Kind,
    Report,
    Table,
    Value,
    Withheld,
)
from reports.tallies import ExamTally, StudyTally
from reports.words import listed, said

from .numbers import Line, UnitNumbers
from .people import people_tables

# The address of a child's report with the same filters, "" where the reader may not open it.
LinkTo = Callable[[Unit], str]
LinkToPerson = Callable[[int], str]
TENTH = Fraction(1, 10)
PERCENT = Column("", "", Kind.PERCENT)


def unit_report(
    numbers: UnitNumbers,
    *,
    link_to: LinkTo,
    link_to_person: LinkToPerson,
    exam_choices: Sequence[tuple[int, str]],
    course_choices: Sequence[tuple[int, str]],
) -> Report:
    table = children_table(numbers, link_to)
    return Report(
        title=_("%(unit)s：学习与考试测评报告") % {"unit": numbers.unit.name},
        sentence=sentence(numbers),
        as_of=numbers.as_of,
        figures=figures(numbers),
        chart=_chart(numbers, table),
        tables=(*_study_table(numbers, link_to), *_points(numbers), *people_tables(numbers, link_to_person)),
        filters=_filters(numbers, exam_choices, course_choices),
        notes=_notes(numbers),
        name=_("测评报告-%(unit)s") % {"unit": numbers.unit.name},
    )


def sentence(numbers: UnitNumbers) -> str:
    """The finding in words: who was due, who came, who passed, where most are missing; then the courses."""
    exam, study = numbers.exam, numbers.study
    parts = []
    if exam.due:
        rates = _("参考率 %(rate)s，合格率（按实考）%(passed)s") % {
            "rate": said(PERCENT, exam.rate),
            "passed": said(PERCENT, exam.pass_rate_sat),
        }
        parts.append(listed((attended(exam), rates)))
        if worst := most_absent((_name(line), line.exam.absent) for line in numbers.lines):
            parts.append(_("%(unit)s缺考 %(n)d 人次，最多") % {"unit": worst[0], "n": worst[1]})
        elif exam.absent:
            parts.append(_("缺考 %(n)d 人次") % {"n": exam.absent})
    if study.due:
        parts.append(
            _("课程应学 %(due)d，学完 %(finished)d，完成率 %(rate)s")
            % {"due": study.due, "finished": study.finished, "rate": said(PERCENT, study.finish_rate)}
        )
    if not parts:
        return _("所选范围内没有应考或应学的人员。")
    return _("；").join(parts) + _("。")


def score_unit(numbers: UnitNumbers) -> str:
    return _("分")


def figures(numbers: UnitNumbers) -> tuple[Figure, ...]:
    return (
        *(_exam_figures(numbers) if numbers.exam.due else ()),
        *_study_figures(numbers),
        *_resit_figures(numbers.resit),
    )


def _exam_figures(numbers: UnitNumbers) -> list[Figure]:
    exam, points = numbers.exam, score_unit(numbers)
    people = _("人") if len(numbers.exams) == 1 else _("人次")
    spread = exam.spread
    hidden = Withheld.SMALL_GROUP if exam.is_small and exam.marked else None

    return [
        *attendance_figures(exam, people),
        Figure(_("平均分"), spread.mean, Kind.DECIMAL, unit=points, how=_("各人成绩之和 ÷ 有成绩的人数"), key="mean"),
        Figure(_("中位数"), spread.median, Kind.DECIMAL, unit=points, key="median"),
        Figure(_("标准差"), hidden or spread.sd, Kind.DECIMAL, unit=points, how=_("总体标准差（÷ n）"), key="sd"),
        Figure(
            "P10", hidden or spread.percentile(TENTH), Kind.DECIMAL, unit=points,
            how=_("一成的人低于此分"), key="p10",
        ),
        Figure(
            "P90", hidden or spread.percentile(1 - TENTH), Kind.DECIMAL, unit=points,
            how=_("九成的人低于此分"), key="p90",
        ),
    ]  # fmt: skip


def _study_figures(numbers: UnitNumbers) -> list[Figure]:
    study = numbers.study
    people = _("人") if len(numbers.courses) == 1 else _("人次")
    shown = []
    if study.due:
        shown += [
            Figure(
                _("应学"), study.due, unit=people, how=_("列入课程应学名单的人，不含自选。"), key="to_study"
            ),
            Figure(_("在学"), study.begun, unit=people, how=_("已开始、还没有学完。"), key="begun"),
            Figure(_("学完"), study.finished, unit=people, key="finished"),
            Figure(_("未开始"), study.not_begun, unit=people, key="not_begun"),
            Figure(_("逾期"), study.overdue, unit=people, how=_("过了应学完时间还没有学完。"), key="overdue"),
            Figure(_("完成率"), study.finish_rate, Kind.PERCENT, how=_("学完 ÷ 应学"), key="finish_rate"),
        ]
    if study.heads:
        shown.append(
            Figure(
                _("人均学时"),
                study.hours_per_head,
                Kind.DECIMAL,
                unit=_("学时"),
                how=_("期间内获得的学时之和 ÷ 现有人数；学时按完成计，不按时间计。"),
                key="hours_per_head",
            )
        )
    if numbers.minutes_shown:
        shown.append(
            Figure(
                _("人均学习分钟（仅供诊断）"),
                numbers.minutes_per_head,
                Kind.DECIMAL,
                unit=_("分钟"),
                how=_(
                    "有效学习时长之和 ÷ 现有人数。只用来发现课程或系统的问题，不作为任何考核、排名的依据。"
                ),
                places=1,
                key="minutes_per_head",
            )
        )
    return shown


def _resit_figures(resit: ExamTally) -> list[Figure]:
    if not resit.due:
        return []
    people = _("人次")
    return [
        Figure(_("补考应考"), resit.due, unit=people, key="resit_due"),
        Figure(_("补考实考"), resit.sat, unit=people, key="resit_sat"),
        Figure(_("补考合格"), resit.passed, unit=people, key="resit_passed"),
    ]


def children_table(numbers: UnitNumbers, link_to: LinkTo) -> Table:
    """The exams by child; where there are none, the courses."""
    if not numbers.exam.due:
        return study_table(numbers, link_to)
    points = score_unit(numbers)
    columns = (
        Column("due", _("应考"), Kind.INT),
        Column("sat", _("实考"), Kind.INT),
        Column("passed", _("合格"), Kind.INT),
        Column("failed", _("不合格"), Kind.INT),
        Column("absent", _("缺考"), Kind.INT),
        Column("exempt", _("免考"), Kind.INT),
        Column("others", _("其他情况"), Kind.INT, how=_("缓考、取消资格、作答中、尚未考、待阅卷。")),
        Column("rate", _("参考率"), Kind.PERCENT),
        Column("pass_sat", _("合格率（按实考）"), Kind.PERCENT),
        Column("pass_due", _("合格率（按应考）"), Kind.PERCENT),
        Column("excellent", _("优秀率"), Kind.PERCENT),
        Column("mean", _("平均分"), Kind.DECIMAL, points),
        Column("median", _("中位数"), Kind.DECIMAL, points),
    )
    return _by_child(
        numbers, _("下级党组织：考试"), "children", columns, lambda line: _exam_cells(line.exam), link_to
    )


def study_table(numbers: UnitNumbers, link_to: LinkTo) -> Table:
    columns = (
        Column("to_study", _("应学"), Kind.INT),
        Column("begun", _("在学"), Kind.INT),
        Column("finished", _("学完"), Kind.INT),
        Column("not_begun", _("未开始"), Kind.INT),
        Column("overdue", _("逾期"), Kind.INT),
        Column("finish_rate", _("完成率"), Kind.PERCENT),
        Column("hours_per_head", _("人均学时"), Kind.DECIMAL),
    )
    return _by_child(
        numbers, _("下级党组织：学习"), "study", columns, lambda line: _study_cells(line.study), link_to
    )


def _study_table(numbers: UnitNumbers, link_to: LinkTo) -> list[Table]:
    """Beside the exams' table."""
    return [study_table(numbers, link_to)] if numbers.exam.due else []


def _by_child(
    numbers: UnitNumbers,
    title: str,
    key: str,
    columns: tuple[Column, ...],
    cells: Callable[[Line], tuple[Value, ...]],
    link_to: LinkTo,
) -> Table:
    whole = Line(numbers.unit, False, numbers.exam, numbers.study)
    return Table(
        title=title,
        columns=(Column("unit", _("党组织")), *columns),
        rows=[(_name(line), *cells(line)) for line in numbers.lines],
        links=["" if line.own else link_to(line.unit) for line in numbers.lines],
        total=(_("合计"), *cells(whole)),
        key=key,
        empty=_("没有下级党组织，也没有人员。"),
    )


def _name(line: Line) -> str:
    return _("%(unit)s（本级）") % {"unit": line.unit.name} if line.own else line.unit.name


def _exam_cells(exam: ExamTally) -> tuple[Value, ...]:
    failed = exam.marked - exam.passed
    others = exam.deferred + exam.barred + exam.sitting + exam.waiting + exam.marking
    return (
        exam.due, exam.sat, exam.passed, failed, exam.absent, exam.exempt, others,
        exam.rate, exam.pass_rate_sat, exam.pass_rate_due, exam.excellent_rate,
        exam.spread.mean, exam.spread.median,
    )  # fmt: skip


def _study_cells(study: StudyTally) -> tuple[Value, ...]:
    return (
        study.due,
        study.begun,
        study.finished,
        study.not_begun,
        study.overdue,
        study.finish_rate,
        study.hours_per_head,
    )


def _chart(numbers: UnitNumbers, table: Table) -> Chart:
    series: tuple[str, ...] = ("hours_per_head",)
    title = _("各党组织人均学时")
    if numbers.exam.due:
        series, title = ("passed", "failed", "absent", "exempt", "others"), _("各党组织考试情况")
    elif numbers.study.due:
        series, title = ("finished", "begun", "not_begun"), _("各党组织学习情况")
    return Chart(ChartKind.BAR, table, "unit", series, title=title, stacked=True, lying=True)


def _points(numbers: UnitNumbers) -> list[Table]:
    if not numbers.points:
        return []
    columns = (
        Column("point", _("知识点")),
        Column("mastery", _("掌握率"), Kind.PERCENT, how=_("该知识点各题得分之和 ÷ 满分之和")),
        Column("n", _("作答题次"), Kind.INT),
    )
    rows = [(each.name, each.mastery, each.n) for each in numbers.points]
    return [Table(_("最薄弱的知识点"), columns, rows, key="points")]


def _filters(
    numbers: UnitNumbers, exams: Sequence[tuple[int, str]], courses: Sequence[tuple[int, str]]
) -> tuple[Filter, ...]:
    wanted = numbers.wanted
    every = Choice("", _("全部"))
    return (
        Filter("from", _("从"), wanted.begins.isoformat() if wanted.begins else "", input="date"),
        Filter("to", _("到"), wanted.ends.isoformat() if wanted.ends else "", input="date"),
        Filter("exam", _("考试"), str(wanted.exam or ""), (every, *_choices(exams))),
        Filter("course", _("课程"), str(wanted.course or ""), (every, *_choices(courses))),
        Filter(
            "status",
            _("人员状态"),
            wanted.status,
            (every, *(Choice(value, str(label)) for value, label in PersonStatus.choices)),
        ),
        Filter(
            "unit",
            _("党组织归属"),
            "now" if wanted.unit_now else "",
            (Choice("", _("按当时所在支部")), Choice("now", _("按现支部"))),
        ),
    )


def _choices(rows: Sequence[tuple[int, str]]) -> list[Choice]:
    return [Choice(str(pk), title) for pk, title in rows]


def _notes(numbers: UnitNumbers) -> tuple[str, ...]:
    names = _("、").join(exam.title for exam in numbers.exams[:10])
    notes = []
    if numbers.exam.marked:
        full = numbers.scale.full
        notes.append(
            _("各场考试满分不同，成绩折算为百分制。")
            if full is None
            else _("成绩的满分为 %(full)s 分。") % {"full": f"{full.normalize():f}"}
        )
    if numbers.exams:
        notes.append(_("计入的考试：%(names)s。") % {"names": names})
    if not numbers.wanted.begins and not numbers.wanted.exam:
        notes.append(_("未选日期时，统计最近一年开考的正式考试；练习和模拟考试不计入。"))
    if numbers.wanted.unit_now:
        notes.append(_("按现支部统计：已离开组织的人员不计入。"))
    else:
        notes.append(_("按当时所在支部统计：人员转接后，原来的成绩仍计入当时的支部。"))
    notes.append(_("少于 5 人的组不显示标准差和分位数。学习时长不参与本报告的任何评价。"))
    return tuple(notes)
