"""The pages of practice and notebook: plain forms, own things only, and no key before the answer."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from question_bank.exams.models import NotebookEntry, PracticeRun
from question_bank.exams.practising import runs
from question_bank.questions.models import KnowledgePoint
from tests.factories import CONTENT, make_bank, make_chapter, make_exam, make_question

from .making import answer, make_member, make_open_bank, sit, start

pytestmark = pytest.mark.django_db

SECRETS = {"explanation": "<p>此处是解析</p>", "citation": "此处是依据"}
BY_KIND = {
    "single": ({"answer": "o1"}, {"answer": "o2"}),
    "multiple": ({"answer": ["o0", "o2"]}, {"answer": ["o0"]}),
    "true_false": ({"answer": "true"}, {"answer": "false"}),
    "fill": ({"blank_1": "甲", "blank_2": "乙"}, {"blank_1": "甲", "blank_2": "丁"}),
    "order": (
        {"place_o0": "1", "place_o1": "2", "place_o2": "3"},
        {"place_o0": "2", "place_o1": "1", "place_o2": "3"},
    ),
    "match": ({"match_l0": "o0", "match_l1": "o1"}, {"match_l0": "o1", "match_l1": "o0"}),
}


@pytest.fixture
def member():
    return make_member()


@pytest.fixture
def pages(member):
    client = Client()
    client.force_login(member)
    return client


def now():
    return timezone.now()


def slot_url(run, slot=1):
    return reverse("practice_slot", args=[run.pk, slot])


def posted(pages, run, slot, fields):
    return pages.post(slot_url(run, slot), {"version": run.paper[slot - 1]["v"], **fields}, follow=True)


def text_of(response):
    return response.content.decode()


def test_the_first_page_lists_the_open_banks_and_says_so_when_there_are_none(pages, member):
    assert "还没有可以练习的题库" in text_of(pages.get(reverse("practice")))
    bank = make_open_bank(member, "党章题库")
    make_question(bank)
    stranger = make_open_bank(make_member(), "别人的题库")
    page = text_of(pages.get(reverse("practice")))
    assert "党章题库" in page
    assert "1 题" in page
    assert "别人的题库" not in page
    assert pages.get(reverse("practice_bank", args=[stranger.pk])).status_code == 404
    assert pages.post(reverse("practice_bank", args=[stranger.pk]), {"mode": "order"}).status_code == 404


@pytest.mark.parametrize(("mode", "kept"), [("order", "order"), ("random", "random"), ("nonsense", "order")])
def test_a_button_begins_a_run_of_the_size_asked(pages, member, mode, kept):
    bank = make_open_bank(member)
    for _ in range(12):
        make_question(bank)
    response = pages.post(reverse("practice_bank", args=[bank.pk]), {"mode": mode, "n": "10"})
    run = PracticeRun.objects.get()
    assert response.url == slot_url(run)
    assert (run.mode, len(run.paper)) == (kept, 10)


def test_a_chapter_button_begins_a_run_of_that_chapter(pages, member):
    bank = make_open_bank(member)
    chapter = make_chapter(bank)
    inside = make_question(bank, chapter=chapter)
    make_question(bank)
    pages.post(reverse("practice_bank", args=[bank.pk]), {"chapter": chapter.pk, "n": "10"})
    run = PracticeRun.objects.get()
    assert (run.mode, run.chapter) == ("chapter", chapter)
    assert [item["v"] for item in run.paper] == [inside.current_id]


def test_wrong_only_asks_what_the_notebook_holds_of_this_bank(pages, member):
    bank, other = make_open_bank(member), make_open_bank(member)
    for each in (bank, other):
        make_question(each)
        answer(start(member, each), 1, "o2")
    assert "有这个题库的 1 道题" in text_of(pages.get(reverse("practice_bank", args=[bank.pk])))
    pages.post(reverse("practice_bank", args=[bank.pk]), {"mode": "wrong"})
    run = PracticeRun.objects.get(mode="wrong")
    assert (run.bank, len(run.paper)) == (bank, 1)


@pytest.mark.parametrize("kind", [*BY_KIND, "short", "essay"])
def test_nothing_of_the_key_is_in_the_page_before_the_answer(pages, member, kind):
    bank = make_open_bank(member)
    make_question(bank, kind, **SECRETS)
    run = start(member, bank)
    page = text_of(pages.get(slot_url(run)))
    for secret in ("此处是解析", "此处是依据", "参考答案：", "正确答案", "option--right", "data-key"):
        assert secret not in page
    if kind in ("fill", "short", "essay"):
        key = CONTENT[kind][1]
        texts = [key["text"]] if isinstance(key, dict) else ["乙方"]
        assert all(f">{text}<" not in page for text in texts)


@pytest.mark.parametrize("kind", BY_KIND)
def test_the_verdict_comes_at_once_in_words_with_key_and_reason(pages, member, kind):
    bank = make_open_bank(member)
    make_question(bank, kind, **SECRETS)
    right, wrong = BY_KIND[kind]
    page = text_of(posted(pages, start(member, bank), 1, right))
    assert "答对了" in page
    assert "此处是解析" in page
    assert "此处是依据" in page
    page = text_of(posted(pages, start(member, bank), 1, wrong))
    assert "答错了" in page
    assert "icon-danger" in page
    assert "已收进错题本" in page


def test_a_short_answer_shows_the_reference_and_is_judged_by_two_buttons(pages, member):
    bank = make_open_bank(member)
    make_question(bank, "short")
    run = start(member, bank)
    page = text_of(posted(pages, run, 1, {"text": "我写的"}))
    assert "我写的" in page
    assert "参考答案" in page
    page = text_of(pages.post(reverse("practice_judge", args=[run.pk, 1]), {"correct": "no"}, follow=True))
    assert "答错了" in page
    assert NotebookEntry.objects.get().last_answer == "我写的"
    pages.post(reverse("practice_judge", args=[run.pk, 1]), {"correct": "yes"})
    assert run.answers.get().correct is False


def test_the_back_button_cannot_answer_twice_and_the_first_answer_is_shown(pages, member):
    bank = make_open_bank(member)
    make_question(bank)
    make_question(bank)
    run = start(member, bank)
    posted(pages, run, 1, {"answer": "o2"})
    page = text_of(posted(pages, run, 1, {"answer": "o1"}))
    assert "已经答过" in page
    assert "答错了" in page
    assert run.answers.get().answer == "o2"


def test_a_posted_form_is_judged_against_its_own_question_only(pages, member):
    bank = make_open_bank(member)
    make_question(bank, "true_false")
    make_question(bank, "true_false")
    run = start(member, bank)
    response = pages.post(slot_url(run, 2), {"version": run.paper[0]["v"], "answer": "true"}, follow=True)
    assert "没有记录这次作答" in text_of(response)
    assert not run.answers.exists()


def test_blank_and_half_made_answers_are_asked_for_again_with_what_was_chosen(pages, member):
    bank = make_open_bank(member)
    make_question(bank, "order")
    run = start(member, bank)
    response = posted(pages, run, 1, {})
    assert response.status_code == 422
    assert "请先作答" in text_of(response)
    response = posted(pages, run, 1, {"place_o0": "2", "place_o1": "2"})
    assert response.status_code == 422
    assert '<option value="2" selected>' in text_of(response)
    assert not run.answers.exists()
    assert "记为答错" in text_of(posted(pages, run, 1, {"give_up": "1"}))


def test_leaving_and_coming_back_goes_to_the_first_open_question(pages, member):
    bank = make_open_bank(member)
    for _ in range(3):
        make_question(bank)
    run = start(member, bank)
    answer(run, 1, "o1")
    answer(run, 3, "o1")
    assert pages.get(reverse("practice_run", args=[run.pk])).url == slot_url(run, 2)
    assert "已答 2/3 题" in text_of(pages.get(slot_url(run, 2)))
    assert f'href="{slot_url(run, 2)}"' in text_of(pages.get(slot_url(run, 3)))
    answer(run, 2, "o1")
    assert pages.get(reverse("practice_run", args=[run.pk])).url == reverse("practice_summary", args=[run.pk])


def test_a_finished_run_asks_nothing_more(pages, member):
    bank = make_open_bank(member)
    make_question(bank)
    run = start(member, bank)
    response = pages.post(reverse("practice_finish", args=[run.pk]), follow=True)
    assert response.redirect_chain == [(reverse("practice_summary", args=[run.pk]), 302)]
    assert pages.get(slot_url(run)).url == reverse("practice_summary", args=[run.pk])
    assert pages.post(slot_url(run), {"version": run.paper[0]["v"], "answer": "o1"}).status_code == 302
    assert not run.answers.exists()


def test_a_run_stops_when_its_bank_is_closed_to_the_member(pages, member):
    bank = make_open_bank(member)
    make_question(bank)
    make_question(bank)
    run = start(member, bank)
    answer(run, 1, "o1")
    bank.open_for_practice = False
    bank.save()
    page = pages.post(slot_url(run, 2), {"version": run.paper[1]["v"], "answer": "o1"}, follow=True)
    assert "不再对您开放" in text_of(page)
    assert run.answers.count() == 1
    assert pages.get(slot_url(run, 1)).status_code == 200


def test_the_summary_names_knowledge_points_and_offers_the_wrong_ones_again(pages, member):
    bank = make_open_bank(member)
    question = make_question(bank)
    make_question(bank)
    question.knowledge_points.add(KnowledgePoint.objects.create(bank=bank, name="党的性质"))
    run = start(member, bank)
    answer(run, 1, "o2")
    answer(run, 2, "o1")
    page = text_of(pages.get(reverse("practice_summary", args=[run.pk])))
    assert "党的性质" in page
    assert "未标知识点" in page
    assert "重做答错的 1 题" in page
    response = pages.post(reverse("notebook_redo"), {"run": run.pk})
    redo = PracticeRun.objects.get(mode="wrong")
    assert response.url == slot_url(redo)
    assert [item["v"] for item in redo.paper] == [question.current_id]


def test_another_members_runs_and_entries_do_not_exist(pages):
    other = make_member()
    bank = make_open_bank(other)
    make_question(bank)
    run = start(other, bank)
    answer(run, 1, "o2")
    entry = NotebookEntry.objects.get()
    for url in (
        reverse("practice_run", args=[run.pk]),
        slot_url(run),
        reverse("practice_summary", args=[run.pk]),
        reverse("notebook_entry", args=[entry.pk]),
    ):
        assert pages.get(url).status_code == 404
    for url in (
        slot_url(run),
        reverse("practice_judge", args=[run.pk, 1]),
        reverse("practice_finish", args=[run.pk]),
        reverse("notebook_change", args=[entry.pk]),
    ):
        assert pages.post(url, {"act": "take_out", "correct": "yes"}).status_code == 404
    for choice in ({"entry": entry.pk}, {"run": run.pk}):
        assert pages.post(reverse("notebook_redo"), choice).url == reverse("notebook")
    entry.refresh_from_db()
    assert entry.left_at is None
    assert not PracticeRun.objects.filter(mode="wrong").exists()


def test_slots_that_are_not_there_are_not_found(pages, member):
    bank = make_open_bank(member)
    make_question(bank)
    run = start(member, bank)
    assert pages.get(slot_url(run, 2)).status_code == 404
    assert pages.get(slot_url(run, 0)).status_code == 404


def test_nobody_gets_in_without_signing_in(member):
    for name in ("practice", "notebook"):
        assert Client().get(reverse(name)).status_code == 302


# ---- notebook ----


def test_an_empty_notebook_says_what_it_is_for(pages):
    page = text_of(pages.get(reverse("notebook")))
    assert "还没有错题" in page
    assert "去练习" in page


def test_the_notebook_lists_filters_and_starts_a_redo(pages, member):
    bank = make_open_bank(member, "党章题库")
    point = KnowledgePoint.objects.create(bank=bank, name="党的性质")
    make_question(bank, stem="<p>第一道</p>").knowledge_points.add(point)
    make_question(bank, "true_false", stem="<p>第二道</p>")
    run = start(member, bank, now=now())
    answer(run, 1, "o2", now=now())
    answer(run, 2, False, now=now())
    assert "今天没有要复习的错题" in text_of(pages.get(reverse("notebook")))
    page = text_of(pages.get(reverse("notebook"), {"show": "all"}))
    assert "第一道" in page
    assert "第二道" in page
    assert "党的性质" in page
    page = text_of(pages.get(reverse("notebook"), {"show": "all", "kind": "true_false"}))
    assert "第一道" not in page
    assert "重做这 1 题" in page
    page = text_of(pages.get(reverse("notebook"), {"show": "all", "point": "99999", "chapter": "x"}))
    assert "没有符合条件的错题" in page
    pages.post(reverse("notebook_redo"), {"show": "all", "point": point.pk})
    assert len(PracticeRun.objects.get(mode="wrong").paper) == 1


def test_an_entry_shows_own_answer_key_and_way_and_can_be_changed(pages, member):
    bank = make_open_bank(member)
    make_question(bank, **SECRETS)
    answer(start(member, bank), 1, "o2")
    entry = NotebookEntry.objects.get()
    url = reverse("notebook_entry", args=[entry.pk])
    page = text_of(pages.get(url))
    for words in ("您选错了", "正确答案", "此处是解析", "1 次"):
        assert words in page
    change = reverse("notebook_change", args=[entry.pk])
    assert "笔记已保存" in text_of(pages.post(change, {"act": "note", "note": "<b>记住</b>"}, follow=True))
    assert "&lt;b&gt;记住&lt;/b&gt;" in text_of(pages.get(url))
    assert "由您保留" in text_of(pages.post(change, {"act": "keep"}, follow=True))
    assert "自动移出" in text_of(pages.post(change, {"act": "release"}, follow=True))
    assert "已移出" in text_of(pages.post(change, {"act": "take_out"}, follow=True))
    assert pages.post(change, {"act": "nonsense"}).status_code == 404
    assert "已移出" in text_of(pages.get(reverse("notebook"), {"show": "left"}))


@pytest.mark.parametrize("kind", [*BY_KIND, "short"])
def test_every_kind_of_entry_can_be_looked_at(pages, member, kind):
    bank = make_open_bank(member)
    make_question(bank, kind)
    answer(start(member, bank), 1, None)
    assert pages.get(reverse("notebook_entry", args=[NotebookEntry.objects.get().pk])).status_code == 200


def test_an_unreleased_exam_shows_nowhere(pages, member):
    exam = make_exam(kinds=["single"], title="还没公布的考试")
    sit(exam, member, {1: "o0"})
    for url in (reverse("notebook"), reverse("notebook") + "?show=all", reverse("practice")):
        assert "还没公布的考试" not in text_of(pages.get(url))
    assert not NotebookEntry.objects.exists()


@pytest.mark.parametrize(("n", "said"), [(6, ""), (8, "还有 2 个知识点")])
def test_no_knowledge_point_of_the_notebook_is_left_out_in_silence(pages, member, n, said):
    many_errors(member, n)
    page = text_of(pages.get(reverse("notebook") + "?show=all"))
    assert said in page
    assert ("个知识点" in page) == bool(said)
    for point in KnowledgePoint.objects.all():
        assert f"point={point.pk}" in page


# ---- query counts ----


def many_errors(member, n):
    bank = make_open_bank(member)
    for _ in range(n):
        question = make_question(bank, chapter=None)
        question.knowledge_points.add(KnowledgePoint.objects.create(bank=bank, name=f"点{question.pk}"))
    run = start(member, bank, n=100)
    for slot in range(1, n + 1):
        answer(run, slot, "o2")
    sit(make_exam(answer_release="at_close"), member, {})
    return bank, run


@pytest.mark.parametrize("n", [2, 30])
def test_every_page_costs_at_most_twelve_queries(pages, member, n):
    bank, run = many_errors(member, n)
    fresh = runs.start_redo(
        entries=list(NotebookEntry.objects.select_related("question")), by=member, seed=1, now=now()
    )
    entry = NotebookEntry.objects.first()
    make_bank(member.memberships.get().unit)
    urls = [
        reverse("notebook") + "?show=all",
        reverse("notebook_entry", args=[entry.pk]),
        reverse("practice"),
        reverse("practice_bank", args=[bank.pk]),
        slot_url(run, 1),
        slot_url(fresh, 1),
        reverse("practice_summary", args=[run.pk]),
    ]
    for url in urls:
        pages.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert pages.get(url).status_code == 200
        assert len(queries) <= 12, (url, [query["sql"][:90] for query in queries])
