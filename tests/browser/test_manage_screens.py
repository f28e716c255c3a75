"""Every organisers' screen, outside and inside the admin, on a phone and a desk: nothing cut off, axe finds nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from learning.organisation.models import Role, User
from question_bank.exams.models import Attempt, AttemptPresence, Cell, FixedItem, SavedComment, Section
from question_bank.exams.organising import building
from question_bank.exams.releasing import release
from question_bank.exams.saving import Op, apply_ops
from question_bank.exams.saving.ops import OpKind
from question_bank.exams.taking.submitting import submit_attempt
from tests.browser.conftest import OVERFLOWING, NewContext, Site, axe, misfits, watch
from tests.factories import (
    make_attempt,
    make_bank,
    make_candidate,
    make_chapter,
    make_question,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.browser
STEM = "<p>关于党员的权利和义务，下列说法中哪一项符合党章第四条的规定，并且在支部大会上可以行使？</p>"


@dataclass
class World:
    office: User
    paths: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def world(site: Site) -> World:
    """An exam with everything on its screens, and a draft that cannot be published yet."""
    with site.database():
        now = timezone.now()
        root = make_unit(name="中共某某大学委员会")
        branch = make_unit(make_unit(root, name="电子工程学院党总支"), name="电子工程学院学生第一党支部")
        office = make_user(name="党校办公室", roles=[(Role.SCHOOL_OFFICE, root)])
        bank = make_bank(root, name="党章与党内法规应知应会题库")
        chapter = make_chapter(bank)
        for kind in ("single", "multiple", "true_false", "fill", "short", "match", "order"):
            make_question(bank, kind, chapter=chapter, stem=STEM, citation="《中国共产党章程》第四条")
        exam = site.exam(
            unit=root,
            bank=bank,
            title="2026 年秋季入党积极分子培训班结业考试",
            kinds=["single", "multiple", "fill", "order", "match", "short"],
            mark="10",
            bands=[{"from": "60", "name": "合格"}],
            max_attempts=2,
        )
        attempts: list[Attempt] = []
        for n in range(5):
            user = make_user(name=f"欧阳雪梅{n}", unit=branch)
            make_candidate(exam, user)
            if n < 4:
                answers = {1: "o1", 2: ["o0"], 3: ["甲", "乙"], 6: "应当经常汇报思想，参加组织活动。" * 8}
                attempts.append(make_attempt(exam, user, now=now - timedelta(minutes=9), answers=answers))
        for attempt in attempts[2:]:
            submit_attempt(
                attempt_id=attempt.pk, by=attempt.user, client="c1", ops=(), reason="self", now=now
            )
        attempts[2].refresh_from_db()
        late = {1: "o0", 2: ["o0", "o2"], 3: "不成形", 6: "断网时写下的补充。" * 12}
        came = [
            Op(f"late-{slot}", slot, OpKind.ANSWER, slot, base=1, answer=text) for slot, text in late.items()
        ]
        apply_ops(attempt=attempts[2], client="c1", ops=came, now=now)
        AttemptPresence.objects.create(attempt=attempts[0], last_seen_at=now + timedelta(minutes=9))
        Attempt.objects.filter(pk=attempts[0].pk).update(away_count=2, away_ms=34_000)
        short = attempts[2].paper[5]["v"]
        SavedComment.objects.create(by=office, version_id=short, text="要点齐全，表述准确。", used=3)
        release(exam_id=exam.pk, what=["score"], at=now, by=office, now=now)
        draft = building.create_exam(
            title="党章基础知识模拟考试", kind="mock", owner_unit=root, by=office, now=now
        )
        section = Section.objects.create(blueprint=draft.blueprint, order=1, title="一、单选题")
        Section.objects.create(blueprint=draft.blueprint, order=2, title="二、多选题")
        cell = Cell.objects.create(section=section, order=1, bank=bank, kind="single", n=20, mark=2)
        fixed = make_question(bank, "fill", stem=STEM).current
        FixedItem.objects.create(section=section, order=2, version=fixed, mark=5)
        e, d, s = exam.pk, draft.pk, section.pk
        paths = {
            "list": "",
            "new": "new/",
            "builder of a draft": f"{d}/",
            "builder": f"{e}/",
            "copy": f"{e}/copy/",
            "publish": f"{e}/publish/",
            "withdraw": f"{e}/withdraw/",
            "regrade": f"{e}/regrade/",
            "question to correct": f"{e}/regrade/{attempts[2].paper[0]['v']}/",
            "section": f"{d}/sections/{s}/",
            "cell": f"{d}/sections/{s}/cells/{cell.pk}/",
            "fixed": f"{d}/sections/{s}/fixed/",
            "copy of sections": f"{d}/sections/copy/",
            "candidates": f"{e}/candidates/",
            "units": f"{d}/candidates/units/",
            "numbers": f"{d}/candidates/numbers/",
            "trial": f"{e}/trial/",
            "monitor": f"{e}/monitor/",
            "marking": f"{e}/marking/",
            "answer": f"{e}/marking/{short}/",
            "results": f"{e}/results/",
            "attempt": f"{e}/attempts/{attempts[2].pk}/",
        }
        return World(office, paths)


def too_wide(page: Page) -> list[str]:
    found: list[str] = page.evaluate(OVERFLOWING.replace("body *", ".manage *"))
    return found


@pytest.mark.parametrize("width", [360, 1280])
def test_outside_the_admin(
    site: Site, new_context: NewContext, world: World, complaints: list[str], width: int
) -> None:
    page = watch(new_context(world.office, viewport={"width": width, "height": 800}).new_page(), complaints)
    for name, path in world.paths.items():
        page.goto(f"/manage/exams/{path}")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert misfits(page) == [], name
        assert axe(page) == [], name
        assert complaints == [], name


@pytest.mark.parametrize("width", [360, 1280])
def test_inside_the_admin(
    site: Site, new_context: NewContext, world: World, complaints: list[str], width: int
) -> None:
    page = watch(new_context(world.office, viewport={"width": width, "height": 800}).new_page(), complaints)
    for name, path in world.paths.items():
        page.goto(f"/admin/exams/{path}")
        page.wait_for_load_state("networkidle")
        assert too_wide(page) == [], name
        assert axe(page) == [], name
        assert complaints == [], name
