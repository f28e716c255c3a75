"""Who came to exams and who passed, as figures: the same words and the same legend in every report that says so."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from .shape import Figure, Kind
from .tallies import ExamTally


def attended(tally: ExamTally) -> str:
    """应考 12，实考 10，其中待阅卷 4: the beginning of a report's sentence."""
    counts = {"due": tally.due, "sat": tally.sat, "marking": tally.marking}
    if tally.marking:
        return _("应考 %(due)d，实考 %(sat)d，其中待阅卷 %(marking)d") % counts
    return _("应考 %(due)d，实考 %(sat)d") % counts


def most_absent(units: Iterable[tuple[str, int]]) -> tuple[str, int] | None:
    """Of (unit, its absences) the one with most, where it stands beside others and no other has as many."""
    ranked = sorted(units, key=lambda unit: -unit[1])
    if len(ranked) < 2 or ranked[0][1] == ranked[1][1]:
        return None
    return ranked[0]


def how_sat() -> str:
    return _("已交卷的人，含待阅卷；多次作答只计一次。")


def how_passed() -> str:
    return _("合格 ÷ 实考，待阅卷的计入实考；还没有人有成绩时不计算。")


def attendance_figures(tally: ExamTally, counted: str) -> list[Figure]:
    """Counts and rates of candidates. `counted`: their unit in words, 人 of one exam and 人次 of several. Who was barred,
    still sits it, may still sit it or waits for marks is left out where there is nobody."""
    people = [
        Figure(_("应考"), tally.due, unit=counted, how=_("准入考试的人，含免考。"), key="due"),
        Figure(_("实考"), tally.sat, unit=counted, how=how_sat(), key="sat"),
        Figure(
            _("缺考"), tally.absent, unit=counted, how=_("考试结束时未作答，或被登记为缺考。"), key="absent"
        ),
        Figure(_("免考"), tally.exempt, unit=counted, key="exempt"),
        Figure(_("缓考"), tally.deferred, unit=counted, key="deferred"),
    ]
    apart = [
        Figure(_("取消资格"), tally.barred, unit=counted, key="barred"),
        Figure(
            _("作答中"),
            tally.sitting,
            unit=counted,
            how=_("正在作答，未交过卷；不计入其他数字。"),
            key="sitting",
        ),
        Figure(
            _("尚未考"), tally.waiting, unit=counted, how=_("考试还没有结束；不计入缺考。"), key="waiting"
        ),
        Figure(_("待阅卷"), tally.marking, unit=counted, how=_("已计入实考，还没有成绩。"), key="marking"),
    ]
    rates = [
        Figure(_("参考率"), tally.rate, Kind.PERCENT, how=_("实考 ÷（应考 − 免考）"), key="rate"),
        Figure(_("合格率（按实考）"), tally.pass_rate_sat, Kind.PERCENT, how=how_passed(), key="pass_sat"),
        Figure(
            _("合格率（按应考）"), tally.pass_rate_due, Kind.PERCENT, how=_("合格 ÷ 应考"), key="pass_due"
        ),
        Figure(
            _("优秀率"),
            tally.excellent_rate,
            Kind.PERCENT,
            how=_("达到最高等级的人 ÷ 实考，待阅卷的计入实考；考试未设等级时为得分不低于满分的 90 %。"),
            key="excellent",
        ),
    ]
    return [*people, *(each for each in apart if each.value), *rates]
