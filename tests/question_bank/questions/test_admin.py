"""The organisers' screens: what they do, who gets in, how many queries they take."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from learning.organisation.models import AuditEntry, Role, User
from question_bank.questions.content import content_from_texts
from question_bank.questions.models import Bank, Chapter, ImportJob, KnowledgePoint, Question
from question_bank.questions.services import banks, imports
from question_bank.questions.services.questions import create_question, edit_question
from question_bank.questions.wagtail_hooks import register_urls
from tests.factories import NOW, make_bank, make_chapter, make_question, make_unit, make_user
from tests.question_bank.questions.test_imports import ALSO_GOOD, GOOD, NO_ANSWER, workbook

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def bank() -> Bank:
    return make_bank(make_unit())


@pytest.fixture
def organiser(bank: Bank) -> User:
    return make_user(roles=[(Role.SCHOOL_OFFICE, bank.owner_unit)])


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="learning.organisation.backends.NumberBackend")
    return client


def draft(bank: Bank, by: User, stem: str = "党的生日是哪一天？") -> Question:
    content = content_from_texts(kind="single", stem=stem, options=["七月一日", "十月一日"], answer=(0,))
    return create_question(bank=bank, by=by, content=content, now=NOW)


def typed(question: Question, **changes: Any) -> dict[str, Any]:
    """The editor's form as the page would send it back, with changes."""
    version = question.latest
    assert version is not None
    options = version.body["options"]
    return {
        "stem": version.stem,
        "row": [option["id"] for option in options],
        "row_text": [option["text"] for option in options],
        "key": version.key,
        "difficulty": question.difficulty,
        "base_no": version.no,
        **changes,
    }


# ---- who gets in ------------------------------------------------------------------------------------------------


def addresses(bank: Bank, by: User) -> list[tuple[str, dict[str, Any]]]:
    """Every registered address of the room, on objects of the bank."""
    question = draft(bank, by)
    job = imports.upload(bank=bank, by=by, file=ContentFile(workbook(GOOD)), filename="a.xlsx", now=NOW)
    imports.check(job_id=job.pk, now=NOW)
    row = job.rows.get()
    found = []
    for pattern in register_urls():
        assert pattern.name
        kwargs: dict[str, Any] = {}
        if "pk" in pattern.pattern.converters:
            kind = pattern.name.split("_")[0]
            kwargs["pk"] = {"bank": bank.pk, "question": question.pk, "import": job.pk}[kind]
        if "row_pk" in pattern.pattern.converters:
            kwargs["row_pk"] = row.pk
        found.append((reverse(pattern.name, kwargs=kwargs), kwargs))
    return found


def test_a_member_and_a_stranger_get_into_no_address_of_the_room(bank: Bank, organiser: User) -> None:
    member = browser(make_user(unit=bank.owner_unit))
    stranger = Client()
    for url, _kwargs in addresses(bank, organiser):
        for client in (member, stranger):
            for reply in (client.get(url), client.post(url, {"act": "ready"})):
                assert reply.status_code in (302, 404), url
                assert (
                    not reply.has_header("Location")
                    or "/admin/questions" not in reply["Location"].split("?")[0]
                )


def test_an_organiser_of_another_unit_finds_none_of_the_objects(bank: Bank, organiser: User) -> None:
    elsewhere = make_unit()
    other = browser(make_user(roles=[(Role.SCHOOL_OFFICE, elsewhere)]))
    walked = addresses(bank, organiser)
    before = list(Question.objects.values_list("pk", "retired_at", "current"))
    for url, kwargs in walked:
        if kwargs:
            assert other.get(url).status_code in (404, 405), url
            for act in ("ready", "retire", "archive", "confirm", "discard", "add", "delete"):
                assert other.post(url, {"act": act, "name": "新"}).status_code in (404, 405), url
        else:
            reply = other.get(url)
            assert reply.status_code in (200, 302, 404), url
            body = reply.getvalue() if reply.streaming else reply.content
            assert "党的生日" not in body.decode(errors="ignore"), url
            assert bank.name not in body.decode(errors="ignore"), url
    assert list(Question.objects.values_list("pk", "retired_at", "current")) == before
    assert ImportJob.objects.get().state == "checked"


def test_rows_of_another_unit_cannot_be_reached_through_forms(bank: Bank, organiser: User) -> None:
    mine = make_bank(make_unit())
    other = make_user(roles=[(Role.SCHOOL_OFFICE, mine.owner_unit)])
    client = browser(other)
    theirs = draft(bank, organiser)
    chapter = make_chapter(bank)
    bulk = {"id": [theirs.pk], "act": "retire"}
    client.post(reverse("question_bulk"), bulk)
    assert Question.objects.get(pk=theirs.pk).retired_at is None
    own = draft(mine, other)
    reply = client.post(reverse("question_edit", args=[own.pk]), typed(own, chapter=chapter.pk))
    assert reply.status_code == 200
    assert Question.objects.get(pk=own.pk).chapter is None
    upload = {"bank": bank.pk, "file": SimpleUploadedFile("a.xlsx", workbook(GOOD))}
    assert client.post(reverse("import_upload"), upload).status_code == 200
    assert not ImportJob.objects.exists()
    assert client.get(reverse("question_add") + f"?bank={bank.pk}").status_code == 404
    assert client.post(reverse("question_preview") + f"?bank={bank.pk}&kind=single", {}).status_code == 404


def test_a_share_for_use_shows_the_questions_but_lets_nobody_edit(bank: Bank, organiser: User) -> None:
    question = draft(bank, organiser)
    guest_unit = make_unit()
    banks.share_bank(bank=bank, unit=guest_unit, may_edit=False, by=organiser, now=NOW)
    guest = browser(make_user(roles=[(Role.SCHOOL_OFFICE, guest_unit)]))
    assert "党的生日" in guest.get(reverse("question_list")).content.decode()
    edit = reverse("question_edit", args=[question.pk])
    assert guest.get(edit).headers["Location"] == reverse("question_versions", args=[question.pk])
    assert guest.post(edit, typed(question, stem="改")).status_code == 404
    assert guest.get(reverse("bank_edit", args=[bank.pk])).status_code == 404


def test_an_author_sees_no_review_queue_and_makes_drafts_only(bank: Bank) -> None:
    author = make_user(roles=[(Role.AUTHOR, bank.owner_unit)])
    client = browser(author)
    assert client.get(reverse("question_review_queue")).status_code == 404
    question = draft(bank, author)
    client.post(
        reverse("question_edit", args=[question.pk]), typed(question, stem="改过的题干", status="ready")
    )
    question.refresh_from_db()
    assert question.latest is not None
    assert (question.latest.no, question.latest.status, question.current) == (2, "draft", None)


# ---- the listing ------------------------------------------------------------------------------------------------


def test_an_empty_listing_offers_no_act_on_nothing(bank: Bank, organiser: User) -> None:
    client = browser(organiser)
    assert "处理所选试题" not in client.get(reverse("question_list")).content.decode()
    draft(bank, organiser)
    assert "处理所选试题" in client.get(reverse("question_list")).content.decode()
    assert "处理所选试题" in client.get(reverse("question_list"), {"status": "retired"}).content.decode()


def test_the_listing_takes_as_many_queries_for_sixty_rows_as_for_six(bank: Bank, organiser: User) -> None:
    client = browser(organiser)
    chapter = make_chapter(bank)
    client.get(reverse("question_list"))  # Wagtail makes the person's profile at the first visit
    counts = []
    for many in (6, 54):
        for _ in range(many):
            make_question(bank, chapter=chapter)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(reverse("question_list") + f"?bank={bank.pk}").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 15


def test_filters_narrow_the_rows_and_the_export_holds_exactly_those(bank: Bank, organiser: User) -> None:
    client = browser(organiser)
    top = make_chapter(bank, "党章")
    below = make_chapter(bank, "总纲", top)
    inside = make_question(bank, chapter=below, stem="章内单选", difficulty=5)
    make_question(bank, "multiple", chapter=below, stem="章内多选")
    make_question(bank, stem="章外单选")
    query = f"?bank={bank.pk}&chapter={top.pk}&kind=single"
    page = client.get(reverse("question_list") + query).content.decode()
    assert "章内单选" in page
    assert "章内多选" not in page
    assert "章外单选" not in page
    reply = client.get(reverse("question_export") + query)
    rows = list(load_workbook(io.BytesIO(reply.getvalue())).worksheets[0].values)
    assert [row[1] for row in rows] == ["题干", "章内单选"]
    named = dict(zip(rows[0], rows[1], strict=True))
    assert (named["编号"], named["答案"], named["章节"], named["难度"]) == (
        inside.pk,
        "B",
        "党章/总纲",
        "5 很难",
    )
    assert str(named["最近修改"]) == "2026-06-01 09:00:00"  # NOW in Shanghai
    assert AuditEntry.objects.get(action="question.export").data["rows"] == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?status=draft", {"草稿题"}),
        ("?status=ready", {"可用题", "带标签题"}),
        ("?status=retired", {"停用题"}),
        ("?tag=2026春", {"带标签题"}),
        ("?q=可用", {"可用题"}),
        ("?difficulty=1", set()),
        ("?bank=999999999999999999999&chapter=x&kind=nonsense", None),
    ],
)
def test_each_filter_and_the_search_find_their_rows(
    bank: Bank, organiser: User, query: str, found: set[str] | None
) -> None:
    draft(bank, organiser, "草稿题")
    make_question(bank, stem="可用题")
    tagged = make_question(bank, stem="带标签题")
    Question.objects.filter(pk=tagged.pk).update(tags=["2026春", "党课"])
    gone = make_question(bank, stem="停用题")
    Question.objects.filter(pk=gone.pk).update(retired_at=NOW)
    reply = browser(organiser).get(reverse("question_list") + query)
    assert reply.status_code == 200
    if found is not None:
        page = reply.content.decode()
        assert {stem for stem in ("草稿题", "可用题", "带标签题", "停用题") if stem in page} == found


def test_a_bulk_act_on_all_filtered_rows_names_their_number_and_does_it(bank: Bank, organiser: User) -> None:
    client = browser(organiser)
    drafts = [draft(bank, organiser, f"草稿{n}") for n in range(3)]
    make_question(bank, stem="不在筛选中")
    url, query = reverse("question_bulk"), f"bank={bank.pk}&status=draft"
    asked = client.post(url, {"all": "1", "query": query})
    assert "将处理 3 道试题" in asked.content.decode()
    stale = client.post(url, {"all": "1", "query": query, "count": "2", "act": "ready"})
    assert "筛选出的试题已有变化" in stale.content.decode()
    assert not Question.objects.filter(pk__in=[each.pk for each in drafts], current__isnull=False).exists()
    done = client.post(url, {"all": "1", "query": query, "count": "3", "act": "ready"})
    assert done.headers["Location"] == reverse("question_list") + "?" + query
    assert Question.objects.usable().count() == 4


# ---- the editor -------------------------------------------------------------------------------------------------


def test_a_new_question_of_every_kind_is_written_in_the_editor(bank: Bank, organiser: User) -> None:
    client = browser(organiser)
    common = {"difficulty": 2, "status": "ready", "new_points": "甲、乙", "tags": "党课"}
    rows = {"row": ["new1", "new2", "new3"], "row_text": ["一", "二", ""]}
    forms: dict[str, dict[str, Any]] = {
        "single": {**rows, "key": "new2"},
        "multiple": {**rows, "key": ["new1", "new2"], "pinned": "new2", "multiple": "half"},
        "true_false": {"key": "false"},
        "fill": {"row": ["new1", "new2"], "row_text": ["甲 | 甲方", "乙"], "any_order": "on"},
        "order": rows,
        "match": {**rows, "row_right": ["壹", "贰", "叁"], "row_right_id": ["", "", ""]},
        "short": {"reference": "要点"},
        "essay": {"reference": ""},
    }
    for kind, form in forms.items():
        url = f"{reverse('question_add')}?bank={bank.pk}&kind={kind}"
        assert client.get(url).status_code == 200
        reply = client.post(url, {**common, **form, "stem": f"题干 {kind}"})
        assert reply.status_code == 302, kind
    made = {
        question.latest.kind: question.latest
        for question in Question.objects.usable().select_related("latest")
        if question.latest
    }
    assert set(made) == set(forms)
    assert [option["pinned"] for option in made["multiple"].body["options"]] == [False, True]
    assert made["multiple"].rule == {"multiple": "half"}
    assert made["fill"].key == [["甲", "甲方"], ["乙"]]
    assert made["fill"].rule == {"any_order": True}
    assert len(made["match"].body["left"]) == 2
    assert len(made["match"].body["options"]) == 3
    assert KnowledgePoint.objects.filter(bank=bank).count() == 2


def test_saving_an_untouched_form_of_every_kind_makes_no_version(bank: Bank, organiser: User) -> None:
    client = browser(organiser)
    for kind in ("single", "multiple", "true_false", "fill", "short", "essay", "order", "match"):
        question = make_question(bank, kind)
        page = client.get(reverse("question_edit", args=[question.pk]))
        form = page.context["form"]
        data = {
            name: form[name].value() for name in form.fields if form[name].value() not in (None, "", False)
        }
        data |= {
            "row": [row.token for row in form.typed.rows],
            "row_text": [row.text for row in form.typed.rows],
            "row_right": [row.right for row in form.typed.rows],
            "row_right_id": [row.right_token for row in form.typed.rows],
            "pinned": [row.token for row in form.typed.rows if row.pinned],
            "key": list(form.typed.key),
            "reference": form.typed.reference,
        }
        assert client.post(reverse("question_edit", args=[question.pk]), data).status_code == 302, kind
        assert question.versions.count() == 1, kind


def test_problems_are_told_in_words_at_their_field_and_nothing_typed_is_lost(
    bank: Bank, organiser: User
) -> None:
    question = draft(bank, organiser)
    reply = browser(organiser).post(
        reverse("question_edit", args=[question.pk]), typed(question, stem="新写的题干", key=[])
    )
    page = reply.content.decode()
    assert "请给出答案。" in page
    assert "新写的题干" in page
    assert question.versions.count() == 1


def test_the_preview_shows_what_is_typed_and_never_the_key(bank: Bank, organiser: User) -> None:
    question = draft(bank, organiser)
    url = f"{reverse('question_preview')}?bank={bank.pk}&kind=single"
    page = browser(organiser).post(url, typed(question, stem="正在写<script>x</script>")).content.decode()
    assert "正在写" in page
    assert "十月一日" in page
    assert "<script>x" not in page
    assert "checked" not in page
    assert question.latest is not None
    assert question.latest.key not in page


def test_versions_show_who_changed_what(bank: Bank, organiser: User) -> None:
    question = draft(bank, organiser)
    content = content_from_texts(
        kind="single", stem="党的生日是何时？", options=["七月一日", "十月一日"], answer=(0,)
    )
    edit_question(question_id=question.pk, by=organiser, content=content, change_note="改说法", now=NOW)
    page = browser(organiser).get(reverse("question_versions", args=[question.pk])).content.decode()
    assert "<del>哪一天</del><ins>何时</ins>" in page
    assert organiser.full_name in page
    assert "改说法" in page


def test_the_review_queue_leads_from_draft_to_draft(bank: Bank, organiser: User) -> None:
    client = browser(organiser)
    first, second = draft(bank, organiser, "第一题"), draft(bank, organiser, "第二题")
    assert "第一题" in client.get(reverse("question_review_queue")).content.decode()
    url = reverse("question_review", args=[first.pk])
    assert "七月一日" in client.get(url).content.decode()
    reply = client.post(url, {"act": "ready", "no": 1})
    assert reply.headers["Location"] == reverse("question_review", args=[second.pk])
    first.refresh_from_db()
    assert first.current == first.latest
    end = client.post(reverse("question_review", args=[second.pk]), {"act": "ready", "no": 1})
    assert end.headers["Location"] == reverse("question_review_queue")


# ---- banks, chapters, imports -----------------------------------------------------------------------------------


def test_an_organiser_makes_a_bank_and_orders_its_chapters(bank: Bank, organiser: User) -> None:
    client = browser(organiser)
    client.post(reverse("bank_add"), {"name": "新题库", "owner_unit": bank.owner_unit_id})
    made = Bank.objects.get(name="新题库")
    url = reverse("bank_chapters", args=[made.pk])
    client.post(url, {"act": "add", "name": "党章", "other": ""})
    top = Chapter.objects.get(bank=made)
    client.post(url, {"act": "add", "name": "总纲", "other": top.pk})
    client.post(url, {"act": "rename", "chapter": top.pk, "name": "章程"})
    assert sorted(made.chapters.values_list("full_name", flat=True)) == ["章程", "章程/总纲"]
    page = client.get(url).content.decode()
    assert "总纲" in page
    points = reverse("bank_points", args=[made.pk])
    client.post(points, {"act": "add", "name": "组织原则"})
    assert "组织原则" in client.get(points).content.decode()


def test_an_import_goes_from_the_upload_to_the_saved_questions(
    bank: Bank, organiser: User, django_capture_on_commit_callbacks: Any
) -> None:
    client = browser(organiser)
    file = SimpleUploadedFile("题库.xlsx", workbook(GOOD, ALSO_GOOD, NO_ANSWER))
    reply = client.post(reverse("import_upload"), {"bank": bank.pk, "file": file})
    job = ImportJob.objects.get()
    url = reverse("import_job", args=[job.pk])
    assert reply.headers["Location"] == url
    page = client.get(url + "?verdict=rejected").content.decode()
    assert "共 3 行：可导入 2（其中有提示 0），不能导入 1，重复 0" in page
    assert "没有答案。" in page
    row = job.rows.get(verdict="rejected")
    mend = {"kind": "single", "stem": NO_ANSWER[1], "options": "党代会\n支部\n小组", "answer": "A"}
    client.post(reverse("import_row", args=[job.pk, row.pk]), mend)
    assert not Question.objects.exists()
    client.post(reverse("import_end", args=[job.pk]), {"act": "confirm"})
    assert Question.objects.usable().count() == 3
    assert "已导入 3 道试题" in client.get(url).content.decode()
    rejected = client.get(reverse("import_rejected", args=[job.pk]))
    assert rejected.status_code == 200


def test_the_rejected_rows_are_there_before_and_after_confirming_for_those_who_may_edit_the_bank(
    bank: Bank, organiser: User
) -> None:
    client = browser(organiser)
    data = "题型,题干,答案\n判断题,花是植物。,对\n判断题,=1+1,\n"
    file = SimpleUploadedFile("题库.csv", data.encode())
    client.post(reverse("import_upload"), {"bank": bank.pk, "file": file})
    job = ImportJob.objects.get()
    sheet, page = reverse("import_rejected", args=[job.pk]), reverse("import_job", args=[job.pk])
    stranger = browser(make_user(roles=[(Role.SCHOOL_OFFICE, make_unit())]))
    for confirmed in (False, True):
        if confirmed:
            client.post(reverse("import_end", args=[job.pk]), {"act": "confirm"})
        assert f'href="{sheet}"' in client.get(page).content.decode()
        cells = load_workbook(io.BytesIO(b"".join(client.get(sheet)))).worksheets[0]
        assert [cell.value for cell in cells[2]][:4] == [3, "没有答案。", "判断题", "=1+1"]
        assert [cell.data_type for cell in cells[2]][:4] == ["n", "s", "s", "s"]
        assert stranger.get(sheet).status_code == 404


def test_the_preview_takes_as_many_queries_for_forty_rows_as_for_four(bank: Bank, organiser: User) -> None:
    client = browser(organiser)
    client.get(reverse("import_list"))  # Wagtail makes the person's profile at the first visit
    counts = []
    for many in (4, 40):
        rows = [(*GOOD[:1], f"第{many}-{n}个问题是什么", *GOOD[2:]) for n in range(many)]
        job = imports.upload(
            bank=bank, by=organiser, file=ContentFile(workbook(*rows)), filename="a.xlsx", now=NOW
        )
        imports.check(job_id=job.pk, now=NOW)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("import_job", args=[job.pk]))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 15
