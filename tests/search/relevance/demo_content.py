"""What the demo school holds: its people, bank, exams, courses and topic, without what its members did in the term."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from learning.organisation.models import Role, User
from learning.organisation.services.roles import grant_role
from learning.project.demo import coursework, people, school
from question_bank.exams.candidates import admit_units
from question_bank.exams.models import Exam
from question_bank.exams.publishing import publish_exam
from search.models import Kind
from search.sources.base import Draft
from search.sources.registry import sources

EXAMS = (
    (school.FORMAL, Exam.Kind.FORMAL),
    (school.PRACTICE, Exam.Kind.PRACTICE),
    (school.PAST, Exam.Kind.FORMAL),
    ("发展对象专题测试（草稿）", Exam.Kind.MOCK),
)


def make_demo(now: datetime) -> None:
    began = now - timedelta(days=30)
    units = school._open_tree(now)
    root = units[people.SCHOOL[0]]
    officers = people.officers()
    school._enrol([*(officer.person for officer in officers), *people.members()], now)
    numbers = {officer.role: officer.person.number for officer in officers}
    organiser = User.objects.get(number=numbers[Role.SCHOOL_OFFICE])
    grant_role(user=organiser, role=Role.SCHOOL_OFFICE, unit=root, by=None, now=now, from_date=began.date())
    bank = school._import_bank(organiser, now)
    exams = {}
    for title, kind in EXAMS:
        window = {"opens_at": began, "closes_at": now + timedelta(days=7), "limit_s": 3600}
        exam = exams[title] = school._exam(
            title, kind, root, bank, organiser, began, with_short=False, **window
        )
        if "草稿" not in title:
            admit_units(exam_id=exam.pk, units=[root], person_statuses=[], by=organiser, now=began)
            publish_exam(exam_id=exam.pk, by=organiser, now=began)
    asked = {"practice": exams[school.PRACTICE], "formal": exams[school.FORMAL]}
    coursework.build_courses(root=root, organiser=organiser, exams=asked, began=began, now=now)


def drafts_of_all(now: datetime) -> Iterator[tuple[Kind, Draft]]:
    """Every draft of everything in the database."""
    for kind, source in sources().items():
        for ids in source.every():
            yield from ((kind, draft) for draft in source.drafts(ids, now=now))
