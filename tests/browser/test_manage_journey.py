"""An organiser's first exam in a real browser: build, publish, watch, extend, mark, release; and what a phone shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from learning.organisation.models import Role, Unit, User
from question_bank.exams.models import Attempt, AttemptItem, Exam, Mark, Release, Result
from question_bank.exams.releasing import visible_part
from question_bank.exams.taking.submitting import submit_attempt
from question_bank.questions.models import Bank
from tests.browser.conftest import NewContext, Site, watch
from tests.factories import make_attempt, make_bank, make_candidate, make_question, make_unit, make_user

pytestmark = pytest.mark.browser
WIDE = {"width": 1280, "height": 900}
MOUNTS = ["/manage/exams/", "/admin/exams/"]


@dataclass
class School:
    root: Unit
    branch: Unit
    bank: Bank
    office: User
    member: User


@pytest.fixture
def school(site: Site) -> School:
    with site.database():
        root = make_unit(name="校党委")
        branch = make_unit(root, name="学生第一党支部")
        bank = make_bank(root, name="应知应会题库")
        for _n in range(3):
            make_question(bank)
        make_question(bank, "short")
        office = make_user(name="党校办公室", roles=[(Role.SCHOOL_OFFICE, root)])
        return School(root, branch, bank, office, make_user(name="王小明", unit=branch))


def local(minutes: int) -> str:
    at = timezone.localtime(timezone.now() + timedelta(minutes=minutes))
    return at.strftime("%Y-%m-%dT%H:%M")


def build(page: Page, mount: str, school: School) -> int:
    page.goto(f"{mount}new/")
    page.get_by_label("名称").fill("结业考试")
    page.get_by_label("所属党组织").select_option(label="校党委")
    page.get_by_role("button", name="建立草稿").click()
    page.get_by_role("link", name="添加大题").click()
    page.get_by_label("标题").fill("一、单选题")
    page.get_by_role("button", name="保存").click()
    for kind, wanted in (("单选题", 3), ("简答题", 1)):
        page.get_by_role("link", name="添加抽题规则").click()
        page.get_by_label("题型").select_option(label=kind)
        supply = page.locator("#supply")
        page.get_by_label("题数").fill("9")
        expect(supply).to_contain_text(f"需 9，可用 {wanted}")
        page.get_by_label("题数").fill(str(wanted))
        expect(supply).to_contain_text(f"需 {wanted}，可用 {wanted}")
        page.get_by_label("每题分值").fill("10")
        page.get_by_role("button", name="保存").click()
    expect(page.locator("#checklist")).to_contain_text("还没有考生")
    page.get_by_role("textbox", name="开始时间").fill(local(-60))
    page.get_by_role("textbox", name="结束时间").fill(local(120))
    page.get_by_role("button", name="保存“时间”").click()
    page.get_by_role("link", name="按党组织添加").click()
    page.get_by_label(re.compile("学生第一党支部")).check()
    expect(page.locator("#counts")).to_contain_text("将新增 1 名考生")
    page.get_by_role("button", name="添加考生").click()
    expect(page.get_by_role("rowheader", name="王小明")).to_be_visible()
    page.get_by_role("link", name="组卷与设置").click()
    page.get_by_role("link", name="发布…").click()
    expect(page.get_by_text("1 人可以进入")).to_be_visible()
    page.get_by_role("button", name="确认发布").click()
    expect(page.locator("#checklist")).to_contain_text("已发布，")
    expect(page.locator("#checklist")).not_to_contain_text("可以发布")
    return int(re.findall(r"exams/(\d+)/", page.url)[0])


@pytest.mark.parametrize("mount", MOUNTS)
def test_build_publish_watch_extend_mark_release(
    site: Site, new_context: NewContext, school: School, complaints: list[str], mount: str
) -> None:
    page = watch(new_context(school.office, viewport=WIDE).new_page(), complaints)
    exam_id = build(page, mount, school)

    page.get_by_role("link", name="试考").first.click()
    expect(page.get_by_text("第 4 题")).to_be_visible()

    with site.database():
        exam = Exam.objects.get(pk=exam_id)
        attempt = make_attempt(exam, school.member, now=timezone.now())
        kinds = [item["k"] for item in attempt.paper]
        for kind, said in (("single", "o1"), ("short", "我的回答")):
            AttemptItem.objects.create(attempt=attempt, slot=kinds.index(kind) + 1, answer=said, answer_rev=1)
    before = attempt.deadline_at
    page.get_by_role("link", name="监考").click()
    page.get_by_label("选择 王小明").check()
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_text("王小明")).to_be_visible()
    page.get_by_label("分钟").fill("10")
    page.get_by_label("原因").fill("停电")
    page.get_by_role("button", name="延长时间，共 1 人").click()
    expect(page.get_by_text("已对 1 人执行“延长时间”")).to_be_visible()
    with site.database():
        attempt.refresh_from_db()
        assert (attempt.deadline_at - before).total_seconds() == 600
        submit_attempt(
            attempt_id=attempt.pk,
            by=school.member,
            client="c1",
            ops=(),
            reason="self",
            now=timezone.now(),
        )

    page.get_by_role("link", name="阅卷").click()
    page.get_by_role("link", name="开始评").click()
    expect(page.get_by_text("我的回答")).to_be_visible()
    assert "王小明" not in page.content()
    page.locator("[data-mark='7.5']").click()
    page.get_by_label("评语", exact=False).first.fill("要点齐全")
    page.get_by_role("button", name="评分，下一份").click()
    expect(page.get_by_role("main")).to_contain_text("全部评完。需要时")

    page.get_by_role("link", name="成绩").click()
    expect(page.get_by_role("row", name=re.compile("王小明"))).to_contain_text("17.5/40")
    page.locator("input[name=what][value=score]").check()
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="公布给 1 人").click()
    expect(page.get_by_text("已公布").first).to_be_visible()
    with site.database():
        attempt.refresh_from_db()
        assert attempt.state == Attempt.State.MARKED
        assert str(Result.objects.get(attempt=attempt).score) == "17.50"
        assert Release.objects.filter(exam=exam, what="score").exists()
        exam.refresh_from_db()
        assert visible_part(attempt=attempt, exam=exam, candidate=attempt.candidate, now=timezone.now()).score
    assert complaints == []


@pytest.fixture
def running(site: Site, school: School) -> Exam:
    with site.database():
        exam = site.exam(unit=school.root, bank=school.bank, kinds=["short", "short"], mark="5", title="巡考")
        for n in range(3):
            user = make_user(name=f"考生{n}", unit=school.branch)
            make_candidate(exam, user)
            make_attempt(exam, user, now=timezone.now(), answers={1: f"甲{n}", 2: f"乙{n}"})
        return exam


def test_the_board_renews_itself_and_keeps_ticks_focus_and_order(
    site: Site, new_context: NewContext, school: School, running: Exam, complaints: list[str]
) -> None:
    page = watch(new_context(school.office).new_page(), complaints)
    page.goto(f"/manage/exams/{running.pk}/monitor/")
    names = page.locator("tbody th").all_inner_texts()
    box = page.get_by_label("选择 考生1")
    box.check()
    box.focus()
    with site.database():
        late = make_user(name="后来的", unit=school.branch)
        make_candidate(running, late)
    expect(page.get_by_role("rowheader", name="后来的")).to_be_visible(timeout=15_000)
    expect(page.get_by_label("选择 考生1")).to_be_checked()
    expect(page.get_by_label("选择 考生1")).to_be_focused()
    expect(page.locator("[data-picked]")).to_have_text("已选 1 人")
    assert page.locator("tbody th").all_inner_texts()[: len(names)] == names
    assert complaints == []


def test_marks_are_given_by_keyboard_alone(
    site: Site, new_context: NewContext, school: School, running: Exam
) -> None:
    with site.database():
        for attempt in Attempt.objects.filter(exam=running):
            submit_attempt(
                attempt_id=attempt.pk,
                by=attempt.user,
                client="c1",
                ops=(),
                reason="self",
                now=timezone.now(),
            )
    page = new_context(school.office, viewport=WIDE).new_page()
    page.goto(f"/manage/exams/{running.pk}/marking/")
    page.get_by_role("link", name="开始评").first.click()
    for _each in range(3):
        place = page.url
        expect(page.locator("[data-mark='3']")).to_be_visible()
        page.keyboard.press("3")
        page.keyboard.press(".")
        expect(page.locator("#id_value")).to_have_value("3.5")
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url, before=place: url != before)
    with site.database():
        assert [str(mark.value) for mark in Mark.objects.filter(attempt__exam=running)] == ["3.50"] * 3


def test_an_organiser_without_script_can_still_publish_and_extend(
    site: Site, new_context: NewContext, school: School, running: Exam
) -> None:
    page = new_context(school.office, java_script_enabled=False).new_page()
    page.goto(f"/manage/exams/{running.pk}/monitor/")
    page.get_by_label("选择 考生0").check()
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("原因").fill("网络中断")
    page.get_by_role("button", name="延长时间，共 1 人").click()
    expect(page.get_by_text("已对 1 人执行“延长时间”")).to_be_visible()
