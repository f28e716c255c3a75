"""Takes the handbooks' pictures from a demo school of its own: members at 360 px, organisers at 1280 px.

By hand, in the development environment: .venv/bin/python docs/take_screenshots.py [only these pictures or parts …]
A part is a function of PARTS: `member_course` walks and takes that one alone. A picture's name walks through all.
A failed picture is named at the end and makes the exit code 1.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pypdfium2
from openpyxl import Workbook
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from campus_pictures import campus  # noqa: E402 — it needs the tests' platforms

IMAGES = ROOT / "docs" / "images"
PORT = 8351
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
MAX_BYTES = 150_000
TALLEST = 2400
COLOURS = (256, 128, 64, 32)
LOAD_S = 180

WORDS = "党章"  # searched for
SECOND_COURSE, FILM_LESSON = "支部工作实务", "发展党员的五个阶段"

QUESTION_FILE = [
    ["题型", "题干", "选项A", "选项B", "选项C", "选项D", "答案", "解析", "难度", "章节"],
    ["单选题", "党龄从（ ）算起。", "递交申请之日", "支部通过之日", "转正之日", "上级审批之日", "C", "见党章。", "中", "党章"],
    ["多选题", "党的支部可以开展的组织生活有（ ）。", "支部党员大会", "党小组会", "党课", "主题党日", "ABCD", "", "易", "党章"],
    ["判断题", "预备党员没有表决权、选举权和被选举权。", "", "", "", "", "对", "党章第一章。", "易", "党章"],
    ["填空题", "预备党员的预备期为____年。", "", "", "", "", "一", "党章第一章。", "易", "党章"],
    ["单选题", "党员受留党察看处分的期限最长不超过（ ）。", "一年", "两年", "三年", "五年", "E", "", "难", "党章"],
    ["单选题", "支部委员会每届任期（ ）。", "", "", "", "", "B", "", "中", "党章"],
    ["多选题", "下列属于党员义务的有（ ）。", "认真学习", "贯彻执行党的路线", "维护党的团结", "联系群众", "A", "", "中", "党章"],
]  # fmt: skip
ROSTER_FILE = [
    ["姓名", "学号/工号", "党组织", "人员状态", "手机", "生效日期"],
    ["周明远", "2026DEMO01", "{unit}", "入党积极分子", "", "2026-09-01"],
    ["何静姝", "2026DEMO02", "{unit}", "发展对象", "", "2026-09-01"],
    ["吴思齐", "2026DEMO03", "不存在的党支部", "预备党员", "", "2026-09-01"],
    ["郑一诺", "", "{unit}", "正式党员", "", "2026-09-01"],
]


def looks(phone: bool) -> dict[str, Any]:
    return {
        "viewport": PHONE if phone else DESK,
        "device_scale_factor": 2 if phone else 1,
        "is_mobile": phone,
        "has_touch": phone,
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "reduced_motion": "reduce",
    }


def chromium(*switches: str) -> dict[str, Any]:
    return {
        "executable_path": shutil.which("chromium"),
        "args": ["--no-sandbox", "--lang=zh-CN", *switches],
        "env": os.environ | {"LANGUAGE": "zh_CN:zh", "LANG": "C.UTF-8"},
    }


class Studio:
    """The browser, the demo's log-ins and the pictures taken so far."""

    def __init__(self, browser: Browser, said: dict[str, object], folder: Path, only: set[str]) -> None:
        self.browser, self.folder, self.only = browser, folder, only
        self.url = str(said["url"])
        self.logins: dict[str, dict[str, str]] = said["logins"]  # type: ignore[assignment]
        self.members: list[dict[str, str]] = said["members"]  # type: ignore[assignment]
        self.formal, self.practice = str(said["formal_exam"]), str(said["practice_exam"])

    @contextmanager
    def signed_in(self, login: dict[str, str], *, phone: bool) -> Iterator[Page]:
        context = self.context(phone)
        page = context.new_page()
        page.goto(f"{self.url}/login/")
        page.fill("[name=number]", login["number"])
        page.fill("[name=password]", login["password"])
        page.click("main button[type=submit]")
        page.wait_for_url(f"{self.url}/")
        try:
            yield page
        finally:
            context.close()

    def context(self, phone: bool) -> BrowserContext:
        return self.browser.new_context(**looks(phone))

    def launch(self, *switches: str) -> Browser:
        """Another browser, with more switches."""
        return self.browser.browser_type.launch(**chromium(*switches))

    def persistent(self, folder: Path, *switches: str) -> BrowserContext:
        """A phone with the profile of this folder."""
        options = chromium(*switches) | looks(True)
        return self.browser.browser_type.launch_persistent_context(folder, **options)

    def go(self, page: Page, path: str) -> None:
        page.goto(f"{self.url}{path}")
        page.wait_for_load_state("networkidle")

    def take(self, page: Page, name: str, *, full: bool = False, tallest: int = TALLEST) -> None:
        """docs/images/<name>.png, in as many colours as fit into the limit."""
        if self.only and name not in self.only:
            return
        page.mouse.move(0, 0)
        size = page.viewport_size or DESK
        if full:  # a taller window instead of a stitched picture: bars at the bottom stay at the bottom
            height = int(
                page.evaluate(
                    "Math.max(document.documentElement.scrollHeight, document.querySelector('main').scrollHeight)"
                )
            )
            page.set_viewport_size(
                {"width": size["width"], "height": min(max(height, size["height"]), tallest)}
            )
        page.wait_for_timeout(250)
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        if full:
            page.set_viewport_size(size)
        self.keep(picture, name)

    def take_sheet(self, document: bytes, name: str) -> None:
        """The first page of a PDF."""
        if self.only and name not in self.only:
            return
        with pypdfium2.PdfDocument(document) as opened:
            self.keep(opened[0].render(scale=1.2).to_pil().convert("RGB"), name)

    def keep(self, picture: Image.Image, name: str) -> None:
        for colours in COLOURS:
            data = io.BytesIO()
            picture.quantize(colours, dither=Image.Dither.NONE).save(data, "PNG", optimize=True)
            if data.tell() <= MAX_BYTES:
                break
        (IMAGES / f"{name}.png").write_bytes(data.getvalue())
        sys.stdout.write(f"{name} {data.tell() // 1024} kB\n")

    def sheet(self, name: str, rows: list[list[str]]) -> Path:
        book = Workbook()
        for row in rows:
            book.worksheets[0].append(row)
        path = self.folder / name
        book.save(path)
        return path


def member_exam(studio: Studio) -> None:
    with studio.signed_in(studio.members[7], phone=True) as page:
        studio.go(page, "/exams/")
        studio.take(page, "member-exams")
        studio.go(page, f"/exams/{studio.formal}/")
        studio.take(page, "member-start", full=True)
        page.click("[data-start] button.button--large")
        page.wait_for_selector("[data-question] .option, [data-question] textarea, [data-question] input")
        page.wait_for_load_state("networkidle")
        page.locator("[data-question] .option").nth(1).click()
        page.wait_for_timeout(1500)
        studio.take(page, "member-player")
        page.click("[data-next]")
        page.locator(".question__flag").click()
        page.click("[data-next]")
        page.locator("[data-question] .option").nth(0).click()
        page.context.set_offline(True)
        page.click("[data-next]")
        page.locator("[data-question] .option").nth(2).click()
        page.wait_for_timeout(4000)
        studio.take(page, "member-offline")
        page.context.set_offline(False)
        page.wait_for_timeout(4000)
        page.click("[data-open-sheet]")
        page.wait_for_selector("#answer-sheet[open]")
        studio.take(page, "member-sheet")
        page.locator("#answer-sheet .actions .button").last.click()
        page.wait_for_selector("#confirm-submit[open]")
        studio.take(page, "member-submit")
        page.locator("#confirm-submit .actions .button").last.click()
        page.wait_for_selector("text=回执号")
        page.wait_for_load_state("networkidle")
        studio.take(page, "member-receipt")


def member_record(studio: Studio) -> None:
    context = studio.context(phone=True)
    page = context.new_page()
    studio.go(page, "/login/")
    studio.take(page, "member-login")
    studio.go(page, "/activate/")
    studio.take(page, "member-activate")
    studio.go(page, "/room/")
    studio.take(page, "member-room")
    context.close()
    with studio.signed_in(studio.members[0], phone=True) as page:
        studio.go(page, "/exams/")
        page.click("text=党章党史知识考试")
        page.wait_for_load_state("networkidle")
        page.click("a[href*='/result/']")
        page.wait_for_load_state("networkidle")
        studio.take(page, "member-result")
        page.locator(".review-item, [data-review], article").first.scroll_into_view_if_needed()
        studio.take(page, "member-review")
        studio.go(page, "/notebook/")
        studio.take(page, "member-notebook")
        page.locator("a[href^='/notebook/']:not([href='/notebook/'])").first.click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "member-notebook-entry")
        studio.go(page, "/practice/")
        studio.take(page, "member-practice")
        studio.go(page, "/me/")
        studio.take(page, "member-me", full=True)


def member_practice(studio: Studio) -> None:
    with studio.signed_in(studio.members[1], phone=True) as page:
        studio.go(page, "/practice/")
        page.locator("a[href*='/practice/banks/']").first.click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "member-practice-bank")
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_load_state("networkidle")
        page.locator("main .option").first.click()
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "member-practice-verdict")


def member_course(studio: Studio) -> None:
    """The first member's month of study: one course done, the film of the second watched for a minute and a half."""
    with studio.signed_in(studio.members[0], phone=True) as page:
        studio.take(page, "member-home", full=True)
        studio.go(page, "/courses/")
        studio.take(page, "member-courses")
        page.locator("main a", has_text=SECOND_COURSE).first.click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "member-course", full=True)
        page.locator("main a.row", has_text=FILM_LESSON).click()
        page.wait_for_load_state("networkidle")
        page.locator("video").evaluate("film => { film.muted = true; return film.play() }")
        page.wait_for_timeout(6000)  # the player's own buttons are gone by then
        studio.take(page, "member-lesson")
        page.locator("video").evaluate("film => film.pause()")
        page.locator(".part--article .part__words").last.evaluate(
            "words => words.scrollIntoView({block: 'center'})"
        )
        studio.take(page, "member-lesson-reading")
        for path, name in (
            ("/me/study/how/", "member-study-how"),
            ("/me/study/", "member-study"),
            ("/classes/", ""),
        ):
            studio.go(page, path)
            if name:
                studio.take(page, name)
        page.locator("main h2 a").first.click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "member-class", full=True)
        page.locator("main a[href*='/reflections/']").first.click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "member-reflection")
        studio.go(page, "/me/report/")
        studio.take(page, "member-report")
        studio.go(page, "/me/certificates/")
        studio.take(page, "member-certificates")
        page.locator("main a[href*='/verify/']").first.click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "member-verify")
        number = page.url.rstrip("/").rpartition("/")[2]
        sheet = page.context.request.get(f"{studio.url}/certificates/{number}.pdf").body()
    studio.take_sheet(sheet, "member-certificate")


def organiser_course(studio: Studio) -> None:
    with studio.signed_in(studio.logins["organiser"], phone=False) as page:
        studio.go(page, "/admin/materials/upload/")
        studio.take(page, "organiser-material")
        studio.go(page, "/admin/courses/")
        studio.take(page, "organiser-courses")
        page.locator("main td.title a", has_text=SECOND_COURSE).click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "organiser-course", full=True)
        outline = page.url.removeprefix(studio.url)
        page.locator("main a", has_text="课程设置").click()
        page.wait_for_load_state("networkidle")
        page.get_by_role("tab", name="规则").click()
        page.wait_for_timeout(500)
        studio.take(page, "organiser-course-rules")
        studio.go(page, outline)
        page.locator("main .course-outline a[href*='/edit/']").filter(has_text=FILM_LESSON).first.click()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1000)
        studio.take(page, "organiser-lesson", full=True, tallest=1500)


def organiser_class(studio: Studio) -> None:
    with studio.signed_in(studio.logins["organiser"], phone=False) as page:
        studio.go(page, "/admin/classes/")
        page.locator("main tbody th a").first.click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "organiser-class", full=True)
        room = page.url.removeprefix(studio.url).removesuffix("plan/")
        studio.go(page, f"{room}progress/")
        studio.take(page, "organiser-class-progress")
        studio.go(page, f"{room}graduation/")
        studio.take(page, "organiser-class-graduation")
        studio.go(page, "/admin/reflections/")
        page.locator("main tbody th a").first.click()
        page.wait_for_load_state("networkidle")
        page.locator("main a", has_text="开始评阅").click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "organiser-reflection")


def organiser_report(studio: Studio) -> None:
    with studio.signed_in(studio.logins["organiser"], phone=False) as page:
        studio.go(page, "/admin/reports/")
        studio.take(page, "organiser-reports")
        page.locator("main a[href*='/reports/units/']").first.click()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1000)  # the chart
        studio.take(page, "organiser-report-unit", full=True, tallest=1650)
        studio.go(page, "/admin/reports/exams/")
        page.locator("main a", has_text="党章党史知识考试").first.click()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1000)
        studio.take(page, "organiser-report-exam", full=True, tallest=1250)
        page.locator("main a[href*='/reports/questions/']").first.click()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1000)
        studio.take(page, "organiser-report-question", full=True)
        studio.go(page, "/admin/reports/")
        page.locator("main a[href*='/reports/courses/']").first.click()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1000)
        studio.take(page, "organiser-report-course", full=True, tallest=1150)
        studio.go(page, f"/admin/reports/?q={studio.members[0]['number']}")
        page.locator("main a[href*='/reports/members/']").first.click()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1000)
        studio.take(page, "organiser-report-member", full=True, tallest=1250)


def organiser_bank(studio: Studio) -> None:
    with studio.signed_in(studio.logins["organiser"], phone=False) as page:
        studio.go(page, "/admin/")
        studio.take(page, "organiser-home")
        studio.go(page, "/admin/questions/")
        studio.take(page, "organiser-questions")
        studio.go(page, "/admin/imports/upload/")
        page.set_input_files("input[type=file]", studio.sheet("支部题目.xlsx", QUESTION_FILE))
        bank = page.locator("select[name=bank]")
        if bank.count():
            bank.select_option(index=1)
        studio.take(page, "organiser-import")
        page.locator("main form button[type=submit]").last.click()
        page.wait_for_url("**/admin/imports/*/")
        page.wait_for_selector("text=不能导入", timeout=60_000)
        page.wait_for_load_state("networkidle")
        studio.take(page, "organiser-import-preview")
        page.locator("main li, main a").filter(has_text="超出了选项范围").last.click()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1000)  # the pane at the right is fetched
        page.locator("details").filter(has_text="改正这一行").last.evaluate("pane => { pane.open = true }")
        studio.take(page, "organiser-import-mend", full=True)
        studio.go(page, "/admin/questions/")
        page.locator("main tbody td.title a, main tbody .title-wrapper a").first.click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "organiser-question", full=True)


def sit_for_a_while(studio: Studio, login: dict[str, str], answers: int) -> None:
    """Starts the formal exam, answers some questions and leaves it open: the monitor wants people in it."""
    with studio.signed_in(login, phone=True) as page:
        studio.go(page, f"/exams/{studio.formal}/")
        page.click("[data-start] button.button--large")
        for _ in range(answers):
            page.locator("[data-question] .option").first.click()
            page.wait_for_timeout(300)
            page.click("[data-next]")
        page.wait_for_selector("text=已保存")


def organiser_exam(studio: Studio) -> None:
    for index, answers in ((9, 3), (10, 5), (11, 7)):
        sit_for_a_while(studio, studio.members[index], answers)
    with studio.signed_in(studio.logins["organiser"], phone=False) as page:
        studio.go(page, "/admin/exams/")
        studio.take(page, "organiser-exams")
        page.locator("main tbody a").filter(has_text="草稿").click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "organiser-builder", full=True)
        studio.go(page, page.url.removeprefix(studio.url).split("?")[0].rstrip("/") + "/publish/")
        studio.take(page, "organiser-publish", full=True)
        manage = f"/admin/exams/{studio.formal}"
        studio.go(page, f"{manage}/candidates/")
        studio.take(page, "organiser-candidates")
        studio.go(page, f"{manage}/candidates/units/")
        studio.take(page, "organiser-admit")
        studio.go(page, f"{manage}/monitor/")
        page.click("#count-sitting")
        page.wait_for_url("**state=sitting**")
        page.wait_for_load_state("networkidle")
        studio.take(page, "organiser-monitor")
        page.locator("main tbody input[type=checkbox]").first.check()
        page.locator("main button").filter(has_text="下一步").click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "organiser-extend")
        studio.go(page, f"{manage}/marking/")
        studio.take(page, "organiser-marking")
        page.locator("main").get_by_text("开始评").first.click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "organiser-marking-item")
        studio.go(page, f"{manage}/trial/")
        studio.take(page, "organiser-trial")


def organiser_results(studio: Studio) -> None:
    with studio.signed_in(studio.logins["organiser"], phone=False) as page:
        studio.go(page, "/admin/exams/")
        page.locator("main tbody a").filter(has_text="党章党史知识考试").click()
        page.wait_for_load_state("networkidle")
        page.get_by_role("link", name="成绩", exact=True).click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "organiser-results", full=True)
        page.get_by_role("link", name="更正试题并重评").first.click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "organiser-regrade", full=True)


def organiser_phone(studio: Studio) -> None:
    with studio.signed_in(studio.logins["invigilator"], phone=True) as page:
        studio.go(page, f"/manage/exams/{studio.formal}/monitor/")
        studio.take(page, "invigilator-monitor")


def searching(studio: Studio) -> None:
    with studio.signed_in(studio.members[0], phone=True) as page:
        wait_for_index(studio, page)
        studio.take(page, "member-search")
        page.click(".search-line__door")
        studio.take(page, "member-search-filters")
        studio.go(page, "/search/")
        page.fill("#search-text", "")
        page.type("#search-text", WORDS, delay=60)
        page.wait_for_selector(".search-box__option")
        studio.take(page, "member-search-suggest")
    with studio.signed_in(studio.logins["organiser"], phone=False) as page:
        studio.go(page, f"/search/?q={WORDS}")
        studio.take(page, "organiser-search", full=True, tallest=1100)
        studio.go(page, "/search/?q=碳达峰行动方案")
        studio.go(page, "/admin/search/asked/")
        studio.take(page, "organiser-searches")
    with studio.signed_in(studio.logins["administrator"], phone=False) as page:
        studio.go(page, "/admin/search/state/")
        studio.take(page, "administrator-search", full=True, tallest=1100)


def wait_for_index(studio: Studio, page: Page) -> None:
    """A new school's worker needs a while until everything can be found."""
    deadline = time.monotonic() + LOAD_S
    while time.monotonic() < deadline:
        studio.go(page, f"/search/?q={WORDS}")
        if page.locator(".hit").count() > 5:
            return
        page.wait_for_timeout(3000)
    raise TimeoutError("Nothing is found.")


def administrator(studio: Studio) -> None:
    with studio.signed_in(studio.logins["administrator"], phone=False) as page:
        studio.go(page, "/admin/units/")
        studio.take(page, "administrator-units")
        unit = page.locator("main table tbody tr").nth(2).locator("a").first.inner_text().strip()
        studio.go(page, "/admin/units/new/")
        studio.take(page, "administrator-unit-new")
        studio.go(page, "/admin/users/")
        studio.take(page, "administrator-people")
        page.locator("main table tbody tr a").first.click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "administrator-person", full=True)
        studio.go(page, "/admin/roster/")
        studio.take(page, "administrator-roster")
        rows = [[cell.replace("{unit}", unit) for cell in row] for row in ROSTER_FILE]
        page.set_input_files("input[type=file]", studio.sheet("花名册.xlsx", rows))
        page.locator("main form button[type=submit]").last.click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "administrator-roster-preview")
        page.locator("main form[action*='confirm'] button").first.click()
        page.wait_for_load_state("networkidle")
        studio.take(page, "administrator-roster-done")
        studio.go(page, "/admin/roles/")
        studio.take(page, "administrator-roles")
        studio.go(page, "/admin/audit/")
        studio.take(page, "administrator-audit")
        studio.go(page, "/admin/settings/project/sitelook/")
        studio.take(page, "administrator-look")


@contextmanager
def demo(folder: Path) -> Iterator[dict[str, object]]:
    """A demo school on its own port and its own files; yields the line that `manage.py demo --json` prints."""
    command = [sys.executable, "manage.py", "demo", "--port", str(PORT), "--json"]
    environment = os.environ | {"DANGXIAO_VAR": str(folder), "DATABASE_URL": "", "REDIS_URL": ""}
    for name in ("DATABASE_URL", "REDIS_URL"):
        environment.pop(name)
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        deadline = time.monotonic() + LOAD_S
        while time.monotonic() < deadline:
            line = process.stdout.readline()
            if line.startswith("{"):
                yield json.loads(line)
                return
            if process.poll() is not None:
                break
        raise SystemExit("The demo did not start.")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


PARTS: list[Callable[[Studio], None]] = [
    member_course, member_exam, member_record, member_practice, organiser_course, organiser_class, organiser_report,
    organiser_bank, organiser_exam, organiser_results, organiser_phone, searching,
    administrator, campus,
]  # fmt: skip


def main(names: list[str]) -> int:
    if not shutil.which("chromium"):
        raise SystemExit("chromium is missing (Debian: apt-get install chromium fonts-noto-cjk)")
    IMAGES.mkdir(exist_ok=True)
    kept = os.environ.get("DANGXIAO_VAR")
    failed = []
    with (
        tempfile.TemporaryDirectory() as temporary,
        demo(Path(kept or temporary)) as said,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(**chromium())
        parts = [part for part in PARTS if part.__name__ in names] or PARTS
        pictures = set(names) - {part.__name__ for part in parts}
        studio = Studio(browser, said, Path(temporary), pictures)
        for part in parts:
            try:
                part(studio)
            except Exception as error:  # the other pictures are wanted all the same
                failed.append(f"{part.__name__}: {error}")
        browser.close()
    for each in failed:
        sys.stdout.write(f"FAILED {each}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
