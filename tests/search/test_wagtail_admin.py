"""Wagtail's own lists and choosers find Chinese and survive whatever is typed, on SQLite and PostgreSQL."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.core.management import call_command
from django.db import connection
from django.db.migrations.operations import SeparateDatabaseAndState
from django.test import Client
from django.urls import reverse
from modelsearch.backends import database, get_search_backend
from modelsearch.query import And, Boost, MatchAll, Not, Or, Phrase, PlainText
from PIL import Image
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page

from courses.models import CoursePage
from learning.organisation.admin import doors
from learning.organisation.models import Role, Unit
from search.wagtail_backend.renewing import holds_old_spelling, renew_after_migrating
from search.wagtail_backend.spelling import spell, spell_text
from tests.courses.factories import make_course, make_lesson
from tests.factories import make_unit, make_user

pytestmark = pytest.mark.django_db

TITLE = "中国共产党纪律处分条例 2024 学习：第三十一条与〇五号 𠮷田 Wagtail's guide"
OTHER = "支部工作实务"
# Views of Wagtail that search, open to organisers or (page search, lists of images and documents) closed by doors.py.
VIEWS = (
    "wagtailadmin_choose_page_search",
    "wagtailadmin_pages:search",
    "wagtailadmin_pages:search_results",
    "wagtailimages_chooser:choose_results",
    "wagtailimages:index",
    "wagtaildocs_chooser:choose_results",
    "wagtaildocs:index",
)
OPENED = ("wagtailadmin_pages:", "wagtailimages:", "wagtaildocs:", "wagtaildocs_chooser:")
PARTS = [
    "纪律", "处分", "律处", "分条例", "国共产党", "产党纪律处", "〇五", "𠮷田", "2024", "20", "wagt", "GUIDE", "紀律處分",
    "２０２４", "党纪 条例", "三十一条", "纪", "wagtail's gui",
]  # fmt: skip

NOT_PARTS = ["纪处", "条律", "产国", "纪律 支部", "2023", "guides", "：！", "😀"]
HOSTILE = [
    '"', '"党 live:yes', "'*(", "(()", "AND", "NOT NEAR(", "党 AND NOT", "{title} : x -党 ^", "\\%_", "党\x00章",
    "\ufffd😀\u202e👨\u200d👩", "：！？", "published:", "党" * 10_000, "a " * 5_000, '" a ' * 2_500, "党" + " " * 9_999,
]  # fmt: skip


@pytest.fixture(autouse=True)
def full_text(db: None) -> None:
    """Tables made from the models lack what the migrations add to Wagtail's index on SQLite."""
    if connection.vendor != "sqlite":
        return
    table = "wagtailsearch_indexentry_fts"
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [table])
        if "VIRTUAL" in cursor.fetchone()[0]:
            return
        cursor.execute(f"DROP TABLE {table}")
        made = importlib.import_module("wagtail.search.migrations.0006_customise_indexentry").Migration
        for operation in made.operations:
            if isinstance(operation, SeparateDatabaseAndState):
                for step in operation.database_operations:
                    cursor.execute(step.sql)


@pytest.fixture
def unit() -> Unit:
    return make_unit()


@pytest.fixture
def client(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Signed in as an administrator, to whom Wagtail's closed lists are opened."""
    monkeypatch.setattr(doors, "_open", doors._open | set(OPENED))
    monkeypatch.setattr(doors, "_guards", {})
    client = Client()
    client.force_login(make_user(unit=unit, roles=[(Role.ADMINISTRATOR, unit)], is_superuser=True))
    return client


@pytest.fixture
def filled(unit: Unit) -> None:
    """A page, an image and a document of each of the two titles."""
    dot = BytesIO()
    Image.new("RGB", (1, 1)).save(dot, "PNG")
    for title in (TITLE, OTHER):
        make_course(unit, title=title)
        get_image_model().objects.create(title=title, file=ImageFile(BytesIO(dot.getvalue()), name="a.png"))
        get_document_model().objects.create(title=title, file=ContentFile(b"1", name="a.txt"))


def found(client: Client, view: str, words: str) -> tuple[bool, bool]:
    """Whether the two things are in the answer."""
    text = client.get(reverse(view), {"q": words})
    assert text.status_code == 200, (view, words[:20])
    html = text.content.decode()
    return "纪律处分条例 2024" in html, OTHER in html.replace(f'value="{OTHER}"', "")


def shared_out(every: Sequence[str]) -> list[Any]:
    """(view, words): all words for the first view, the others take turns."""
    turns = [(view, words) for n, view in enumerate(VIEWS[1:]) for words in every[n :: len(VIEWS) - 1]]
    return [
        pytest.param(view, words, id=f"{view}-{words[:9]!a}")
        for view, words in [*((VIEWS[0], words) for words in every), *turns]
    ]


@pytest.mark.usefixtures("filled")
class TestWhatIsFound:
    @pytest.mark.parametrize(("view", "words"), shared_out(PARTS))
    def test_parts_of_a_title(self, client: Client, view: str, words: str) -> None:
        assert found(client, view, words) == (True, False)

    @pytest.mark.parametrize(("view", "words"), shared_out(NOT_PARTS))
    def test_nothing_else(self, client: Client, view: str, words: str) -> None:
        assert found(client, view, words) == (False, False)

    @pytest.mark.parametrize(("view", "words"), shared_out(HOSTILE))
    def test_hostile_words_are_answered(self, client: Client, view: str, words: str) -> None:
        found(client, view, words)


def test_an_organiser_finds_courses_of_the_own_scope_in_the_chooser_of_pages(unit: Unit) -> None:
    make_course(unit, title=TITLE)
    make_course(make_unit(), title=f"{TITLE}（别处）")
    client = Client()
    client.force_login(make_user(unit=unit, roles=[(Role.SCHOOL_OFFICE, unit)]))
    html = client.get(reverse("wagtailadmin_choose_page_search"), {"q": "处分条例"}).content.decode()
    assert "纪律处分条例 2024" in html
    assert "别处" not in html


@pytest.mark.usefixtures("filled")
class TestEveryKindOfQuery:
    def titles(self, query: object, **options: object) -> list[str]:
        backend = get_search_backend()
        rows = list(backend.search(query, CoursePage, **options))
        assert len(rows) == backend.search(query, CoursePage, **options).count()
        return sorted(row.title for row in rows)

    def test_operators(self) -> None:
        law, branch = PlainText("纪律"), Phrase("支部工作")
        assert self.titles(law) == [TITLE]
        assert self.titles(And([law, branch])) == []
        assert self.titles(Or([law, branch])) == [TITLE, OTHER]
        assert self.titles(Not(law)) == [OTHER]
        assert self.titles(And([branch, Not(law)])) == [OTHER]
        assert self.titles(MatchAll()) == [TITLE, OTHER]
        assert self.titles(Boost(law, 2)) == [TITLE]
        assert self.titles(PlainText("纪律 支部", operator="or")) == [TITLE, OTHER]
        assert self.titles("纪律 支部", operator="or") == [TITLE, OTHER]
        assert self.titles(Or([PlainText("！"), law])) == [TITLE]
        assert self.titles(PlainText("！")) == []

    def test_the_title_searched_by_name_and_the_order_by_relevance_or_not(self) -> None:
        assert self.titles("纪律", fields=["title"]) == [TITLE]
        assert self.titles("纪律", order_by_relevance=False) == [TITLE]

    def test_thousands_of_operators_deep(self) -> None:
        query: object = PlainText("纪律")
        for _ in range(3000):
            query = And([query, PlainText("处分")])
        assert self.titles(query) == [TITLE]

    def test_a_changed_title_and_a_deleted_page(self) -> None:
        page = CoursePage.objects.get(title=TITLE)
        page.title = "党章导读"
        page.save()
        assert self.titles("纪律") == []
        assert self.titles("章导") == ["党章导读"]
        page.delete()
        assert self.titles("章导") == []

    def test_tags_of_an_image(self) -> None:
        image = get_image_model().objects.get(title=OTHER)
        image.tags.add("红色基地")
        image.save()
        assert [row.title for row in get_search_backend().search("红色", get_image_model())] == [OTHER]
        assert [row.title for row in get_search_backend().autocomplete("色基", get_image_model())] == [OTHER]


class TestUpgrading:
    def test_what_wagtail_indexed_is_spelled_anew_once(self, unit: Unit) -> None:
        course = make_course(unit, title=TITLE)
        assert not holds_old_spelling()
        database.SearchBackend({}).add(course)
        assert holds_old_spelling()
        assert not get_search_backend().search("处分", CoursePage)
        renew_after_migrating()
        assert not holds_old_spelling()
        assert list(get_search_backend().search("处分", CoursePage)) == [course]

    def test_titles_without_a_word_are_not_taken_for_old(self, unit: Unit) -> None:
        make_course(unit, title="！！")
        assert not holds_old_spelling()

    def test_the_command_of_wagtail_builds_the_same(self, unit: Unit) -> None:
        course = make_course(unit, title=TITLE)
        make_lesson(course, title=OTHER)
        call_command("wagtail_update_index", verbosity=0)
        assert list(get_search_backend().search("处分", Page)) == [course.page_ptr]
        assert not holds_old_spelling()

    def test_nothing_old_costs_one_query(self, unit: Unit, django_assert_max_num_queries: object) -> None:
        make_course(unit, title=TITLE)
        with django_assert_max_num_queries(2):  # type: ignore[operator]
            renew_after_migrating()


def test_spelling_keeps_tokens_apart_and_beginnings_together() -> None:
    assert spell("党章") != spell("章党")
    assert spell("党章").startswith(spell("党"))
    assert spell_text("Running runs") != spell_text("run run")
    assert all(word.isascii() and word.isalnum() for word in spell_text(f"{TITLE}\x00\ud800😀").split())
