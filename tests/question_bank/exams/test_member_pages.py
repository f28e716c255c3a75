"""The member's exam pages: what they show, to whom, and at what cost."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learning.organisation.models import Role, User
from question_bank.exams.models import AnswerEvent, Attempt, AttemptItem, Exam, Release
from question_bank.exams.papers import forget
from question_bank.exams.taking.submitting import submit_attempt
from question_bank.exams.templatetags.exam_words import duration, moment
from question_bank.exams.tokens import read_token
from question_bank.exams.views.attempt import kind_said
from tests.factories import make_attempt, make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db

ALL_KINDS = ("single", "multiple", "true_false", "fill", "short", "essay", "order", "match")
MOST_QUERIES = 12


@pytest.fixture(autouse=True)
def _fresh_memory() -> None:
    forget()


@pytest.fixture
def candidate() -> User:
    return make_user(unit=make_unit())


def open_exam(*people: User, **fields: Any) -> Exam:
    now = timezone.now()
    window = {"opens_at": now - timedelta(hours=1), "closes_at": now + timedelta(hours=2)}
    return make_exam(candidates=people, **{**window, **fields})


def sitting(exam: Exam, user: User, **fields: Any) -> Attempt:
    return make_attempt(exam, user, now=timezone.now() - timedelta(minutes=5), **fields)


def hand_in(attempt: Attempt) -> Attempt:
    at = attempt.started_at + timedelta(seconds=30)
    submit_attempt(attempt_id=attempt.pk, by=attempt.user, client="c", ops=[], reason="self", now=at)
    attempt.refresh_from_db()
    return attempt


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="learning.organisation.backends.NumberBackend")
    return client


def page(client: Client, name: str, *args: int, **query: str) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200, response
    return response.content.decode()


def player_data(html: str) -> dict[str, Any]:
    found = re.search(r'<script id="player-data" type="application/json">(.*?)</script>', html, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def receipt_card(html: str) -> str:
    found = re.search(r"<article class=\"receipt\".*?</article>", html, re.DOTALL)
    assert found
    return found[0]


def main_button(card: str) -> str:
    found = re.search(r'class="button" href="([^"]+)"', card)
    assert found
    return found[1]


class TestList:
    def test_the_list_groups_exams_by_what_needs_the_member_now(self, candidate: User) -> None:
        now = timezone.now()
        running, later, done = open_exam(candidate), open_exam(candidate), open_exam(candidate)
        Exam.objects.filter(pk=later.pk).update(opens_at=now + timedelta(hours=1))
        sitting(running, candidate)
        hand_in(sitting(done, candidate))
        html = page(signed_in(candidate), "exam_list")
        order = [html.index(word) for word in ("进行中", "即将开始", "已交卷")]
        assert order == sorted(order)
        for exam in (running, later, done):
            assert exam.title in html

    def test_an_empty_list_says_why_it_is_empty(self, candidate: User) -> None:
        assert "还没有安排给您的考试" in page(signed_in(candidate), "exam_list")

    def test_an_exam_of_others_is_not_in_the_list(self, candidate: User) -> None:
        theirs = open_exam(make_user())
        assert theirs.title not in page(signed_in(candidate), "exam_list")

    @pytest.mark.parametrize("count", [1, 6])
    def test_the_list_costs_the_same_however_long_it_is(
        self, candidate: User, count: int, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(count):
            hand_in(sitting(open_exam(candidate), candidate))
        client = signed_in(candidate)
        with django_assert_max_num_queries(MOST_QUERIES):
            page(client, "exam_list")


@pytest.mark.parametrize(("kind", "said"), [("practice", "没有作答的题不收"), ("formal", "没有作答的也算")])
def test_the_result_promises_the_notebook_what_it_takes(candidate: User, kind: str, said: str) -> None:
    rules = {"score_release": "at_marked", "answer_release": "at_marked", "pass_percent": 70}
    exam = open_exam(candidate, kind=kind, **rules)
    html = page(signed_in(candidate), "attempt_result", hand_in(sitting(exam, candidate)).pk)
    assert f"未得满分的题会收进错题本，{said}；老师评阅的题，得分达到 70% 就不收。" in html


class TestStart:
    def test_the_start_page_states_the_time_a_start_now_would_give(self, candidate: User) -> None:
        exam = open_exam(
            candidate, closes_at=timezone.now() + timedelta(minutes=20, seconds=30), max_attempts=2
        )
        html = page(signed_in(candidate), "exam_start", exam.pk)
        assert "现在开始，您有 20分" in html
        assert "共 2 次，还剩 2 次" in html
        assert "3.6 分（满分 6 分的 60%）" in html

    @pytest.mark.parametrize(("kind", "said"), [("practice", "练习"), ("formal", "考试")])
    def test_a_practice_is_not_called_an_exam(self, candidate: User, kind: str, said: str) -> None:
        html = page(signed_in(candidate), "exam_start", open_exam(candidate, kind=kind).pk)
        assert f">开始{said}</button>" in html
        assert f"{said}时长" in html

    @pytest.mark.parametrize(
        ("rules", "said"),
        [
            ({"away_action": "submit", "away_allowed": 2}, "允许离开 2 次，再离开就自动交卷"),
            ({"away_action": "submit", "away_allowed": 0}, "不允许离开，离开就自动交卷"),
            ({"away_action": "submit", "kind": "practice"}, "允许离开 3 次，再离开就自动交卷"),
            ({"away_action": "record", "away_allowed": 2}, "会提醒并记录，允许离开 2 次"),
            ({"away_action": "record", "kind": "practice"}, ""),
        ],
    )
    def test_the_start_page_says_what_comes_of_leaving(
        self, candidate: User, rules: dict[str, Any], said: str
    ) -> None:
        html = page(signed_in(candidate), "exam_start", open_exam(candidate, **rules).pk)
        assert said in html
        assert ("离开页面" in html) == bool(said)
        assert ("离开就自动交卷" in html) == (rules["away_action"] == "submit")

    def test_starting_leads_to_the_attempt(self, candidate: User) -> None:
        exam = open_exam(candidate)
        response = signed_in(candidate).post(reverse("exam_start", args=[exam.pk]))
        attempt = Attempt.objects.get()
        assert response.headers["Location"] == reverse("attempt", args=[attempt.pk])

    def test_a_wrong_password_starts_nothing(self, candidate: User) -> None:
        exam = open_exam(candidate, password="2026")
        client, url = signed_in(candidate), reverse("exam_start", args=[exam.pk])
        refused = client.post(url, {"password": "no"})
        assert refused.status_code == 403
        assert "考试密码不正确" in refused.content.decode()
        assert not Attempt.objects.exists()
        assert client.post(url, {"password": "2026"}).status_code == 302

    def test_before_the_opening_the_page_counts_down_and_shows_no_question(self, candidate: User) -> None:
        opens_at = timezone.now() + timedelta(minutes=10)
        exam = open_exam(candidate, opens_at=opens_at)
        client = signed_in(candidate)
        html = page(client, "exam_start", exam.pk)
        assert "data-countdown" in html
        refused = client.post(reverse("exam_start", args=[exam.pk]))
        assert refused.status_code == 200
        assert "考试还没有开始" in refused.content.decode()
        said = client.get(reverse("exam_clock", args=[exam.pk])).json()
        assert not said["may_start"]
        assert 590_000 < said["opens_in_ms"] <= 600_000

    def test_after_the_last_attempt_the_page_says_why_there_is_no_start(self, candidate: User) -> None:
        exam = open_exam(candidate)
        hand_in(sitting(exam, candidate))
        html = page(signed_in(candidate), "exam_start", exam.pk)
        assert "这场考试的次数已经用完" in html
        assert "第 1 次" in html

    def test_to_others_the_exam_does_not_exist(self, candidate: User) -> None:
        exam = open_exam(make_user())
        client = signed_in(candidate)
        for name in ("exam_start", "exam_clock"):
            assert client.get(reverse(name, args=[exam.pk])).status_code == 404
        assert client.post(reverse("exam_start", args=[exam.pk])).status_code == 404

    @pytest.mark.parametrize("count", [1, 4])
    def test_the_start_page_costs_the_same_after_more_attempts(
        self, candidate: User, count: int, django_assert_max_num_queries: Any
    ) -> None:
        exam = open_exam(candidate, max_attempts=9)
        for minutes in range(count, 0, -1):
            hand_in(make_attempt(exam, candidate, now=timezone.now() - timedelta(minutes=minutes)))
        client = signed_in(candidate)
        with django_assert_max_num_queries(MOST_QUERIES):
            page(client, "exam_start", exam.pk)


class TestAttempt:
    def test_the_page_holds_all_that_the_player_needs_and_no_key(self, candidate: User) -> None:
        exam = open_exam(candidate, kinds=ALL_KINDS)
        attempt = sitting(exam, candidate, answers={1: "o2"})
        data = player_data(page(signed_in(candidate), "attempt", attempt.pk))
        assert [item["kind"] for item in data["items"]] == list(ALL_KINDS)
        assert data["items"][0]["answer"] == "o2"
        assert data["items"][0]["answer_rev"] == 1
        assert data["urls"]["ops"] == f"/api/attempts/{attempt.pk}/ops"
        assert 1_490_000 < data["remaining_ms"] <= 1_500_000
        assert data["limit_ms"] == 1_800_000
        assert read_token(data["token"], attempt_id=attempt.pk, now=timezone.now()).user == str(candidate.pk)
        assert not {"key", "explanation"} & set().union(*(item.keys() for item in data["items"]))

    def test_another_device_goes_on_at_the_question_last_seen(self, candidate: User) -> None:
        attempt = sitting(open_exam(candidate), candidate)
        Attempt.objects.filter(pk=attempt.pk).update(lease_client="phone")
        for slot, seq, client in ((1, 90, "old"), (2, 7, "phone"), (3, 5, "phone")):
            AttemptItem.objects.create(attempt=attempt, slot=slot, last_client=client, last_seq=seq)
        assert player_data(page(signed_in(candidate), "attempt", attempt.pk))["slot"] == 2

    def test_nobody_else_sees_the_attempt_staff_included(self, candidate: User) -> None:
        attempt = sitting(open_exam(candidate), candidate)
        root = make_unit()
        for user in (make_user(), make_user(roles=[(Role.ADMINISTRATOR, root)])):
            client = signed_in(user)
            for name in ("attempt", "attempt_summary", "attempt_receipt", "attempt_result"):
                assert client.get(reverse(name, args=[attempt.pk])).status_code == 404
            for name in ("attempt_save", "attempt_submit"):
                assert client.post(reverse(name, args=[attempt.pk]), {"slot": "1"}).status_code == 404

    @pytest.mark.parametrize("switched_on", [True, False])
    def test_the_watermark_names_the_candidate_where_the_exam_wants_it(
        self, candidate: User, switched_on: bool
    ) -> None:
        attempt = sitting(open_exam(candidate, watermark=switched_on), candidate)
        page = signed_in(candidate).get(reverse("attempt", args=[attempt.pk])).content.decode()
        assert (f"<span>{candidate.full_name} {candidate.number}</span>" in page) == switched_on

    def test_a_closed_attempt_leads_to_its_receipt(self, candidate: User) -> None:
        attempt = hand_in(sitting(open_exam(candidate), candidate))
        response = signed_in(candidate).get(reverse("attempt", args=[attempt.pk]))
        assert response.headers["Location"] == reverse("attempt_receipt", args=[attempt.pk])

    def test_an_expired_attempt_is_closed_by_the_visit(self, candidate: User) -> None:
        attempt = make_attempt(open_exam(candidate), candidate, now=timezone.now() - timedelta(minutes=40))
        response = signed_in(candidate).get(reverse("attempt", args=[attempt.pk]))
        assert response.headers["Location"] == reverse("attempt_receipt", args=[attempt.pk])
        attempt.refresh_from_db()
        assert attempt.finish_kind == Attempt.Finish.AUTO

    @pytest.mark.parametrize("kinds", [("single",), ALL_KINDS * 3])
    def test_the_player_costs_the_same_for_a_longer_paper(
        self, candidate: User, kinds: tuple[str, ...], django_assert_max_num_queries: Any
    ) -> None:
        attempt = sitting(open_exam(candidate, kinds=kinds), candidate, answers={1: "o1"})
        client = signed_in(candidate)
        with django_assert_max_num_queries(MOST_QUERIES):
            page(client, "attempt", attempt.pk)


FORMS: dict[str, tuple[dict[str, Any], Any]] = {
    "single": ({"answer": "o3"}, "o3"),
    "multiple": ({"answer": ["o2", "o0"]}, ["o0", "o2"]),
    "true_false": ({"answer": "false"}, False),
    "fill": ({"blank_1": "甲", "blank_2": ""}, ["甲", ""]),
    "short": ({"text": "第一行\r\n第二行"}, "第一行\n第二行"),
    "essay": ({"text": "论述"}, "论述"),
    "order": ({"place_o0": "3", "place_o1": "1", "place_o2": "2"}, ["o1", "o2", "o0"]),
    "match": ({"match_l0": "o1", "match_l1": ""}, {"l0": "o1"}),
}


class TestPlainForm:
    def save(self, client: Client, attempt: Attempt, **form: Any) -> Any:
        return client.post(reverse("attempt_save", args=[attempt.pk]), {"slot": "1", "base": "0", **form})

    @pytest.mark.parametrize("kind", ALL_KINDS)
    def test_an_answer_of_any_kind_is_saved_and_shown_again(self, candidate: User, kind: str) -> None:
        attempt = sitting(open_exam(candidate, kinds=(kind,)), candidate)
        client = signed_in(candidate)
        form, answer = FORMS[kind]
        response = self.save(client, attempt, then="stay", **form)
        assert response.headers["Location"] == reverse("attempt", args=[attempt.pk]) + "?slot=1"
        assert AttemptItem.objects.get().answer == answer
        html = page(client, "attempt", attempt.pk)
        assert "清除本题答案" in html
        assert re.search('checked|selected|value="甲"|第一行\n第二行|论述</textarea>', html)

    def test_no_time_is_claimed_that_nobody_measured(self, candidate: User) -> None:
        attempt = sitting(open_exam(candidate), candidate)
        self.save(signed_in(candidate), attempt, answer="o1")
        item = AttemptItem.objects.get()
        assert (item.active_ms, item.first_answer_active_ms) == (0, 0)
        assert item.first_view_at
        organiser = make_user(roles=[(Role.ADMINISTRATOR, attempt.exam.owner_unit)])
        html = page(signed_in(organiser), "manage_attempt", attempt.exam_id, attempt.pk)
        assert "用时未测量" in html
        assert "用时 0 秒" not in html

    def test_without_script_nothing_calls_an_unsaved_form_saved(self, candidate: User) -> None:
        attempt = sitting(open_exam(candidate, kinds=("order",)), candidate)
        client = signed_in(candidate)
        assert 'data-state="saved" data-needs-script hidden' in page(client, "attempt", attempt.pk)
        refused = self.save(client, attempt, place_o0="2", place_o1="2").content.decode()
        assert 'data-state="failed">' in refused
        assert 'data-state="saved">' in page(client, "attempt_summary", attempt.pk)

    def test_an_empty_form_never_replaces_an_answer(self, candidate: User) -> None:
        attempt = sitting(open_exam(candidate), candidate, answers={1: "o2"})
        assert self.save(signed_in(candidate), attempt, base="1").status_code == 302
        assert AttemptItem.objects.get(slot=1).answer == "o2"

    def test_clearing_is_a_button_of_its_own(self, candidate: User) -> None:
        attempt = sitting(open_exam(candidate), candidate, answers={1: "o2"})
        self.save(signed_in(candidate), attempt, base="1", then="clear", answer="o2")
        assert AttemptItem.objects.get(slot=1).answer is None

    def test_what_is_older_than_the_stored_answer_is_shown_again_and_not_saved(self, candidate: User) -> None:
        attempt = sitting(open_exam(candidate, kinds=("short",)), candidate, answers={1: "在手机上写的"})
        response = self.save(signed_in(candidate), attempt, base="0", text="在电脑上写的")
        assert response.status_code == 409
        html = response.content.decode()
        assert "在电脑上写的</textarea>" in html
        assert "player-data" not in html
        assert 'name="base" value="1"' in html
        assert AttemptItem.objects.get().answer == "在手机上写的"

    def test_an_unfinished_order_is_shown_again_as_it_was_chosen(self, candidate: User) -> None:
        attempt = sitting(open_exam(candidate, kinds=("order",)), candidate)
        response = self.save(signed_in(candidate), attempt, place_o0="2", place_o1="2", place_o2="")
        assert response.status_code == 422
        assert response.content.decode().count('<option value="2" selected>') == 2

    def test_a_paused_attempt_saves_nothing_and_keeps_the_text_on_the_page(self, candidate: User) -> None:
        attempt = sitting(open_exam(candidate, kinds=("short",)), candidate)
        Attempt.objects.filter(pk=attempt.pk).update(state="paused", paused_at=timezone.now())
        response = self.save(signed_in(candidate), attempt, text="写了一半")
        assert response.status_code == 409
        assert "写了一半</textarea>" in response.content.decode()
        assert not AnswerEvent.objects.exists()

    def test_the_flag_is_saved_with_the_question(self, candidate: User) -> None:
        attempt = sitting(open_exam(candidate), candidate)
        client = signed_in(candidate)
        self.save(client, attempt, flagged="1", was_flagged="0")
        assert AttemptItem.objects.get().flagged
        self.save(client, attempt, was_flagged="1")
        assert not AttemptItem.objects.get().flagged

    @pytest.mark.parametrize(
        ("then", "target"), [("next", "?slot=2"), ("previous", "?slot=1"), ("summary", "summary/")]
    )
    def test_the_button_decides_where_to_go(self, candidate: User, then: str, target: str) -> None:
        attempt = sitting(open_exam(candidate), candidate)
        assert self.save(signed_in(candidate), attempt, then=then).headers["Location"].endswith(target)

    def test_handing_in_takes_two_taps_and_names_what_is_open(self, candidate: User) -> None:
        attempt = sitting(open_exam(candidate), candidate, answers={1: "o2"})
        client = signed_in(candidate)
        assert "?confirm=1" in page(client, "attempt_summary", attempt.pk)
        assert "2 题未作答" in page(client, "attempt_summary", attempt.pk, confirm="1")
        response = client.post(reverse("attempt_submit", args=[attempt.pk]))
        assert response.headers["Location"] == reverse("attempt_receipt", args=[attempt.pk])
        attempt.refresh_from_db()
        assert attempt.answered == 1

    def test_handing_in_too_early_says_so_and_goes_on(self, candidate: User) -> None:
        attempt = sitting(open_exam(candidate, earliest_submit_s=1200), candidate)
        response = signed_in(candidate).post(reverse("attempt_submit", args=[attempt.pk]), follow=True)
        assert "还没有到最短交卷时间" in response.content.decode()
        attempt.refresh_from_db()
        assert attempt.state == Attempt.State.IN_PROGRESS

    def test_saving_after_the_deadline_hands_in(self, candidate: User) -> None:
        exam = open_exam(candidate, net_grace_s=600)
        attempt = make_attempt(exam, candidate, now=timezone.now() - timedelta(minutes=31))
        response = self.save(signed_in(candidate), attempt, answer="o1")
        assert response.headers["Location"] == reverse("attempt_receipt", args=[attempt.pk])
        attempt.refresh_from_db()
        assert attempt.answered == 1


@pytest.mark.parametrize(
    ("title", "kind", "said"),
    [
        ("单项选择题", "single", True),
        ("一、多项选择题", "multiple", True),
        ("填空题", "fill", True),
        ("第一部分", "single", False),
        ("单选题", "multiple", False),
    ],
)
def test_the_kind_is_left_out_where_the_section_names_it(title: str, kind: str, said: bool) -> None:
    sections = [{"id": "1", "title": title}, {"id": "2", "title": "其他"}]
    assert kind_said({"sections": sections}, {"section": "1", "kind": kind}) is said


def test_the_only_section_is_not_shown_and_says_nothing() -> None:
    alone = {"sections": [{"id": "1", "title": "单选题"}]}
    assert not kind_said(alone, {"section": "1", "kind": "single"})


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(3600, "1小时"), (3900, "1小时05分"), (3605, "1小时"), (2700, "45分钟"), (80, "1分20秒"), (9, "9秒")],
)
def test_a_duration_is_said_without_zeros(seconds: int, said: str) -> None:
    assert duration(seconds) == said


class TestOutcome:
    def test_the_receipt_can_be_opened_again(self, candidate: User) -> None:
        attempt = hand_in(sitting(open_exam(candidate), candidate, answers={1: "o1"}))
        html = page(signed_in(candidate), "attempt_receipt", attempt.pk)
        assert attempt.receipt_number in html
        assert "已作答 1/3 题" in html

    @pytest.mark.parametrize(
        ("rules", "kinds", "said"),
        [
            ({}, ("single",), "成绩由考务人员公布"),
            ({}, ("single", "short"), "阅卷完成后由考务人员公布成绩"),
            ({"score_release": "at_close"}, ("single",), "考试全部结束后公布成绩，不早于 "),
            ({"score_release": "at_close"}, ("single", "short"), "阅卷完成、考试全部结束后公布成绩，不早于 "),
            ({"score_release": "at_marked"}, ("single", "short"), "阅卷完成后即可查看成绩"),
        ],
    )
    def test_before_the_release_the_receipt_says_when_and_leads_back(
        self, candidate: User, rules: dict[str, Any], kinds: tuple[str, ...], said: str
    ) -> None:
        exam = open_exam(candidate, kinds=kinds, **rules)
        attempt = sitting(exam, candidate, answers={2: "写了一段"} if "short" in kinds else {1: "o1"})
        client = signed_in(candidate)
        shown_by_the_player = receipt_card(page(client, "attempt", attempt.pk))
        hand_in(attempt)
        for card in (shown_by_the_player, receipt_card(page(client, "attempt_receipt", attempt.pk))):
            assert said in card
            assert main_button(card) == reverse("exam_list")
            assert reverse("attempt_result", args=[attempt.pk]) not in card
        assert said in page(client, "attempt_result", attempt.pk)

    def test_a_release_set_ahead_is_named_with_its_moment_to_whom_it_reaches(self, candidate: User) -> None:
        attempt = hand_in(sitting(open_exam(candidate), candidate, answers={1: "o1"}))
        at = timezone.now() + timedelta(days=2)
        rows = {"exam": attempt.exam, "what": "score", "at": at}
        elsewhere = Release.objects.create(**rows, unit=make_unit())
        assert "成绩由考务人员公布" in page(signed_in(candidate), "attempt_receipt", attempt.pk)
        Release.objects.filter(pk=elsewhere.pk).update(unit=attempt.candidate.unit)
        said = f"成绩将于 {moment(at)} 公布"
        assert said in page(signed_in(candidate), "attempt_receipt", attempt.pk)

    def test_once_released_the_receipt_leads_to_the_result(self, candidate: User) -> None:
        attempt = sitting(open_exam(candidate, score_release="at_marked"), candidate, answers={1: "o1"})
        client = signed_in(candidate)
        shown_by_the_player = receipt_card(page(client, "attempt", attempt.pk))
        hand_in(attempt)
        for card in (shown_by_the_player, receipt_card(page(client, "attempt_receipt", attempt.pk))):
            assert main_button(card) == reverse("attempt_result", args=[attempt.pk])
            assert "公布" not in card

    def test_the_pass_mark_is_said_in_points_as_on_the_start_page(self, candidate: User) -> None:
        exam = open_exam(candidate, score_release="at_marked", pass_percent="70", max_attempts=2)
        attempt = hand_in(sitting(exam, candidate, answers={1: "o1"}))
        client = signed_in(candidate)
        assert "合格线 4.2 分（70%）" in page(client, "attempt_result", attempt.pk)
        assert "4.2 分（满分 6 分的 70%）" in page(client, "exam_start", exam.pk)

    def test_a_band_called_as_the_verdict_is_not_said_twice(self, candidate: User) -> None:
        bands = [{"from": "60", "name": "合格"}]
        exam = open_exam(candidate, kinds=("single",), score_release="at_marked", bands=bands)
        attempt = hand_in(sitting(exam, candidate, answers={1: "o1"}))
        assert "· 合格" not in page(signed_in(candidate), "attempt_result", attempt.pk)

    def test_before_the_release_no_score_and_no_key_is_on_the_page(self, candidate: User) -> None:
        attempt = hand_in(sitting(open_exam(candidate), candidate, answers={1: "o1"}))
        html = page(signed_in(candidate), "attempt_result", attempt.pk)
        assert "成绩尚未公布" in html
        assert "score__points" not in html
        assert "答题回顾" not in html

    def test_a_released_score_does_not_show_the_answers(self, candidate: User) -> None:
        exam = open_exam(candidate, score_release="at_marked")
        attempt = hand_in(sitting(exam, candidate, answers={1: "o1", 2: ["o0", "o2"]}))
        html = page(signed_in(candidate), "attempt_result", attempt.pk)
        assert ">4<small>" in html
        assert "合格" in html
        assert "作答与对错尚未公布" in html
        assert "正确答案" not in html

    def test_released_answers_are_judged_in_words_and_can_be_filtered(self, candidate: User) -> None:
        exam = open_exam(
            candidate, kinds=ALL_KINDS[:4], score_release="at_marked", answer_release="at_marked"
        )
        attempt = hand_in(sitting(exam, candidate, answers={1: "o1", 2: ["o1"], 4: ["甲", "丁"]}))
        client = signed_in(candidate)
        html = page(client, "attempt_result", attempt.pk)
        for words in ("您选对了", "正确答案", "部分得分", "未作答", "乙 / 乙方"):
            assert words in html
        wrong = page(client, "attempt_result", attempt.pk, show="wrong")
        assert "您选对了" not in wrong
        assert 'id="review-2"' in wrong
        assert 'id="review-1"' not in wrong

    @pytest.mark.parametrize("kinds", [("single",), ALL_KINDS[:4] * 5])
    def test_the_result_costs_the_same_for_a_longer_paper(
        self, candidate: User, kinds: tuple[str, ...], django_assert_max_num_queries: Any
    ) -> None:
        exam = open_exam(candidate, kinds=kinds, score_release="at_marked", answer_release="at_marked")
        attempt = hand_in(sitting(exam, candidate, answers={1: "o1"}))
        forget()
        client = signed_in(candidate)
        with django_assert_max_num_queries(MOST_QUERIES):
            page(client, "attempt_result", attempt.pk)
