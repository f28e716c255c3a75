"""The demo school, built through the same services as a real one: tree, people, roles, question bank, exams, and a term
of courses (term.py)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q

from learning.organisation.models import PersonStatus, Unit, User
from learning.organisation.roster import RosterRow
from learning.organisation.services.roles import grant_role
from learning.organisation.services.roster import Verdict, apply_roster
from learning.organisation.services.units import open_unit
from learning.project.models import SiteLook
from question_bank.exams.candidates import admit_units
from question_bank.exams.models import Exam
from question_bank.exams.organising.blueprints import add_fixed, save_cell, save_section
from question_bank.exams.organising.building import change_exam, create_exam
from question_bank.exams.publishing import publish_exam
from question_bank.questions.models import Bank, Chapter, Question, QuestionVersion
from question_bank.questions.services.banks import change_bank
from question_bank.questions.services.file_import import import_files

from . import coursework, people
from .sittings import hand_in_today, sit_past_exam
from .term import began, spend_term

BANK = "党的基本知识题库"
FORMAL = "2026年党的基本知识考试"
PRACTICE = "党章党史日常练习"
PAST = "2026年党章党史知识考试"  # of everybody, whatever their status
QUESTIONS = Path(__file__).with_name("questions.csv")
OPENED = date(2016, 9, 1)
PAST_AGO = timedelta(days=9)
PRACTICE_STAYS = timedelta(days=180)
BANDS = [{"from": "90", "name": "优秀"}, {"from": "75", "name": "良好"}, {"from": "60", "name": "合格"}]

# What is asked where something depends on it; the study methods are for practice.
PARTY_CHAPTERS = ("党章", "党史")

# (title, kind, how many, points each); chapters are shared out evenly.
PAPER = (
    ("单项选择题", "single", 8, "2"),
    ("多项选择题", "multiple", 4, "3"),
    ("判断题", "true_false", 4, "1"),
    ("填空题", "fill", 4, "2"),
)
SHORT = ("简答题", "short", 1, "10")


@dataclass(frozen=True)
class School:
    formal_exam: int
    practice_exam: int
    officers: dict[str, str]  # key → number
    members: list[str]  # numbers


class EarlierSchool(Exception):
    """The database holds a demo school that an earlier version made, with other people and exams."""


def load_school(now: datetime) -> School:
    """The school as it stands after this call; what is there already stays, windows are dated anew. Raises
    EarlierSchool."""
    officers, members = people.officers(), people.members()
    if not Exam.objects.filter(title=PAST).exists():
        if Unit.objects.filter(code=people.SCHOOL[0]).exists():
            raise EarlierSchool
        with transaction.atomic():
            _build(officers, members, now)
    organiser = User.objects.get(number=next(o.person.number for o in officers if o.key == "organiser"))
    formal, practice, past = (
        Exam.objects.get(title=title, owner_unit__code=people.SCHOOL[0]) for title in (FORMAL, PRACTICE, PAST)
    )
    # The practice was open when the month of study began that leans on it, and stays so at every later start.
    windows = (
        (formal, {"opens_at": now - timedelta(hours=2), "closes_at": now + timedelta(days=7)}),
        (practice, {"opens_at": min(practice.opens_at, _before(now)), "closes_at": now + PRACTICE_STAYS}),
    )
    for exam, window in windows:
        change_exam(
            exam_id=exam.pk, changes=window, by=organiser, now=now, reason="演示学校每次启动时重新排期"
        )
        exam.refresh_from_db()
    if not coursework.is_built():
        with transaction.atomic():
            spend_term(
                root=formal.owner_unit,
                organiser=organiser,
                practice=practice,
                formal=formal,
                past=past,
                numbers=[member.number for member in members],
                now=now,
            )
    return School(
        formal_exam=formal.pk,
        practice_exam=practice.pk,
        officers={officer.key: officer.person.number for officer in officers},
        members=[member.number for member in members],
    )


def _before(now: datetime) -> datetime:
    """A day before the term: its courses ask for the exams."""
    return began(now) - timedelta(days=1)


def _build(officers: list[people.Officer], members: list[people.Person], now: datetime) -> None:
    units = _open_tree(now)
    _enrol([*(officer.person for officer in officers), *members], now)
    found = {user.number: user for user in User.objects.all()}
    for officer in officers:
        user, scope = found[officer.person.number], units[officer.scope_code]
        since = _came(officer.person, now)
        grant_role(user=user, role=officer.role, unit=scope, by=None, now=now, from_date=since)
    organiser = found[next(o.person.number for o in officers if o.key == "organiser")]
    marker = found[next(o.person.number for o in officers if o.key == "marker")]
    root = units[people.SCHOOL[0]]
    bank = _import_bank(organiser, now)

    past_opens = (now - PAST_AGO).replace(minute=0, second=0, microsecond=0)
    before = _before(now)
    past = _exam(
        PAST, Exam.Kind.FORMAL, root, bank, organiser, before, with_short=True, fixed=True,
        opens_at=past_opens, closes_at=past_opens + timedelta(hours=3), limit_s=3600,
    )  # fmt: skip
    admit_units(exam_id=past.pk, units=[root], person_statuses=[], by=organiser, now=before)
    publish_exam(exam_id=past.pk, by=organiser, now=before)
    sit_past_exam(past, organiser=organiser, marker=marker, first=members[0].number)

    window: dict[str, Any] = {"opens_at": now - timedelta(hours=2), "closes_at": now + timedelta(days=7)}
    formal = _exam(
        FORMAL,
        Exam.Kind.FORMAL,
        root,
        bank,
        organiser,
        before,
        with_short=True,
        **window,
        limit_s=2700,
        max_attempts=3,
    )
    admit_units(exam_id=formal.pk, units=[root], person_statuses=[], by=organiser, now=before)
    publish_exam(exam_id=formal.pk, by=organiser, now=before)
    hand_in_today(formal, first=members[0].number, now=now)

    practice = _exam(
        PRACTICE, Exam.Kind.PRACTICE, root, bank, organiser, before, with_short=False, opens_at=before,
        closes_at=now + PRACTICE_STAYS, limit_s=3600, max_attempts=999, end_policy=Exam.EndPolicy.INDEPENDENT,
        score_release=Exam.ReleasePolicy.AT_MARKED,
        answer_release=Exam.ReleasePolicy.AT_MARKED,
    )  # fmt: skip
    admit_units(exam_id=practice.pk, units=[root], person_statuses=[], by=organiser, now=before)
    publish_exam(exam_id=practice.pk, by=organiser, now=before)

    draft = _exam(
        "发展对象专题测试（草稿）", Exam.Kind.MOCK, root, bank, organiser, now, with_short=False,
        opens_at=now + timedelta(days=3), closes_at=now + timedelta(days=4), limit_s=1800,
    )  # fmt: skip
    admit_units(
        exam_id=draft.pk, units=[units["XX"]], person_statuses=[PersonStatus.CANDIDATE], by=organiser, now=now
    )
    look = SiteLook.load()
    look.name = "示范大学党校"
    look.footer_text = "示范大学党校（演示数据，人员与成绩均为虚构）"
    look.save()


def _open_tree(now: datetime) -> dict[str, Unit]:
    kinds = Unit.Kind
    units: dict[str, Unit] = {}

    def put(code: str, name: str, kind: str, parent: Unit | None) -> Unit:
        unit = open_unit(name=name, code=code, kind=kind, parent=parent, opened_date=OPENED, by=None, now=now)
        units[code] = unit
        return unit

    root = put(*people.SCHOOL, kinds.COMMITTEE, None)
    for (code, name), branches in people.TREE.items():
        general = put(code, name, kinds.GENERAL_BRANCH, root)
        for branch_code, branch_name in branches:
            put(branch_code, branch_name, kinds.BRANCH, general)
    return units


def _enrol(persons: list[people.Person], now: datetime) -> None:
    """Everybody in one roster, as a school would begin."""
    rows = [
        RosterRow(
            row=row, full_name=person.full_name.split()[-1], number=person.number, unit=person.unit_code,
            status=person.person_status, on=_came(person, now).isoformat(),
        )
        for row, person in enumerate(persons, 2)
    ]  # fmt: skip
    plan, _made = apply_roster(rows, file_name="花名册.xlsx", by=None, now=now)
    if len(plan.of(Verdict.NEW)) != len(persons):
        raise RuntimeError("The demo's own roster was not accepted whole.")


def _came(person: people.Person, now: datetime) -> date:
    """When the person joined; before the term, whenever the demo is loaded."""
    return min(person.joined, (_before(now) - timedelta(days=14)).date())


def _import_bank(organiser: User, now: datetime) -> Bank:
    outcome = import_files(paths=[QUESTIONS], bank_name=BANK, alternatives_separator="/", now=now)
    if outcome.bank is None or outcome.total("rejected"):
        raise RuntimeError("The demo's own question bank was not accepted whole.")
    return change_bank(
        bank=outcome.bank, name=BANK, description="演示题库，题目由项目编写。", open_for_practice=True, by=organiser,
        now=now,
    )  # fmt: skip


def _exam(
    title: str,
    kind: str,
    root: Unit,
    bank: Bank,
    by: User,
    now: datetime,
    *,
    with_short: bool,
    fixed: bool = False,
    **fields: Any,
) -> Exam:
    """From all chapters for practice, else from those on the Party. `fixed`: everybody has the same questions, so that
    each is answered often enough to be told about; else each paper is drawn."""
    exam = create_exam(title=title, kind=kind, owner_unit=root, by=by, now=now)
    found = Chapter.objects.filter(bank=bank, parent=None).order_by("order", "pk")
    if kind != Exam.Kind.PRACTICE:
        found = found.filter(name__in=PARTY_CHAPTERS)
    chapters = list(found)
    for name, question_kind, n, mark in (*PAPER, SHORT) if with_short else PAPER:
        section = save_section(blueprint_id=exam.blueprint_id, section=None, fields={"title": name})
        shares = [[chapter] for chapter in chapters] if n >= len(chapters) else [chapters]
        if fixed:
            for share in shares:
                versions = _some(share, question_kind, n // len(shares))
                add_fixed(section=section, versions=versions, mark=Decimal(mark))
            continue
        for share in shares:
            cell = {
                "bank": bank, "kind": question_kind, "difficulty_min": 1, "difficulty_max": 5, "tags": [],
                "n": n // len(shares), "mark": Decimal(mark),
            }  # fmt: skip
            save_cell(
                section=section,
                cell=None,
                fields=cell,
                chapters=share,
                knowledge_points=[],
            )
    changes = {
        "instructions": "请独立完成。答案随时自动保存；断网时保存在本机，恢复后自动上传。",
        "bands": BANDS,
        "pass_text": "祝贺您通过考试，继续学习，学以致用。",
        "fail_text": "请对照错题认真复习后再来。",
        **fields,
    }
    change_exam(exam_id=exam.pk, changes=changes, by=by, now=now)
    exam.refresh_from_db()
    return exam


def _some(chapters: list[Chapter], kind: str, n: int) -> list[QuestionVersion]:
    """`n` questions of the kind from the chapters and what lies below them, from easy ones to hard ones."""
    below = Q()
    for chapter in chapters:
        below |= Q(chapter=chapter) | Q(chapter__full_name__startswith=f"{chapter.full_name}/")
    bank = chapters[0].bank_id
    found = Question.objects.usable().filter(below, bank=bank, current__kind=kind).select_related("current")
    versions = [each.current for each in found.order_by("difficulty", "pk") if each.current is not None]
    return [versions[int((number + 0.5) * len(versions) / n)] for number in range(n)]
