"""Practice and notebook in a real Chromium: with script and without it, at both widths, everything by axe."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from learning.organisation.models import User
from question_bank.exams.models import NotebookEntry, PracticeRun
from question_bank.exams.practising import runs
from question_bank.questions.models import Bank, KnowledgePoint
from tests.browser.conftest import NewContext, Site, axe, misfits, watch
from tests.factories import make_bank, make_chapter, make_question, make_unit, make_user

pytestmark = pytest.mark.browser

KINDS = ("single", "multiple", "true_false", "fill", "order", "match", "short")
REASONS: dict[str, Any] = {
    "explanation": "<p>党章总纲第一段写明了党的性质。</p>",
    "citation": "《中国共产党章程》总纲",
}
WIDE = {"width": 1280, "height": 800}


@pytest.fixture
def member(site: Site) -> User:
    with site.database():
        return make_user(unit=make_unit(make_unit()))


def open_bank(member: User, name: str, kinds: tuple[str, ...] = KINDS) -> Bank:
    bank = make_bank(member.memberships.get().unit, name=name)
    bank.open_for_practice = True
    bank.description = "入党积极分子培训班复习用题，按章节整理。"
    bank.save()
    chapter = make_chapter(bank, "党章总纲")
    deeper = make_chapter(bank, "党的性质与宗旨", parent=chapter)
    point = KnowledgePoint.objects.create(bank=bank, name="党的性质")
    for n, kind in enumerate(kinds, start=1):
        stem = f"<p>第{n}道：关于党的组织原则，下列说法中符合党章规定的是哪一项？</p>"
        question = make_question(bank, kind, stem=stem, chapter=deeper if n % 2 else chapter, **REASONS)
        question.knowledge_points.add(point)
    return bank


def all_wrong(member: User, bank: Bank) -> PracticeRun:
    now = timezone.now()
    choice = runs.Choice(bank, PracticeRun.Mode.ORDER, 100)
    run = runs.start_run(choice=choice, by=member, seed=1, day=timezone.localdate(now), now=now)
    for slot, item in enumerate(run.paper, start=1):
        runs.answer_slot(run_id=run.pk, slot=slot, version_id=item["v"], answer=None, by=member, now=now)
    return run


def fits(page: Page) -> None:
    assert misfits(page) == [], page.url
    assert axe(page) == [], page.url


@pytest.mark.parametrize("script", [True, False])
def test_practice_from_the_bank_to_the_notebook_works_with_and_without_script(
    site: Site, member: User, new_context: NewContext, complaints: list[str], script: bool
) -> None:
    with site.database():
        open_bank(member, f"题库{script}", kinds=("single", "multiple"))
    page = watch(new_context(member, java_script_enabled=script).new_page(), complaints)
    page.goto("/practice/")
    page.get_by_role("link", name=f"题库{script}").click()
    page.get_by_role("button", name="顺序练习").click()
    page.get_by_role("button", name="提交答案").click()
    expect(page.get_by_role("alert").first).to_contain_text("请先作答")
    page.get_by_text("选项1").click()
    page.get_by_role("button", name="提交答案").click()
    first = page.get_by_role("status").filter(has_text="答")
    expect(first).to_contain_text("答错了" if "错" in first.inner_text() else "答对了")
    page.get_by_role("link", name="下一题").click()
    page.get_by_role("button", name="看答案").click()
    expect(page.get_by_text("没有作答，记为答错")).to_be_visible()
    page.go_back()
    page.goto(page.url)
    expect(page.get_by_role("button", name="提交答案")).to_have_count(0)
    page.get_by_role("link", name="查看练习小结").click()
    expect(page.get_by_role("heading", name="按知识点")).to_be_visible()
    page.get_by_role("link", name="打开错题本").click()
    page.get_by_role("link", name="看全部错题").click()
    page.locator("a.row").first.click()
    page.get_by_label("笔记").fill("记住这一条")
    page.get_by_role("button", name="保存笔记").click()
    expect(page.get_by_label("笔记")).to_have_value("记住这一条")
    page.get_by_role("button", name="重做这道题").click()
    expect(page.get_by_role("button", name="提交答案")).to_be_visible()
    # A refused form answers 422, which Chromium reports on the console.
    assert [text for text in complaints if "422" not in text] == []


@pytest.mark.parametrize("viewport", [None, WIDE], ids=["phone", "wide"])
def test_every_page_fits_and_passes_axe(
    site: Site, member: User, new_context: NewContext, viewport: dict[str, int] | None
) -> None:
    with site.database():
        bank = open_bank(member, "党章与党内法规应知应会题库")
        run = all_wrong(member, bank)
        entries = list(NotebookEntry.objects.of(member).order_by("pk"))
        fresh = runs.start_redo(
            entries=list(NotebookEntry.objects.of(member).select_related("question").order_by("pk")),
            by=member,
            seed=1,
            now=timezone.now(),
        )
    page = new_context(member, **({"viewport": viewport} if viewport else {})).new_page()
    slots = range(1, len(KINDS) + 1)
    for url in (
        "/practice/",
        f"/practice/banks/{bank.pk}/",
        *(f"/practice/runs/{fresh.pk}/{slot}/" for slot in slots),
        *(f"/practice/runs/{run.pk}/{slot}/" for slot in slots),
        f"/practice/runs/{run.pk}/summary/",
        "/notebook/",
        "/notebook/?show=all",
        "/notebook/?show=all&kind=single",
        "/notebook/?show=left",
        *(f"/notebook/{entry.pk}/" for entry in entries),
    ):
        page.goto(url)
        for closed in page.locator("main details").all():
            closed.locator("summary").click()
        fits(page)


def test_empty_pages_fit_and_pass_axe(site: Site, member: User, new_context: NewContext) -> None:
    page = new_context(member).new_page()
    for url, words in (("/practice/", "还没有可以练习的题库"), ("/notebook/", "还没有错题")):
        page.goto(url)
        expect(page.get_by_text(words)).to_be_visible()
        fits(page)


def test_a_self_judged_text_is_told_to_the_notebook(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        bank = open_bank(member, "简答题库", kinds=("short",))
    page = new_context(member).new_page()
    page.goto(f"/practice/banks/{bank.pk}/")
    page.get_by_role("button", name="随机练习").click()
    page.get_by_label("您的答案").fill("我的答案")
    page.get_by_role("button", name="提交答案").click()
    fits(page)
    page.get_by_role("button", name="我没答对").click()
    expect(page.get_by_text("已收进错题本")).to_be_visible()
