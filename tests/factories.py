"""The least valid object of each kind; what matters is said in the test."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from learning.organisation.models import (
    ClassMember,
    Membership,
    PersonStatus,
    Role,
    RoleAssignment,
    TeachingGroup,
    TrainingClass,
    Unit,
    UnitClosure,
    User,
)
from learning.organisation.services.groups import keep_members
from question_bank.exams.models import (
    Attempt,
    AttemptItem,
    Blueprint,
    Candidate,
    Cell,
    Exam,
    ExamPool,
    Section,
)
from question_bank.exams.publishing import plan_of
from question_bank.exams.taking.start import start_attempt
from question_bank.questions.models import Bank, Chapter, Question, QuestionVersion

NOW = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
LONG_AGO = date(2020, 1, 1)
_numbers = count(1)


def make_unit(parent: Unit | None = None, *, name: str = "", kind: str = "") -> Unit:
    n = next(_numbers)
    fields: dict[str, Any] = {
        "code": f"U{n}",
        "name": name or f"党组织{n}",
        "kind": kind or (Unit.Kind.BRANCH if parent else Unit.Kind.COMMITTEE),
        "opened_date": LONG_AGO,
    }
    unit: Unit = parent.add_child(**fields) if parent else Unit.add_root(**fields)
    above = [unit, *reversed(list(unit.get_ancestors()))]
    UnitClosure.objects.bulk_create(
        UnitClosure(ancestor=ancestor, unit=unit, depth=depth, from_date=LONG_AGO)
        for depth, ancestor in enumerate(above)
    )
    return unit


def make_user(
    number: str = "",
    *,
    name: str = "",
    unit: Unit | None = None,
    roles: Sequence[tuple[Role, Unit]] = (),
    **fields: Any,
) -> User:
    n = next(_numbers)
    user = User.objects.create_user(number or f"N{n:06d}", name or f"学员{n}", "secret-pass", **fields)
    if unit:
        make_membership(user, unit)
    for role, scope in roles:
        RoleAssignment.objects.create(user=user, role=role, unit=scope, from_date=LONG_AGO)
        if role is Role.ADMINISTRATOR:
            User.objects.filter(pk=user.pk).update(is_superuser=True)
            user.is_superuser = True
    return user


def make_membership(user: User, unit: Unit, *, status: str = PersonStatus.FULL) -> Membership:
    return Membership.objects.create(user=user, unit=unit, person_status=status, from_date=LONG_AGO)


def make_bank(unit: Unit | None = None, *, name: str = "") -> Bank:
    return Bank.objects.create(name=name or f"题库{next(_numbers)}", owner_unit=unit or make_unit())


def make_chapter(bank: Bank, name: str = "总纲", parent: Chapter | None = None) -> Chapter:
    full_name = f"{parent.full_name}/{name}" if parent else name
    return Chapter.objects.create(bank=bank, parent=parent, name=name, full_name=full_name)


CONTENT: dict[str, tuple[dict[str, Any], Any]] = {
    "single": ({"options": [{"id": f"o{i}", "text": f"选项{i}", "pinned": False} for i in range(4)]}, "o1"),
    "multiple": (
        {"options": [{"id": f"o{i}", "text": f"选项{i}", "pinned": False} for i in range(4)]},
        ["o0", "o2"],
    ),
    "true_false": ({}, True),
    "fill": ({"blanks": 2}, [["甲"], ["乙", "乙方"]]),
    "short": ({}, {"text": "参考答案"}),
    "essay": ({}, {"text": "参考答案"}),
    "order": (
        {"options": [{"id": f"o{i}", "text": f"步骤{i}", "pinned": False} for i in range(3)]},
        ["o0", "o1", "o2"],
    ),
    "match": (
        {
            "left": [{"id": "l0", "text": "左0"}, {"id": "l1", "text": "左1"}],
            "options": [
                {"id": "o0", "text": "右0", "pinned": False},
                {"id": "o1", "text": "右1", "pinned": False},
            ],
        },
        {"l0": "o0", "l1": "o1"},
    ),
}


def make_question(
    bank: Bank,
    kind: str = "single",
    *,
    stem: str = "",
    chapter: Chapter | None = None,
    difficulty: int = 3,
    **fields: Any,
) -> Question:
    """A ready question; in `single` "o1" is right, in `multiple` "o0" and "o2"."""
    n = next(_numbers)
    body, key = CONTENT[kind]
    question = Question.objects.create(bank=bank, chapter=chapter, difficulty=difficulty, fingerprint=f"f{n}")
    version = QuestionVersion.objects.create(
        question=question,
        no=1,
        status=QuestionVersion.Status.READY,
        kind=kind,
        stem=stem or f"<p>题目{n}</p>",
        created_at=NOW,
        **{"body": body, "key": key, **fields},
    )
    question.current = question.latest = version
    question.save()
    return question


def make_exam(
    *,
    unit: Unit | None = None,
    bank: Bank | None = None,
    kinds: Sequence[str] = ("single", "multiple", "true_false"),
    candidates: Sequence[User] = (),
    published: bool = True,
    mark: str = "2",
    **fields: Any,
) -> Exam:
    """A published exam of one section with one cell of one question per kind, open NOW−1h … NOW+1h, 30 minutes long."""
    unit = unit or make_unit()
    bank = bank or make_bank(unit)
    blueprint = Blueprint.objects.create(name="规则", owner_unit=unit)
    section = Section.objects.create(
        blueprint=blueprint, order=1, title="一", shuffle_questions=False, shuffle_options=False
    )
    exam = Exam.objects.create(
        **{
            "title": f"考试{next(_numbers)}",
            "owner_unit": unit,
            "blueprint": blueprint,
            "opens_at": NOW - timedelta(hours=1),
            "closes_at": NOW + timedelta(hours=1),
            "limit_s": 1800,
            "state": Exam.State.PUBLISHED if published else Exam.State.DRAFT,
            "pool_version": 1 if published else 0,
            **fields,
        }
    )
    for order, kind in enumerate(kinds, 1):
        cell = Cell.objects.create(section=section, order=order, bank=bank, kind=kind, n=1, mark=mark)
        question = make_question(bank, kind)
        if published:
            ExamPool.objects.create(exam=exam, cell=cell, version=question.current)
    if published:
        exam.plan = plan_of(blueprint)
        exam.save()
    for user in candidates:
        make_candidate(exam, user)
    return exam


def make_candidate(exam: Exam, user: User, **fields: Any) -> Candidate:
    membership = user.memberships.select_related("unit").filter(to_date=None).first()
    unit = membership.unit if membership else exam.owner_unit
    ancestors = [unit.key, *(u.key for u in reversed(list(unit.get_ancestors())))]
    return Candidate.objects.create(
        exam=exam,
        user=user,
        unit=unit,
        unit_ancestors=ancestors,
        person_status=membership.person_status if membership else PersonStatus.FULL,
        admitted_at=NOW,
        **fields,
    )


def make_attempt(
    exam: Exam, user: User, *, now: datetime = NOW, answers: dict[int, Any] | None = None
) -> Attempt:
    """An open attempt started at `now`; `answers` by slot."""
    attempt = start_attempt(exam_id=exam.pk, user=user, password=exam.password, now=now).attempt
    AttemptItem.objects.bulk_create(
        AttemptItem(
            attempt=attempt, slot=slot, answer=answer, answer_rev=1, first_answer_at=now, last_answer_at=now
        )
        for slot, answer in (answers or {}).items()
    )
    return attempt


def make_class(unit: Unit | None = None, *, members: Sequence[User] = (), **fields: Any) -> TrainingClass:
    """A running class that lasts the whole of June 2026."""
    n = next(_numbers)
    made = TrainingClass.objects.create(
        **{
            "name": f"培训班{n}",
            "code": f"K{n}",
            "owner_unit": unit or make_unit(),
            "from_date": date(2026, 6, 1),
            "to_date": date(2026, 6, 30),
            "state": TrainingClass.State.RUNNING,
            "created_at": NOW,
            **fields,
        }
    )
    for user in members:
        make_class_member(made, user)
    return made


def make_class_member(training_class: TrainingClass, user: User, **fields: Any) -> ClassMember:
    membership = user.memberships.select_related("unit").filter(to_date=None).first()
    unit = membership.unit if membership else training_class.owner_unit
    return ClassMember.objects.create(
        **{
            "training_class": training_class,
            "user": user,
            "unit": unit,
            "unit_ancestors": [unit.key, *(u.key for u in reversed(list(unit.get_ancestors())))],
            "person_status": membership.person_status if membership else PersonStatus.FULL,
            "admitted_at": NOW,
            **fields,
        }
    )


def make_group(*members: User, title: str = "") -> TeachingGroup:
    group = TeachingGroup.objects.create(title=title or f"教学班{next(_numbers)}", created_at=NOW)
    keep_members(group=group, users=members, now=NOW)
    return group
