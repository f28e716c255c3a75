"""Classes, reflections and certificates in a real browser: nothing cut off, axe finds nothing, drafts save themselves."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from courses.certifying import services
from courses.classes import planning
from courses.classes.graduation import graduate, preview
from courses.models import Reflection, ReflectionTask
from learning.organisation.models import Role, TrainingClass, User
from tests.browser.conftest import OVERFLOWING, NewContext, Site, axe, misfits, watch
from tests.browser.playing import sign_in_by_password
from tests.courses.classes.making import (
    complete,
    complete_course,
    make_course,
    make_mark,
    make_result,
    make_task,
)
from tests.factories import make_class, make_class_member, make_exam, make_unit, make_user

pytestmark = pytest.mark.browser
TEXT = "通过这段时间的学习，我对党章规定的党员义务有了更深的认识。在今后的工作中，要把学到的内容落实到每一件小事上。"
SHOTS = os.environ.get("SHOTS", "")  # a folder: the screens are also kept as pictures


@dataclass
class World:
    office: User
    member: User
    graduate: User
    task: ReflectionTask
    organiser: dict[str, str] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)
    number: str = ""


@pytest.fixture(scope="module")
def world(site: Site) -> World:
    """A running class with people at every stage, and a closed one with its certificate."""
    with site.database():
        cache.clear()
        now = timezone.now()
        today = timezone.localdate()
        root = make_unit(name="中共某某大学委员会")
        branch = make_unit(
            make_unit(root, name="电子信息工程学院党总支"), name="电子信息工程学院学生第一党支部"
        )
        office = make_user(name="党校办公室", roles=[(Role.SCHOOL_OFFICE, root)])
        people = [make_user(name=f"欧阳雪梅{n}", unit=branch) for n in range(5)]
        dates = {"from_date": today - timedelta(days=20), "to_date": today + timedelta(days=10)}
        made = make_class(
            root,
            members=people,
            name="2026 年秋季第一期入党积极分子与发展对象培训班",
            rules="按时完成，不得代学。",
            **dates,
        )
        course = make_course(root, lessons=4, title="《中国共产党章程》导读：从总纲到第十一章")
        exam = make_exam(
            unit=root, title="结业考试", opens_at=now - timedelta(days=1), closes_at=now + timedelta(days=5),
            score_release="at_marked",
        )  # fmt: skip
        task = make_task(root, title="学习党章的心得体会", prompt="请结合本职工作谈体会。", min_chars=30)
        second = make_task(root, title="实践总结", min_chars=800, due_at=now - timedelta(days=1))
        for kind, thing, due in (
            ("course", {"activity": course}, 5),
            ("exam", {"exam": exam}, 5),
            ("reflection", {"task": task}, 7),
            ("reflection", {"task": second}, -1),
            ("hours", {"hours": Decimal(8)}, None),
        ):
            planning.add_item(
                class_id=made.pk, kind=kind, by=office, now=now,
                due_at=now + timedelta(days=due) if due else None, **thing,
            )  # type: ignore[arg-type]  # fmt: skip
        complete_course(people[1], course, hours="2")
        make_result(exam, people[1], "86.5")
        make_mark(people[1], task, "92")
        complete(people[2], course.children.first(), hours="2")
        waiting = Reflection.objects.create(
            task=task, user=people[2], unit=branch, text=TEXT * 4, rev=1, state="submitted", saved_at=now,
            submitted_at=now,
        )  # fmt: skip
        returned = Reflection.objects.create(
            task=second, user=people[1], unit=branch, text=TEXT, rev=1, state="returned", saved_at=now,
            submitted_at=now, comment="请补充实例。",
        )  # fmt: skip
        closed, certificate = closed_class(root, people[1], people[4], office)
        c = made.pk
        organiser = {
            "classes": reverse("classes_admin:class_list"),
            "new": reverse("classes_admin:class_new"),
            "edit": reverse("classes_admin:class_edit", args=[c]),
            "plan": reverse("classes_admin:class_plan", args=[c]),
            "add-course": reverse("classes_admin:item_add", args=[c, "course"]),
            "add-reflection": reverse("classes_admin:item_add", args=[c, "reflection"]),
            "item": reverse("classes_admin:item_edit", args=[c, made.plan_items.first().pk]),  # type: ignore[union-attr]
            "members": reverse("classes_admin:class_members", args=[c]),
            "units": reverse("classes_admin:members_admit", args=[c]),
            "numbers": reverse("classes_admin:members_upload", args=[c]),
            "act": reverse("classes_admin:member_act", args=[c, made.members.first().pk]),  # type: ignore[union-attr]
            "progress": reverse("classes_admin:class_progress", args=[c]),
            "graduation": reverse("classes_admin:class_graduation", args=[c]),
            "results": reverse("classes_admin:class_graduation", args=[closed.pk]),
            "tasks": reverse("classes_admin:task_list"),
            "texts": reverse("classes_admin:task_texts", args=[task.pk]),
            "text": reverse("classes_admin:text_mark", args=[task.pk, waiting.pk]),
        }
        own = {
            "my-classes": reverse("my_classes"),
            "my-class": reverse("my_class", args=[c]),
            "graduated": reverse("my_class", args=[closed.pk]),
            "returned": reverse("reflection", args=[returned.task_id]),
            "marked": reverse("reflection", args=[task.pk]),
            "certificates": reverse("my_certificates"),
            "verified": reverse("verify_certificate", args=[certificate]),
            "unknown": reverse("verify_certificate", args=["DX2026-AAAA-AAAAAA"]),
        }
        return World(office, people[0], people[1], task, organiser, own, certificate)


def closed_class(root: object, good: User, bad: User, office: User) -> tuple[TrainingClass, str]:
    now = timezone.now()
    made = make_class(root, members=[good, bad], name="上一期培训班")  # type: ignore[arg-type]
    course = make_course(root)  # type: ignore[arg-type]
    rules = {"w_exam": 0, "w_study": 100, "w_reflection": 0, "least_exam": 0, "least_reflection": 0}
    planning.set_rules(class_id=made.pk, fields=rules, by=office, now=now)
    planning.add_item(class_id=made.pk, kind="course", activity=course, by=office, now=now)
    complete_course(good, course)
    _found, seen = preview(training_class=made, now=now)
    graduate(class_id=made.pk, seen=seen, by=office, now=now)
    made.refresh_from_db()
    return made, services.issue_certificate(user=good, subject=made, now=now).number


def keep(page: Page, name: str, width: int) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)


def too_wide(page: Page) -> list[str]:
    """What is cut off, but for the board, which scrolls in itself, and Wagtail's own header."""
    script = OVERFLOWING.replace("body *", ".manage *").replace(".tabs,", ".tabs, .board,")
    found: list[str] = page.evaluate(script)
    return found


@pytest.mark.parametrize("width", [360, 1280])
def test_organisers_screens_fit_and_are_accessible(
    world: World, new_context: NewContext, complaints: list[str], width: int
) -> None:
    page = watch(new_context(world.office, viewport={"width": width, "height": 900}).new_page(), complaints)
    wrong: dict[str, list[str]] = {}
    for name, url in world.organiser.items():
        page.goto(url)
        keep(page, name, width)
        found = [*too_wide(page), *axe(page)]
        if found:
            wrong[name] = found
    assert not wrong
    assert not complaints


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_member_pages_fit_and_are_accessible(
    world: World, new_context: NewContext, complaints: list[str], width: int
) -> None:
    page = watch(new_context(world.graduate, viewport={"width": width, "height": 740}).new_page(), complaints)
    wrong: dict[str, list[str]] = {}
    for name, url in world.own.items():
        page.goto(url)
        keep(page, name, width)
        found = [*misfits(page), *axe(page)]
        if found:
            wrong[name] = found
    assert not wrong
    assert [each for each in complaints if "404" not in each] == []  # the unknown number


def stored(site: Site, world: World) -> tuple[str, int, str]:
    with site.database():
        row = Reflection.objects.get(task=world.task, user=world.member)
        return row.text, row.rev, row.state


def saved(page: Page) -> None:
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "saved")


def test_draft_saves_itself_outlives_the_tab_and_two_tabs_ask_which_text_to_keep(
    site: Site, world: World, new_context: NewContext
) -> None:
    url = reverse("reflection", args=[world.task.pk])
    context = new_context(world.member)
    first = context.new_page()
    first.goto(url)
    area = first.locator("textarea#text")
    area.fill("第一 稿")
    expect(first.locator("[data-save-state]")).to_have_attribute("data-state", "saving")
    expect(first.locator("[data-count]")).to_have_text("3")
    saved(first)
    assert stored(site, world) == ("第一 稿", 1, "draft")

    second = context.new_page()
    second.goto(url)
    expect(second.locator("textarea#text")).to_have_value("第一 稿")
    second.locator("textarea#text").fill("第二页写的")
    saved(second)
    area.fill("第一页继续写")
    expect(first.locator("[data-conflict]")).to_be_visible()
    assert stored(site, world)[0] == "第二页写的"
    expect(area).to_have_value("第一页继续写")
    assert axe(first) == []
    first.locator("[data-take-mine]").click()
    saved(first)
    assert stored(site, world)[0] == "第一页继续写"

    context.set_offline(True)
    area.fill("断网时写的")
    expect(first.locator("[data-save-state]")).to_have_attribute("data-state", "offline")
    context.set_offline(False)
    saved(first)
    assert stored(site, world)[0] == "断网时写的"

    area.fill(TEXT)
    first.locator("button[value=submit]").click()
    expect(first.get_by_text("已提交，等待评阅")).to_be_visible()
    assert stored(site, world)[2] == "submitted"
    expect(first.locator("textarea")).to_have_count(0)


def test_text_kept_on_the_device_comes_back_when_the_tab_died_offline(
    site: Site, world: World, new_context: NewContext
) -> None:
    with site.database():
        other = make_user(name="掉线", unit=world.member.memberships.get().unit)
        made = TrainingClass.objects.get(plan_items__task=world.task)
        make_class_member(made, other)
    url = reverse("reflection", args=[world.task.pk])
    context = new_context(other)
    page = context.new_page()
    page.goto(url)
    context.set_offline(True)
    page.locator("textarea#text").fill("还没有传上去")
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "offline")
    page.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(url)
    expect(again.locator("textarea#text")).to_have_value("还没有传上去")
    saved(again)
    with site.database():
        assert Reflection.objects.get(user=other).text == "还没有传上去"


def test_draft_and_button_go_on_after_signing_in_on_another_page(
    site: Site, world: World, new_context: NewContext
) -> None:
    with site.database():
        other = make_user(name="重登", unit=world.member.memberships.get().unit)
        make_class_member(TrainingClass.objects.get(plan_items__task=world.task), other)
    context = new_context(other)
    page = context.new_page()
    page.goto(reverse("reflection", args=[world.task.pk]))
    area = page.locator("textarea#text")
    context.clear_cookies(name="dangxiao_session")
    area.fill("登录失效时写的")
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "failed")
    sign_in_by_password(context, other)
    area.fill("登录之后接着写")
    saved(page)
    context.clear_cookies(name="dangxiao_session")
    sign_in_by_password(context, other)
    area.fill(TEXT)
    page.locator("button[value=submit]").click()
    expect(page.get_by_text("已提交，等待评阅")).to_be_visible()
    with site.database():
        row = Reflection.objects.get(user=other)
        assert (row.text, row.state) == (TEXT, "submitted")


def test_button_pressed_before_the_choice_does_not_replace_the_newer_text(
    site: Site, world: World, new_context: NewContext
) -> None:
    with site.database():
        other = make_user(name="两页", unit=world.member.memberships.get().unit)
        make_class_member(TrainingClass.objects.get(plan_items__task=world.task), other)
    url = reverse("reflection", args=[world.task.pk])
    context = new_context(other)
    old, new = context.new_page(), context.new_page()
    old.goto(url)
    new.goto(url)
    new.locator("textarea#text").fill("较新的内容")
    saved(new)
    old.locator("textarea#text").fill("旧页面写的")
    expect(old.locator("[data-conflict]")).to_be_visible()
    old.close()
    new.reload()
    expect(new.locator("[data-conflict]")).to_be_visible()
    expect(new.locator("textarea#text")).to_have_value("旧页面写的")
    new.locator("button[value=save]").click()
    expect(new.get_by_text("查看较新的内容")).to_be_visible()
    with site.database():
        assert Reflection.objects.get(user=other).text == "较新的内容"


def test_reflection_is_written_without_scripts(site: Site, world: World, new_context: NewContext) -> None:
    with site.database():
        other = make_user(name="无脚本", unit=world.member.memberships.get().unit)
        make_class_member(TrainingClass.objects.get(plan_items__task=world.task), other)
    page = new_context(other, java_script_enabled=False).new_page()
    page.goto(reverse("reflection", args=[world.task.pk]))
    assert not page.locator("[data-save-state]").is_visible()
    page.locator("textarea#text").fill(TEXT)
    page.locator("button[value=save]").click()
    expect(page.get_by_text("草稿已保存")).to_be_visible()
    page.locator("button[value=submit]").click()
    expect(page.get_by_text("已提交，等待评阅")).to_be_visible()
