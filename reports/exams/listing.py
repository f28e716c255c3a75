"""The exams that one may read reports of, newest first, with the figures of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from learning.organisation.models import User
from learning.organisation.permissions import Action, scope_q
from learning.organisation.searching import holding
from question_bank.exams.models import Attempt, Candidate, Exam
from question_bank.exams.models.exams import group_q
from reports.attendance import how_passed, how_sat
from reports.shape import Choice, Column, Filter, Kind, Report, Row, Table
from reports.tallies import share

from .audience import readable_exams

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class ListFilter:
    """`before`: also exams that closed more than a year ago."""

    words: str = ""
    kind: str = ""
    before: bool = False

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> ListFilter:
        kind = query.get("kind", "")
        return cls(
            query.get("q", "").strip()[:80],
            kind if kind in Exam.Kind.values else "",
            query.get("when") == "all",
        )


def exam_list_report(
    *, user: User, wanted: ListFilter, now: datetime, link_to: Callable[[int], str]
) -> Report:
    exams = holding(readable_exams(user).filter(opens_at__lte=now), wanted.words, "title")
    if wanted.kind:
        exams = exams.filter(kind=wanted.kind)
    if not wanted.before:
        exams = exams.filter(closes_at__gt=now - YEAR)
    rows = list(exams.order_by("-opens_at", "-pk").only("title", "kind", "opens_at", "closes_at"))
    counts = _counts(rows, user)
    table = Table(
        _("考试"),
        (
            Column("title", _("考试")),
            Column("kind", _("类型")),
            Column("opens", _("开始"), Kind.INSTANT),
            Column("due", _("应考"), Kind.INT, _("人"), _("准入考试的人，含免考；不是本级的考试只计所管辖的人。")),
            Column("sat", _("实考"), Kind.INT, _("人"), how_sat()),
            Column("rate", _("参考率"), Kind.PERCENT, how=_("实考 ÷（应考 − 免考）")),
            Column("passed", _("合格率（按实考）"), Kind.PERCENT, how=how_passed()),
        ),
        [_row(exam, counts.get(exam.pk, {})) for exam in rows],
        [link_to(exam.pk) for exam in rows],
        key="exams",
        empty=_("没有符合条件的考试。"),
    )  # fmt: skip
    kinds = [Choice("", _("全部")), *(Choice(value, str(label)) for value, label in Exam.Kind.choices)]
    when = (Choice("", _("近一年")), Choice("all", _("全部")))
    return Report(
        title=_("考试报告"),
        sentence=_sentence(len(rows), [_marking(count) for count in counts.values()]),
        as_of=now,
        tables=(table,),
        filters=(
            Filter("q", _("名称"), wanted.words, input="search"),
            Filter("kind", _("类型"), wanted.kind, tuple(kinds)),
            Filter("when", _("时间"), "all" if wanted.before else "", when),
        ),
        name=_("考试报告"),
    )


def _sentence(n: int, marking: list[int]) -> str:
    """How many exams there are, and in how many of them papers wait for marks."""
    if not any(marking):
        return _("共 %(n)d 场已经开始的考试，点击名称查看报告。") % {"n": n}
    return _("共 %(n)d 场已经开始的考试，其中待阅卷 %(marking)d 人次（%(exams)d 场）；点击名称查看报告。") % {
        "n": n,
        "marking": sum(marking),
        "exams": sum(1 for each in marking if each),
    }


def _marking(count: Mapping[str, int]) -> int:
    return count["sat"] - count["marked"]


def _counts(exams: list[Exam], user: User) -> dict[int, dict[str, Any]]:
    """due, exempt, sat, marked, passed by exam id, of the people the user may read about; one query."""
    sat = Q(attempts__state__in=[Attempt.State.MARKING, Attempt.State.MARKED]) & ~Q(
        state__in=[
            Candidate.State.EXEMPT,
            Candidate.State.DEFERRED,
            Candidate.State.BARRED,
            Candidate.State.ABSENT,
        ]
    )
    people = Candidate.objects.filter(
        scope_q(user, Action.REPORT_VIEW, "exam__owner_unit")
        | scope_q(user, Action.REPORT_VIEW, "unit")
        | group_q(user, Action.REPORT_VIEW),
        exam__in=[exam.pk for exam in exams],
    )
    rows = people.values("exam").annotate(
        due=Count("pk", distinct=True),
        exempt=Count("pk", filter=Q(state=Candidate.State.EXEMPT), distinct=True),
        sat=Count("pk", filter=sat, distinct=True),
        marked=Count("pk", filter=sat & Q(result__isnull=False), distinct=True),
        passed=Count("pk", filter=sat & Q(result__passed=True), distinct=True),
    )
    return {row["exam"]: dict(row) for row in rows}


def _row(exam: Exam, count: Mapping[str, int]) -> Row:
    due, sat = count.get("due", 0), count.get("sat", 0)
    rate: Fraction | None = share(sat, due - count.get("exempt", 0))
    return (
        exam.title,
        str(exam.get_kind_display()),
        exam.opens_at,
        due,
        sat,
        rate,
        share(count.get("passed", 0), sat) if count.get("marked") else None,
    )
