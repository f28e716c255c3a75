"""The report of what was searched for in vain, in a real Chromium: from the reports' first page, on a desk and a phone."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from learning.organisation.models import Role, User
from search.models import Asked
from tests.browser.conftest import NewContext, Site, axe, misfits, watch
from tests.factories import make_unit, make_user

pytestmark = pytest.mark.browser

LONG = (
    "中国共产党支部工作条例试行第三十一条关于党员教育管理的规定是什么内容请问哪里可以学习到这个专题的全部课程"
)


@pytest.fixture(scope="module")
def office(site: Site) -> User:
    with site.database():
        unit = make_unit(name="机关党委")
        for words, zero, similar in (("三会一课", 4, 1), (LONG, 1, 0), ("dangzhang jiaocai", 0, 2)):
            Asked.objects.create(
                day=timezone.localdate(), unit=unit, words=words, times=9, zero=zero, similar=similar
            )
        return make_user(name="组织员", unit=unit, roles=[(Role.SCHOOL_OFFICE, unit)])


@pytest.fixture(params=[1280, 360])
def page(
    request: pytest.FixtureRequest, new_context: NewContext, office: User, complaints: list[str]
) -> Page:
    viewport = {"width": request.param, "height": 800}
    return watch(new_context(office, viewport=viewport).new_page(), complaints)


def test_the_report_is_found_from_the_reports_and_fits_the_screen(page: Page, complaints: list[str]) -> None:
    page.goto("/admin/reports/")
    page.get_by_role("link", name="搜索词：大家在找什么，什么找不到").click()
    rows = page.locator(".manage tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("三会一课")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [part for part in misfits(page) if "button-secondary" in part or 'id="f-' in part] == []
    page.get_by_label("显示").select_option("all")
    page.get_by_role("button", name="筛选", exact=True).click()
    expect(page).to_have_url(re.compile("show=all"))
    with page.expect_download() as download:
        page.get_by_role("link", name="下载 XLSX").click()
    assert download.value.suggested_filename == "搜索词.xlsx"
    assert complaints == []
