"""A member's numbers as a Report, the same for the member and for organisers but for what may be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from learning.study.shown import in_seconds
from question_bank.engine.used_time import Source
from question_bank.exams.models import Attempt
from question_bank.exams.organising.words import event_words
from question_bank.exams.templatetags.exam_words import duration_ms
from reports.shape import Chart, Choice, Column, Figure, Filter, Kind, Report, Table, Value

from .attempts import HUNDRED, TOPS, AttemptRecord
from .charts import charts_of
from .numbers import MemberNumbers, VideoRecord

WRONG_ONLY = "wrong"  # value of the filter `only`


def member_report(
    numbers: MemberNumbers, chosen: AttemptRecord | None, *, wrong_only: bool = False, chart: str = ""
) -> Report:
    """`chosen`: the attempt whose questions are shown, with `wrong_only` those of them without full marks. `chart`: key of
    the one drawn."""
    name = numbers.member.full_name
    charts = charts_of(numbers, chosen, wrong_only=wrong_only)
    drawn = charts.get(chart) or next(iter(charts.values()), None)
    return Report(
        title=_("我的学习与考试报告")
        if numbers.reader.own
        else _("%(name)s：学习与考试报告") % {"name": name},
        sentence=sentence(numbers),
        as_of=numbers.as_of,
        figures=_figures(numbers),
        chart=drawn,
        tables=tuple(_tables(numbers, charts, drawn)),
        filters=(*_filters(numbers, chosen, wrong_only), *_chart_filter(charts, drawn)),
        notes=tuple(_notes(numbers, chosen)),
        name=_("学习与考试报告-%(name)s") % {"name": name},
        about=_about(numbers),
        whose=f"{name} {numbers.member.number}",
    )


def _about(numbers: MemberNumbers) -> tuple[tuple[str, str], ...]:
    """Whose report it is: a printed one must say so by itself."""
    known = [(_("姓名"), numbers.member.full_name), (_("学号/工号"), numbers.member.number)]
    if numbers.units:
        known.append((_("党组织"), " › ".join(numbers.units)))
    return tuple(known)


def sentence(numbers: MemberNumbers) -> str:
    study = numbers.study
    parts = []
    if study.courses:
        done = sum(course.completed_at is not None for course in study.courses)
        parts.append(_("学完 %(done)d/%(all)d 门课程") % {"done": done, "all": len(study.courses)})
    parts.append(
        _("今年获得 %(hours)s 学时，目标 %(target)d") % {"hours": study.hours, "target": study.target}
    )
    sat = [each for each in numbers.attempts if each.attempt.state != Attempt.State.VOID]
    if sat:
        exams = len({each.attempt.exam_id for each in sat})
        passed = len({each.attempt.exam_id for each in sat if each.seen.score and each.attempt.passed})
        parts.append(_("参加 %(exams)d 场考试，合格 %(passed)d 场") % {"exams": exams, "passed": passed})
    if numbers.wrong:
        parts.append(
            _("错题 %(wrong)d 道，已掌握 %(cleared)d 道")
            % {"wrong": numbers.wrong, "cleared": numbers.cleared}
        )
    return _("；").join(parts) + _("。")


def _figures(numbers: MemberNumbers) -> tuple[Figure, ...]:
    study = numbers.study
    counted = _("页面可见并在学习的时间，不重叠；只是学习记录，不参与评价。")
    return (
        Figure(_("首次学习"), study.first_at, Kind.INSTANT, key="first_at"),
        Figure(_("最近学习"), study.last_at, Kind.INSTANT, key="last_at"),
        Figure(_("学习天数"), study.days, unit=_("天"), how=_("有有效学习时长的日子"), key="days"),
        Figure(_("有效学习时长"), study.active_ms, Kind.DURATION, how=counted, key="active_ms"),
        Figure(
            _("必修课时"),
            f"{study.lessons_done}/{study.lessons_required}",
            Kind.TEXT,
            how=_("学完/应学"),
            key="lessons",
        ),
        Figure(
            _("今年学时"), study.hours, Kind.DECIMAL, how=_("按完成学习内容计，不按时间计。"), key="hours"
        ),
        Figure(_("学时目标"), study.target, key="target"),
        Figure(_("错题"), numbers.wrong, unit=_("道"), key="wrong"),
        Figure(_("已掌握"), numbers.cleared, unit=_("道"), how=_("已离开错题本的题"), key="cleared"),
    )


def _tables(numbers: MemberNumbers, charts: Mapping[str, Chart], drawn: Chart | None) -> list[Table]:
    """All but the one that is drawn."""
    tables = [attempts_table(numbers.attempts)] if numbers.attempts else []
    tables += [charts[key].table for key in ("items", "points") if key in charts]
    if numbers.study.courses:
        tables.append(_courses(numbers))
    if numbers.study.videos:
        tables.append(_videos(numbers.study.videos))
    if "days" in charts:
        tables.append(charts["days"].table)
    if numbers.reflections:
        tables.append(_reflections(numbers))
    events = _events(numbers.attempts)
    if events.rows and not numbers.reader.own:
        tables.append(events)
    return [each for each in tables if drawn is None or each.key != drawn.table.key]


def attempts_table(records: Sequence[AttemptRecord]) -> Table:
    columns = (
        Column("exam", _("考试")),
        Column("no", _("第几次"), Kind.INT),
        Column("state", _("状态")),
        Column("started_at", _("开始"), Kind.INSTANT),
        Column("submitted_at", _("交卷时间"), Kind.INSTANT),
        Column("used", _("用时"), Kind.DURATION, how=_("交卷（不晚于截止）减开始，减暂停。")),
        Column("active", _("有效用时"), Kind.DURATION, how=_("题目和答题卡可见的时间；没有测量时不显示。")),
        Column("away", _("离开页面"), Kind.DURATION),
        Column("rest", _("未归属"), Kind.DURATION, how=_("用时减去各题、答题卡和离开页面的时间。")),
        Column("score", _("得分"), Kind.DECIMAL),
        Column("max", _("满分"), Kind.DECIMAL),
        Column("passed", _("结果")),
        Column("band", _("等级")),
        Column("top", _("大致位置"), how=_("在全体已评分作答中的大致位置，不是名次；少于 5 份时不显示。")),
    )
    return Table(_("历次作答"), columns, [_attempt_row(each) for each in records], key="attempts")


def _attempt_row(each: AttemptRecord) -> tuple[Value, ...]:
    attempt, time = each.attempt, each.time
    scored = each.seen.score and attempt.state == Attempt.State.MARKED
    active, away, rest = _parts(each)
    return (
        attempt.exam.title,
        attempt.no,
        str(attempt.get_state_display()),
        attempt.started_at,
        attempt.submitted_at,
        time.used_ms if time else None,
        active,
        away,
        rest,
        attempt.score if scored else None,
        attempt.max_score,
        (_("合格") if attempt.passed else _("不合格")) if scored else _("未公布"),
        each.band or None,
        top_words(each.top),
    )


def _parts(each: AttemptRecord) -> tuple[int | None, int | None, int | None]:
    """有效用时, 离开页面 and 未归属 in ms as they are told: where all are known they add up to 用时."""
    time, active = each.time, each.active_ms
    if time is None:
        return None, None, None
    if active is None or time.source is not Source.MEASURED:
        return active, None, time.unattributed_ms
    active, away, rest = in_seconds([active, time.away_ms, time.unattributed_ms], time.used_ms)
    return active, away, rest


def top_words(top: int | None) -> str | None:
    if top is None:
        return None
    if top == HUNDRED:
        return _("后 %(share)d%%") % {"share": HUNDRED - TOPS[-1]}
    return _("前 %(top)d%%") % {"top": top}


def _courses(numbers: MemberNumbers) -> Table:
    columns = (
        Column("course", _("课程")),
        Column("done", _("已学完课时"), Kind.INT),
        Column("all", _("全部课时"), Kind.INT),
        Column("coverage", _("学习进度"), Kind.PERCENT),
        Column("hours", _("获得学时"), Kind.DECIMAL),
        Column("total", _("课程学时"), Kind.DECIMAL),
        Column("ms", _("有效学习时长"), Kind.DURATION),
        Column("completed_at", _("学完时间"), Kind.INSTANT),
    )
    study = numbers.study
    rest = sum(ms for _activity, ms in study.elsewhere)
    *told, elsewhere = in_seconds([*(each.active_ms for each in study.courses), rest])
    rows: list[tuple[Value, ...]] = [
        (
            each.activity.title,
            each.completed_lessons,
            len(each.lessons),
            Fraction(each.coverage).limit_denominator(10**6),
            each.hours_earned,
            each.hours_total,
            ms,
            each.completed_at,
        )
        for each, ms in zip(study.courses, told, strict=True)
    ]
    if elsewhere:
        rows.append((_("其他学习"), None, None, None, None, None, elsewhere, None))
    return Table(_("课程"), columns, rows, key="courses")


def _videos(videos: Sequence[VideoRecord]) -> Table:
    columns = (
        Column("video", _("视频")),
        Column("lesson", _("课时")),
        Column("coverage", _("已看"), Kind.PERCENT, how=_("看过的片段合并后的长度 ÷ 全长；重复观看不多计。")),
        Column("spans", _("看过的片段")),
    )
    rows: list[tuple[Value, ...]] = [
        (
            each.title,
            each.lesson,
            Fraction(each.covered_ms, each.total_ms) if each.total_ms else None,
            spans_words(each.spans),
        )
        for each in videos
    ]
    return Table(_("视频观看"), columns, rows, key="videos")


def spans_words(spans: Sequence[tuple[int, int]]) -> str:
    """0:00–12:30、15:00–20:00."""
    return _("、").join(f"{_at(begin)}–{_at(end)}" for begin, end in spans)


def _at(ms: int) -> str:
    minutes, seconds = divmod(ms // 1000, 60)
    return f"{minutes}:{seconds:02d}"


def _reflections(numbers: MemberNumbers) -> Table:
    columns = (
        Column("task", _("心得体会")),
        Column("state", _("状态")),
        Column("submitted_at", _("提交"), Kind.INSTANT),
        Column("mark", _("评分"), Kind.DECIMAL),
        Column("comment", _("评语")),
    )
    rows: list[tuple[Value, ...]] = [
        (each.task.title, str(each.get_state_display()), each.submitted_at, each.mark, each.comment)
        for each in numbers.reflections
    ]
    return Table(_("心得体会"), columns, rows, key="reflections")


def _events(records: Sequence[AttemptRecord]) -> Table:
    columns = (
        Column("event", _("事件")),
        Column("at", _("时间"), Kind.INSTANT),
        Column("exam", _("考试")),
        Column("no", _("第几次"), Kind.INT),
    )
    rows: list[tuple[Value, ...]] = []
    for each in records:
        rows += [
            (event_words(event.type), event.at, each.attempt.exam.title, each.attempt.no)
            for event in each.events
        ]
    return Table(_("考试过程中的事件（供人查看，不作结论）"), columns, rows, key="events")


def _filters(numbers: MemberNumbers, chosen: AttemptRecord | None, wrong_only: bool) -> tuple[Filter, ...]:
    if not numbers.attempts:
        return ()
    choices = tuple(
        Choice(
            str(each.attempt.pk),
            _("%(exam)s 第 %(no)d 次") % {"exam": each.attempt.exam.title, "no": each.attempt.no},
        )
        for each in numbers.attempts
    )
    attempt = Filter("attempt", _("逐题显示"), str(chosen.attempt.pk) if chosen else "", choices)
    if chosen is None or not chosen.items:
        return (attempt,)
    extent = (Choice("", _("全部题目")), Choice(WRONG_ONLY, _("只看错题")))
    return attempt, Filter("only", _("题目"), WRONG_ONLY if wrong_only else "", extent)


def _chart_filter(charts: Mapping[str, Chart], drawn: Chart | None) -> tuple[Filter, ...]:
    if drawn is None or len(charts) < 2:
        return ()
    first = next(iter(charts))
    choices = tuple(Choice("" if key == first else key, chart.title) for key, chart in charts.items())
    return (Filter("chart", _("图表"), "" if drawn.table.key == first else drawn.table.key, choices),)


def _notes(numbers: MemberNumbers, chosen: AttemptRecord | None) -> list[str]:
    """What must be known of the data: late, by hand, estimated, unattributed, not released."""
    study = numbers.study
    notes = []
    if study.active_ms:
        measured, late, manual = in_seconds([study.measured_ms, study.late_ms, study.manual_ms])
        notes.append(
            _("数据质量：学习时长中实测 %(measured)s，离线补传 %(late)s，人工登记 %(manual)s。")
            % {
                "measured": duration_ms(measured),
                "late": duration_ms(late),
                "manual": duration_ms(manual),
            }
        )
    if numbers.points:
        notes.append(
            ngettext(
                "知识点掌握计入 %(count)d 次已评分的正式考试或补考作答；练习、模拟和每日一答不计。",
                "知识点掌握计入 %(count)d 次已评分的正式考试或补考作答；练习、模拟和每日一答不计。",
                numbers.assessed,
            )
            % {"count": numbers.assessed}
        )
    if chosen is not None and chosen.time is not None:
        if chosen.time.source is Source.ESTIMATED:
            notes.append(_("这次作答没有测到每题用时，按作答到达服务器的时间估算。"))
        elif chosen.time.unattributed_is_shown:
            notes.append(
                _("这次作答有 %(rest)s 未能归到具体题目。") % {"rest": duration_ms(_parts(chosen)[2] or 0)}
            )
        if chosen.time.overstated:
            notes.append(_("页面上报的时间超过了实际用时，已按比例缩减。"))
    if chosen is not None and not chosen.seen.answers:
        notes.append(
            _("这次作答的逐题内容尚未公布。") if numbers.reader.own else _("您没有查看这次作答内容的权限。")
        )
    if not numbers.reader.whole:
        notes.append(_("此人现已不在您的管理范围内，只显示当时在您管理的党组织内发生的记录。"))
    return notes
