"""Organisers' screens of the question bank in a real browser: writing a question, reading an import, on a phone too."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import Workbook
from playwright.sync_api import expect

from learning.organisation.models import Role, User
from question_bank.questions.models import Bank, Question
from tests.browser.conftest import NewContext, Site, axe, watch
from tests.factories import make_bank, make_question, make_unit, make_user

pytestmark = pytest.mark.browser

SIZES = [{"width": 360, "height": 740}, {"width": 1280, "height": 900}]
# Wagtail's own: the head of a filtered listing is an h2 with role=alert.
WAGTAILS_OWN = "aria-allowed-role"


@pytest.fixture
def organiser(site: Site) -> User:
    with site.database():
        unit = make_unit()
        make_bank(unit, name="浏览器题库")
        return make_user(roles=[(Role.SCHOOL_OFFICE, unit)])


def bank_of(user: User) -> Bank:
    return Bank.objects.get(owner_unit__role_assignments__user=user)


def test_a_question_is_written_with_rows_added_and_moved_and_seen_as_a_member(
    site: Site, organiser: User, new_context: NewContext, complaints: list[str]
) -> None:
    page = watch(new_context(organiser, viewport=SIZES[0]).new_page(), complaints)
    page.goto("/admin/questions/add/?kind=single")
    page.fill("#id_stem", "在手机上写的题")
    texts = page.locator("[data-rowlist] textarea")
    texts.nth(0).fill("甲")
    texts.nth(1).fill("乙")
    page.click("[data-add]")
    texts.nth(4).fill("丙")
    last = page.locator("[data-row]").nth(4)
    last.locator("input[name=key]").check()
    for _ in range(4):
        last = page.locator("[data-row]", has=page.locator("input[name=key]:checked"))
        last.locator("[data-up]").click()
    options = page.frame_locator("[data-preview-frame]").locator(".option__text")
    expect(options).to_have_text(["丙", "甲", "乙"])
    page.click("button[value=ready]")
    page.wait_for_url("**/admin/questions/*/")
    with site.database():
        version = Question.objects.get(bank=bank_of(organiser)).current
        assert version is not None
        assert [option["text"] for option in version.body["options"]] == ["丙", "甲", "乙"]
        assert version.key == version.body["options"][0]["id"]
    assert complaints == []


def test_an_import_is_uploaded_and_its_rows_looked_at_without_loading_the_page_again(
    site: Site, organiser: User, new_context: NewContext, complaints: list[str]
) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ("题型", "题干", "选项A", "选项B", "答案"),
        ("单选题", "第一问", "是", "非", "A"),
        ("单选题", "第二问", "是", "非", ""),
    ):
        sheet.append(row)
    data = BytesIO()
    book.save(data)
    page = watch(new_context(organiser, viewport=SIZES[1]).new_page(), complaints)
    page.goto("/admin/imports/upload/")
    mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    page.set_input_files("#id_file", {"name": "两题.xlsx", "mimeType": mime, "buffer": data.getvalue()})
    page.click("text=读取文件")
    page.get_by_text("共 2 行").wait_for()
    page.click("text=第二问")
    expect(page.locator("[data-pane]")).to_contain_text("没有答案。")
    page.click("text=确认导入 1 道试题")
    page.get_by_text("已导入 1 道试题").wait_for()
    with site.database():
        assert bank_of(organiser).questions.count() == 1
    assert complaints == []


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desk"])
def test_every_screen_fits_and_is_accessible(
    site: Site, organiser: User, new_context: NewContext, size: dict[str, int]
) -> None:
    with site.database():
        bank = bank_of(organiser)
        single, match = make_question(bank), make_question(bank, "match")
    page = new_context(organiser, viewport=size).new_page()
    paths = [
        "banks/",
        "banks/add/",
        "questions/",
        "questions/add/?kind=multiple",
        "questions/review/",
        "imports/",
        "imports/upload/",
    ]
    paths += [f"banks/{bank.pk}/{part}" for part in ("", "shares/", "chapters/", "points/")]
    paths += [f"questions/{single.pk}/", f"questions/{match.pk}/", f"questions/{single.pk}/versions/"]
    for path in paths:
        reply = page.goto(f"/admin/{path}")
        assert reply is not None
        assert reply.status == 200, path
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, path
        assert [each for each in axe(page) if not each.startswith(WAGTAILS_OWN)] == [], path
