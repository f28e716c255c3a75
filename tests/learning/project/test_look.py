"""The member pages' look: floor of the style sheets, the policy, and the includes that hold a rule."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

PROJECT = Path(__file__).resolve().parents[3] / "learning" / "project"
STATIC = PROJECT / "static" / "site"
SHEETS = sorted(STATIC.glob("*.css"))
TEMPLATES = sorted((PROJECT / "templates").rglob("*.html"))
COMMENT = re.compile(r"/\*.*?\*/|\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", re.DOTALL)

# What Chrome 80, Safari 13.0 or Firefox 78 do not know and what would break the page without.
ABOVE_THE_FLOOR = {
    ":has": r":has\(",
    ":is and :where": r":(is|where)\(",
    "aspect-ratio": r"aspect-ratio\s*:",
    "inset": r"[;{\s]inset\s*:",
    "logical sides": r"(margin|padding|inset|border)-(inline|block)",
    "flex gap": r"[;{\s](gap|row-gap|column-gap)\s*:",
    "color-mix": r"color-mix\(",
    "viewport units of 2022": r"\d[dsl]v[hw]\b",
    "range media queries": r"@media[^{]*[<>]",
    "clamp": r"clamp\(",
}


@pytest.fixture(autouse=True)
def _chinese():
    with translation.override("zh-hans"):
        yield


def without_comments(path: Path) -> str:
    return COMMENT.sub("", path.read_text("utf-8"))


def test_style_sheets_together_are_at_most_25_kb_compressed():
    assert sum(len(gzip.compress(sheet.read_bytes())) for sheet in SHEETS) <= 25_000


@pytest.mark.parametrize("feature", ABOVE_THE_FLOOR)
def test_style_sheets_keep_to_the_floor(feature):
    for sheet in SHEETS:
        assert not re.search(ABOVE_THE_FLOOR[feature], without_comments(sheet)), sheet.name


def test_nothing_asks_another_host():
    for path in [*SHEETS, *TEMPLATES, *STATIC.glob("*.js")]:
        assert not re.search(r"(https?:)?//[a-z]", re.sub(r"//\s.*", "", without_comments(path))), path.name


def test_templates_hold_no_inline_script_or_style():
    for path in TEMPLATES:
        text = without_comments(path)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), path.name
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), path.name


def test_every_icon_that_a_template_names_is_in_the_sprite():
    drawn = set(
        re.findall(r'id="icon-([a-z-]+)"', (PROJECT / "templates/site/sprite.html").read_text("utf-8"))
    )
    named = {
        name
        for path in TEMPLATES
        for name in re.findall(r'icon\.html" with name="([a-z-]+)"|icon="([a-z-]+)"', path.read_text("utf-8"))
        for name in name
        if name
    }
    assert named
    assert named <= drawn


@pytest.mark.parametrize(
    "template", ["400.html", "403.html", "404.html", "429.html", "500.html", "403_csrf.html"]
)
def test_error_pages_render_without_any_context(template):
    page = render_to_string(template)
    assert "<h1>" in page
    assert page.lstrip().startswith("<!DOCTYPE html>")


class Sample(forms.Form):
    number = forms.CharField(label="学号", help_text="校园卡上的编号。")
    kind = forms.ChoiceField(label="身份", choices=[("s", "学生"), ("t", "教职工")], widget=forms.RadioSelect)
    agreed = forms.BooleanField(label="我已阅读须知")
    note = forms.CharField(label="备注", required=False)


def rendered(name: str, form: forms.Form) -> str:
    return render_to_string("site/field.html", {"field": form[name]})


def test_field_ties_hint_and_error_to_the_input():
    html = rendered("number", Sample({}))
    ids = re.search(r'<input[^>]*aria-describedby="([^"]+)"', html)
    assert ids
    assert [html.count(f'id="{part}"') for part in ids[1].split()] == [1, 1]
    assert "field--wrong" in html


def test_radios_and_checkboxes_become_option_rows_whose_label_is_the_row():
    html = rendered("kind", Sample())
    assert html.count('<label class="option"') == 2
    assert "<legend>身份" in html
    assert '<label class="option" for="id_agreed"><input type="checkbox"' in rendered("agreed", Sample())


def test_optional_field_says_so_and_a_required_one_does_not():
    assert "选填" in rendered("note", Sample())
    assert "选填" not in rendered("number", Sample())


def test_error_summary_links_each_error_to_an_element_that_exists():
    form = Sample({})
    page = engines["django"].from_string(
        '{% include "site/form_errors.html" %}'
        '{% for field in form %}{% include "site/field.html" %}{% endfor %}'
    )
    html = page.render({"form": form})
    targets = re.findall(r'<a href="#([^"]+)"', html)
    assert len(targets) == 3
    for target in targets:
        assert f'id="{target}"' in html


def test_pagination_keeps_the_other_filters_of_the_address():
    request = RequestFactory().get("/", {"q": "党 章", "page": "2"})
    html = render_to_string(
        "site/pagination.html", {"page_obj": Paginator(range(50), 10).page(2), "request": request}
    )
    assert 'href="?q=%E5%85%9A%20%E7%AB%A0&amp;page=1"' in html
    assert 'href="?q=%E5%85%9A%20%E7%AB%A0&amp;page=3"' in html
    assert "第 2/5 页，共 50 条" in html


@pytest.mark.parametrize(("cookie", "name"), [("", ""), ("1", "large-print"), ("2", "larger-print")])
def test_print_size_of_the_cookie_is_a_class_of_the_page(cookie, name):
    page = render_to_string("site/offline.html", {"site": {"large_print": cookie}})
    assert f'<html lang="zh-Hans" class="{name}">' in page


def test_page_in_an_lms_frame_has_a_slim_title_and_no_navigation():
    nav = [{"url": "/", "label": "首页", "icon": "home", "current": True}]
    framed = render_to_string(
        "site/offline.html", {"site": {"in_frame": True, "new_window_url": "/x"}, "nav": nav}
    )
    plain = render_to_string("site/offline.html", {"site": {}, "nav": nav})
    assert "frame-bar" in framed
    assert "site-nav" not in framed
    assert 'target="_blank" rel="noopener"' in framed
    assert 'aria-current="page"' in plain
